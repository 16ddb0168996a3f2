//! Ranges: `[1,5)`, `(,2020-01-01]`, `empty`.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::is_space;
use super::wire::{Input, put_field};
use crate::catalog::oid as relation;
use crate::function::Context;
use crate::value::Value;
use crate::value::range::{Bound, Range, Span};

/// The bits of the first byte of the binary form.
const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// The type of the bounds of a range type.
pub fn subtype(context: &Context<'_>, range_type: u32) -> Result<u32> {
    let row = context.catalog.find_one(relation::PG_RANGE, &["rngtypid"], &[Value::oid(range_type)]);
    row.and_then(|row| row.oid("rngsubtype")).ok_or_else(|| Error::internal(format!("type {range_type} is not a range type")))
}

pub fn read(context: &Context<'_>, type_oid: u32, text: &str) -> Result<Value> {
    read_span(context, type_oid, text).map(|span| Value::Range(Arc::new(Range { type_oid, span })))
}

/// What is in a range; none where nothing is.
pub fn read_span(context: &Context<'_>, range_type: u32, text: &str) -> Result<Option<Span>> {
    let Some(parsed) = parse(text).map_err(|detail| malformed(text, detail))? else { return Ok(None) };
    let subtype = subtype(context, range_type)?;
    let bound = |value: Option<String>, is_inclusive| -> Result<Bound> {
        let value = value.map(|text| super::input(context, subtype, -1, &text)).transpose()?;
        Ok(Bound::new(value, is_inclusive))
    };
    let lower = bound(parsed.lower, parsed.is_lower_inclusive)?;
    let upper = bound(parsed.upper, parsed.is_upper_inclusive)?;
    Span::new(range_type, lower, upper)
}

struct Parsed {
    lower: Option<String>,
    upper: Option<String>,
    is_lower_inclusive: bool,
    is_upper_inclusive: bool,
}

/// The texts of the bounds; none for an empty range. Fails with what is wrong.
fn parse(text: &str) -> std::result::Result<Option<Parsed>, &'static str> {
    let rest = text.trim_start_matches(is_space);
    if let Some((word, rest)) = rest.split_at_checked("empty".len())
        && word.eq_ignore_ascii_case("empty")
    {
        let is_all = rest.trim_start_matches(is_space).is_empty();
        return if is_all { Ok(None) } else { Err("Junk after \"empty\" key word.") };
    }
    let (is_lower_inclusive, rest) = match (rest.strip_prefix('['), rest.strip_prefix('(')) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err("Missing left parenthesis or bracket."),
    };
    let (lower, rest) = bound_text(rest)?;
    let rest = rest.strip_prefix(',').ok_or("Missing comma after lower bound.")?;
    let (upper, rest) = bound_text(rest)?;
    let (is_upper_inclusive, rest) = match (rest.strip_prefix(']'), rest.strip_prefix(')')) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err("Too many commas."),
    };
    if !rest.trim_start_matches(is_space).is_empty() {
        return Err("Junk after right parenthesis or bracket.");
    }
    Ok(Some(Parsed { lower, upper, is_lower_inclusive, is_upper_inclusive }))
}

/// The text of a bound, none where there is no bound, and what stands behind it.
fn bound_text(text: &str) -> std::result::Result<(Option<String>, &str), &'static str> {
    if text.starts_with([',', ')', ']']) {
        return Ok((None, text));
    }
    let mut bound = String::new();
    let mut is_quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        match character {
            ',' | ')' | ']' if !is_quoted => return Ok((Some(bound), &text[place..])),
            '\\' => bound.push(characters.next().ok_or("Unexpected end of input.")?.1),
            // Two quotes within quotes are one.
            '"' if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() => bound.push('"'),
            '"' => is_quoted = !is_quoted,
            _ => bound.push(character),
        }
    }
    Err("Unexpected end of input.")
}

fn malformed(text: &str, detail: &str) -> Error {
    Error::new(Code::InvalidText, format!("malformed range literal: \"{text}\"")).detail(detail)
}

pub fn write(context: &Context<'_>, range: &Range, out: &mut String) -> Result<()> {
    match &range.span {
        None => {
            out.push_str("empty");
            Ok(())
        }
        Some(span) => write_span(context, subtype(context, range.type_oid)?, span, out),
    }
}

pub fn write_span(context: &Context<'_>, subtype: u32, span: &Span, out: &mut String) -> Result<()> {
    out.push(if span.lower.is_inclusive { '[' } else { '(' });
    write_bound(context, subtype, &span.lower, out)?;
    out.push(',');
    write_bound(context, subtype, &span.upper, out)?;
    out.push(if span.upper.is_inclusive { ']' } else { ')' });
    Ok(())
}

fn write_bound(context: &Context<'_>, subtype: u32, bound: &Bound, out: &mut String) -> Result<()> {
    let Some(value) = &bound.value else { return Ok(()) };
    let text = super::output(context, subtype, value)?;
    let special = |character: char| matches!(character, '"' | '\\' | '(' | ')' | '[' | ']' | ',') || is_space(character);
    if !text.is_empty() && !text.contains(special) {
        out.push_str(&text);
        return Ok(());
    }
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('"');
    Ok(())
}

pub fn send(context: &Context<'_>, range: &Range, out: &mut BytesMut) -> Result<()> {
    match &range.span {
        None => {
            out.put_u8(EMPTY);
            Ok(())
        }
        Some(span) => send_span(context, subtype(context, range.type_oid)?, span, out),
    }
}

/// The flags, then each bound that there is behind its length.
pub fn send_span(context: &Context<'_>, subtype: u32, span: &Span, out: &mut BytesMut) -> Result<()> {
    let flags = [
        (span.lower.is_inclusive, LOWER_INCLUSIVE),
        (span.upper.is_inclusive, UPPER_INCLUSIVE),
        (span.lower.value.is_none(), LOWER_INFINITE),
        (span.upper.value.is_none(), UPPER_INFINITE),
    ];
    out.put_u8(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
    for value in [&span.lower, &span.upper].into_iter().filter_map(|bound| bound.value.as_ref()) {
        put_field(context, subtype, value, out)?;
    }
    Ok(())
}

pub fn receive(context: &Context<'_>, type_oid: u32, bytes: &[u8]) -> Result<Value> {
    receive_span(context, type_oid, bytes).map(|span| Value::Range(Arc::new(Range { type_oid, span })))
}

pub fn receive_span(context: &Context<'_>, range_type: u32, bytes: &[u8]) -> Result<Option<Span>> {
    let mut input = Input::new(bytes);
    let [flags] = input.fixed()?;
    if flags & EMPTY != 0 {
        input.end()?;
        return Ok(None);
    }
    let subtype = subtype(context, range_type)?;
    let mut bound = |infinite, inclusive| -> Result<Bound> {
        let value = if flags & infinite == 0 { Some(input.field(context, subtype, -1)?) } else { None };
        Ok(Bound::new(value, flags & inclusive != 0))
    };
    let (lower, upper) = (bound(LOWER_INFINITE, LOWER_INCLUSIVE)?, bound(UPPER_INFINITE, UPPER_INCLUSIVE)?);
    input.end()?;
    Span::new(range_type, lower, upper)
}
