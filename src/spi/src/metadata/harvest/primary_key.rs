//! Primary keys of sources that have no constraints of their own.

use super::Harvest;
use crate::error::Result;
use crate::metadata::{ConstraintKind, ConstraintRow, IndexRow};

impl Harvest {
    /// The primary key of a table whose source has no names for keys: a constraint, and the index of that name by which the source finds a
    /// row.
    pub fn primary_key(&mut self, schema: &str, table: &str, method: &str, columns: &[&str]) -> Result<()> {
        let name = format!("{table}_pkey");
        let kind = ConstraintKind::PrimaryKey;
        self.index(IndexRow {
            schema,
            table,
            name: &name,
            unique: true,
            primary: true,
            method,
            columns,
            predicate: None,
            definition: None,
            comment: None,
        })?;
        self.constraint(ConstraintRow {
            schema,
            table,
            name: &name,
            kind,
            columns,
            deferrable: false,
            initially_deferred: false,
            comment: None,
        })
    }
}
