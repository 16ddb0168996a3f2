//! The text format: what psql shows and most drivers ask for.

use arrow::array::{Array, ArrayRef};
use bytes::{BufMut, BytesMut};
use spi::types::PgType;
use spi::{Error, Result};

use super::kind::Kind;
use super::style::{Style, Zone};
use super::{Write, array, bytea, calendar, cell, decimal, float, integer, interval, json, network, read};
use crate::answer::Format;

pub(super) fn writer(array: &ArrayRef, kind: Kind, style: &Style) -> Result<Write> {
    let writer = match kind {
        Kind::Bool => read::booleans(array, |value, out| out.put_u8(if value { b't' } else { b'f' })),
        Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid => read::integers(array, |value, out| {
            integer::put(value, out);
            Ok(())
        }),
        Kind::Char => read::strings(array, put_string).or_else(|| {
            read::integers(array, |value, out| {
                out.put_u8(value as u8);
                Ok(())
            })
        }),
        Kind::Float4 => {
            let extra = style.extra_float_digits;
            read::floats(
                array,
                move |value, out| float::put_float4(value, extra, out),
                move |value, out| float::put_float4(value as f32, extra, out),
            )
        }
        Kind::Float8 => {
            let extra = style.extra_float_digits;
            read::floats(
                array,
                move |value, out| float::put_float8(value.into(), extra, out),
                move |value, out| float::put_float8(value, extra, out),
            )
        }
        Kind::Numeric => read::decimals(array, |value, out| {
            decimal::put_text(value, out);
            Ok(())
        }),
        Kind::Text | Kind::Inet => match read::strings(array, put_string) {
            Some(writer) => Some(writer),
            None => return text_of(array, style),
        },
        Kind::Json | Kind::Jsonb => match read::strings(array, put_string) {
            Some(writer) => Some(writer),
            None => return json::writer(array, style),
        },
        Kind::Uuid => read::strings(array, put_string).or_else(|| read::binaries(array, network::put_uuid_text)),
        Kind::Bytea => {
            let output = style.bytea;
            read::binaries(array, move |value, out| bytea::put_text(value, output, out))
        }
        Kind::Date => read::dates(array, |value, out| {
            calendar::put_date(value, out);
            Ok(())
        }),
        Kind::Time => read::times(array, calendar::put_time),
        Kind::Timestamp => timestamps(array),
        Kind::TimestampTz => timestamps_of_zone(array, style.zone),
        Kind::Interval => read::intervals(array, |value, out| {
            interval::put_text(value, out);
            Ok(())
        }),
        Kind::Array(element) => return array::text_writer(array, element, style),
        Kind::Vector(element) => return array::vector_text_writer(array, element, style),
    };
    writer.ok_or_else(|| Error::internal(format!("{kind:?} cannot be read from {}", array.data_type())))
}

/// The text of a value that is declared as text and is none.
fn text_of(array: &ArrayRef, style: &Style) -> Result<Write> {
    let cell = cell(array, PgType::from_arrow(array.data_type()), Format::Text, style)?;
    Ok(Box::new(move |row, out| cell.put(row, out).map(|_| ())))
}

fn put_string(value: &str, out: &mut BytesMut) -> Result<()> {
    out.extend_from_slice(value.as_bytes());
    Ok(())
}

fn timestamps(array: &dyn Array) -> Option<Write> {
    read::timestamps(array, |value, out| {
        calendar::put_timestamp(value, b' ', out);
        Ok(())
    })
}

fn timestamps_of_zone(array: &dyn Array, zone: Zone) -> Option<Write> {
    read::timestamps(array, move |value, out| {
        calendar::put_timestamptz(value, b' ', zone, out);
        Ok(())
    })
}
