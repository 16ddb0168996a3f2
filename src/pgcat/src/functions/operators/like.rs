//! LIKE and ILIKE: `%` for any characters, `_` for one, a backslash before a character that means itself.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::beginning::Beginning;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textlike", |_, _, a| Ok(Value::Bool(like(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("textnlike", |_, _, a| Ok(Value::Bool(!like(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("namelike", |_, _, a| Ok(Value::Bool(like(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("namenlike", |_, _, a| Ok(Value::Bool(!like(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("texticlike", |_, _, a| Ok(Value::Bool(ilike(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("texticnlike", |_, _, a| Ok(Value::Bool(!ilike(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("nameiclike", |_, _, a| Ok(Value::Bool(ilike(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("nameicnlike", |_, _, a| Ok(Value::Bool(!ilike(a.text(0)?, a.text(1)?)?))),
    ScalarEntry::new("bytealike", |_, _, a| Ok(Value::Bool(matches(a.bytes(0)?, a.bytes(1)?, |_| 1)?))),
    ScalarEntry::new("byteanlike", |_, _, a| Ok(Value::Bool(!matches(a.bytes(0)?, a.bytes(1)?, |_| 1)?))),
];

pub fn like(text: &str, pattern: &str) -> Result<bool> {
    matches(text.as_bytes(), pattern.as_bytes(), character_length)
}

pub fn ilike(text: &str, pattern: &str) -> Result<bool> {
    like(&text.to_lowercase(), &pattern.to_lowercase())
}

/// With what all texts begin that match a pattern: what stands before its first wildcard.
pub fn beginning(pattern: &str) -> Beginning {
    let (mut text, mut letters) = (String::new(), pattern.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '%' | '_' => return Beginning { text, is_whole: false },
            '\\' => match letters.next() {
                Some(escaped) => text.push(escaped),
                None => return Beginning { text, is_whole: false },
            },
            letter => text.push(letter),
        }
    }
    Beginning { text, is_whole: true }
}

/// The bytes of the character that begins with a byte.
fn character_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// A `%` is tried with as few characters as possible first; when what follows it fails, it takes one more. Only the last `%` has to be
/// tried again: what an earlier one could win, it can.
fn matches(text: &[u8], pattern: &[u8], length: fn(u8) -> usize) -> Result<bool> {
    let (mut text_at, mut pattern_at) = (0, 0);
    let mut last_any: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(pattern_at) {
            Some(b'%') => {
                pattern_at += 1;
                last_any = Some((text_at, pattern_at));
                continue;
            }
            None if text_at == text.len() => return Ok(true),
            None => None,
            Some(b'_') => text.get(text_at).map(|first| (length(*first), 1)),
            Some(b'\\') if text_at < text.len() => {
                let escaped = pattern.get(pattern_at + 1).ok_or_else(ends_with_escape)?;
                text.get(text_at).filter(|byte| *byte == escaped).map(|_| (1, 2))
            }
            Some(byte) => text.get(text_at).filter(|other| *other == byte).map(|_| (1, 1)),
        };
        match (step, last_any) {
            (Some((text_step, pattern_step)), _) => {
                text_at += text_step;
                pattern_at += pattern_step;
            }
            (None, Some((start, after))) if start < text.len() => {
                let start = start + length(text[start]);
                (text_at, pattern_at) = (start, after);
                last_any = Some((start, after));
            }
            (None, _) => return Ok(false),
        }
    }
}

fn ends_with_escape() -> Error {
    Error::new(Code::InvalidEscape, "LIKE pattern must not end with escape character")
}
