//! `pg_enum`: the labels of enumerations.

use spi::metadata::Relation;

use super::columns::pg_enum as column;
use super::context::At;
use super::ids;
use super::layout::{Cells, types};
use super::part::Part;
use crate::relation::Row;
use crate::value::Value;

pub(crate) struct Labels(pub(crate) At);

impl Part for Labels {
    fn count(&self) -> Row {
        self.0.schema().labels().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let (type_row, place) = schema.labels()[row as usize];
        let labels = schema.batch(Relation::Types).list(types::MEMBERS, type_row as usize);
        let (type_oid, label) = (schema.object(Relation::Types, type_row as usize), labels[place as usize]);
        match column {
            column::OID => Value::oid(ids::label(type_oid, label)),
            column::ENUMTYPID => Value::oid(type_oid),
            column::ENUMSORTORDER => Value::Float(f64::from(place + 1)),
            _ => label.into(),
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::ENUMTYPID).then_some(&self.0)
    }
}
