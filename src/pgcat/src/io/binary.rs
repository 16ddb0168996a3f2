//! The binary form of every type, as PostgreSQL's send and receive functions have it.

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::wire::{Input, utf8};
use super::{
    array, bit, geometry, interval, json, lsn, macaddr, macaddr8, made, multirange, network, numeric, range, record, registered, snapshot,
    text, text_search, times, xid8,
};
use crate::function::Context;
use crate::types::oid;
use crate::value::Value;

/// The version of `jsonb`'s binary form.
const JSONB_VERSION: u8 = 1;

/// The value that bytes are of a type. A modifier of 0 or more is enforced as in an assignment.
pub fn receive(context: &Context<'_>, type_oid: u32, typmod: i32, bytes: &[u8]) -> Result<Value> {
    let value = read(context, type_oid, typmod, bytes)?;
    if typmod < 0 { Ok(value) } else { super::apply_modifier(type_oid, typmod, &value, false) }
}

fn read(context: &Context<'_>, type_oid: u32, typmod: i32, bytes: &[u8]) -> Result<Value> {
    let mut input = Input::new(bytes);
    let value = match type_oid {
        oid::BOOL => Value::Bool(input.fixed::<1>()? != [0]),
        oid::INT2 => Value::Int(input.i16()?.into()),
        oid::INT4 => Value::Int(input.i32()?.into()),
        oid::INT8 | oid::MONEY => Value::Int(input.i64()?),
        oid::XID8 => xid8::value(input.i64()? as u64),
        oid::OID | oid::XID | oid::CID => Value::oid(input.u32()?),
        type_oid if registered::is_registered(type_oid) => Value::oid(input.u32()?),
        oid::FLOAT4 => Value::Float(f32::from_be_bytes(input.fixed()?).into()),
        oid::FLOAT8 => Value::Float(f64::from_be_bytes(input.fixed()?)),
        oid::NUMERIC => Value::Numeric(Box::new(numeric::receive(input.rest())?)),
        oid::CHAR => text::char_value(input.fixed::<1>()?[0]),
        oid::BYTEA => Value::Bytes(input.rest().into()),
        oid::UUID => Value::Uuid(Box::new(input.fixed()?)),
        oid::DATE => Value::Date(times::receive_date(&mut input)?),
        oid::TIME => Value::Time(times::receive_time(&mut input)?),
        oid::TIMETZ => Value::TimeTz(times::receive_time(&mut input)?, times::receive_displacement(&mut input)?),
        oid::TIMESTAMP | oid::TIMESTAMPTZ => Value::Timestamp(times::receive_timestamp(&mut input)?),
        oid::INTERVAL => Value::Interval(Box::new(interval::receive(&mut input)?)),
        oid::TID => Value::Tid(input.u32()?, input.i16()? as u16),
        oid::PG_LSN => lsn::value(input.i64()? as u64),
        oid::MACADDR => Value::from(macaddr::text(macaddr::receive(input.rest())?)),
        oid::INET => network::receive(input.rest(), "inet")?.inet(),
        oid::CIDR => network::receive(input.rest(), "cidr")?.cidr(),
        oid::TSVECTOR => Value::from(text_search::vector::text(&text_search::vector::receive(input.rest())?)),
        oid::TSQUERY => {
            let query = text_search::query::receive(input.rest())?;
            Value::from(query.as_ref().map(text_search::query::text).unwrap_or_default())
        }
        oid::MACADDR8 => Value::from(macaddr8::text(macaddr8::receive(input.rest())?)),
        oid::PG_SNAPSHOT | oid::TXID_SNAPSHOT => Value::from(snapshot::text(&snapshot::receive(input.rest())?)),
        oid::BIT | oid::VARBIT => Value::from(bit::receive(input.rest())?),
        oid::INT2VECTOR => array::receive_vector(context, oid::INT2, input.rest())?,
        oid::OIDVECTOR => array::receive_vector(context, oid::OID, input.rest())?,
        type_oid if geometry::is_geometric(type_oid) => geometry::binary::receive(type_oid, input.rest())?,
        oid::JSONB => {
            let [version] = input.fixed()?;
            if version != JSONB_VERSION {
                return Err(Error::internal(format!("unsupported jsonb version number {version}")));
            }
            json::value(utf8(input.rest())?)?
        }
        oid::NAME => {
            let name = utf8(input.rest())?;
            if name.len() > 63 {
                let error = Error::new(Code::NameTooLong, "identifier too long");
                return Err(error.detail("Identifier must be less than 64 characters."));
            }
            Value::text(name)
        }
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::CSTRING | oid::UNKNOWN | oid::REFCURSOR | oid::XML | oid::JSON => {
            super::input(context, type_oid, -1, utf8(input.rest())?)?
        }
        oid::VOID => Value::text(""),
        _ => made::receive(context, type_oid, typmod, input.rest())?,
    };
    input.end()?;
    Ok(value)
}

