//! The types whose values are OIDs that are shown as names: `regclass`, `regproc`, `regtype` and their kin.

mod functions;
mod named;
mod relations;

pub use functions::{function_is_visible, operator_is_visible};

use spi::{Code, Error, Result};

use super::integer;
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::resolve::{Names, format_type, qualified_name, quote_identifier, type_from_text};
use crate::types::oid;

/// Whether values of the type are OIDs that are shown as names.
pub fn is_registered(type_oid: u32) -> bool {
    matches!(
        type_oid,
        oid::REGPROC
            | oid::REGPROCEDURE
            | oid::REGOPER
            | oid::REGOPERATOR
            | oid::REGCLASS
            | oid::REGTYPE
            | oid::REGCONFIG
            | oid::REGDICTIONARY
            | oid::REGNAMESPACE
            | oid::REGROLE
            | oid::REGCOLLATION
    )
}

/// The OID of an object that is named, or that is given by its number.
pub fn read(context: &Context<'_>, type_oid: u32, text: &str) -> Result<u32> {
    // `-` is an operator, so for those only 0 says that there is none.
    let none = if matches!(type_oid, oid::REGOPER | oid::REGOPERATOR) { "0" } else { "-" };
    if text == none {
        return Ok(0);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.parse().map_err(|_| Error::new(Code::OutOfRange, format!("value \"{text}\" is out of range for type oid")));
        return integer::read_unsigned(text.trim_start_matches('0'), 32, "oid").map(|oid| oid as u32).or(number);
    }
    find(context, type_oid, text)
}

fn find(context: &Context<'_>, type_oid: u32, text: &str) -> Result<u32> {
    match type_oid {
        oid::REGCLASS => relations::find(context, text),
        oid::REGTYPE => find_type(context, text),
        oid::REGPROC => functions::find(context, text),
        oid::REGPROCEDURE => functions::find_with_arguments(context, text),
        oid::REGOPER => functions::find_operator(context, text),
        oid::REGOPERATOR => functions::find_operator_with_arguments(context, text),
        oid::REGNAMESPACE => named::find_namespace(context, text),
        oid::REGROLE => named::find_role(context, text),
        oid::REGCOLLATION => named::find_in_path(context, &named::COLLATION, text),
        oid::REGCONFIG => named::find_in_path(context, &named::CONFIGURATION, text),
        _ => named::find_in_path(context, &named::DICTIONARY, text),
    }
}

/// The name of an object, qualified where the search path does not find it; its number where there is no such object.
pub fn write(context: &Context<'_>, type_oid: u32, value: u32, out: &mut String) {
    let name = match (value, type_oid) {
        (0, oid::REGOPER | oid::REGOPERATOR) => Some("0".to_owned()),
        (0, _) => Some("-".to_owned()),
        (_, oid::REGCLASS) => relations::name(context, value),
        (_, oid::REGTYPE) => context.catalog.type_info(value).map(|_| type_name(context, value)),
        (_, oid::REGPROC) => functions::name(context, value),
        (_, oid::REGPROCEDURE) => functions::name_with_arguments(context, value),
        (_, oid::REGOPER) => functions::operator_name(context, value),
        (_, oid::REGOPERATOR) => functions::operator_name_with_arguments(context, value),
        (_, oid::REGNAMESPACE) => named::name(context, relation::PG_NAMESPACE, "nspname", value),
        (_, oid::REGROLE) => named::name(context, relation::PG_AUTHID, "rolname", value),
        (_, oid::REGCOLLATION) => named::name_in_path(context, &named::COLLATION, value),
        (_, oid::REGCONFIG) => named::name_in_path(context, &named::CONFIGURATION, value),
        _ => named::name_in_path(context, &named::DICTIONARY, value),
    };
    match name {
        Some(name) => out.push_str(&name),
        None => out.push_str(&value.to_string()),
    }
}

/// The namespace that a name of one or two parts says, or those of the search path, and the last part. `sort` is for errors.
fn place(context: &Context<'_>, names: &[String], sort: &str) -> Result<(Vec<u32>, String)> {
    match names {
        [name] => Ok((search(context), name.clone())),
        [namespace, name] => Ok((context.catalog.namespace(namespace).into_iter().collect(), name.clone())),
        [database, namespace, name] => {
            let shown = names.join(".");
            match database == context.host.database() {
                true => Ok((context.catalog.namespace(namespace).into_iter().collect(), name.clone())),
                false => Err(Error::new(Code::Unsupported, format!("cross-database references are not implemented: \"{shown}\""))),
            }
        }
        _ => {
            let what = if sort == "relation" { "relation" } else { "qualified" };
            Err(Error::new(Code::Syntax, format!("improper {what} name (too many dotted names): {}", names.join("."))))
        }
    }
}

/// The namespaces in which unqualified names are looked for.
fn search(context: &Context<'_>) -> Vec<u32> {
    context.catalog.search_namespaces(&context.host.search_path())
}

/// A name behind its namespace, unless it is found without.
fn shown(context: &Context<'_>, namespace: u32, name: &str, is_visible: bool) -> Option<String> {
    if is_visible {
        return Some(quote_identifier(name));
    }
    let namespace = context.catalog.by_oid(relation::PG_NAMESPACE, namespace)?.text("nspname")?;
    Some(qualified_name(&namespace, name))
}

/// The OID of the type that a text names.
fn find_type(context: &Context<'_>, text: &str) -> Result<u32> {
    type_from_text(Names::new(context.catalog, &search(context)), context.host.database(), text).map(|found| found.oid)
}

/// The name of a type as people read it; `???` where there is none.
pub(crate) fn type_name(context: &Context<'_>, type_oid: u32) -> String {
    format_type(Names::new(context.catalog, &search(context)), type_oid, None)
}
