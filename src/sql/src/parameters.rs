//! Values of parameters, as clients send them, decoded into what the query engine computes with.
//!
//! Every type is read from its text and from its binary form. A numeric becomes a decimal exactly as wide as it is written,
//! so that no digit is lost.

mod array;
mod binary;
mod interval;
mod numeric;
mod text;

use bytes::Bytes;
use datafusion::common::ScalarValue;
use spi::types::{self, BUILTIN_TYPES, PgType, oid};
use spi::{Code, Error, Result};

use crate::answer::Format;

/// A value as it came in a Bind message.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub format: Format,
    pub bytes: Bytes,
}

/// The values of all parameters of a statement, whose types are known. `time_zone` is for timestamps that name none.
pub(crate) fn decode(parameters: &[Option<Parameter>], types: &[u32], time_zone: &str) -> Result<Vec<ScalarValue>> {
    let one = |(index, (parameter, oid)): (usize, (&Option<Parameter>, &u32))| {
        decode_one(parameter.as_ref(), *oid, time_zone).map_err(|refused| refused.error(index + 1, *oid))
    };
    parameters.iter().zip(types).enumerate().map(one).collect()
}

/// A value written as text, for example in EXECUTE.
pub(crate) fn decode_text(text: &str, oid: u32, time_zone: &str) -> Result<ScalarValue> {
    text::decode(text, oid, time_zone).map_err(|refused| refused.error(0, oid))
}

fn decode_one(parameter: Option<&Parameter>, oid: u32, time_zone: &str) -> Result<ScalarValue, Refused> {
    let Some(parameter) = parameter else { return null_of(oid) };
    match parameter.format {
        Format::Text => text::decode(std::str::from_utf8(&parameter.bytes).map_err(|_| Refused::Encoding)?, oid, time_zone),
        Format::Binary => binary::decode(&parameter.bytes, oid),
    }
}

/// NULL of a type.
pub(crate) fn null(oid: u32) -> Result<ScalarValue> {
    null_of(oid).map_err(|refused| refused.error(0, oid))
}

fn null_of(oid: u32) -> Result<ScalarValue, Refused> {
    if oid == self::oid::NUMERIC {
        return Ok(ScalarValue::Decimal128(None, numeric::DIGITS_MAX_128, 0));
    }
    ScalarValue::try_from(&types::to_arrow(PgType::new(oid))).map_err(|_| Refused::Unsupported)
}

/// Why a value could not be decoded.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// The text is not of the type's form.
    Syntax(String),
    /// The value does not fit the type.
    Range(String),
    /// The type has words of its own for what is wrong.
    Worded(Code, String),
    /// The bytes are not of the type's binary form.
    Binary,
    /// The text is not UTF-8.
    Encoding,
    /// The type has no such form here.
    Unsupported,
}

impl Refused {
    /// `number` is the parameter's, from 1; 0 for a value that is none.
    fn error(self, number: usize, oid: u32) -> Error {
        let name = type_name(oid);
        let error = match self {
            // JSON is not repeated, as PostgreSQL does not either: options of data sources come as JSON, with their passwords.
            Refused::Syntax(_) if matches!(oid, self::oid::JSON | self::oid::JSONB) => {
                Error::new(Code::InvalidText, "invalid input syntax for type json")
            }
            Refused::Syntax(text) => Error::new(Code::InvalidText, format!("invalid input syntax for type {name}: \"{text}\"")),
            Refused::Range(text) => Error::new(Code::OutOfRange, format!("value \"{text}\" is out of range for type {name}")),
            Refused::Worded(code, message) => Error::new(code, message),
            Refused::Binary => {
                return Error::new(Code::InvalidBinary, format!("incorrect binary data format in bind parameter {number}"))
                    .detail(format!("Its type is {name}."));
            }
            Refused::Encoding => Error::new(Code::BadData, "invalid byte sequence for encoding \"UTF8\""),
            Refused::Unsupported => Error::new(Code::Unsupported, format!("this form of a value of type {name} is not supported")),
        };
        if number == 0 { error } else { error.detail(format!("It is the value of parameter ${number}.")) }
    }
}

