//! Types that are made of others, or by users: arrays, composite types, domains, enumerations; and those that have no values.

use bytes::BytesMut;
use spi::{Code, Error, Result};

use super::registered::type_name;
use super::{array, multirange, range, record};
use crate::catalog::{CatalogRow, oid as relation};
use crate::function::Context;
use crate::types::{TypeInfo, TypeKind, oid};
use crate::value::Value;
use crate::value::ordered::key_of_float;

/// Types whose values only PostgreSQL itself makes.
const OUTPUT_ONLY: [&str; 6] =
    ["pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"];

pub fn read(context: &Context<'_>, type_oid: u32, typmod: i32, text: &str) -> Result<Value> {
    let Some(info) = context.catalog.type_info(type_oid) else { return Err(unknown(type_oid)) };
    match info.kind {
        _ if info.is_array => array::read(context, info.element, typmod, delimiter(context, info.element), text),
        TypeKind::Composite => record::read(context, &info, text),
        TypeKind::Domain => super::input(context, info.base, info.base_typmod, text),
        TypeKind::Enum => read_label(context, &info, text),
        TypeKind::Pseudo => Err(refused(context, type_oid, "accept")),
        TypeKind::Base if OUTPUT_ONLY.contains(&info.name.as_ref()) => Err(refused(context, type_oid, "accept")),
        TypeKind::Range => range::read(context, type_oid, text),
        TypeKind::Multirange => multirange::read(context, type_oid, text),
        TypeKind::Base => Ok(Value::text(text)),
    }
}

fn read_label(context: &Context<'_>, info: &TypeInfo, text: &str) -> Result<Value> {
    let label = context.catalog.find_one(relation::PG_ENUM, &["enumtypid", "enumlabel"], &[Value::oid(info.oid), Value::text(text)]);
    match label {
        Some(row) => Ok(label_value(&row)),
        None => {
            let message = format!("invalid input value for enum {}: \"{text}\"", type_name(context, info.oid));
            Err(Error::new(Code::InvalidText, message))
        }
    }
}

/// A row of `pg_enum` as a value of its type, in the order that the labels are declared in.
pub fn label_value(row: &CatalogRow<'_>) -> Value {
    let place = match row.get("enumsortorder") {
        Value::Float(place) => place,
        _ => 0.0,
    };
    Value::ordered(key_of_float(place), &*row.text("enumlabel").unwrap_or_default())
}

/// What stands between elements of a type.
pub fn delimiter(context: &Context<'_>, element: u32) -> u8 {
    match element {
        // The types that arrays are mostly of need no look into the catalog.
        oid::INT2 | oid::INT4 | oid::INT8 | oid::OID | oid::TEXT | oid::NAME | oid::CHAR | oid::VARCHAR | oid::ACLITEM => b',',
        _ => context.catalog.type_info(element).map_or(b',', |info| info.delimiter),
    }
}

pub fn receive(context: &Context<'_>, type_oid: u32, typmod: i32, bytes: &[u8]) -> Result<Value> {
    let Some(info) = context.catalog.type_info(type_oid) else { return Err(unknown(type_oid)) };
    match info.kind {
        _ if info.is_array => array::receive(context, info.element, typmod, bytes),
        TypeKind::Composite => record::receive(context, &info, bytes),
        TypeKind::Domain => super::receive(context, info.base, info.base_typmod, bytes),
        TypeKind::Enum => read_label(context, &info, super::wire::utf8(bytes)?),
        TypeKind::Range => range::receive(context, type_oid, bytes),
        TypeKind::Multirange => multirange::receive(context, type_oid, bytes),
        TypeKind::Pseudo => Err(refused(context, type_oid, "accept")),
        _ => {
            let message = format!("no binary input function available for type {}", type_name(context, type_oid));
            Err(Error::new(Code::UndefinedFunction, message))
        }
    }
}

/// The binary form of a value that is kept as text: of a label the text itself.
pub fn send(context: &Context<'_>, type_oid: u32, text: &str, out: &mut BytesMut) -> Result<()> {
    let Some(info) = context.catalog.type_info(type_oid) else { return Err(unknown(type_oid)) };
    match info.kind {
        TypeKind::Domain => super::send(context, info.base, &Value::text(text), out),
        TypeKind::Enum | TypeKind::Pseudo => {
            out.extend_from_slice(text.as_bytes());
            Ok(())
        }
        _ => {
            let message = format!("no binary output function available for type {}", type_name(context, type_oid));
            Err(Error::new(Code::UndefinedFunction, message))
        }
    }
}

fn refused(context: &Context<'_>, type_oid: u32, verb: &str) -> Error {
    if type_oid == oid::RECORD {
        return Error::new(Code::Unsupported, "input of anonymous composite types is not implemented");
    }
    Error::new(Code::Unsupported, format!("cannot {verb} a value of type {}", type_name(context, type_oid)))
}

fn unknown(type_oid: u32) -> Error {
    Error::internal(format!("cache lookup failed for type {type_oid}"))
}
