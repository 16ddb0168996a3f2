//! Whether a text matches, and what its groups match: `~`, `regexp_like`, `regexp_match`, `regexp_matches`, `substring(text from pattern)`.

use spi::Result;

use super::options::Options;
use super::pattern::{Pattern, Spans};
use super::syntax::Flags;
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textregexeq", matches),
    ScalarEntry::new("textregexne", matches_not),
    ScalarEntry::new("texticregexeq", matches_in_any_case),
    ScalarEntry::new("texticregexne", matches_not_in_any_case),
    ScalarEntry::new("nameregexeq", matches),
    ScalarEntry::new("nameregexne", matches_not),
    ScalarEntry::new("nameicregexeq", matches_in_any_case),
    ScalarEntry::new("nameicregexne", matches_not_in_any_case),
    ScalarEntry::new("regexp_like", like),
    ScalarEntry::new("regexp_like_no_flags", like),
    ScalarEntry::new("regexp_match", first_match),
    ScalarEntry::new("regexp_match_no_flags", first_match),
    ScalarEntry::new("textregexsubstr", substring),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("regexp_matches", all_matches), SetEntry::new("regexp_matches_no_flags", all_matches)];

const ANY_CASE: Flags = Flags { ignore_case: true, newline_stops: false, newline_anchors: false, expanded: false, literal: false };

/// All matches of a pattern in a text, from a place in bytes on.
pub fn find_all(pattern: &Pattern, text: &str, start: usize) -> Result<Vec<Spans>> {
    let mut found = Vec::new();
    let mut from = start;
    while let Some(spans) = pattern.find(text, from)? {
        let Some((begin, end)) = spans[0] else { break };
        from = end;
        if begin == end {
            let Some(next) = text[end..].chars().next() else {
                found.push(spans);
                break;
            };
            from += next.len_utf8();
        }
        found.push(spans);
    }
    Ok(found)
}

/// The text of a group; null where it took no part in the match.
pub fn group(text: &str, spans: &Spans, group: usize) -> Value {
    match spans.get(group) {
        Some(Some((begin, end))) => text[*begin..*end].into(),
        _ => Value::Null,
    }
}

fn matches_with(arguments: &[Value], flags: Flags) -> Result<bool> {
    Pattern::get(arguments.text(1)?, flags)?.is_match(arguments.text(0)?)
}

fn matches(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::Bool(matches_with(arguments, Flags::default())?))
}

fn matches_not(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::Bool(!matches_with(arguments, Flags::default())?))
}

fn matches_in_any_case(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::Bool(matches_with(arguments, ANY_CASE)?))
}

fn matches_not_in_any_case(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(Value::Bool(!matches_with(arguments, ANY_CASE)?))
}

fn like(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let flags = if arguments.len() > 2 { Options::parse_without_global(arguments.text(2)?, "regexp_like")? } else { Flags::default() };
    Ok(Value::Bool(matches_with(arguments, flags)?))
}

fn first_match(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let flags = if arguments.len() > 2 {
        Options::parse_without_global(arguments.text(2)?, "regexp_match").map_err(|error| {
            if error.message.contains("global") { error.hint("Use the regexp_matches function instead.") } else { error }
        })?
    } else {
        Flags::default()
    };
    let text = arguments.text(0)?;
    let pattern = Pattern::get(arguments.text(1)?, flags)?;
    Ok(pattern.find(text, 0)?.map_or(Value::Null, |spans| row(&pattern, text, &spans)))
}

fn all_matches(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let options = if arguments.len() > 2 { Options::parse(arguments.text(2)?)? } else { Options::default() };
    let text = arguments.text(0)?;
    let pattern = Pattern::get(arguments.text(1)?, options.flags)?;
    let found = if options.global { find_all(&pattern, text, 0)? } else { pattern.find(text, 0)?.into_iter().collect() };
    let rows: Vec<Value> = found.iter().map(|spans| row(&pattern, text, spans)).collect();
    Ok(Box::new(rows.into_iter().map(Ok)))
}

/// The groups as an array, or the whole match where there are none.
fn row(pattern: &Pattern, text: &str, spans: &Spans) -> Value {
    let groups = if pattern.groups() == 0 { 0..=0 } else { 1..=pattern.groups() };
    Value::array(oid::TEXT, groups.map(|number| group(text, spans, number)).collect())
}

/// The first group, or the whole match where there is none.
fn substring(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let text = arguments.text(0)?;
    let pattern = Pattern::get(arguments.text(1)?, Flags::default())?;
    let number = usize::from(pattern.groups() > 0);
    Ok(pattern.find(text, 0)?.map_or(Value::Null, |spans| group(text, &spans, number)))
}
