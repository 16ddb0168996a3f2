//! Privileges on single columns: `has_column_privilege` and `has_any_column_privilege`.
//!
//! Who has a privilege on a table has it on all its columns.

use spi::Result;

use super::kinds::{self, Holder};
use super::words::{self, Wanted};
use super::{role_and, text};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::catalog::lookup;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("has_column_privilege_name_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_name_attnum", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_attnum", has_column_privilege),
    ScalarEntry::new("has_column_privilege_name_name_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_name_name_attnum", has_column_privilege),
    ScalarEntry::new("has_column_privilege_name_id_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_name_id_attnum", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_name_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_name_attnum", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_id_name", has_column_privilege),
    ScalarEntry::new("has_column_privilege_id_id_attnum", has_column_privilege),
    ScalarEntry::new("has_any_column_privilege_name", has_any_column_privilege),
    ScalarEntry::new("has_any_column_privilege_id", has_any_column_privilege),
    ScalarEntry::new("has_any_column_privilege_name_name", has_any_column_privilege),
    ScalarEntry::new("has_any_column_privilege_name_id", has_any_column_privilege),
    ScalarEntry::new("has_any_column_privilege_id_name", has_any_column_privilege),
    ScalarEntry::new("has_any_column_privilege_id_id", has_any_column_privilege),
];

/// Null where there is no such table, or no column of the number.
fn has_column_privilege(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    // A form with a role has one argument more than one without.
    let (role, [table, column, privileges]) = role_and(context, arguments)?;
    let table = relation(context, table)?;
    let wanted = words::parse(words::COLUMN, text(privileges))?;
    let Some(row) = context.catalog.by_oid(oid::PG_CLASS, table) else { return Ok(Value::Null) };
    let attribute = match column {
        Value::Text(name) => Some(lookup::column(context, table, name)?),
        number => context.catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &[Value::oid(table), number.clone()]),
    };
    let Some(attribute) = attribute.filter(|attribute| attribute.bool("attisdropped") != Some(true)) else { return Ok(Value::Null) };
    let holder = Holder::new(context, role);
    Ok(wanted.iter().any(|wanted| holds(&holder, table, &row, std::slice::from_ref(&attribute), *wanted)).into())
}

fn has_any_column_privilege(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (role, [table, privileges]) = role_and(context, arguments)?;
    let table = relation(context, table)?;
    let wanted = words::parse(words::COLUMN, text(privileges))?;
    let Some(row) = context.catalog.by_oid(oid::PG_CLASS, table) else { return Ok(Value::Null) };
    let holder = Holder::new(context, role);
    let attributes = if kinds::TABLE.is_postgresqls(table) {
        context.catalog.find(oid::PG_ATTRIBUTE, &["attrelid"], &[Value::oid(table)])
    } else {
        // Columns of data sources have no access lists of their own.
        Vec::new()
    };
    Ok(wanted.iter().any(|wanted| holds(&holder, table, &row, &attributes, *wanted)).into())
}

fn relation(context: &Context<'_>, table: &Value) -> Result<u32> {
    match table {
        Value::Text(name) => lookup::relation(context, name),
        other => Ok(other.as_oid().unwrap_or_default()),
    }
}

/// Whether the privilege is held on the table, or on one of the columns.
fn holds(holder: &Holder<'_>, table: u32, row: &CatalogRow<'_>, attributes: &[CatalogRow<'_>], wanted: Wanted) -> bool {
    let owner = row.oid("relowner").unwrap_or_default();
    holder.holds(&kinds::TABLE, table, row, wanted)
        || attributes.iter().any(|attribute| {
            let list = attribute.get("attacl");
            !list.is_null() && holder.is_granted(&list, owner, wanted)
        })
}
