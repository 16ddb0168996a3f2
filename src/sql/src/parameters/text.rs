//! Values in text form.

use std::str::FromStr;

use chrono::Utc;
use datafusion::common::ScalarValue;
use serde::de::IgnoredAny;
use spi::Code;
use spi::types::{PgType, oid};

use super::{Refused, array, interval, numeric};
use crate::calendar::{Zone, read};
use crate::settings::parse_bool;

pub(super) fn decode(text: &str, oid: u32, time_zone: &str) -> Result<ScalarValue, Refused> {
    if let Some(element) = PgType::new(oid).element() {
        return array::parse(text, element, time_zone);
    }
    let refused = || Refused::Syntax(text.to_owned());
    let trimmed = text.trim();
    Ok(match oid {
        oid::BOOL => ScalarValue::Boolean(Some(parse_bool(trimmed).ok_or_else(refused)?)),
        oid::INT2 => ScalarValue::Int16(Some(integer(text)?)),
        oid::INT4 => ScalarValue::Int32(Some(integer(text)?)),
        oid::INT8 => ScalarValue::Int64(Some(integer(text)?)),
        oid::OID => ScalarValue::Int64(Some(integer::<u32>(text)?.into())),
        // Rust reads every spelling of NaN and infinity that PostgreSQL reads.
        oid::FLOAT4 => ScalarValue::Float32(Some(trimmed.parse().map_err(|_| refused())?)),
        oid::FLOAT8 => ScalarValue::Float64(Some(trimmed.parse().map_err(|_| refused())?)),
        oid::NUMERIC => numeric::parse(text)?,
        oid::BYTEA => ScalarValue::Binary(Some(bytea(text).ok_or_else(|| malformed_bytea(text))?)),
        oid::DATE => ScalarValue::Date32(Some(datetime(read::date, text, time_zone)?)),
        oid::TIME => ScalarValue::Time64Microsecond(Some(datetime(read::time, text, time_zone)?)),
        oid::TIMESTAMP => ScalarValue::TimestampMicrosecond(Some(datetime(read::timestamp, text, time_zone)?), None),
        oid::TIMESTAMPTZ => ScalarValue::TimestampMicrosecond(Some(datetime(read::timestamptz, text, time_zone)?), Some("UTC".into())),
        oid::INTERVAL => ScalarValue::IntervalMonthDayNano(Some(interval::parse(trimmed).ok_or_else(refused)?)),
        oid::UUID => return uuid(text),
        oid::JSON | oid::JSONB => {
            serde_json::from_str::<IgnoredAny>(text).map_err(|_| refused())?;
            ScalarValue::Utf8(Some(text.to_owned()))
        }
        _ => ScalarValue::Utf8(Some(text.to_owned())),
    })
}

/// A date or time, read in the session's time zone.
fn datetime<T>(parse: fn(&str, read::Session) -> spi::Result<T>, text: &str, time_zone: &str) -> Result<T, Refused> {
    let zone = Zone::of_arrow(time_zone).ok_or_else(|| Refused::Syntax(text.to_owned()))?;
    let session = read::Session { zone, now: Utc::now().timestamp_micros() };
    parse(text, session).map_err(|error| Refused::Worded(error.code, error.message))
}

/// A UUID in its canonical form. Braces and any grouping are accepted, as PostgreSQL does.
pub(super) fn uuid(text: &str) -> Result<ScalarValue, Refused> {
    let inner = text.trim();
    let inner = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(inner);
    let digits: String = inner.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    match digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(ScalarValue::Utf8(Some(format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )))),
        false => Err(Refused::Syntax(text.to_owned())),
    }
}

fn integer<T: FromStr<Err = std::num::ParseIntError>>(text: &str) -> Result<T, Refused> {
    text.trim().parse().map_err(|error: std::num::ParseIntError| match error.kind() {
        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => Refused::Range(text.to_owned()),
        _ => Refused::Syntax(text.to_owned()),
    })
}

/// Bytes in hexadecimal, `\x00ff`, or escaped, `a\\b\001`.
fn bytea(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        return digits.chunks(2).map(|pair| if pair.len() == 2 { byte(pair) } else { None }).collect();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\\', [b'\\', after @ ..]) => {
                bytes.push(b'\\');
                after
            }
            (b'\\', [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', after @ ..]) => {
                bytes.push((high - b'0') * 64 + (middle - b'0') * 8 + (low - b'0'));
                after
            }
            (b'\\', _) => return None,
            (byte, after) => {
                bytes.push(*byte);
                after
            }
        };
    }
    Some(bytes)
}

fn malformed_bytea(text: &str) -> Refused {
    let Some(digits) = text.strip_prefix("\\x") else { return Refused::Syntax(text.to_owned()) };
    let message = match digits.chars().find(|c| !c.is_ascii_hexdigit() && !c.is_ascii_whitespace()) {
        Some(digit) => format!("invalid hexadecimal digit: \"{digit}\""),
        None => "invalid hexadecimal data: odd number of digits".to_owned(),
    };
    Refused::Worded(Code::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_both_notations() {
        assert_eq!(bytea("\\x 00 fF"), Some(vec![0, 255]));
        assert_eq!(bytea("a\\\\b\\001\\377"), Some(vec![b'a', b'\\', b'b', 1, 255]));
        for wrong in ["\\x0", "\\xzz", "\\9", "\\", "\\400"] {
            assert_eq!(bytea(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn timestamps_without_a_zone_are_in_the_sessions() {
        let berlin = decode("2024-07-01 12:00:00", oid::TIMESTAMPTZ, "Europe/Berlin").expect("a timestamp");
        assert_eq!(berlin, decode("2024-07-01 10:00:00+00", oid::TIMESTAMPTZ, "UTC").expect("a timestamp"));
        assert_eq!(decode("2024-07-01", oid::TIMESTAMP, "UTC").expect("a timestamp").to_string(), "1719792000000000");
    }
}
