//! What roles may do: `has_table_privilege` and its kin.
//!
//! What belongs to PostgreSQL itself is decided by the access lists in the catalog, as PostgreSQL does; what belongs to data sources by
//! the session's host, which knows the grants.

pub mod acl;
pub mod columns;
mod kinds;
pub mod member;
mod words;

use spi::{Error, Result};

use super::lookup;
use crate::catalog::oid;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;
use kinds::{Holder, Kind};

/// Nobody in particular.
const PUBLIC: u32 = 0;

/// All forms of a function: the role and the object each by name or by OID, and without role, which is then the current one.
macro_rules! forms {
    ($kind:ident, $name:literal) => {
        &[
            ScalarEntry::new(concat!($name, "_name"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
            ScalarEntry::new(concat!($name, "_id"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
            ScalarEntry::new(concat!($name, "_name_name"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
            ScalarEntry::new(concat!($name, "_name_id"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
            ScalarEntry::new(concat!($name, "_id_name"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
            ScalarEntry::new(concat!($name, "_id_id"), |context, _, arguments| has(context, &kinds::$kind, arguments)),
        ]
    };
}

pub const TABLE: &[ScalarEntry] = forms!(TABLE, "has_table_privilege");
pub const SEQUENCE: &[ScalarEntry] = forms!(SEQUENCE, "has_sequence_privilege");
pub const DATABASE: &[ScalarEntry] = forms!(DATABASE, "has_database_privilege");
pub const SCHEMA: &[ScalarEntry] = forms!(SCHEMA, "has_schema_privilege");
pub const FUNCTION: &[ScalarEntry] = forms!(FUNCTION, "has_function_privilege");
pub const TYPE: &[ScalarEntry] = forms!(TYPE, "has_type_privilege");
pub const LANGUAGE: &[ScalarEntry] = forms!(LANGUAGE, "has_language_privilege");
pub const TABLESPACE: &[ScalarEntry] = forms!(TABLESPACE, "has_tablespace_privilege");
pub const SERVER: &[ScalarEntry] = forms!(SERVER, "has_server_privilege");
pub const FOREIGN_DATA_WRAPPER: &[ScalarEntry] = forms!(FOREIGN_DATA_WRAPPER, "has_foreign_data_wrapper_privilege");

pub const OTHERS: &[ScalarEntry] = &[
    ScalarEntry::new("has_parameter_privilege_name", has_parameter_privilege),
    ScalarEntry::new("has_parameter_privilege_name_name", has_parameter_privilege),
    ScalarEntry::new("has_parameter_privilege_id_name", has_parameter_privilege),
    ScalarEntry::new("row_security_active", row_security_active),
    ScalarEntry::new("row_security_active_name", row_security_active),
];

/// Whether a role has one of the privileges in a list. Null where there is no such object.
fn has(context: &Context<'_>, kind: &Kind, arguments: &[Value]) -> Result<Value> {
    let (role, [object, privileges]) = role_and(context, arguments)?;
    let object = match object {
        Value::Text(name) => (kind.find)(context, name)?,
        other => other.as_oid().unwrap_or_default(),
    };
    let wanted = words::parse(kind.words, text(privileges))?;
    let Some(row) = context.catalog.by_oid(kind.catalog, object) else { return Ok(Value::Null) };
    (kind.check)(&row)?;
    let holder = Holder::new(context, role);
    Ok(wanted.iter().any(|wanted| holder.holds(kind, object, &row, *wanted)).into())
}

/// The role, and the other arguments.
fn role_and<'a, const OTHERS: usize>(context: &Context<'_>, arguments: &'a [Value]) -> Result<(u32, &'a [Value; OTHERS])> {
    let (role, others) = arguments.split_at(arguments.len().saturating_sub(OTHERS));
    let role = match role.first() {
        None => current_role(context),
        Some(Value::Text(name)) if &**name == "public" => PUBLIC,
        Some(Value::Text(name)) => lookup::role(context, name)?,
        Some(other) => other.as_oid().unwrap_or_default(),
    };
    let others = others.try_into().map_err(|_| Error::internal("a function of privileges has too few arguments"))?;
    Ok((role, others))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The role of the session.
fn current_role(context: &Context<'_>) -> u32 {
    let row = context.catalog.find_one(oid::PG_AUTHID, &["rolname"], &[context.host.current_user().into()]);
    row.and_then(|row| row.oid("oid")).unwrap_or_default()
}

/// Settings may be read by everybody, and set by whoever their context lets; ALTER SYSTEM and the privilege to set are of superusers.
fn has_parameter_privilege(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (role, [_, privileges]) = role_and(context, arguments)?;
    words::parse(words::PARAMETER, text(privileges))?;
    Ok(member::is_superuser(context, role).into())
}

/// Whether rows are hidden from the current role.
fn row_security_active(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let table = match &arguments[0] {
        Value::Text(name) => lookup::relation(context, name)?,
        _ => arguments.oid(0)?,
    };
    let row = context.catalog.by_oid(oid::PG_CLASS, table);
    let is_secured = row.and_then(|row| row.bool("relrowsecurity")) == Some(true);
    Ok((is_secured && !member::is_superuser(context, current_role(context))).into())
}
