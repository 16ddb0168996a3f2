//! Values as clients write and read them: text and binary forms of every type.
//!
//! Types that every database has are told by their OIDs; what is made of others (arrays, composite types, domains, enumerations) is looked
//! up in the catalog. A type whose form is not known here is its text.

pub mod acl;
pub mod array;
mod binary;
pub mod bit;
mod boolean;
pub mod bytea;
pub mod calendar;
pub mod datetime;
pub mod float;
pub mod geometry;
pub mod identifier;
pub mod integer;
pub mod interval;
pub mod json;
pub mod jsonpath;
pub mod lsn;
pub mod macaddr;
pub mod macaddr8;
mod made;
mod modifier;
pub mod money;
mod multirange;
pub mod network;
pub mod numeric;
pub mod range;
pub mod record;
pub mod registered;
pub mod snapshot;
pub mod style;
#[cfg(test)]
pub(crate) mod tests;
pub mod text;
pub mod text_search;
pub mod tid;
pub mod times;
pub mod unit;
pub mod uuid;
mod wire;
pub mod xid8;
pub mod zone;

pub use binary::{receive, send};
pub use made::label_value;
pub use modifier::apply as apply_modifier;
pub use multirange::range_type as multirange_range_type;

use std::fmt::Write as _;

use spi::{Code, Error, Result};

use crate::function::Context;
use crate::types::oid;
use crate::value::Value;
use datetime::Session;
use style::{DateStyle, IntervalStyle};
use zone::Zone;

/// The value that a text is of a type. A modifier of 0 or more is enforced as in an assignment.
pub fn input(context: &Context<'_>, type_oid: u32, typmod: i32, text: &str) -> Result<Value> {
    let value = read(context, type_oid, typmod, text)?;
    if typmod < 0 { Ok(value) } else { apply_modifier(type_oid, typmod, &value, false) }
}

/// The text of a value of a type. Null has none: an empty text is given for it.
pub fn output(context: &Context<'_>, type_oid: u32, value: &Value) -> Result<String> {
    let mut out = String::new();
    write(context, type_oid, value, &mut out)?;
    Ok(out)
}

fn read(context: &Context<'_>, type_oid: u32, typmod: i32, text: &str) -> Result<Value> {
    let vector = |element| array::read_vector(context, element, text);
    let session = || Session::of(context.host);
    let unsigned = |bits, type_name| integer::read_unsigned(text, bits, type_name).map(|number| Value::Int(number as i64));
    Ok(match type_oid {
        oid::BOOL => Value::Bool(boolean::read(text)?),
        oid::INT2 => Value::Int(integer::read(text, integer::INT2, "smallint")?),
        oid::INT4 => Value::Int(integer::read(text, integer::INT4, "integer")?),
        oid::INT8 => Value::Int(integer::read(text, integer::INT8, "bigint")?),
        oid::OID => unsigned(32, "oid")?,
        oid::XID => unsigned(32, "xid")?,
        oid::CID => unsigned(32, "cid")?,
        oid::XID8 => xid8::value(xid8::read(text)?),
        oid::FLOAT4 => Value::Float(float::read4(text)?),
        oid::FLOAT8 => Value::Float(float::read8(text)?),
        oid::NUMERIC => Value::Numeric(Box::new(numeric::read(text)?)),
        oid::BPCHAR => text::blank_padded(text),
        oid::TEXT | oid::VARCHAR | oid::CSTRING | oid::UNKNOWN | oid::REFCURSOR | oid::XML => Value::text(text),
        oid::NAME => Value::text(text::name(text)),
        oid::CHAR => text::char_value(text::char(text)),
        oid::BYTEA => Value::Bytes(bytea::read(text)?.into()),
        oid::DATE => Value::Date(times::read_date(text, &session())?),
        oid::TIME => Value::Time(times::read_time(text, &session())?),
        oid::TIMETZ => {
            let (time, west) = times::read_timetz(text, &session())?;
            Value::TimeTz(time, west)
        }
        oid::TIMESTAMP => Value::Timestamp(times::read_timestamp(text, &session())?),
        oid::TIMESTAMPTZ => Value::Timestamp(times::read_timestamptz(text, &session())?),
        oid::INTERVAL => Value::Interval(Box::new(interval::read(text, typmod, IntervalStyle::of(context.host))?)),
        oid::UUID => Value::Uuid(Box::new(uuid::read(text)?)),
        oid::JSON => {
            json::check(text)?;
            Value::text(text)
        }
        oid::JSONB => json::value(text)?,
        oid::JSONPATH => Value::from(jsonpath::normalise(text)?),
        oid::INET => network::read_inet(text)?.inet(),
        oid::CIDR => network::read_cidr(text)?.cidr(),
        oid::MACADDR => Value::from(macaddr::text(macaddr::read(text)?)),
        oid::MACADDR8 => Value::from(macaddr8::text(macaddr8::read(text)?)),
        oid::MONEY => Value::Int(money::read(text)?),
        oid::TSVECTOR => Value::from(text_search::vector::text(&text_search::vector::read(text)?)),
        oid::TSQUERY => read_query(context, text)?,
        oid::PG_SNAPSHOT | oid::TXID_SNAPSHOT => Value::from(snapshot::text(&snapshot::read(text)?)),
        oid::BIT | oid::VARBIT => Value::from(bit::read(text)?),
        oid::PG_LSN => lsn::value(lsn::read(text)?),
        oid::ACLITEM => Value::from(acl::text(&acl::read(context, text)?)),
        oid::TID => {
            let (block, offset) = tid::read(text)?;
            Value::Tid(block, offset)
        }
        oid::INT2VECTOR => vector(oid::INT2)?,
        oid::OIDVECTOR => vector(oid::OID)?,
        oid::VOID => Value::text(""),
        type_oid if geometry::is_geometric(type_oid) => geometry::read(type_oid, text)?,
        type_oid if registered::is_registered(type_oid) => Value::oid(registered::read(context, type_oid, text)?),
        _ => made::read(context, type_oid, typmod, text)?,
    })
}

