//! The name of a type as PostgreSQL shows it, `format_type`.

use super::Names;
use super::identifier::{qualified_name, quote_identifier};
use crate::catalog::oid as catalog_oid;
use crate::types::{TypeInfo, oid};

/// The name of a type. With a modifier, even -1, it is one that a statement can use for exactly that type; without, it is one for
/// people, as in messages.
pub fn format_type(names: Names<'_>, type_oid: u32, typmod: Option<i32>) -> String {
    if type_oid == 0 {
        return "-".to_owned();
    }
    let Some(info) = names.info(type_oid) else { return "???".to_owned() };
    if info.is_array && info.element != 0 && !matches!(type_oid, oid::INT2VECTOR | oid::OIDVECTOR) {
        return match names.info(info.element) {
            Some(element) => one(names, &element, typmod) + "[]",
            None => "???[]".to_owned(),
        };
    }
    one(names, &info, typmod)
}

/// The name of a type that is no array.
fn one(names: Names<'_>, info: &TypeInfo, typmod: Option<i32>) -> String {
    let modifier = typmod.filter(|modifier| *modifier >= 0);
    let fixed = |name: &str| name.to_owned();
    match info.oid {
        oid::BIT => match modifier {
            Some(length) => format!("bit({length})"),
            None if typmod.is_some() => fixed("\"bit\""),
            None => fixed("bit"),
        },
        oid::BPCHAR => match modifier {
            Some(length) => format!("character({})", length - 4),
            None if typmod.is_some() => fixed("bpchar"),
            None => fixed("character"),
        },
        oid::BOOL => fixed("boolean"),
        oid::FLOAT4 => fixed("real"),
        oid::FLOAT8 => fixed("double precision"),
        oid::INT2 => fixed("smallint"),
        oid::INT4 => fixed("integer"),
        oid::INT8 => fixed("bigint"),
        oid::NUMERIC => match modifier {
            Some(modifier) => format!("numeric{}", numeric(modifier)),
            None => fixed("numeric"),
        },
        oid::INTERVAL => match modifier {
            Some(modifier) => format!("interval{}", interval(modifier)),
            None => fixed("interval"),
        },
        oid::TIME => format!("time{} without time zone", precision(modifier)),
        oid::TIMETZ => format!("time{} with time zone", precision(modifier)),
        oid::TIMESTAMP => format!("timestamp{} without time zone", precision(modifier)),
        oid::TIMESTAMPTZ => format!("timestamp{} with time zone", precision(modifier)),
        oid::VARBIT => format!("bit varying{}", precision(modifier)),
        oid::VARCHAR => format!("character varying{}", precision(modifier.map(|length| length - 4))),
        _ => named(names, info) + &precision(modifier),
    }
}

fn precision(modifier: Option<i32>) -> String {
    modifier.map(|modifier| format!("({modifier})")).unwrap_or_default()
}

/// A numeric scale is an 11-bit signed number.
fn numeric(modifier: i32) -> String {
    let modifier = modifier - 4;
    let scale = ((modifier & 0x7ff) ^ 1024) - 1024;
    format!("({},{scale})", (modifier >> 16) & 0xffff)
}

/// The fields that an interval is restricted to, and its precision.
fn interval(modifier: i32) -> String {
    let (fields, precision) = ((modifier >> 16) & 0x7fff, modifier & 0xffff);
    let words = super::typmod::INTERVAL_FIELDS.iter().find(|(mask, _)| *mask == fields).map_or("", |(_, words)| words);
    let words = if words.is_empty() { String::new() } else { format!(" {words}") };
    if precision == 0xffff { words } else { format!("{words}({precision})") }
}

/// The name of any other type, with its schema where the search path does not lead to it.
fn named(names: Names<'_>, info: &TypeInfo) -> String {
    let visible = names.search.iter().find_map(|namespace| names.catalog.type_named(*namespace, &info.name));
    if visible == Some(info.oid) {
        return quote_identifier(&info.name);
    }
    let schema = names.catalog.by_oid(catalog_oid::PG_NAMESPACE, info.namespace).and_then(|row| row.text("nspname"));
    match schema {
        Some(schema) => qualified_name(&schema, &info.name),
        None => quote_identifier(&info.name),
    }
}
