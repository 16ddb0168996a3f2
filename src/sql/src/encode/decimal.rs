//! `numeric`: exact numbers of any length, as digits in text and in groups of four digits in binary.

use arrow::datatypes::i256;
use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::integer::{self, DIGITS_MAX};

/// A number as PostgreSQL's `numeric` has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decimal<'a> {
    Finite {
        negative: bool,
        /// ASCII digits without leading zeros; none for zero.
        digits: &'a [u8],
        /// How many of them stand behind the point. Negative: so many zeros follow.
        scale: i32,
    },
    NotANumber,
    Infinity {
        negative: bool,
    },
}

/// The digits that PostgreSQL's `numeric` can have before and after the point: more could not be sent, and `1e999999999` in a text
/// must not make us write a gigabyte of zeros.
const SCALE_MAX: i32 = 16_383;
const INTEGER_DIGITS_MAX: i64 = 131_072;

pub(super) fn with_i128<R>(value: i128, scale: i8, then: impl FnOnce(&Decimal<'_>) -> R) -> R {
    let mut buffer = [0; DIGITS_MAX];
    let digits = if value == 0 { &[] } else { integer::digits(value.unsigned_abs(), &mut buffer) };
    then(&Decimal::Finite { negative: value < 0, digits, scale: scale.into() })
}

pub(super) fn with_i256<R>(value: i256, scale: i8, then: impl FnOnce(&Decimal<'_>) -> R) -> R {
    // Most 256-bit columns hold numbers that fit 128 bits.
    if let Some(value) = value.to_i128() {
        return with_i128(value, scale, then);
    }
    let text = value.to_string();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    then(&Decimal::Finite { negative: value.is_negative(), digits: digits.as_bytes(), scale: scale.into() })
}

/// Reads a number as PostgreSQL's `numeric_in` does. Its digits are kept in `buffer`.
pub(super) fn parse<'a>(text: &str, buffer: &'a mut Vec<u8>) -> Result<Decimal<'a>> {
    let invalid = || Error::new(Code::InvalidText, format!("invalid input syntax for type numeric: \"{text}\""));
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (negative, unsigned) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    if unsigned.eq_ignore_ascii_case("nan") {
        return Ok(Decimal::NotANumber);
    }
    if unsigned.eq_ignore_ascii_case("infinity") || unsigned.eq_ignore_ascii_case("inf") {
        return Ok(Decimal::Infinity { negative });
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().map_err(|_| invalid())?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    buffer.extend(whole.bytes().chain(fraction.bytes()).skip_while(|&digit| digit == b'0'));
    let scale = fraction.len() as i64 - i64::from(exponent);
    if scale > SCALE_MAX.into() || buffer.len() as i64 - scale > INTEGER_DIGITS_MAX {
        return Err(Error::new(Code::OutOfRange, "value overflows numeric format"));
    }
    // A positive exponent leaves no digits behind the point; for zero it leaves nothing at all.
    let scale = if buffer.is_empty() { scale.max(0) } else { scale };
    Ok(Decimal::Finite { negative, digits: buffer, scale: scale as i32 })
}

pub(super) fn put_text(decimal: &Decimal<'_>, out: &mut BytesMut) {
    let (negative, digits, scale) = match *decimal {
        Decimal::Finite { negative, digits, scale } => (negative, digits, scale),
        Decimal::NotANumber => return out.extend_from_slice(b"NaN"),
        Decimal::Infinity { negative } => return out.extend_from_slice(if negative { b"-Infinity" } else { b"Infinity" }),
    };
    if negative && !digits.is_empty() {
        out.put_u8(b'-');
    }
    let behind_point = scale.max(0) as usize;
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(behind_point));
    if whole.is_empty() {
        out.put_u8(b'0');
    } else {
        out.extend_from_slice(whole);
        out.put_bytes(b'0', (-scale).max(0) as usize);
    }
    if behind_point > 0 {
        out.put_u8(b'.');
        out.put_bytes(b'0', behind_point - fraction.len());
        out.extend_from_slice(fraction);
    }
}

