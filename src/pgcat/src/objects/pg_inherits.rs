//! `pg_inherits`: which partition belongs to which table.

use spi::metadata::Relation;

use super::columns::pg_inherits as column;
use super::context::At;
use super::ids;
use super::layout::{Cells, partitions};
use super::part::Part;
use crate::relation::{Row, Rows};
use crate::value::Value;

pub(crate) struct Inheritance(pub(crate) At);

impl Part for Inheritance {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Partitions) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Partitions);
        let parent = schema.table_oid(batch.number(partitions::TABLE, row) as usize);
        match column {
            column::INHRELID => Value::oid(match self.0.context.partition_table(self.0.place, row) {
                Some((place, table)) => self.0.context.schemas[place].table_oid(table),
                None => ids::partition(parent, batch.text(partitions::NAME, row).unwrap_or_default()),
            }),
            column::INHPARENT => Value::oid(parent),
            column::INHSEQNO => Value::Int(1),
            _ => false.into(),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let [column::INHPARENT] = columns else { return None };
        let schema = self.0.schema();
        let table = schema.table_of_oid(key[0].as_oid()?);
        let rows = table.map(|table| schema.rows_of(Relation::Partitions, table)).unwrap_or_default();
        Some(Rows::Range(rows.start as Row..rows.end as Row))
    }

    fn looks_beyond_schema(&self, column: usize) -> bool {
        column == column::INHRELID
    }
}
