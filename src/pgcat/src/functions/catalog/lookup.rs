//! Objects by the names that functions are given as texts.

use spi::{Code, Error, Result};

use crate::catalog::{CatalogRow, oid};
use crate::function::Context;
use crate::io::identifier;
use crate::value::Value;

/// The relation of a name that may be qualified.
pub(super) fn relation(context: &Context<'_>, text: &str) -> Result<u32> {
    let names = identifier::parse(text)?;
    relation_named(context, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The relation of a name in parts.
pub(super) fn relation_named(context: &Context<'_>, names: &[&str]) -> Result<u32> {
    let (namespaces, name) = match names {
        [name] => (context.catalog.search_namespaces(&context.host.search_path()), *name),
        [schema, name] => (vec![namespace(context, schema)?], *name),
        [database, schema, name] if *database == context.host.database() => (vec![namespace(context, schema)?], *name),
        [_, _, _] => {
            let message = format!("cross-database references are not implemented: \"{}\"", names.join("."));
            return Err(Error::new(Code::Unsupported, message));
        }
        _ => {
            let message = format!("improper relation name (too many dotted names): {}", names.join("."));
            return Err(Error::new(Code::Syntax, message));
        }
    };
    let found = namespaces.iter().find_map(|namespace| context.catalog.class(*namespace, name)?.oid("oid"));
    // The database is not shown, even where it was given.
    let shown = &names[names.len().saturating_sub(2)..];
    found.ok_or_else(|| Error::new(Code::UndefinedTable, format!("relation \"{}\" does not exist", shown.join("."))))
}

pub(super) fn namespace(context: &Context<'_>, name: &str) -> Result<u32> {
    let undefined = || Error::new(Code::UndefinedSchema, format!("schema \"{name}\" does not exist"));
    context.catalog.namespace(name).ok_or_else(undefined)
}

pub(super) fn database(context: &Context<'_>, name: &str) -> Result<u32> {
    let undefined = || Error::new(Code::UndefinedDatabase, format!("database \"{name}\" does not exist"));
    named(context, oid::PG_DATABASE, "datname", name).ok_or_else(undefined)
}

pub(super) fn role(context: &Context<'_>, name: &str) -> Result<u32> {
    named(context, oid::PG_AUTHID, "rolname", name).ok_or_else(|| Error::not_found("role", name))
}

pub(super) fn tablespace(context: &Context<'_>, name: &str) -> Result<u32> {
    named(context, oid::PG_TABLESPACE, "spcname", name).ok_or_else(|| Error::not_found("tablespace", name))
}

pub(super) fn language(context: &Context<'_>, name: &str) -> Result<u32> {
    named(context, oid::PG_LANGUAGE, "lanname", name).ok_or_else(|| Error::not_found("language", name))
}

pub(super) fn server(context: &Context<'_>, name: &str) -> Result<u32> {
    named(context, oid::PG_FOREIGN_SERVER, "srvname", name).ok_or_else(|| Error::not_found("server", name))
}

pub(super) fn foreign_data_wrapper(context: &Context<'_>, name: &str) -> Result<u32> {
    let found = named(context, oid::PG_FOREIGN_DATA_WRAPPER, "fdwname", name);
    found.ok_or_else(|| Error::not_found("foreign-data wrapper", name))
}

fn named(context: &Context<'_>, catalog: u32, column: &str, name: &str) -> Option<u32> {
    context.catalog.find_one(catalog, &[column], &[name.into()])?.oid("oid")
}

/// The column of a relation by its name; dropped ones have none.
pub(super) fn column<'a>(context: &Context<'a>, relation: u32, name: &str) -> Result<CatalogRow<'a>> {
    let key = [Value::oid(relation), name.into()];
    let found = context.catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attname"], &key);
    found.filter(|row| row.bool("attisdropped") != Some(true)).ok_or_else(|| {
        let table = context.catalog.by_oid(oid::PG_CLASS, relation).and_then(|row| row.text("relname")).unwrap_or_default();
        Error::new(Code::UndefinedColumn, format!("column \"{name}\" of relation \"{table}\" does not exist"))
    })
}
