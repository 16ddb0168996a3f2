//! Text that says exactly one value of a narrower type: written back, the value is the same text.
//!
//! So `42` is a `bigint`, and `042`, `+42` and ` 42` are text; `0.5` is a `double precision`, and `.5`, `0.50` and `1e3` are text; `true`
//! and `false` are `boolean`. Nobody who looks for a value as text finds another one because its column has got a type.

use std::fmt::Write as _;

use spi::documents::{Document, FieldType};

/// Beyond these PostgreSQL writes doubles with an exponent (`float8out`).
const PLAIN_DOUBLES: std::ops::Range<f64> = 1e-4..1e15;

/// Which types all of some values are canonical for.
#[derive(Clone, Debug)]
pub(crate) struct Narrowing {
    seen: bool,
    integers: bool,
    doubles: bool,
    booleans: bool,
    texts: bool,
}

impl Default for Narrowing {
    fn default() -> Self {
        Self { seen: false, integers: true, doubles: true, booleans: true, texts: true }
    }
}

impl Narrowing {
    pub(crate) fn add(&mut self, value: &[u8]) {
        self.seen = true;
        self.integers &= integer(value).is_some();
        self.doubles &= double(value).is_some();
        self.booleans &= boolean(value).is_some();
        self.texts &= text(value).is_some();
    }

    /// A value of which only the beginning is known: it is too long for a number.
    pub(crate) fn add_beginning(&mut self, beginning: &[u8]) {
        // The last character may be cut.
        let whole = match std::str::from_utf8(beginning) {
            Err(error) if error.error_len().is_none() => &beginning[..error.valid_up_to()],
            _ => beginning,
        };
        let texts = self.texts && text(whole).is_some();
        *self = Self { seen: true, integers: false, doubles: false, booleans: false, texts };
    }

    /// The narrowest type; text if there were no values.
    pub(crate) fn narrowest(&self) -> FieldType {
        match self {
            Self { seen: false, .. } => FieldType::TEXT,
            Self { integers: true, .. } => FieldType::INT8,
            Self { doubles: true, .. } => FieldType::FLOAT8,
            Self { booleans: true, .. } => FieldType::BOOL,
            _ => self.text_or_bytes(),
        }
    }

    /// Text, or bytes if any of the values is no text.
    pub(crate) fn text_or_bytes(&self) -> FieldType {
        if self.texts { FieldType::TEXT } else { FieldType::BYTEA }
    }
}

/// A value as the narrowest type that it alone is canonical for.
pub(crate) fn typed(value: &[u8]) -> Document<'_> {
    let number = || integer(value).map(Document::Int).or_else(|| double(value).map(Document::Float));
    number().or_else(|| boolean(value).map(Document::Bool)).unwrap_or_else(|| raw(value))
}

/// A value for a column of the type; what it cannot hold is unreadable, which is an error of its row.
pub(crate) fn document<'v>(value: &'v [u8], field_type: &FieldType) -> Document<'v> {
    let read = match *field_type {
        FieldType::INT8 => integer(value).map(Document::Int),
        FieldType::FLOAT8 => double(value).map(Document::Float),
        FieldType::BOOL => boolean(value).map(Document::Bool),
        FieldType::BYTEA => Some(Document::Bytes(value.into())),
        _ => text(value).map(Document::text),
    };
    read.unwrap_or_else(|| match text(value) {
        Some(text) => Document::Unreadable(text.into()),
        None => Document::Unreadable(crate::key::hex(value).into()),
    })
}

/// A value of which no type is known: text, or bytes where it is none.
pub(crate) fn raw(value: &[u8]) -> Document<'_> {
    text(value).map_or_else(|| Document::Bytes(value.into()), Document::text)
}

/// PostgreSQL's text has no NUL.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| !text.contains('\0'))
}

fn integer(value: &[u8]) -> Option<i64> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let is_canonical = match digits {
        [b'0'] => digits.len() == value.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if is_canonical { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

fn double(value: &[u8]) -> Option<f64> {
    let text = text(value)?;
    let number = text.parse::<f64>().ok()?;
    let is_plain = text == "0" || PLAIN_DOUBLES.contains(&number.abs());
    (is_plain && is_written(number, text)).then_some(number)
}

/// Whether the number is written as this text. No text is made to find that out.
fn is_written(number: f64, text: &str) -> bool {
    struct Rest<'t>(&'t str);
    impl std::fmt::Write for Rest<'_> {
        fn write_str(&mut self, written: &str) -> std::fmt::Result {
            self.0 = self.0.strip_prefix(written).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    write!(rest, "{number}").is_ok() && rest.0.is_empty()
}

fn boolean(value: &[u8]) -> Option<bool> {
    match value {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], expected: FieldType) {
        let mut narrowing = Narrowing::default();
        values.iter().for_each(|value| narrowing.add(value.as_bytes()));
        assert_eq!(narrowing.narrowest(), expected, "{values:?}");
    }

    #[test]
    fn only_canonical_values_have_a_narrower_type() {
        check(&["1", "-5", "0", "9223372036854775807"], FieldType::INT8);
        check(&["9223372036854775808"], FieldType::TEXT);
        check(&["-9223372036854775808"], FieldType::INT8);
        check(&["-9223372036854775809"], FieldType::TEXT);
        check(&["007"], FieldType::TEXT);
        check(&["1", "+1"], FieldType::TEXT);
        check(&["1", "1.5", "-0.001"], FieldType::FLOAT8);
        check(&["1.50"], FieldType::TEXT);
        check(&["1e3"], FieldType::TEXT);
        check(&["-0"], FieldType::TEXT);
        check(&["0.00001"], FieldType::TEXT);
        check(&["9007199254740993.5"], FieldType::TEXT);
        check(&["NaN"], FieldType::TEXT);
        check(&["inf"], FieldType::TEXT);
        check(&["true", "false"], FieldType::BOOL);
        check(&["true", "t"], FieldType::TEXT);
        check(&["true", "1"], FieldType::TEXT);
        check(&[""], FieldType::TEXT);
        check(&[], FieldType::TEXT);
        check(&["a\0b"], FieldType::BYTEA);
        let mut long = Narrowing::default();
        long.add_beginning("1ä".as_bytes().split_last().expect("bytes").1);
        assert_eq!(long.narrowest(), FieldType::TEXT);
        long.add(b"\xff");
        assert_eq!(long.narrowest(), FieldType::BYTEA);
    }

    #[test]
    fn a_value_that_does_not_fit_is_unreadable() {
        assert_eq!(document(b"5", &FieldType::INT8), Document::Int(5));
        assert_eq!(document(b"05", &FieldType::INT8), Document::Unreadable("05".into()));
        assert_eq!(document(b"\xff", &FieldType::TEXT), Document::Unreadable("\\xff".into()));
        assert_eq!(document(b"\xff", &FieldType::BYTEA), Document::Bytes(b"\xff".into()));
    }
}
