//! Which match is meant: `regexp_count`, `regexp_instr`, `regexp_substr`.

use spi::{Code, Error, Result};

use super::matching::{find_all, group};
use super::options::Options;
use super::pattern::{Pattern, Spans};
use super::syntax::Flags;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("regexp_count_no_start", count),
    ScalarEntry::new("regexp_count_no_flags", count),
    ScalarEntry::new("regexp_count", count),
    ScalarEntry::new("regexp_instr_no_start", place),
    ScalarEntry::new("regexp_instr_no_n", place),
    ScalarEntry::new("regexp_instr_no_endoption", place),
    ScalarEntry::new("regexp_instr_no_flags", place),
    ScalarEntry::new("regexp_instr_no_subexpr", place),
    ScalarEntry::new("regexp_instr", place),
    ScalarEntry::new("regexp_substr_no_start", substring),
    ScalarEntry::new("regexp_substr_no_n", substring),
    ScalarEntry::new("regexp_substr_no_flags", substring),
    ScalarEntry::new("regexp_substr_no_subexpr", substring),
    ScalarEntry::new("regexp_substr", substring),
];

/// The place to begin at in bytes, of an argument that counts characters from 1; the begin where it is not given.
pub fn start(arguments: &[Value], place: usize) -> Result<usize> {
    if place >= arguments.len() {
        return Ok(0);
    }
    let start = arguments.int(place)?;
    if start <= 0 {
        return Err(invalid("start", start));
    }
    let text = arguments.text(0)?;
    // Behind the end nothing matches, not even an empty pattern.
    let before = start as usize - 1;
    let behind_end = text.len() + usize::from(before > text.chars().count());
    Ok(text.char_indices().nth(before).map_or(behind_end, |(byte, _)| byte))
}

/// Which match is meant, counted from 1; the first where it is not given. Zero where it may mean all.
pub fn nth(arguments: &[Value], place: usize, takes_zero: bool) -> Result<usize> {
    if place >= arguments.len() {
        return Ok(1);
    }
    let number = arguments.int(place)?;
    if number < 0 || (number == 0 && !takes_zero) {
        return Err(invalid("n", number));
    }
    Ok(number as usize)
}

fn invalid(parameter: &str, value: i64) -> Error {
    Error::new(Code::InvalidArgument, format!("invalid value for parameter \"{parameter}\": {value}"))
}

fn flags(arguments: &[Value], place: usize, function: &str) -> Result<Flags> {
    if place < arguments.len() { Options::parse_without_global(arguments.text(place)?, function) } else { Ok(Flags::default()) }
}

/// The group of an optional argument.
fn subexpression(arguments: &[Value], place: usize) -> Result<usize> {
    if place >= arguments.len() {
        return Ok(0);
    }
    let number = arguments.int(place)?;
    if number < 0 { Err(invalid("subexpr", number)) } else { Ok(number as usize) }
}

fn count(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let begin = start(arguments, 2)?;
    let flags = flags(arguments, 3, "regexp_count")?;
    let text = arguments.text(0)?;
    let pattern = Pattern::get(arguments.text(1)?, flags)?;
    let found = if begin > text.len() { Vec::new() } else { find_all(&pattern, text, begin)? };
    Ok(Value::Int(found.len() as i64))
}

/// The match that is meant, if there is one.
fn nth_match(arguments: &[Value], pattern: &Pattern, begin: usize, which: usize) -> Result<Option<Spans>> {
    let text = arguments.text(0)?;
    if begin > text.len() {
        return Ok(None);
    }
    if which == 1 {
        return pattern.find(text, begin);
    }
    Ok(find_all(pattern, text, begin)?.into_iter().nth(which - 1))
}

/// `regexp_instr(text, pattern, start, n, endoption, flags, subexpr)`: where the match or group begins or ends, in characters from 1.
fn place(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let begin = start(arguments, 2)?;
    let which = nth(arguments, 3, false)?;
    let wants_end = match arguments.get(4) {
        None => 0,
        Some(_) => arguments.int(4)?,
    };
    if !(0..=1).contains(&wants_end) {
        return Err(invalid("endoption", wants_end));
    }
    let number = subexpression(arguments, 6)?;
    let flags = flags(arguments, 5, "regexp_instr")?;
    let pattern = Pattern::get(arguments.text(1)?, flags)?;
    let spans = nth_match(arguments, &pattern, begin, which)?;
    let Some(Some((begin, end))) = spans.and_then(|spans| spans.get(number).copied()) else { return Ok(Value::Int(0)) };
    let bytes = if wants_end == 1 { end } else { begin };
    Ok(Value::Int(arguments.text(0)?[..bytes].chars().count() as i64 + 1))
}

/// `regexp_substr(text, pattern, start, n, flags, subexpr)`.
fn substring(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let begin = start(arguments, 2)?;
    let which = nth(arguments, 3, false)?;
    let number = subexpression(arguments, 5)?;
    let flags = flags(arguments, 4, "regexp_substr")?;
    let pattern = Pattern::get(arguments.text(1)?, flags)?;
    let spans = nth_match(arguments, &pattern, begin, which)?;
    let text = arguments.text(0)?;
    Ok(spans.map_or(Value::Null, |spans| group(text, &spans, number)))
}
