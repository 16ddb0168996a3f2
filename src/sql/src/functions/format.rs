//! `format(pattern, values…)`.

use spi::{Code, Error, Result};

use super::quote;
use crate::settings::quote_identifier;

/// A pattern with values in the places of `%s` (text), `%I` (a name) and `%L` (a literal). `%2$s` names the second value, and
/// `%10s` or `%-10s` fills up with blanks.
pub(super) fn format(pattern: &str, values: &[Option<String>]) -> Result<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut next = 0;
    while let Some((text, after)) = rest.split_once('%') {
        out.push_str(text);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let specifier = specifier(after)?;
        let place = specifier.place.unwrap_or(next);
        next = place + 1;
        let value = values.get(place).ok_or_else(|| Error::new(Code::InvalidArgument, "too few arguments for format()"))?;
        let value = match (specifier.kind, value) {
            ('s', value) => value.clone().unwrap_or_default(),
            ('I', Some(name)) => quote_identifier(name),
            ('I', None) => {
                return Err(Error::new(Code::NullValue, "null values cannot be formatted as an SQL identifier"));
            }
            (_, Some(value)) => quote::literal(value),
            (_, None) => "NULL".to_owned(),
        };
        let blanks = " ".repeat(specifier.width.saturating_sub(value.chars().count()));
        match specifier.left {
            true => out.extend([value, blanks]),
            false => out.extend([blanks, value]),
        }
        rest = specifier.rest;
    }
    out.push_str(rest);
    Ok(out)
}

struct Specifier<'a> {
    /// Which value, counted from 0; by itself the next one.
    place: Option<usize>,
    left: bool,
    width: usize,
    kind: char,
    rest: &'a str,
}

/// More blanks than this nobody wants, and they are memory.
const WIDTH_MAX: usize = 1 << 20;

/// What follows a `%`.
fn specifier(text: &str) -> Result<Specifier<'_>> {
    let invalid = |message: &str| Error::new(Code::InvalidArgument, message);
    let (mut place, mut rest) = (None, text);
    if let (Some(number), after) = leading_number(text)
        && let Some(after) = after.strip_prefix('$')
    {
        let index = number.checked_sub(1).ok_or_else(|| invalid("format specifies argument 0, but arguments are numbered from 1"))?;
        (place, rest) = (Some(index), after);
    }
    let unsigned = rest.trim_start_matches('-');
    let left = unsigned.len() < rest.len();
    let (width, rest) = leading_number(unsigned);
    let kind = rest.chars().next().ok_or_else(|| invalid("unterminated format() type specifier"))?;
    let width = width.unwrap_or(0);
    match (kind, width) {
        (_, WIDTH_MAX..) => Err(Error::new(Code::Limit, format!("a width of {width} in format() is too large"))),
        ('s' | 'I' | 'L', _) => Ok(Specifier { place, left, width, kind, rest: &rest[1..] }),
        _ => Err(invalid(&format!("unrecognized format() type specifier \"{kind}\"")).hint("For a single \"%\" use \"%%\".")),
    }
}

fn leading_number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_their_places() {
        let values = ["a b", "it's"].map(|value| Some(value.to_owned()));
        for (pattern, expected) in [
            ("%s is %s", "a b is it's"),
            ("%I = %L", "\"a b\" = 'it''s'"),
            ("%2$s %1$s %s", "it's a b it's"),
            ("100%%", "100%"),
            ("[%6s|%-6s]", "[   a b|it's  ]"),
        ] {
            assert_eq!(format(pattern, &values).expect(pattern), expected);
        }
        assert_eq!(format("%L", &[None]).expect("a literal"), "NULL");
        for (pattern, code) in [("%s %s %s", Code::InvalidArgument), ("%x", Code::InvalidArgument), ("%", Code::InvalidArgument)] {
            assert_eq!(format(pattern, &values).expect_err(pattern).code, code, "{pattern}");
        }
    }
}
