//! Conditions on names, decided on the names of a snapshot before any row is made.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, col};
use datafusion::physical_expr::PhysicalExpr;
use spi::metadata::{Relation, SchemaMetadata};

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
    /// The only names that can satisfy the condition, where it says so: found by binary search.
    candidates: Option<Vec<String>>,
    /// The condition over a column `name` of text views.
    condition: Arc<dyn PhysicalExpr>,
}

/// The key that a condition is about, where it is about one name of the relation and nothing else.
pub(super) fn key_of(table: &SnapshotTable, condition: &Expr) -> Option<Key> {
    let columns = condition.column_refs();
    let mut keys = columns.iter().map(|column| table.columns.iter().find(|one| one.name == column.name).and_then(|one| one.key));
    let key = keys.next()??;
    (keys.all(|other| other == Some(key)) && columns.len() == 1 && !condition.is_volatile()).then_some(key)
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

    /// The tables of a schema whose names qualify.
    pub(super) fn tables(&self, schema: &SchemaMetadata) -> Result<Vec<u32>> {
        let names = schema.table_names();
        let Some((first, others)) = self.table.split_first() else { return Ok((0..names.len() as u32).collect()) };
        let mut tables: Vec<u32> = match &first.candidates {
            Some(candidates) => {
                let mut found: Vec<u32> = candidates.iter().filter_map(|name| schema.table(name)).map(|table| table as u32).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            None => trues(&first.verdicts(names)?).collect(),
        };
        for filter in others {
            let names = StringArray::from_iter_values(tables.iter().map(|table| names.value(*table as usize)));
            let verdicts = filter.verdicts(&names)?;
            let mut place = 0..;
            tables.retain(|_| place.next().is_some_and(|place: usize| verdicts.is_valid(place) && verdicts.value(place)));
        }
        Ok(tables)
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
        let shown = |filters: &[NameFilter], how: fn(&NameFilter) -> &'static str| {
            filters.iter().map(|filter| format!("{} {}", how(filter), filter.shown)).collect::<Vec<_>>()
        };
        let lookup = |filter: &NameFilter| if filter.candidates.is_some() { "index lookup" } else { "index scan" };
        let by_name = [&self.catalog, &self.schema, &self.table, &self.column].into_iter().flat_map(|filters| shown(filters, lookup));
        let described = by_name.collect::<Vec<_>>().join(", ");
        if described.is_empty() { "full scan".to_owned() } else { described }
    }
}

fn accept(filters: &[NameFilter], name: &str) -> Result<bool> {
    for filter in filters {
        let fits = match &filter.candidates {
            Some(candidates) => candidates.iter().any(|candidate| candidate == name),
            None => trues(&filter.verdicts(&StringArray::from(vec![name]))?).next().is_some(),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn trues(verdicts: &BooleanArray) -> impl Iterator<Item = u32> + '_ {
    verdicts.iter().enumerate().filter(|(_, verdict)| *verdict == Some(true)).map(|(place, _)| place as u32)
}

impl NameFilter {
    fn compile(condition: &Expr, session: &dyn Session) -> Result<NameFilter> {
        // Whatever the relation and the column are called in the plan, here is one name alone.
        let bare = condition.clone().transform(|expr| match expr {
            Expr::Column(_) => Ok(Transformed::yes(col(NAME))),
            other => Ok(Transformed::no(other)),
        })?;
        let compiled = session.create_physical_expr(bare.data, &DFSchema::try_from(name_schema())?)?;
        Ok(NameFilter { shown: condition.to_string(), candidates: candidates(condition), condition: compiled })
    }

    fn verdicts(&self, names: &StringArray) -> Result<BooleanArray> {
        let views: ArrayRef = cast(names, &DataType::Utf8View)?;
        let rows = views.len();
        let batch = RecordBatch::try_new(name_schema(), vec![views])?;
        Ok(self.condition.evaluate(&batch)?.into_array(rows)?.as_boolean().clone())
    }
}

/// What the one column of a compiled condition is called.
const NAME: &str = "name";

fn name_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(NAME, DataType::Utf8View, true)]))
}

/// The names that can satisfy a condition on one name, where only some can: `name = 'a'`, `name IN ('a', 'b')` and their combinations.
fn candidates(condition: &Expr) -> Option<Vec<String>> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let literal = if is_name(left) { right } else { is_name(right).then_some(left)? };
            Some(literal_text(literal)?.into_iter().collect())
        }
        Expr::InList(list) if !list.negated && is_name(&list.expr) => {
            list.list.iter().map(literal_text).collect::<Option<Vec<_>>>().map(|names| names.into_iter().flatten().collect())
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut either = candidates(left)?;
            either.extend(candidates(right)?);
            Some(either)
        }
        _ => None,
    }
}

/// The name itself, also where the plan reads it as another kind of text.
fn is_name(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) => true,
        Expr::Cast(cast) => is_text(cast.field.data_type()) && is_name(&cast.expr),
        _ => false,
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8)
}

/// The text of a literal: `Some(None)` for a null one, which no name equals.
fn literal_text(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text), _) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::lit;

    use super::*;

    #[test]
    fn equality_names_its_candidates() {
        let name = || col("table_name");
        for (condition, expected) in [
            (name().eq(lit("a")), Some(vec!["a"])),
            (lit("a").eq(name()), Some(vec!["a"])),
            (name().in_list(vec![lit("a"), lit("b")], false), Some(vec!["a", "b"])),
            (name().eq(lit("a")).or(name().eq(lit("b"))), Some(vec!["a", "b"])),
            (name().eq(lit(ScalarValue::Utf8(None))), Some(vec![])),
            (name().in_list(vec![lit("a")], true), None),
            (name().not_eq(lit("a")), None),
            (name().like(lit("a%")), None),
            (name().eq(lit("a")).or(name().like(lit("b%"))), None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(candidates(&condition), expected, "{condition}");
        }
    }
}