/// `numeric_send`: number of groups, weight of the first group, sign, digits behind the point, then the groups, base 10,000.
pub(super) fn put_binary(decimal: &Decimal<'_>, out: &mut BytesMut) {
    const NEGATIVE: u16 = 0x4000;
    let (negative, digits, scale) = match *decimal {
        Decimal::Finite { negative, digits, scale } => (negative, digits, scale),
        Decimal::NotANumber => return put_header(0, 0, 0xC000, 0, out),
        Decimal::Infinity { negative } => return put_header(0, 0, if negative { 0xF000 } else { 0xD000 }, 0, out),
    };
    let behind_point = scale.max(0) as u16;
    if digits.is_empty() {
        return put_header(0, 0, 0, behind_point, out);
    }
    // Powers of ten of the first and the last digit; a group of weight w covers the powers 4w to 4w + 3.
    let (first_power, last_power) = (digits.len() as i32 - scale - 1, -scale);
    let (first_weight, last_weight) = (first_power.div_euclid(4), last_power.div_euclid(4));
    let sign = if negative { NEGATIVE } else { 0 };
    let start = out.len();
    put_header(0, first_weight as i16, sign, behind_point, out);
    let mut groups = 0;
    for weight in (last_weight..=first_weight).rev() {
        let group = (0..4).rev().fold(0_u16, |group, power| {
            let index = first_power - (weight * 4 + power);
            let digit = usize::try_from(index).ok().and_then(|index| digits.get(index)).map_or(0, |digit| digit - b'0');
            group * 10 + u16::from(digit)
        });
        out.put_u16(group);
        if group != 0 {
            groups = (first_weight - weight + 1) as u16;
        }
    }
    out.truncate(start + 8 + 2 * usize::from(groups));
    out[start..start + 2].copy_from_slice(&groups.to_be_bytes());
}

fn put_header(groups: u16, weight: i16, sign: u16, behind_point: u16, out: &mut BytesMut) {
    out.put_u16(groups);
    out.put_i16(weight);
    out.put_u16(sign);
    out.put_u16(behind_point);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(decimal: &Decimal<'_>) -> String {
        let mut out = BytesMut::new();
        put_text(decimal, &mut out);
        String::from_utf8(out.to_vec()).expect("ASCII")
    }

    /// The words of `numeric_send`.
    fn binary(decimal: &Decimal<'_>) -> Vec<u16> {
        let mut out = BytesMut::new();
        put_binary(decimal, &mut out);
        out.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn writes_what_postgresql_writes() {
        const MINUS_ONE: u16 = u16::MAX;
        // The words are what `SELECT numeric_send(...)` shows.
        for (input, expected, words) in [
            ("0", "0", vec![0, 0, 0, 0]),
            ("0.00", "0.00", vec![0, 0, 0, 2]),
            ("-0", "0", vec![0, 0, 0, 0]),
            ("1", "1", vec![1, 0, 0, 0, 1]),
            ("-0.001", "-0.001", vec![1, MINUS_ONE, 0x4000, 3, 10]),
            ("0.00001", "0.00001", vec![1, MINUS_ONE - 1, 0, 5, 1000]),
            ("12345.678", "12345.678", vec![3, 1, 0, 3, 1, 2345, 6780]),
            ("10000", "10000", vec![1, 1, 0, 0, 1]),
            ("1e30", "1000000000000000000000000000000", vec![1, 7, 0, 0, 100]),
            ("1.50E+1", "15.0", vec![1, 0, 0, 1, 15]),
            ("+.5", "0.5", vec![1, MINUS_ONE, 0, 1, 5000]),
            ("nan", "NaN", vec![0, 0, 0xC000, 0]),
            ("-Infinity", "-Infinity", vec![0, 0, 0xF000, 0]),
            ("inf", "Infinity", vec![0, 0, 0xD000, 0]),
        ] {
            let mut buffer = Vec::new();
            let decimal = parse(input, &mut buffer).expect(input);
            assert_eq!((text(&decimal).as_str(), binary(&decimal)), (expected, words), "{input}");
        }
    }

    #[test]
    fn takes_decimals_of_every_width() {
        assert_eq!(with_i128(-1, 3, text), "-0.001");
        assert_eq!(with_i128(12, -3, text), "12000");
        assert_eq!(with_i128(12, -3, binary), [2, 1, 0, 0, 1, 2000]);
        assert_eq!(with_i128(i128::MIN, 0, text), i128::MIN.to_string());
        assert_eq!(with_i256(i256::MAX, 2, text).len(), i256::MAX.to_string().len() + 1);
        assert_eq!(with_i256(i256::MIN, 0, text), i256::MIN.to_string());
        assert_eq!(with_i256(i256::from_i128(-7), 1, text), "-0.7");
    }

    #[test]
    fn refuses_what_is_no_number() {
        for input in ["", ".", "-", "1x", "1e", "--1", "0x10", "1 2"] {
            assert_eq!(parse(input, &mut Vec::new()).expect_err(input).code, Code::InvalidText);
        }
        assert_eq!(parse("1e999999999", &mut Vec::new()).expect_err("too long").code, Code::OutOfRange);
    }
}
