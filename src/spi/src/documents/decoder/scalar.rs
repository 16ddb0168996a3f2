//! One value as one of PostgreSQL's types: exactly, or not at all.
//!
//! Values of a declared column are converted as a cast would: text is read, and decimals are rounded to the scale or to a double. Whole
//! numbers are never rounded.

use std::borrow::Cow;

use arrow::datatypes::i256;

use crate::documents::calendar;
use crate::documents::decimal::Decimal;
use crate::documents::value::Document;

const DAY_MICROS: i64 = 86_400_000_000;

/// 2^63, from which on doubles are beyond whole numbers of 64 bits.
const INT8_END: f64 = 9_223_372_036_854_775_808.0;

pub(super) fn boolean(value: &Document<'_>, declared: bool) -> Option<bool> {
    match value {
        Document::Bool(value) => Some(*value),
        Document::Text(text) if declared => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn integer(value: &Document<'_>, declared: bool) -> Option<i64> {
    match value {
        Document::Int(value) => Some(*value),
        Document::Float(value) if value.fract() == 0.0 && (-INT8_END..INT8_END).contains(value) => Some(*value as i64),
        Document::Decimal(value) => value.unscaled(0)?.to_i128()?.try_into().ok(),
        Document::Text(text) if declared => text.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn double(value: &Document<'_>, declared: bool) -> Option<f64> {
    match value {
        Document::Float(value) => Some(*value),
        // Back to 128 bits, for which the double 2^63 is not too big.
        Document::Int(value) if declared || (*value as f64) as i128 == i128::from(*value) => Some(*value as f64),
        Document::Decimal(value) if declared => rounded_to_double(value),
        Document::Decimal(value) => value.exact_f64(),
        Document::Text(text) if declared => rounded_to_double(&Decimal::parse(text.trim())?),
        _ => None,
    }
}

/// The nearest double, unless there is none.
fn rounded_to_double(value: &Decimal) -> Option<f64> {
    let double = value.to_f64();
    (double.is_finite() || !matches!(value, Decimal::Finite(_))).then_some(double)
}

/// A `real`. Fewer digits are what its type says.
pub(super) fn real(value: &Document<'_>, declared: bool) -> Option<f32> {
    let double = double(value, declared)?;
    let real = double as f32;
    (real.is_finite() || !double.is_finite()).then_some(real)
}

pub(super) fn decimal<'d>(value: &'d Document<'_>, declared: bool) -> Option<Cow<'d, Decimal>> {
    match value {
        Document::Int(value) => Some(Cow::Owned(Decimal::from(*value))),
        Document::Float(value) => Some(Cow::Owned(Decimal::from_f64(*value))),
        Document::Decimal(value) => Some(Cow::Borrowed(value)),
        Document::Text(text) if declared => Decimal::parse(text.trim()).map(Cow::Owned),
        _ => None,
    }
}

/// The digits of a `numeric(precision, scale)`.
pub(super) fn unscaled(value: &Document<'_>, precision: u8, scale: u8, declared: bool) -> Option<i256> {
    let decimal = decimal(value, declared)?;
    let unscaled = if declared { decimal.rounded(scale)?.unscaled(scale)? } else { decimal.unscaled(scale)? };
    let digits = unscaled.checked_abs()?.checked_ilog10().map_or(0, |power| power + 1);
    (digits <= u32::from(precision)).then_some(unscaled)
}

pub(super) fn date(value: &Document<'_>, declared: bool) -> Option<i32> {
    let days = match value {
        Document::Date(days) => *days,
        Document::Text(text) if declared => calendar::parse_date(text.trim())?,
        _ => return None,
    };
    calendar::is_date(days).then_some(days)
}

/// A timestamp without a zone. Text with an offset is taken to UTC.
pub(super) fn timestamp(value: &Document<'_>, declared: bool) -> Option<i64> {
    let micros = match value {
        Document::Timestamp(micros) => *micros,
        Document::Date(i32::MAX) => i64::MAX,
        Document::Date(i32::MIN) => i64::MIN,
        Document::Date(days) => i64::from(*days).checked_mul(DAY_MICROS)?,
        Document::Text(text) if declared => calendar::parse_timestamp(text.trim())?,
        _ => return None,
    };
    calendar::is_timestamp(micros).then_some(micros)
}

/// A moment. Text without an offset is one of UTC.
pub(super) fn timestamptz(value: &Document<'_>, declared: bool) -> Option<i64> {
    let micros = match value {
        Document::TimestampTz(micros) => *micros,
        Document::Text(text) if declared => calendar::parse_timestamp(text.trim())?,
        _ => return None,
    };
    calendar::is_timestamp(micros).then_some(micros)
}

pub(super) fn bytes<'d>(value: &'d Document<'_>, declared: bool) -> Option<Cow<'d, [u8]>> {
    match value {
        Document::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
        Document::Text(text) if declared => hex(text.strip_prefix("\\x")?).map(Cow::Owned),
        _ => None,
    }
}

/// A `uuid` as PostgreSQL prints it.
pub(super) fn uuid(value: &Document<'_>) -> Option<String> {
    let digits = match value {
        Document::Text(text) => text.trim_start_matches('{').trim_end_matches('}').replace('-', ""),
        Document::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        _ => return None,
    };
    let digits = digits.to_ascii_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &'static str) -> Document<'static> {
        Document::text(text)
    }

    fn number(text: &str) -> Document<'static> {
        Document::Decimal(Decimal::parse(text).expect("a number"))
    }

    #[test]
    fn whole_numbers_are_exact() {
        for (value, inferred, declared) in [
            (Document::Int(i64::MIN), Some(i64::MIN), Some(i64::MIN)),
            (Document::Float(-3.0), Some(-3), Some(-3)),
            (Document::Float(1.5), None, None),
            (Document::Float(INT8_END), None, None),
            (Document::Float(f64::NAN), None, None),
            (number("1e3"), Some(1000), Some(1000)),
            (number("9223372036854775808"), None, None),
            (text(" 5 "), None, Some(5)),
            (text("5.0"), None, None),
            (Document::Bool(true), None, None),
        ] {
            assert_eq!((integer(&value, false), integer(&value, true)), (inferred, declared), "{value:?}");
        }
    }

    #[test]
    fn doubles_are_rounded_only_by_declaration() {
        for (value, inferred, declared) in [
            (Document::Int(1 << 53), Some((1u64 << 53) as f64), Some((1u64 << 53) as f64)),
            (Document::Int((1 << 53) + 1), None, Some((1u64 << 53) as f64)),
            (Document::Int(i64::MAX), None, Some(INT8_END)),
            (number("0.1"), Some(0.1), Some(0.1)),
            (number("0.10000000000000000001"), None, Some(0.1)),
            (number("1e400"), None, None),
            (number("Infinity"), Some(f64::INFINITY), Some(f64::INFINITY)),
            (text("1e-5"), None, Some(1e-5)),
            (text("1e400"), None, None),
        ] {
            assert_eq!((double(&value, false), double(&value, true)), (inferred, declared), "{value:?}");
        }
        assert_eq!(real(&Document::Float(0.1), false), Some(0.1));
        assert_eq!(real(&Document::Float(1e300), true), None);
    }

    #[test]
    fn decimals_have_precision_and_scale() {
        for (value, inferred, declared) in [
            (Document::Int(5), Some(500), Some(500)),
            (Document::Float(1.25), Some(125), Some(125)),
            (number("1.255"), None, Some(126)),
            (number("999.99"), Some(99999), Some(99999)),
            (number("999.995"), None, None),
            (number("1000"), None, None),
            (number("NaN"), None, None),
            (text("-7.1"), None, Some(-710)),
        ] {
            let digits = |declared| unscaled(&value, 5, 2, declared).and_then(i256::to_i128);
            assert_eq!((digits(false), digits(true)), (inferred, declared), "{value:?}");
        }
    }

    #[test]
    fn times_are_those_that_postgresql_has() {
        assert_eq!((date(&Document::Date(1), false), date(&Document::Date(-2_440_589), false)), (Some(1), None));
        assert_eq!((date(&text("1970-01-02"), false), date(&text("1970-01-02"), true)), (None, Some(1)));
        assert_eq!(timestamp(&Document::Date(1), false), Some(DAY_MICROS));
        assert_eq!(timestamp(&Document::Date(i32::MAX), false), Some(i64::MAX));
        assert_eq!(timestamp(&Document::Date(2_000_000_000), false), None);
        assert_eq!((timestamp(&Document::TimestampTz(1), true), timestamptz(&Document::Timestamp(1), true)), (None, None));
        assert_eq!(timestamptz(&text("1970-01-01T00:00:00Z"), true), Some(0));
        assert_eq!(timestamptz(&Document::TimestampTz(i64::MIN + 1), false), None);
    }

    #[test]
    fn other_types_have_their_forms() {
        assert_eq!(uuid(&text("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}")).as_deref(), Some("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        assert_eq!(uuid(&Document::Bytes([0; 16][..].into())).as_deref(), Some("00000000-0000-0000-0000-000000000000"));
        assert_eq!((uuid(&text("a0")), uuid(&text("ééééééééééééééééé"))), (None, None));
        assert_eq!(bytes(&text("\\x0aFF"), true).as_deref(), Some(&[10, 255][..]));
        assert_eq!((bytes(&text("\\x0"), true), bytes(&text("0a"), true), bytes(&text("\\x0a"), false)), (None, None, None));
        assert_eq!((boolean(&text("Yes"), true), boolean(&text("yes"), false), boolean(&Document::Int(1), true)), (Some(true), None, None));
    }
}