/// A query without lexemes is one that finds nothing, which the client is told.
fn read_query(context: &Context<'_>, text: &str) -> Result<Value> {
    let query = text_search::query::read(text)?;
    if query.is_none() {
        context.host.notice("NOTICE", "00000", format!("text-search query doesn't contain lexemes: \"{text}\""));
    }
    Ok(Value::from(query.as_ref().map(text_search::query::text).unwrap_or_default()))
}

/// Appends the text of a value of a type.
pub fn write(context: &Context<'_>, type_oid: u32, value: &Value, out: &mut String) -> Result<()> {
    match value {
        Value::Null => {}
        Value::Bool(truth) => out.push(if *truth { 't' } else { 'f' }),
        Value::Int(number) if registered::is_registered(type_oid) => registered::write(context, type_oid, *number as u32, out),
        // Writing to a string cannot fail.
        Value::Int(number) if type_oid == oid::MONEY => money::write(*number, out),
        Value::Int(number) => drop(write!(out, "{number}")),
        Value::Float(number) if type_oid == oid::FLOAT4 => float::write4(*number, style::extra_float_digits(context.host), out),
        Value::Float(number) => float::write8(*number, style::extra_float_digits(context.host), out),
        Value::Numeric(number) => numeric::write(number, out),
        Value::Text(text) => out.push_str(text),
        Value::Ordered(ordered) => out.push_str(&ordered.text),
        Value::Bytes(bytes) if style::escapes_bytea(context.host) => bytea::write_escaped(bytes, out),
        Value::Bytes(bytes) => {
            out.push_str("\\x");
            bytea::write_hex(bytes, out);
        }
        Value::Date(days) => times::date(*days, DateStyle::of(context.host), out),
        Value::Time(micros) => times::time(*micros, out),
        Value::TimeTz(micros, west) => times::timetz(*micros, *west, out),
        Value::Timestamp(micros) if is_zoned(context, type_oid) => {
            times::timestamptz(*micros, &Zone::of(context.host), DateStyle::of(context.host), out);
        }
        Value::Timestamp(micros) => times::timestamp(*micros, DateStyle::of(context.host), out),
        Value::Interval(interval) => interval::write(interval, IntervalStyle::of(context.host), out),
        Value::Uuid(bytes) => uuid::write(bytes, out),
        Value::Tid(block, offset) => drop(write!(out, "({block},{offset})")),
        Value::Array(array) if matches!(type_oid, oid::INT2VECTOR | oid::OIDVECTOR) => array::write_vector(context, array, out)?,
        Value::Array(array) => array::write(context, array, made::delimiter(context, array.element), out)?,
        Value::Record(record) => record::write(context, record, out)?,
        Value::Range(range) => range::write(context, range, out)?,
        Value::Multirange(multirange) => multirange::write(context, multirange, out)?,
    }
    Ok(())
}

/// Whether a type of timestamps is one with time zone, or a domain over it.
fn is_zoned(context: &Context<'_>, type_oid: u32) -> bool {
    match type_oid {
        oid::TIMESTAMPTZ => true,
        oid::TIMESTAMP => false,
        _ => context.catalog.base_type(type_oid, -1).0 == oid::TIMESTAMPTZ,
    }
}

/// What C's `isspace` says in every locale that matters.
pub(crate) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// A text that is not of its type's form.
pub(crate) fn invalid(type_name: &str, text: &str) -> Error {
    Error::new(Code::InvalidText, format!("invalid input syntax for type {type_name}: \"{text}\""))
}
