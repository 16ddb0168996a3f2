//! Records and composite types: `(a,"b c",)`.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::wire::{Input, put_field};
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::types::TypeInfo;
use crate::value::{Field, Record, Value};

/// The fields of a composite type, in order.
pub fn fields(context: &Context<'_>, info: &TypeInfo) -> Arc<[Field]> {
    let rows = context.catalog.find(relation::PG_ATTRIBUTE, &["attrelid"], &[Value::oid(info.relation)]);
    let mut fields: Vec<(i64, Field)> = rows
        .iter()
        .filter(|row| row.int("attnum").is_some_and(|number| number > 0) && row.bool("attisdropped") != Some(true))
        .filter_map(|row| {
            let field = Field { name: row.text("attname")?, type_oid: row.oid("atttypid")?, typmod: row.int("atttypmod")? as i32 };
            Some((row.int("attnum")?, field))
        })
        .collect();
    fields.sort_by_key(|(number, _)| *number);
    fields.into_iter().map(|(_, field)| field).collect()
}

pub fn read(context: &Context<'_>, info: &TypeInfo, text: &str) -> Result<Value> {
    let malformed = |detail: &str| Error::new(Code::InvalidText, format!("malformed record literal: \"{text}\"")).detail(detail);
    let mut rest = text.trim_start_matches(super::is_space).strip_prefix('(').ok_or_else(|| malformed("Missing left parenthesis."))?;
    let fields = fields(context, info);
    let mut values = Vec::with_capacity(fields.len());
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(',').ok_or_else(|| malformed("Too few columns."))?;
        }
        if rest.starts_with([',', ')']) {
            values.push(Value::Null);
            continue;
        }
        let (item, after) = item(rest).ok_or_else(|| malformed("Unexpected end of input."))?;
        values.push(super::input(context, field.type_oid, field.typmod, &item)?);
        rest = after;
    }
    let rest = rest.strip_prefix(')').ok_or_else(|| malformed("Too many columns."))?;
    if !rest.chars().all(super::is_space) {
        return Err(malformed("Junk after right parenthesis."));
    }
    Ok(Value::Record(Arc::new(Record { type_oid: info.oid, fields, values })))
}

/// The text up to the next comma or parenthesis outside quotes, and what follows it.
fn item(text: &str) -> Option<(String, &str)> {
    let mut item = String::new();
    let mut is_quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        match character {
            ',' | ')' if !is_quoted => return Some((item, &text[place..])),
            '\\' => item.push(characters.next()?.1),
            '"' if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() => item.push('"'),
            '"' => is_quoted = !is_quoted,
            _ => item.push(character),
        }
    }
    None
}

pub fn write(context: &Context<'_>, record: &Record, out: &mut String) -> Result<()> {
    out.push('(');
    for (place, (field, value)) in record.fields.iter().zip(&record.values).enumerate() {
        if place > 0 {
            out.push(',');
        }
        if value.is_null() {
            continue;
        }
        let start = out.len();
        super::write(context, field.type_oid, value, out)?;
        let item = &out[start..];
        let special = |character: char| matches!(character, '"' | '\\' | '(' | ')' | ',') || super::is_space(character);
        if !item.is_empty() && !item.contains(special) {
            continue;
        }
        let item = out.split_off(start);
        out.push('"');
        for character in item.chars() {
            if matches!(character, '"' | '\\') {
                out.push(character);
            }
            out.push(character);
        }
        out.push('"');
    }
    out.push(')');
    Ok(())
}

/// The number of fields, then each with its type and length.
pub fn send(context: &Context<'_>, record: &Record, out: &mut BytesMut) -> Result<()> {
    out.put_i32(record.values.len() as i32);
    for (field, value) in record.fields.iter().zip(&record.values) {
        out.put_u32(field.type_oid);
        put_field(context, field.type_oid, value, out)?;
    }
    Ok(())
}

pub fn receive(context: &Context<'_>, info: &TypeInfo, bytes: &[u8]) -> Result<Value> {
    let fields = fields(context, info);
    let mut input = Input::new(bytes);
    let count = input.i32()?;
    if count != fields.len() as i32 {
        let message = format!("wrong number of columns: {count}, expected {}", fields.len());
        return Err(Error::new(Code::DatatypeMismatch, message));
    }
    let mut values = Vec::with_capacity(fields.len());
    for (place, field) in fields.iter().enumerate() {
        let sent = input.u32()?;
        if sent != field.type_oid {
            let expected = field.type_oid;
            let message = format!("binary data has type {sent} instead of expected {expected} in record column {}", place + 1);
            return Err(Error::new(Code::DatatypeMismatch, message));
        }
        values.push(input.field(context, field.type_oid, field.typmod)?);
    }
    input.end()?;
    Ok(Value::Record(Arc::new(Record { type_oid: info.oid, fields, values })))
}
