//! Objects in words, by the catalog that they are rows of and their OIDs: `pg_describe_object`, `pg_identify_object` and
//! `pg_identify_object_as_address`; and the other way round, `pg_get_object_address`.

mod address;
mod description;
mod identity;
mod sorts;

use spi::{Error, Result};

use super::names::Naming;
use super::records::{Columns, single};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_describe_object", pg_describe_object),
    ScalarEntry::new("pg_identify_object", pg_identify_object),
    ScalarEntry::new("pg_identify_object_as_address", pg_identify_object_as_address),
    ScalarEntry::new("pg_get_object_address", pg_get_object_address),
];

/// An object, or with a number the column of a relation.
#[derive(Clone, Copy)]
struct Address {
    class: u32,
    object: u32,
    column: i64,
}

impl Address {
    fn of(context: &Context<'_>, arguments: &[Value]) -> Result<Self> {
        let address = Self { class: arguments.oid(0)?, object: arguments.oid(1)?, column: arguments.int(2)? };
        let relation = context.catalog.relation(address.class);
        let has_oids = relation.is_some_and(|relation| relation.columns().iter().any(|column| &*column.name == "oid"));
        match has_oids || address.object == 0 {
            true => Ok(address),
            false => Err(Error::internal(format!("unrecognized object class: {}", address.class))),
        }
    }
}

fn pg_describe_object(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let address = Address::of(context, arguments)?;
    Ok(description::of(context, &Naming::new(context), address).into())
}

const IDENTITY: Columns = &[("type", oid::TEXT), ("schema", oid::TEXT), ("name", oid::TEXT), ("identity", oid::TEXT)];

/// Of what is not there only the type is known.
fn pg_identify_object(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let address = Address::of(context, arguments)?;
    let type_ = sorts::of(context.catalog, address);
    Ok(single(
        IDENTITY,
        match identity::of(context, address) {
            Some(found) => vec![type_.into(), found.schema.into(), found.name.into(), found.identity.into()],
            None => vec![type_.into(), Value::Null, Value::Null, Value::Null],
        },
    ))
}

const FOUND: Columns = &[("classid", oid::OID), ("objid", oid::OID), ("objsubid", oid::INT4)];

fn pg_get_object_address(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let found = address::of(context, arguments.text(0)?, &arguments.array(1)?.values, &arguments.array(2)?.values)?;
    Ok(single(FOUND, vec![Value::oid(found.class), Value::oid(found.object), Value::Int(found.column)]))
}

const ADDRESS: Columns = &[("type", oid::TEXT), ("object_names", oid::TEXT_ARRAY), ("object_args", oid::TEXT_ARRAY)];

fn pg_identify_object_as_address(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let address = Address::of(context, arguments)?;
    let type_ = sorts::of(context.catalog, address);
    let texts = |texts: Vec<String>| Value::array(oid::TEXT, texts.into_iter().map(Value::from).collect());
    Ok(single(
        ADDRESS,
        match identity::of(context, address) {
            Some(found) => vec![type_.into(), texts(found.names), texts(found.arguments)],
            None => vec![type_.into(), Value::Null, Value::Null],
        },
    ))
}
