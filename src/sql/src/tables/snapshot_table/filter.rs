//! Conditions on names, decided on the names of a snapshot before any row is made.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::sql::unparser::Unparser;
use spi::metadata::{Relation, SchemaMetadata};

use super::lookup::{Lookup, lookup};
use super::{Key, SnapshotTable};

/// All conditions of one scan on names.
#[derive(Debug, Default)]
pub(super) struct KeyFilters {
    catalog: Vec<NameFilter>,
    schema: Vec<NameFilter>,
    table: Vec<NameFilter>,
    column: Vec<NameFilter>,
}

/// One condition on one name.
#[derive(Debug)]
struct NameFilter {
    /// The condition, its column without the relation's name.
    condition: Expr,
    decision: Decision,
}

/// How a condition is decided.
#[derive(Debug)]
enum Decision {
    /// Exactly these names satisfy it: sorted, each once.
    Names(Vec<String>),
    /// It is computed for every name that begins with the prefix.
    Computed { prefix: String, compiled: Compiled },
}

/// A condition over a column of names.
#[derive(Debug)]
struct Compiled {
    schema: SchemaRef,
    expression: Arc<dyn PhysicalExpr>,
}

/// The key that a condition is about, where it is about one name of the relation and nothing else.
pub(super) fn key_of(table: &SnapshotTable, condition: &Expr) -> Option<Key> {
    let columns = condition.column_refs();
    let [column] = columns.iter().copied().collect::<Vec<_>>()[..] else { return None };
    let key = table.columns.iter().find(|one| one.name == column.name)?.key?;
    (!condition.is_volatile() && !asks_elsewhere(condition)).then_some(key)
}

/// Whether a part of the condition is known only while the whole statement runs.
fn asks_elsewhere(condition: &Expr) -> bool {
    let elsewhere = |expr: &Expr| {
        matches!(
            expr,
            Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) | Expr::OuterReferenceColumn(..)
        )
    };
    // The closure never fails.
    condition.exists(|expr| Ok(elsewhere(expr))).unwrap_or(true)
}

impl KeyFilters {
    /// Compiles the conditions that [`key_of`] accepts.
    pub(super) fn compile(table: &SnapshotTable, conditions: &[Expr], session: &dyn Session) -> Result<KeyFilters> {
        let mut filters = KeyFilters::default();
        for condition in conditions {
            let Some(key) = key_of(table, condition) else { continue };
            let filter = NameFilter::compile(condition, session)?;
            match key {
                Key::Catalog => filters.catalog.push(filter),
                Key::Schema => filters.schema.push(filter),
                Key::Table => filters.table.push(filter),
                Key::Column => filters.column.push(filter),
            }
        }
        Ok(filters)
    }

    /// Whether choosing the schemas has decided every condition.
    pub(super) fn decided_by_schema(&self) -> bool {
        self.table.is_empty() && self.column.is_empty()
    }

    pub(super) fn accept_catalog(&self, name: &str) -> Result<bool> {
        accept(&self.catalog, name)
    }

    pub(super) fn accept_schema(&self, name: &str) -> Result<bool> {
        accept(&self.schema, name)
    }

    /// The tables of a schema whose names qualify, ascending.
    pub(super) fn tables(&self, schema: &SchemaMetadata) -> Result<Vec<u32>> {
        let names = schema.table_names();
        let looked_up = self.table.iter().find_map(|filter| match &filter.decision {
            Decision::Names(wanted) => Some(wanted.iter().filter_map(|name| schema.table(name)).map(|table| table as u32)),
            Decision::Computed { .. } => None,
        });
        let mut tables: Vec<u32> = match looked_up {
            Some(found) => found.collect(),
            None => self.table_range(names).collect(),
        };
        for filter in &self.table {
            // What a single lookup has found needs no second look.
            if self.table.len() == 1 && matches!(filter.decision, Decision::Names(_)) {
                break;
            }
            let verdicts = if tables.len() == names.len() {
                filter.verdicts(names)?
            } else {
                filter.verdicts(&StringArray::from_iter_values(tables.iter().map(|table| names.value(*table as usize))))?
            };
            let mut verdicts = verdicts.into_iter();
            tables.retain(|_| verdicts.next().unwrap_or(false));
        }
        Ok(tables)
    }

