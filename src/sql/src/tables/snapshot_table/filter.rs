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
use datafusion::sql::unparser::expr_to_sql;
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
    /// As EXPLAIN shows it.
    shown: String,
    /// How the names that can satisfy it are found, where it says which.
    lookup: Option<Lookup>,
    /// The one column that it is about, as text views.
    schema: SchemaRef,
    /// The condition over that column.
    condition: Arc<dyn PhysicalExpr>,
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
        let found = self.table.iter().position(|filter| matches!(filter.lookup, Some(Lookup::Names(_))));
        let mut tables: Vec<u32> = match found.map(|found| &self.table[found].lookup) {
            Some(Some(Lookup::Names(wanted))) => {
                let mut found: Vec<u32> = wanted.iter().filter_map(|name| schema.table(name)).map(|table| table as u32).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            _ => self.table_range(names).collect(),
        };
        for (_, filter) in self.table.iter().enumerate().filter(|(place, _)| Some(*place) != found) {
            let verdicts = if tables.len() == names.len() {
                filter.verdicts(names)?
            } else {
                filter.verdicts(&StringArray::from_iter_values(tables.iter().map(|table| names.value(*table as usize))))?
            };
            let mut place = 0..;
            tables.retain(|_| place.next().is_some_and(|place: usize| is_true(&verdicts, place)));
        }
        Ok(tables)
    }

    /// The tables whose names begin as a condition wants it, or all.
    fn table_range(&self, names: &StringArray) -> std::ops::Range<u32> {
        let prefixes = self.table.iter().filter_map(|filter| match &filter.lookup {
            Some(Lookup::Prefix(prefix)) => Some(prefix.as_str()),
            _ => None,
        });
        let Some(prefix) = prefixes.max_by_key(|prefix| prefix.len()) else { return 0..names.len() as u32 };
        let start = partition_point(names, |name| name < prefix);
        start..partition_point(names, |name| name < prefix || name.starts_with(prefix))
    }

    /// The verdict on each distinct column name of a schema; `None` where every column qualifies.
    pub(super) fn columns(&self, schema: &SchemaMetadata) -> Result<Option<BooleanArray>> {
        let names = schema.names(Relation::Columns, "name").values().as_string::<i32>();
        let mut verdicts: Option<BooleanArray> = None;
        for filter in &self.column {
            let one = filter.verdicts(names)?;
            verdicts = Some(match verdicts {
                Some(others) => arrow::compute::and_kleene(&others, &one)?,
                None => one,
            });
        }
        Ok(verdicts)
    }

    /// How the scan finds its objects, for EXPLAIN.
    pub(super) fn describe(&self) -> String {
        let lookup = |filter: &NameFilter| match filter.lookup {
            Some(Lookup::Names(_)) => format!("index lookup {}", filter.shown),
            Some(Lookup::Prefix(_)) => format!("index range {}", filter.shown),
            None => format!("index filter {}", filter.shown),
        };
        let by_name = [&self.catalog, &self.schema, &self.table].into_iter().flatten().map(lookup);
        let distinct = self.column.iter().map(|filter| format!("distinct names {}", filter.shown));
        let described = by_name.chain(distinct).collect::<Vec<_>>().join(", ");
        if described.is_empty() { "full scan".to_owned() } else { described }
    }
}

fn accept(filters: &[NameFilter], name: &str) -> Result<bool> {
    for filter in filters {
        let fits = match &filter.lookup {
            Some(Lookup::Names(names)) => names.iter().any(|one| one == name),
            _ => is_true(&filter.verdicts(&StringArray::from(vec![name]))?, 0),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_true(verdicts: &BooleanArray, place: usize) -> bool {
    verdicts.is_valid(place) && verdicts.value(place)
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
        let column = condition.column_refs().into_iter().next().map_or_else(String::new, |column| column.name.clone());
        let bare = condition.clone().transform(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        })?;
        let shown = expr_to_sql(&bare.data).map_or_else(|_| bare.data.to_string(), |sql| sql.to_string());
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8View, true)]));
        let lookup = lookup(&bare.data);
        let condition = session.create_physical_expr(bare.data, &DFSchema::try_from(Arc::clone(&schema))?)?;
        Ok(NameFilter { shown, lookup, schema, condition })
    }

    /// The verdict on each name; null where the condition is neither true nor false.
    fn verdicts(&self, names: &StringArray) -> Result<BooleanArray> {
        let views: ArrayRef = cast(names, &DataType::Utf8View)?;
        let rows = views.len();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![views])?;
        Ok(self.condition.evaluate(&batch)?.into_array(rows)?.as_boolean().clone())
    }
}
