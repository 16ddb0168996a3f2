//! `pg_namespace`: the schemas.

use std::sync::Arc;

use super::columns::pg_namespace as column;
use super::context::Context;
use super::part::Part;
use crate::relation::Row;
use crate::value::Value;

pub(crate) struct Namespaces(pub(crate) Arc<Context>);

impl Part for Namespaces {
    fn count(&self) -> Row {
        self.0.schemas.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = &self.0.schemas[row as usize];
        match column {
            column::OID => Value::oid(schema.oid()),
            column::NSPNAME => Value::Text(Arc::clone(&schema.name)),
            column::NSPOWNER => Value::oid(self.0.owner(schema.metadata.owner.as_deref())),
            _ => Value::Null,
        }
    }
}