    /// The tables whose names begin as a condition wants it, or all.
    fn table_range(&self, names: &StringArray) -> std::ops::Range<u32> {
        let prefixes = self.table.iter().filter_map(|filter| match &filter.decision {
            Decision::Computed { prefix, .. } => Some(prefix.as_str()),
            Decision::Names(_) => None,
        });
        let prefix = prefixes.max_by_key(|prefix| prefix.len()).unwrap_or_default();
        let start = partition_point(names, |name| name < prefix);
        start..partition_point(names, |name| name < prefix || name.starts_with(prefix))
    }

    /// The verdict on each distinct column name of a schema; `None` where every column qualifies.
    pub(super) fn columns(&self, schema: &SchemaMetadata) -> Result<Option<Vec<bool>>> {
        let names = schema.names(Relation::Columns, "name").values().as_string::<i32>();
        let mut verdicts: Option<Vec<bool>> = None;
        for filter in &self.column {
            let mut one = filter.verdicts(names)?;
            if let Some(others) = verdicts {
                one.iter_mut().zip(others).for_each(|(one, other)| *one &= other);
            }
            verdicts = Some(one);
        }
        Ok(verdicts)
    }

    /// How the scan finds its objects, for EXPLAIN.
    pub(super) fn describe(&self) -> String {
        let how = |filter: &NameFilter| match &filter.decision {
            Decision::Names(_) => "index lookup",
            Decision::Computed { prefix, .. } if prefix.is_empty() => "index filter",
            Decision::Computed { .. } => "index range",
        };
        let by_name = [&self.catalog, &self.schema, &self.table].into_iter().flatten();
        let by_name = by_name.map(|filter| format!("{} {}", how(filter), filter.shown()));
        let distinct = self.column.iter().map(|filter| format!("distinct names {}", filter.shown()));
        let described = by_name.chain(distinct).collect::<Vec<_>>().join(", ");
        if described.is_empty() { "full scan".to_owned() } else { described }
    }
}

fn accept(filters: &[NameFilter], name: &str) -> Result<bool> {
    for filter in filters {
        if !filter.verdicts(&StringArray::from(vec![name]))?.contains(&true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many of the sorted names come before those for which `before` no longer holds.
fn partition_point(names: &StringArray, before: impl Fn(&str) -> bool) -> u32 {
    let (mut low, mut high) = (0, names.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if before(names.value(middle)) { low = middle + 1 } else { high = middle }
    }
    low as u32
}

impl NameFilter {
    fn compile(condition: &Expr, session: &dyn Session) -> Result<NameFilter> {
        // Whatever the relation is called in the plan, here is one name alone.
        let condition = condition.clone().transform(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        })?;
        let condition = condition.data;
        let decision = match lookup(&condition) {
            Some(Lookup::Names(mut names)) => {
                names.sort_unstable();
                names.dedup();
                Decision::Names(names)
            }
            Some(Lookup::Prefix(prefix)) => Decision::Computed { prefix, compiled: Compiled::new(&condition, session)? },
            None => Decision::Computed { prefix: String::new(), compiled: Compiled::new(&condition, session)? },
        };
        Ok(NameFilter { condition, decision })
    }

    /// Whether each name satisfies the condition.
    fn verdicts(&self, names: &StringArray) -> Result<Vec<bool>> {
        match &self.decision {
            Decision::Names(wanted) => {
                let is_wanted = |name: &str| wanted.binary_search_by(|one| one.as_str().cmp(name)).is_ok();
                Ok(names.iter().map(|name| name.is_some_and(is_wanted)).collect())
            }
            // Null is neither true nor false, and does not qualify.
            Decision::Computed { compiled, .. } => Ok(compiled.evaluate(names)?.iter().map(|verdict| verdict == Some(true)).collect()),
        }
    }

    /// The condition as a statement would write it.
    fn shown(&self) -> String {
        Unparser::default()
            .with_pretty(true)
            .expr_to_sql(&self.condition)
            .map_or_else(|_| self.condition.to_string(), |sql| sql.to_string())
    }
}

impl Compiled {
    fn new(condition: &Expr, session: &dyn Session) -> Result<Compiled> {
        let columns = condition.column_refs();
        let column = columns.iter().next().map_or("", |column| column.name.as_str());
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8View, true)]));
        let expression = session.create_physical_expr(condition.clone(), &DFSchema::try_from(Arc::clone(&schema))?)?;
        Ok(Compiled { schema, expression })
    }

    fn evaluate(&self, names: &StringArray) -> Result<BooleanArray> {
        let views: ArrayRef = cast(names, &DataType::Utf8View)?;
        let rows = views.len();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![views])?;
        Ok(self.expression.evaluate(&batch)?.into_array(rows)?.as_boolean().clone())
    }
}