/// The name of a type in messages.
fn type_name(oid: u32) -> String {
    let known = BUILTIN_TYPES.iter().any(|builtin| builtin.oid == oid || builtin.array_oid == oid);
    if known { PgType::new(oid).format() } else { format!("with OID {oid}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(format: Format, bytes: &[u8]) -> Option<Parameter> {
        Some(Parameter { format, bytes: Bytes::copy_from_slice(bytes) })
    }

    #[test]
    fn both_forms_of_a_value_are_the_same() {
        for (oid, text, binary) in [
            (oid::BOOL, "t", &[1][..]),
            (oid::INT2, "-2", &[0xff, 0xfe]),
            (oid::INT4, " 7 ", &[0, 0, 0, 7]),
            (oid::INT8, "-1", &[0xff; 8]),
            (oid::OID, "16384", &[0, 0, 0x40, 0]),
            (oid::FLOAT4, "1.5", &[0x3f, 0xc0, 0, 0]),
            (oid::FLOAT8, "-Infinity", &[0xff, 0xf0, 0, 0, 0, 0, 0, 0]),
            // Weight 1, sign minus, scale 2, digits 1 | 2345 | 3000.
            (oid::NUMERIC, "-12345.30", &[0, 3, 0, 1, 0x40, 0, 0, 2, 0, 1, 0x09, 0x29, 0x0b, 0xb8]),
            (oid::TEXT, "grün", "grün".as_bytes()),
            (oid::BYTEA, "\\x00ff", &[0, 0xff]),
            (oid::DATE, "2000-01-02", &[0, 0, 0, 1]),
            (oid::TIME, "00:00:01", &[0, 0, 0, 0, 0, 0x0f, 0x42, 0x40]),
            (oid::TIMESTAMP, "2000-01-01 00:00:00.000001", &[0, 0, 0, 0, 0, 0, 0, 1]),
            (oid::TIMESTAMPTZ, "2000-01-01 02:00:00+02", &[0; 8]),
            (oid::UUID, "00010203-0405-0607-0809-0A0B0C0D0E0F", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
            (oid::JSONB, "{\"a\": 1}", b"\x01{\"a\": 1}"),
            (
                1007,
                "{1,NULL}",
                &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
            ),
        ] {
            let decoded = decode(&[parameter(Format::Text, text.as_bytes()), parameter(Format::Binary, binary)], &[oid, oid], "UTC");
            let decoded = decoded.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(decoded[0], decoded[1], "{text}");
            assert!(!decoded[0].is_null(), "{text}");
        }
    }

    #[test]
    fn null_has_its_type() {
        let decoded = decode(&[None, None, None], &[oid::INT4, oid::NUMERIC, 1009], "UTC").expect("nulls");
        assert_eq!((&decoded[0], decoded[1].is_null(), decoded[2].is_null()), (&ScalarValue::Int32(None), true, true));
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (oid, format, bytes, sqlstate, message) in [
            (oid::INT4, Format::Text, &b"abc"[..], "22P02", "invalid input syntax for type integer: \"abc\""),
            (oid::INT2, Format::Text, b"99999", "22003", "value \"99999\" is out of range for type smallint"),
            (oid::INT4, Format::Binary, b"\0", "22P03", "incorrect binary data format in bind parameter 2"),
            (oid::BOOL, Format::Text, b"maybe", "22P02", "invalid input syntax for type boolean: \"maybe\""),
            (oid::UUID, Format::Text, b"xyz", "22P02", "invalid input syntax for type uuid: \"xyz\""),
            (oid::DATE, Format::Text, b"soon", "22007", "invalid input syntax for type date: \"soon\""),
            (oid::JSON, Format::Text, b"{", "22P02", "invalid input syntax for type json"),
            (1007, Format::Text, b"{1", "22P02", "invalid input syntax for type integer[]: \"{1\""),
            (oid::TEXT, Format::Text, b"\xff", "22000", "invalid byte sequence for encoding \"UTF8\""),
            (2205, Format::Binary, b"\0\0\0\0", "0A000", "this form of a value of type with OID 2205 is not supported"),
        ] {
            let error = decode(&[None, parameter(format, bytes)], &[oid::INT4, oid], "UTC").expect_err("refused");
            assert_eq!((error.code.sqlstate(), error.message.as_str()), (sqlstate, message));
            let detail = error.detail.expect("a detail");
            assert!(detail.contains("$2") || sqlstate == "22P03", "{detail}");
        }
    }
}
