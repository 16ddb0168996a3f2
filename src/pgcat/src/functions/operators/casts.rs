//! Casts that are no arithmetic: bits of numbers, parts of `jsonb`, transaction ids.

pub mod numbers;

use spi::{Code, Error, Result};

use super::integers::{Width, number};
use super::numerics;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::json::{self, Json};
use crate::io::{numeric, xid8};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("bool_int4", |_, _, a| Ok(Value::Int(a.bool(0)?.into()))),
    ScalarEntry::new("int4_bool", |_, _, a| Ok(Value::Bool(a.int(0)? != 0))),
    ScalarEntry::new("bitfromint4", |_, _, a| bits(a.int(0)?, 32, a.int(1)?)),
    ScalarEntry::new("bitfromint8", |_, _, a| bits(a.int(0)?, 64, a.int(1)?)),
    ScalarEntry::new("bittoint4", |_, _, a| of_bits(a.text(0)?, Width::Int4)),
    ScalarEntry::new("bittoint8", |_, _, a| of_bits(a.text(0)?, Width::Int8)),
    ScalarEntry::new("xid8toxid", |_, _, a| Ok(Value::oid(xid8::read(a.text(0)?)? as u32))),
    ScalarEntry::new("jsonb_bool", |_, _, a| json_bool(a.text(0)?)),
    ScalarEntry::new("jsonb_numeric", |_, _, a| Ok(numerics::value(json_number(a.text(0)?, "numeric")?))),
    ScalarEntry::new("jsonb_int2", |_, _, a| numbers::whole(&json_number(a.text(0)?, "smallint")?, Width::Int2)),
    ScalarEntry::new("jsonb_int4", |_, _, a| numbers::whole(&json_number(a.text(0)?, "integer")?, Width::Int4)),
    ScalarEntry::new("jsonb_int8", |_, _, a| numbers::whole(&json_number(a.text(0)?, "bigint")?, Width::Int8)),
    ScalarEntry::new("jsonb_float4", |_, _, a| numbers::float4(&json_number(a.text(0)?, "real")?)),
    ScalarEntry::new("jsonb_float8", |_, _, a| numbers::float8(&json_number(a.text(0)?, "double precision")?)),
];

/// The last `length` bits of a number, its sign repeated before them.
fn bits(number: i64, width: i64, length: i64) -> Result<Value> {
    // A length that is not given is 1.
    let length = if length <= 0 { 1 } else { length };
    let bit = |place: i64| if number >> place.min(width - 1).min(63) & 1 == 1 { '1' } else { '0' };
    Ok(Value::from((0..length).rev().map(bit).collect::<String>()))
}

fn of_bits(bits: &str, width: Width) -> Result<Value> {
    let digits = if matches!(width, Width::Int4) { 32 } else { 64 };
    if bits.len() > digits {
        return number(width, None);
    }
    let value = u64::from_str_radix(bits, 2).unwrap_or(0);
    Ok(Value::Int(if digits == 32 { value as u32 as i32 as i64 } else { value as i64 }))
}

fn json_bool(text: &str) -> Result<Value> {
    match json::parse(text)? {
        Json::Bool(truth) => Ok(Value::Bool(truth)),
        other => Err(cannot_cast(&other, "boolean")),
    }
}

fn json_number(text: &str, type_name: &str) -> Result<Numeric> {
    match json::parse(text)? {
        Json::Number(digits) => numeric::read(&digits),
        other => Err(cannot_cast(&other, type_name)),
    }
}

fn cannot_cast(json: &Json, type_name: &str) -> Error {
    let kind = match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "numeric",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    Error::new(Code::InvalidArgument, format!("cannot cast jsonb {kind} to type {type_name}"))
}
