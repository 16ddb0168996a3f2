//! `octet_length(bytes)`, `get_byte(bytes, place)`, `convert_from(bytes, encoding)` and `convert_to(text, encoding)`.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work, bytes, integer, text};

/// How many bytes there are, of a text in UTF-8. It is the `length` of bytes, too.
pub(crate) static OCTET_LENGTH: Plain = Plain {
    name: "octet_length",
    aliases: &[],
    ways: &[&[oid::TEXT], &[oid::BYTEA]],
    returns: Returns::Type(oid::INT4),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        let length = match values {
            [ScalarValue::Binary(_)] => bytes(values, 0).len(),
            _ => text(values, 0).len(),
        };
        i32::try_from(length).map(ScalarValue::from).map_err(|_| Error::new(Code::OutOfRange, "integer out of range"))
    }),
};

/// One byte, counted from 0, as a number.
pub(super) static GET_BYTE: Plain = Plain {
    name: "get_byte",
    aliases: &[],
    ways: &[&[oid::BYTEA, oid::INT4]],
    returns: Returns::Type(oid::INT4),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        let (bytes, place) = (bytes(values, 0), integer(values, 1));
        let byte = usize::try_from(place).ok().and_then(|place| bytes.get(place));
        byte.map(|&byte| ScalarValue::from(i32::from(byte))).ok_or_else(|| {
            let last = bytes.len() as i64 - 1;
            Error::new(Code::Subscript, format!("index {place} out of valid range, 0..{last}"))
        })
    }),
};

/// Bytes as text. The only encoding is UTF8.
pub(super) static CONVERT_FROM: Plain = Plain {
    name: "convert_from",
    aliases: &[],
    ways: &[&[oid::BYTEA, oid::TEXT]],
    returns: Returns::Type(oid::TEXT),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        check_encoding(text(values, 1))?;
        let text = std::str::from_utf8(bytes(values, 0));
        text.map(ScalarValue::from).map_err(|_| Error::new(Code::InvalidEncoding, "invalid byte sequence for encoding \"UTF8\""))
    }),
};

/// Text as bytes. The only encoding is UTF8.
pub(super) static CONVERT_TO: Plain = Plain {
    name: "convert_to",
    aliases: &[],
    ways: &[&[oid::TEXT, oid::TEXT]],
    returns: Returns::Type(oid::BYTEA),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        check_encoding(text(values, 1))?;
        Ok(ScalarValue::Binary(Some(text(values, 0).as_bytes().to_vec())))
    }),
};

fn check_encoding(name: &str) -> Result<()> {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match letters.eq_ignore_ascii_case("utf8") || letters.eq_ignore_ascii_case("unicode") {
        true => Ok(()),
        false => Err(Error::new(Code::Unsupported, format!("conversion between UTF8 and {name} is not supported"))),
    }
}
