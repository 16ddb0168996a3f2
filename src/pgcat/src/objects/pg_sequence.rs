//! `pg_sequence`: what sequences count. Numbers beyond 64 bits, which some sources have, are shown as the nearest within.

use spi::metadata::Relation;

use super::columns::pg_sequence as column;
use super::context::At;
use super::layout::{Cells, sequences};
use super::part::{Part, found};
use crate::relation::{Row, Rows};
use crate::value::Value;

pub(crate) struct Sequences(pub(crate) At);

impl Part for Sequences {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Sequences) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Sequences);
        let number = |place| Value::Int(nearest(batch.name(place, row).unwrap_or_default()));
        match column {
            column::SEQRELID => Value::oid(schema.object(Relation::Sequences, row)),
            column::SEQTYPID => {
                let place = batch.integer(sequences::TYPE, row) as usize;
                Value::oid(self.0.context.column_types(self.0.place)[place].oid)
            }
            column::SEQSTART => number(sequences::START),
            column::SEQINCREMENT => number(sequences::INCREMENT),
            column::SEQMAX => number(sequences::MAXIMUM),
            column::SEQMIN => number(sequences::MINIMUM),
            column::SEQCACHE => Value::Int(1),
            _ => batch.truth(sequences::CYCLE, row).into(),
        }
    }

    /// The only index is on the sequence.
    fn find(&self, _columns: &[usize], key: &[Value]) -> Option<Rows> {
        Some(found(self.0.schema().row_of(Relation::Sequences, key[0].as_oid()?)))
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::SEQRELID).then_some(&self.0)
    }
}

fn nearest(text: &str) -> i64 {
    let bound = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.parse().unwrap_or(bound)
}