/// Appends the binary form of a value that is not null.
pub fn send(context: &Context<'_>, type_oid: u32, value: &Value, out: &mut BytesMut) -> Result<()> {
    match value {
        Value::Null => {}
        Value::Bool(truth) => out.put_u8((*truth).into()),
        Value::Int(number) => send_int(context, type_oid, *number, out),
        Value::Float(number) if type_oid == oid::FLOAT4 => out.put_f32(*number as f32),
        Value::Float(number) => out.put_f64(*number),
        Value::Numeric(number) => numeric::send(number, out),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Uuid(bytes) => out.extend_from_slice(&**bytes),
        Value::Date(days) => out.put_i32(*days),
        Value::Time(micros) | Value::Timestamp(micros) => out.put_i64(*micros),
        Value::TimeTz(micros, west) => {
            out.put_i64(*micros);
            out.put_i32(*west);
        }
        Value::Interval(interval) => interval::send(interval, out),
        Value::Tid(block, offset) => {
            out.put_u32(*block);
            out.put_u16(*offset);
        }
        Value::Array(array) => array::send(context, array, out)?,
        Value::Record(record) => record::send(context, record, out)?,
        Value::Range(range) => range::send(context, range, out)?,
        Value::Multirange(multirange) => multirange::send(context, multirange, out)?,
        Value::Text(text) => send_text(context, type_oid, text, out)?,
        Value::Ordered(ordered) => send_text(context, type_oid, &ordered.text, out)?,
    }
    Ok(())
}

fn send_int(context: &Context<'_>, type_oid: u32, number: i64, out: &mut BytesMut) {
    match type_oid {
        oid::INT2 => out.put_i16(number as i16),
        oid::INT4 => out.put_i32(number as i32),
        oid::INT8 | oid::MONEY => out.put_i64(number),
        oid::OID | oid::XID | oid::CID => out.put_u32(number as u32),
        _ if registered::is_registered(type_oid) => out.put_u32(number as u32),
        // A domain over one of them.
        _ => match context.catalog.base_type(type_oid, -1) {
            (base, _) if base != type_oid => send_int(context, base, number, out),
            _ => out.put_i64(number),
        },
    }
}

fn send_text(context: &Context<'_>, type_oid: u32, kept: &str, out: &mut BytesMut) -> Result<()> {
    match type_oid {
        oid::CHAR => out.put_u8(text::char(kept)),
        oid::JSONB => {
            out.put_u8(JSONB_VERSION);
            out.extend_from_slice(kept.as_bytes());
        }
        oid::INET => network::send(&network::read_inet(kept)?, false, out),
        oid::CIDR => network::send(&network::read_cidr(kept)?, true, out),
        oid::MACADDR => out.extend_from_slice(&macaddr::read(kept)?),
        oid::TSVECTOR => text_search::vector::send(&text_search::vector::read(kept)?, out),
        oid::TSQUERY => text_search::query::send(text_search::query::read(kept)?.as_ref(), out),
        oid::MACADDR8 => out.extend_from_slice(&macaddr8::read(kept)?),
        oid::PG_SNAPSHOT | oid::TXID_SNAPSHOT => snapshot::send(&snapshot::read(kept)?, out),
        oid::BIT | oid::VARBIT => bit::send(kept, out),
        oid::PG_LSN => out.put_u64(lsn::read(kept)?),
        oid::XID8 => out.put_u64(xid8::read(kept)?),
        type_oid if geometry::is_geometric(type_oid) => geometry::binary::send(type_oid, kept, out)?,
        oid::ACLITEM => {
            return Err(Error::new(Code::UndefinedFunction, "no binary output function available for type aclitem"));
        }
        oid::TEXT
        | oid::VARCHAR
        | oid::BPCHAR
        | oid::NAME
        | oid::CSTRING
        | oid::UNKNOWN
        | oid::JSON
        | oid::XML
        | oid::REFCURSOR
        | oid::PG_NODE_TREE => {
            out.extend_from_slice(kept.as_bytes());
        }
        _ => made::send(context, type_oid, kept, out)?,
    }
    Ok(())
}
