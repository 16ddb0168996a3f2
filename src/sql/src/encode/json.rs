//! Nested values that PostgreSQL has no type for: structs, maps and unions, as the JSON text that `to_jsonb` would make of them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, UnionMode};
use bytes::{BufMut, BytesMut};
use spi::types::PgType;
use spi::{Error, Result};

use super::kind::Kind;
use super::{Style, Write, calendar, cell, read, text};
use crate::answer::Format;

pub(super) fn writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let data_type = array.data_type();
    Ok(match data_type {
        DataType::Null => Box::new(|_, out| {
            out.extend_from_slice(b"null");
            Ok(())
        }),
        DataType::Boolean => {
            required(array, read::booleans(array, |value, out| out.extend_from_slice(if value { b"true" } else { b"false" })))?
        }
        DataType::Struct(fields) => {
            let names = fields.iter().map(|field| quoted(field.name()));
            let members = names.zip(array.as_struct().columns()).map(|(name, column)| Ok((name, nullable(column, style)?)));
            struct_writer(members.collect::<Result<_>>()?)
        }
        DataType::Map(_, _) => map_writer(array, style)?,
        DataType::Union(_, mode) => union_writer(array, *mode, style)?,
        DataType::Dictionary(_, _) | DataType::RunEndEncoded(_, _) => indexed_writer(array, style)?,
        data_type if data_type.is_list() => list_writer(array, style)?,
        data_type if data_type.is_numeric() => number_writer(array, style)?,
        DataType::Timestamp(_, zone) => timestamp_writer(array, zone.is_some(), style)?,
        _ => string_writer(array, style)?,
    })
}

/// Any row, nulls too.
fn nullable(array: &ArrayRef, style: &Style) -> Result<Write> {
    let nulls = array.logical_nulls();
    let write = writer(array, style)?;
    Ok(Box::new(move |row, out| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        write(row, out)
    }))
}

fn struct_writer(members: Vec<(Vec<u8>, Write)>) -> Write {
    Box::new(move |row, out| {
        out.put_u8(b'{');
        for (index, (name, write)) in members.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(name);
            out.extend_from_slice(b": ");
            write(row, out)?;
        }
        out.put_u8(b'}');
        Ok(())
    })
}

fn map_writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let map = array.as_map().clone();
    let keys = string_writer(map.keys(), style)?;
    let values = nullable(map.values(), style)?;
    Ok(Box::new(move |row, out| {
        out.put_u8(b'{');
        let (start, end) = (map.value_offsets()[row] as usize, map.value_offsets()[row + 1] as usize);
        for index in start..end {
            if index > start {
                out.extend_from_slice(b", ");
            }
            keys(index, out)?;
            out.extend_from_slice(b": ");
            values(index, out)?;
        }
        out.put_u8(b'}');
        Ok(())
    }))
}

/// A union is whichever of its members a row has.
fn union_writer(array: &ArrayRef, mode: UnionMode, style: &Style) -> Result<Write> {
    let union = array.as_union().clone();
    let members = union.fields().iter().map(|(id, _)| Ok((id, nullable(union.child(id), style)?))).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |row, out| {
        let id = union.type_id(row);
        let (_, write) =
            members.iter().find(|(member, _)| *member == id).ok_or_else(|| Error::internal(format!("a union has no member {id}")))?;
        match mode {
            UnionMode::Dense => write(union.value_offset(row), out),
            UnionMode::Sparse => write(row, out),
        }
    }))
}

fn indexed_writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let values = match array.data_type() {
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::RunEndEncoded(_, values) => values.data_type().clone(),
        other => other.clone(),
    };
    writer(&arrow::compute::cast(array, &values)?, style)
}

fn list_writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let list = read::lists(array).ok_or_else(|| Error::internal(format!("{} is not a list", array.data_type())))?;
    let elements = nullable(list.values(), style)?;
    Ok(Box::new(move |row, out| {
        out.put_u8(b'[');
        let range = list.element_range(row);
        for index in range.clone() {
            if index > range.start {
                out.extend_from_slice(b", ");
            }
            elements(index, out)?;
        }
        out.put_u8(b']');
        Ok(())
    }))
}

/// A number as it is. JSON has no NaN and no infinity: PostgreSQL makes strings of them.
fn number_writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let cell = cell(array, PgType::from_arrow(array.data_type()), Format::Text, style)?;
    Ok(Box::new(move |row, out| {
        let start = out.len();
        cell.put(row, out)?;
        if matches!(out.last(), Some(b'N' | b'y')) {
            quote(start, out);
        }
        Ok(())
    }))
}

/// ISO 8601, with a T.
fn timestamp_writer(array: &ArrayRef, has_zone: bool, style: &Style) -> Result<Write> {
    let zone = style.zone;
    let write = read::timestamps(array, move |value, out| {
        let start = out.len();
        match has_zone {
            true => calendar::put_timestamptz(value, b'T', zone, out),
            false => calendar::put_timestamp(value, b'T', out),
        }
        quote(start, out);
        Ok(())
    });
    required(array, write)
}

fn string_writer(array: &ArrayRef, style: &Style) -> Result<Write> {
    let kind = Kind::of(PgType::from_arrow(array.data_type()), array.data_type()).unwrap_or(Kind::Text);
    let write = text::writer(array, kind, style)?;
    Ok(Box::new(move |row, out| {
        let start = out.len();
        write(row, out)?;
        quote(start, out);
        Ok(())
    }))
}

fn required(array: &ArrayRef, writer: Option<Write>) -> Result<Write> {
    writer.ok_or_else(|| Error::internal(format!("{} cannot be written as JSON", array.data_type())))
}

fn quoted(text: &str) -> Vec<u8> {
    let mut out = BytesMut::from(text.as_bytes());
    quote(0, &mut out);
    out.to_vec()
}

/// Turns what was written from `start` on into a JSON string.
fn quote(start: usize, out: &mut BytesMut) {
    let text = out[start..].to_vec();
    out.truncate(start);
    out.put_u8(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                super::bytea::put_hex(&[byte], out);
            }
            _ => out.put_u8(byte),
        }
    }
    out.put_u8(b'"');
}
