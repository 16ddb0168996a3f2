//! Texts inside texts: `position`, `starts_with`, `replace`, `translate`, `reverse`.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textpos", |_, _, arguments| Ok(Value::Int(position(arguments.text(0)?, arguments.text(1)?)))),
    ScalarEntry::new("byteapos", |_, _, arguments| Ok(Value::Int(byte_position(arguments.bytes(0)?, arguments.bytes(1)?)))),
    ScalarEntry::new("text_starts_with", |_, _, arguments| Ok(arguments.text(0)?.starts_with(arguments.text(1)?).into())),
    ScalarEntry::new("replace_text", |_, _, arguments| replace(arguments.text(0)?, arguments.text(1)?, arguments.text(2)?)),
    ScalarEntry::new("translate", |_, _, arguments| Ok(translate(arguments.text(0)?, arguments.text(1)?, arguments.text(2)?).into())),
    ScalarEntry::new("text_reverse", |_, _, arguments| Ok(arguments.text(0)?.chars().rev().collect::<String>().into())),
];

/// In characters from 1; 0 where it is not there.
fn position(text: &str, part: &str) -> i64 {
    text.find(part).map_or(0, |byte| text[..byte].chars().count() as i64 + 1)
}

fn byte_position(bytes: &[u8], part: &[u8]) -> i64 {
    if part.is_empty() {
        return 1;
    }
    bytes.windows(part.len()).position(|window| window == part).map_or(0, |place| place as i64 + 1)
}

fn replace(text: &str, part: &str, replacement: &str) -> Result<Value> {
    if part.is_empty() {
        return Ok(text.into());
    }
    within_limit(text.len() + text.matches(part).count().saturating_mul(replacement.len()))?;
    Ok(text.replace(part, replacement).into())
}

/// Each character of the first set becomes the one at its place in the second, or is left out where that is shorter.
fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let map = |letter: char| match from.chars().position(|other| other == letter) {
        Some(place) => to.get(place).copied(),
        None => Some(letter),
    };
    text.chars().filter_map(map).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn characters_are_translated() {
        assert_eq!(translate("12345", "143", "ax"), "a2x5");
        assert_eq!(replace("aXbX", "X", "YY").unwrap(), "aYYbYY".into());
        assert_eq!(replace("abc", "", "x").unwrap(), "abc".into());
        assert_eq!((position("abc", ""), position("añc", "c"), position("abc", "x")), (1, 3, 0));
    }
}
