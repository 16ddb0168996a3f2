//! The binary format: what each type's `send` function makes in PostgreSQL.

use arrow::array::{Array, ArrayRef};
use bytes::{BufMut, BytesMut};
use spi::{Error, Result};

use super::kind::Kind;
use super::style::Style;
use super::{Write, array, calendar, decimal, interval, network, read, text};

/// What `jsonb_send` puts before the text: the version of its form.
const JSONB_VERSION: u8 = 1;

pub(super) fn writer(array: &ArrayRef, kind: Kind, style: &Style) -> Result<Write> {
    let writer = match kind {
        Kind::Bool => read::booleans(array, |value, out| out.put_u8(value.into())),
        Kind::Int2 => read::integers(array, |value, out| {
            out.put_i16(value.try_into().map_err(|_| read::out_of_range(value, "smallint"))?);
            Ok(())
        }),
        Kind::Int4 => read::integers(array, |value, out| {
            out.put_i32(value.try_into().map_err(|_| read::out_of_range(value, "integer"))?);
            Ok(())
        }),
        Kind::Int8 => read::integers(array, |value, out| {
            out.put_i64(value);
            Ok(())
        }),
        Kind::Oid => read::integers(array, |value, out| {
            out.put_u32(value.try_into().map_err(|_| read::out_of_range(value, "oid"))?);
            Ok(())
        }),
        Kind::Char => chars(array),
        Kind::Float4 => read::floats(array, |value, out| out.put_f32(value), |value, out| out.put_f32(value as f32)),
        Kind::Float8 => read::floats(array, |value, out| out.put_f64(value.into()), |value, out| out.put_f64(value)),
        Kind::Numeric => read::decimals(array, |value, out| {
            decimal::put_binary(value, out);
            Ok(())
        }),
        Kind::Text | Kind::Json => return text::writer(array, kind, style),
        Kind::Jsonb => return versioned_json(array, style),
        Kind::Inet => read::strings(array, network::put_inet),
        Kind::Uuid => read::strings(array, network::put_uuid).or_else(|| read::binaries(array, put_bytes)),
        Kind::Bytea => read::binaries(array, put_bytes),
        Kind::Date => read::dates(array, calendar::put_date_binary),
        Kind::Time => read::times(array, |value, out| out.put_i64(value)),
        Kind::Timestamp | Kind::TimestampTz => read::timestamps(array, calendar::put_timestamp_binary),
        Kind::Interval => read::intervals(array, |value, out| {
            interval::put_binary(value, out);
            Ok(())
        }),
        Kind::Array(element) => return array::binary_writer(array, element, array::COUNTED_FROM_ONE, style),
        Kind::Vector(element) => return array::binary_writer(array, element, array::COUNTED_FROM_ZERO, style),
    };
    writer.ok_or_else(|| Error::internal(format!("{kind:?} cannot be read from {}", array.data_type())))
}

/// One byte, which is 0 for the empty text.
fn chars(array: &dyn Array) -> Option<Write> {
    let from_text = read::strings(array, |value, out| {
        out.put_u8(value.as_bytes().first().copied().unwrap_or(0));
        Ok(())
    });
    from_text.or_else(|| {
        read::integers(array, |value, out| {
            out.put_u8(value as u8);
            Ok(())
        })
    })
}

fn put_bytes(value: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(value);
}

fn versioned_json(array: &ArrayRef, style: &Style) -> Result<Write> {
    let text = text::writer(array, Kind::Jsonb, style)?;
    Ok(Box::new(move |row, out: &mut BytesMut| {
        out.put_u8(JSONB_VERSION);
        text(row, out)
    }))
}
