//! `pg_index`: what indexes are on. `indexprs` and `indpred` are the expressions and the condition as the source writes them.

use spi::metadata::Relation;

use super::columns::pg_index as column;
use super::context::At;
use super::index_definition::IndexDefinition;
use super::index_keys::{self, Key};
use super::keys;
use super::layout::{Cells, constraints, indexes};
use super::part::{Part, found};
use crate::relation::{Row, Rows};
use crate::types::oid;
use crate::value::Value;

pub(crate) struct Indexes(pub(crate) At);

impl Part for Indexes {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Indexes) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Indexes);
        let keys = || index_keys::keys(&self.0, row);
        let of_constraint = |column| keys::constraint_of(schema, row).map(|constraint| (constraint, column));
        match column {
            column::INDEXRELID => Value::oid(schema.object(Relation::Indexes, row)),
            column::INDRELID => Value::oid(schema.table_oid(schema.index_table(row))),
            column::INDNATTS => Value::Int(index_keys::count(schema, row) as i64),
            column::INDNKEYATTS => Value::Int(batch.list_len(indexes::COLUMNS, row) as i64),
            column::INDISUNIQUE => batch.truth(indexes::UNIQUE, row).into(),
            column::INDISPRIMARY => batch.truth(indexes::PRIMARY, row).into(),
            column::INDISEXCLUSION => of_constraint(constraints::KIND)
                .is_some_and(|(constraint, kind)| schema.batch(Relation::Constraints).word(kind, constraint) == Some("EXCLUDE"))
                .into(),
            column::INDIMMEDIATE => of_constraint(constraints::DEFERRABLE)
                .is_none_or(|(constraint, deferrable)| !schema.batch(Relation::Constraints).truth(deferrable, constraint))
                .into(),
            column::INDNULLSNOTDISTINCT => {
                batch.text(indexes::DEFINITION, row).is_some_and(|text| IndexDefinition::parse(text).nulls_are_alike).into()
            }
            column::INDISVALID | column::INDISREADY | column::INDISLIVE => true.into(),
            column::INDKEY => vector(oid::INT2, keys().iter().map(|key| key.number.into()).collect()),
            column::INDCOLLATION => vector(oid::OID, searched(&keys()).map(|key| key.collation.into()).collect()),
            column::INDCLASS => vector(oid::OID, searched(&keys()).map(|key| key.operator_class.into()).collect()),
            column::INDOPTION => vector(oid::INT2, searched(&keys()).map(|key| key.option).collect()),
            column::INDEXPRS => {
                let keys = keys();
                let expressions: Vec<&str> = keys.iter().filter(|key| key.number == 0).map(|key| key.text.as_str()).collect();
                if expressions.is_empty() { Value::Null } else { expressions.join(", ").into() }
            }
            column::INDPRED => batch.text(indexes::PREDICATE, row).into(),
            _ => false.into(),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        if columns == [column::INDEXRELID] {
            return Some(found(schema.row_of(Relation::Indexes, key[0].as_oid()?)));
        }
        let [column::INDRELID] = columns else { return None };
        let table = schema.table_of_oid(key[0].as_oid()?);
        let rows = table.map(|table| schema.rows_of(Relation::Indexes, table)).unwrap_or_default();
        Some(Rows::Range(rows.start as Row..rows.end as Row))
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::INDEXRELID | column::INDRELID).then_some(&self.0)
    }
}

/// Collations, classes and options are those of the columns that an index is searched by.
fn searched(keys: &[Key]) -> impl Iterator<Item = &Key> {
    keys.iter().filter(|key| !key.is_carried)
}

fn vector(element: u32, numbers: Vec<i64>) -> Value {
    Value::vector(element, numbers.into_iter().map(Value::Int).collect())
}
