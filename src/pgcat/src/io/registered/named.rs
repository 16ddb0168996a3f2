//! `regnamespace`, `regrole`, `regcollation`, `regconfig` and `regdictionary`: objects that their name alone tells.

use spi::{Code, Error, Result};

use super::{place, search, shown};
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::io::identifier;
use crate::resolve::quote_identifier;
use crate::value::Value;

/// `pg_ts_config` and `pg_ts_dict`. Source: PostgreSQL 16.
const PG_TS_CONFIG: u32 = 3602;
const PG_TS_DICT: u32 = 3600;

/// A kind of objects that are in namespaces.
pub struct Kind {
    relation: u32,
    name_column: &'static str,
    namespace_column: &'static str,
    /// What an error says behind the quoted name, and before it.
    noun: &'static str,
    suffix: &'static str,
}

pub const COLLATION: Kind = Kind {
    relation: relation::PG_COLLATION,
    name_column: "collname",
    namespace_column: "collnamespace",
    noun: "collation",
    suffix: " for encoding \"UTF8\"",
};
pub const CONFIGURATION: Kind = Kind {
    relation: PG_TS_CONFIG,
    name_column: "cfgname",
    namespace_column: "cfgnamespace",
    noun: "text search configuration",
    suffix: "",
};
pub const DICTIONARY: Kind =
    Kind { relation: PG_TS_DICT, name_column: "dictname", namespace_column: "dictnamespace", noun: "text search dictionary", suffix: "" };

impl Kind {
    fn oid(&self, context: &Context<'_>, namespace: u32, name: &str) -> Option<u32> {
        let key = [Value::text(name), Value::oid(namespace)];
        context.catalog.find_one(self.relation, &[self.name_column, self.namespace_column], &key)?.oid("oid")
    }
}

pub fn find_in_path(context: &Context<'_>, kind: &Kind, text: &str) -> Result<u32> {
    let names = identifier::parse(text)?;
    let (namespaces, name) = place(context, &names, kind.noun)?;
    let found = namespaces.iter().find_map(|namespace| kind.oid(context, *namespace, &name));
    found.ok_or_else(|| {
        let message = format!("{} \"{}\"{} does not exist", kind.noun, names.join("."), kind.suffix);
        Error::new(Code::UndefinedObject, message)
    })
}

pub fn name_in_path(context: &Context<'_>, kind: &Kind, oid: u32) -> Option<String> {
    let row = context.catalog.by_oid(kind.relation, oid)?;
    let (name, namespace) = (row.text(kind.name_column)?, row.oid(kind.namespace_column)?);
    let first = search(context).into_iter().find_map(|namespace| kind.oid(context, namespace, &name));
    shown(context, namespace, &name, first == Some(oid))
}

pub fn find_namespace(context: &Context<'_>, text: &str) -> Result<u32> {
    let name = single(text)?;
    context.catalog.namespace(&name).ok_or_else(|| no_schema(&name))
}

pub fn find_role(context: &Context<'_>, text: &str) -> Result<u32> {
    let name = single(text)?;
    let row = context.catalog.find_one(relation::PG_AUTHID, &["rolname"], &[Value::text(name.as_str())]);
    row.and_then(|row| row.oid("oid")).ok_or_else(|| Error::not_found("role", &name))
}

/// The quoted name of an object that is in no namespace.
pub fn name(context: &Context<'_>, relation: u32, column: &str, oid: u32) -> Option<String> {
    Some(quote_identifier(&context.catalog.by_oid(relation, oid)?.text(column)?))
}

fn no_schema(name: &str) -> Error {
    Error::new(Code::UndefinedSchema, format!("schema \"{name}\" does not exist"))
}

fn single(text: &str) -> Result<String> {
    match <[String; 1]>::try_from(identifier::parse(text)?) {
        Ok([name]) => Ok(name),
        Err(_) => Err(Error::new(Code::InvalidName, "invalid name syntax")),
    }
}
