//! Parts of texts and of strings of bytes: `substr`, `left`, `right`, `split_part`, `overlay`.

use std::ops::Range;

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("text_substr", |_, _, arguments| text_part(arguments)),
    ScalarEntry::new("text_substr_no_len", |_, _, arguments| text_part(arguments)),
    ScalarEntry::new("bytea_substr", |_, _, arguments| bytes_part(arguments)),
    ScalarEntry::new("bytea_substr_no_len", |_, _, arguments| bytes_part(arguments)),
    ScalarEntry::new("text_left", |_, _, arguments| Ok(left(arguments.text(0)?, arguments.int(1)?).into())),
    ScalarEntry::new("text_right", |_, _, arguments| Ok(right(arguments.text(0)?, arguments.int(1)?).into())),
    ScalarEntry::new("split_part", |_, _, arguments| Ok(field(arguments.text(0)?, arguments.text(1)?, arguments.int(2)?)?.into())),
    ScalarEntry::new("textoverlay", |_, _, arguments| overlay_text(arguments)),
    ScalarEntry::new("textoverlay_no_len", |_, _, arguments| overlay_text(arguments)),
    ScalarEntry::new("byteaoverlay", |_, _, arguments| overlay_bytes(arguments)),
    ScalarEntry::new("byteaoverlay_no_len", |_, _, arguments| overlay_bytes(arguments)),
];

/// From a place, counted from 1, so many units; places outside of the whole are empty.
fn range(start: i64, length: Option<i64>) -> Result<Range<usize>> {
    let end = match length {
        Some(length) if length < 0 => return Err(negative_length()),
        Some(length) => start + length,
        None => i64::MAX,
    };
    Ok(start.max(1) as usize - 1..end.max(1) as usize - 1)
}

fn negative_length() -> Error {
    Error::new(Code::InvalidSubstring, "negative substring length not allowed")
}

fn length(arguments: &[Value]) -> Result<Option<i64>> {
    if arguments.len() > 2 { arguments.int(2).map(Some) } else { Ok(None) }
}

fn text_part(arguments: &[Value]) -> Result<Value> {
    let range = range(arguments.int(1)?, length(arguments)?)?;
    Ok(characters(arguments.text(0)?, range).into())
}

fn bytes_part(arguments: &[Value]) -> Result<Value> {
    let range = range(arguments.int(1)?, length(arguments)?)?;
    let bytes = arguments.bytes(0)?;
    let begin = range.start.min(bytes.len());
    Ok(Value::Bytes(bytes[begin..range.end.clamp(begin, bytes.len())].into()))
}

/// Characters of a text by their places from 0.
fn characters(text: &str, range: Range<usize>) -> &str {
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(byte, _)| byte);
    let begin = byte(range.start);
    if range.end <= range.start {
        return "";
    }
    let rest = &text[begin..];
    let end = rest.char_indices().nth(range.end - range.start).map_or(rest.len(), |(byte, _)| byte);
    &rest[..end]
}

/// The first characters, or all but the last ones for a negative count.
fn left(text: &str, count: i64) -> &str {
    let kept = if count < 0 { text.chars().count() as i64 + count } else { count };
    characters(text, 0..kept.max(0) as usize)
}

/// The last characters, or all but the first ones for a negative count.
fn right(text: &str, count: i64) -> &str {
    let skipped = if count < 0 { -count } else { text.chars().count() as i64 - count };
    characters(text, skipped.max(0) as usize..usize::MAX)
}

/// A field between separators, counted from 1, or from the end for a negative number.
fn field<'a>(text: &'a str, separator: &str, number: i64) -> Result<&'a str> {
    if number == 0 {
        return Err(Error::new(Code::InvalidArgument, "field position must not be zero"));
    }
    if text.is_empty() || separator.is_empty() {
        return Ok(if number.abs() == 1 { text } else { "" });
    }
    let place = number.unsigned_abs() as usize - 1;
    let found = if number > 0 { text.split(separator).nth(place) } else { from_end(text, separator, place) };
    Ok(found.unwrap_or_default())
}

/// Separators are found from the begin, so that one inside another is not seen.
fn from_end<'a>(text: &'a str, separator: &str, place: usize) -> Option<&'a str> {
    let fields: Vec<&str> = text.split(separator).collect();
    fields.len().checked_sub(place + 1).map(|place| fields[place])
}

/// What stands before and behind the part that is replaced: (how many units before, where the rest begins).
fn overlaid(arguments: &[Value], replacement: usize) -> Result<(Range<usize>, Range<usize>)> {
    let start = arguments.int(2)?;
    let length = if arguments.len() > 3 { arguments.int(3)? } else { replacement as i64 };
    if start <= 0 {
        return Err(negative_length());
    }
    Ok((range(1, Some(start - 1))?, range(start + length, None)?))
}

fn overlay_text(arguments: &[Value]) -> Result<Value> {
    let (text, replacement) = (arguments.text(0)?, arguments.text(1)?);
    let (before, behind) = overlaid(arguments, replacement.chars().count())?;
    Ok([characters(text, before), replacement, characters(text, behind)].concat().into())
}

fn overlay_bytes(arguments: &[Value]) -> Result<Value> {
    let (bytes, replacement) = (arguments.bytes(0)?, arguments.bytes(1)?);
    let (before, behind) = overlaid(arguments, replacement.len())?;
    let parts = [&bytes[..before.end.min(bytes.len())], replacement, &bytes[behind.start.min(bytes.len())..]];
    Ok(Value::Bytes(parts.concat().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn parts_are_counted_from_one() {
        let part = |start, length| characters("abc", range(start, length).unwrap());
        assert_eq!((part(-1, Some(3)), part(2, Some(1)), part(-5, None), part(9, None)), ("a", "b", "abc", ""));
        assert_eq!((left("abc", -1), left("abc", -5), left("añc", 2)), ("ab", "", "añ"));
        assert_eq!((right("abc", -1), right("abc", 10), right("abc", -5)), ("bc", "abc", ""));
        assert_eq!(range(2, Some(-1)).unwrap_err().code.sqlstate(), "22011");
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn fields_are_counted_from_both_ends() {
        for (text, separator, number, expected) in
            [("a,b,c", ",", 2, "b"), ("a,b", ",", -1, "b"), ("a,b", ",", 5, ""), ("abc", "", 1, "abc"), ("abc", "", 2, ""), ("", "", 1, "")]
        {
            assert_eq!(field(text, separator, number).unwrap(), expected);
        }
        assert_eq!(field("a", ",", 0).unwrap_err().message, "field position must not be zero");
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn parts_are_overlaid() {
        let overlay = |text: &str, with: &str, numbers: &[i64]| {
            let numbers = numbers.iter().map(|number| Value::Int(*number));
            overlay_text(&[text.into(), with.into()].into_iter().chain(numbers).collect::<Vec<_>>())
        };
        assert_eq!(overlay("abcdef", "XX", &[2]).unwrap(), "aXXdef".into());
        assert_eq!(overlay("abcdef", "XX", &[2, 4]).unwrap(), "aXXf".into());
        assert_eq!(overlay("abc", "x", &[1, -1]).unwrap(), "xabc".into());
        assert_eq!(overlay("abc", "x", &[0]).unwrap_err().message, "negative substring length not allowed");
    }
}
