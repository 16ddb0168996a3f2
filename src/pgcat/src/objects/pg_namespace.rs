//! `pg_namespace`: the schemas.

use std::sync::Arc;

use super::columns::pg_namespace as column;
use super::context::Context;
use super::part::Part;
use super::roles::Roles;
use crate::relation::Row;
use crate::value::Value;

pub(crate) struct Namespaces {
    pub(crate) context: Arc<Context>,
    pub(crate) roles: Arc<Roles>,
}

impl Part for Namespaces {
    fn count(&self) -> Row {
        self.context.schemas.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = &self.context.schemas[row as usize];
        match column {
            column::OID => Value::oid(schema.oid()),
            column::NSPNAME => Value::Text(Arc::clone(&schema.name)),
            column::NSPOWNER => Value::oid(self.roles.owner(schema.metadata.owner.as_deref())),
            _ => Value::Null,
        }
    }
}
