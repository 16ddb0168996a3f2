//! `regexp_replace`.

use spi::Result;

use super::options::Options;
use super::pattern::{Pattern, Spans};
use super::places::{nth, start};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textregexreplace_noopt", replace),
    ScalarEntry::new("textregexreplace", replace),
    ScalarEntry::new("textregexreplace_extended", replace_from),
    ScalarEntry::new("textregexreplace_extended_no_flags", replace_from),
    ScalarEntry::new("textregexreplace_extended_no_n", replace_from),
];

fn replace(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let options = if arguments.len() > 3 { options(arguments.text(3)?)? } else { Options::default() };
    let which = if options.global { 0 } else { 1 };
    replaced(arguments, options, 0, which)
}

/// A number where the flags stand was meant as the start.
fn options(letters: &str) -> Result<Options> {
    let digit = letters.chars().next().filter(char::is_ascii_digit);
    Options::parse(letters).map_err(|error| match digit {
        Some(_) => {
            error.hint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
        }
        None => error,
    })
}

/// With the place to begin at, which match to replace (0 is all), and flags.
fn replace_from(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let begin = start(arguments, 3)?;
    let which = nth(arguments, 4, true)?;
    let options = if arguments.len() > 5 { Options::parse(arguments.text(5)?)? } else { Options::default() };
    replaced(arguments, options, begin, which)
}

/// Replaces one match, counted from 1, or all for 0.
fn replaced(arguments: &[Value], options: Options, start: usize, which: usize) -> Result<Value> {
    let (text, template) = (arguments.text(0)?, arguments.text(2)?);
    let pattern = Pattern::get(arguments.text(1)?, options.flags)?;
    let (mut replaced, mut copied, mut from, mut count) = (String::new(), 0, start, 0);
    while from <= text.len() {
        let Some(spans) = pattern.find(text, from)? else { break };
        let Some((begin, end)) = spans[0] else { break };
        count += 1;
        if which == 0 || which == count {
            replaced.push_str(&text[copied..begin]);
            expand(template, text, &spans, &mut replaced);
            copied = end;
            within_limit(replaced.len())?;
        }
        if which == count {
            break;
        }
        // Behind an empty match the search goes on one character later.
        from = if begin == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
    }
    replaced.push_str(&text[copied..]);
    Ok(replaced.into())
}

/// `\1` is a group, `\&` the whole match, `\\` a backslash.
fn expand(template: &str, text: &str, spans: &Spans, out: &mut String) {
    let mut letters = template.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let group = match letters.next() {
            Some('&') => 0,
            Some(digit @ '1'..='9') => digit as usize - '0' as usize,
            Some('\\') | None => {
                out.push('\\');
                continue;
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
                continue;
            }
        };
        if let Some(Some((begin, end))) = spans.get(group) {
            out.push_str(&text[*begin..*end]);
        }
    }
}
