//! Multiranges: `{[1,3),[5,7)}`.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::wire::Input;
use super::{is_space, range};
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::value::Value;
use crate::value::range::{Multirange, normalised};

/// The type of the ranges of a multirange type.
pub fn range_type(context: &Context<'_>, multirange_type: u32) -> Result<u32> {
    let row = context.catalog.find_one(relation::PG_RANGE, &["rngmultitypid"], &[Value::oid(multirange_type)]);
    row.and_then(|row| row.oid("rngtypid")).ok_or_else(|| Error::internal(format!("type {multirange_type} is not a multirange type")))
}

pub fn read(context: &Context<'_>, type_oid: u32, text: &str) -> Result<Value> {
    let range_type = range_type(context, type_oid)?;
    let malformed = |detail| Error::new(Code::InvalidText, format!("malformed multirange literal: \"{text}\"")).detail(detail);
    let mut spans = Vec::new();
    for part in parts(text).map_err(malformed)? {
        spans.extend(range::read_span(context, range_type, part)?);
    }
    Ok(Value::Multirange(Arc::new(Multirange { range_type, spans: normalised(range_type, spans) })))
}

/// The texts of the ranges. Fails with what is wrong.
fn parts(text: &str) -> std::result::Result<Vec<&str>, &'static str> {
    let mut rest = text.trim_start_matches(is_space).strip_prefix('{').ok_or("Missing left brace.")?.trim_start_matches(is_space);
    let mut parts = Vec::new();
    while !rest.starts_with('}') || !parts.is_empty() {
        let length = part_length(rest)?;
        parts.push(&rest[..length]);
        rest = rest[length..].trim_start_matches(is_space);
        match rest.chars().next() {
            Some(',') => rest = rest[1..].trim_start_matches(is_space),
            Some('}') => break,
            Some(_) => return Err("Expected comma or end of multirange."),
            None => return Err("Unexpected end of input."),
        }
    }
    // The loop ends in front of the brace.
    let behind = &rest[1..];
    if behind.trim_start_matches(is_space).is_empty() { Ok(parts) } else { Err("Junk after closing right brace.") }
}

/// How long the range at the start of a text is.
fn part_length(text: &str) -> std::result::Result<usize, &'static str> {
    if text.get(.."empty".len()).is_some_and(|word| word.eq_ignore_ascii_case("empty")) {
        return Ok("empty".len());
    }
    if text.is_empty() {
        return Err("Unexpected end of input.");
    }
    if !text.starts_with(['[', '(']) {
        return Err("Expected range start.");
    }
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ']' | ')' if !is_quoted => return Ok(place + 1),
            _ => {}
        }
    }
    Err("Unexpected end of input.")
}

pub fn write(context: &Context<'_>, multirange: &Multirange, out: &mut String) -> Result<()> {
    let subtype = range::subtype(context, multirange.range_type)?;
    out.push('{');
    for (place, span) in multirange.spans.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        range::write_span(context, subtype, span, out)?;
    }
    out.push('}');
    Ok(())
}

/// How many ranges there are, then each behind its length.
pub fn send(context: &Context<'_>, multirange: &Multirange, out: &mut BytesMut) -> Result<()> {
    let subtype = range::subtype(context, multirange.range_type)?;
    out.put_u32(multirange.spans.len() as u32);
    for span in &multirange.spans {
        let mut bytes = BytesMut::new();
        range::send_span(context, subtype, span, &mut bytes)?;
        out.put_u32(bytes.len() as u32);
        out.put(bytes);
    }
    Ok(())
}

pub fn receive(context: &Context<'_>, type_oid: u32, bytes: &[u8]) -> Result<Value> {
    let range_type = range_type(context, type_oid)?;
    let mut input = Input::new(bytes);
    let mut spans = Vec::new();
    for _ in 0..input.u32()? {
        let length = input.u32()? as usize;
        spans.extend(range::receive_span(context, range_type, input.take(length)?)?);
    }
    input.end()?;
    Ok(Value::Multirange(Arc::new(Multirange { range_type, spans: normalised(range_type, spans) })))
}
