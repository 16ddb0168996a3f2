//! `numeric`: text, precision and scale, and groups of four digits in binary.

mod binary;

pub use binary::{Groups, groups, receive, send};

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode};
use spi::{Code, Error, Result};

use super::{invalid, is_space};
use crate::value::Numeric;

/// The digits behind the point that a number can have (`NUMERIC_DSCALE_MAX`), and those before it.
pub const SCALE_MAX: i64 = 16_383;
pub const WHOLE_DIGITS_MAX: i64 = 131_072;
/// What a modifier holds besides precision and scale (`VARHDRSZ`).
const MODIFIER_HEADER: i32 = 4;

pub fn read(text: &str) -> Result<Numeric> {
    let word = text.trim_matches(is_space);
    let (negative, unsigned) = match word.as_bytes().first() {
        Some(b'-') => (true, &word[1..]),
        Some(b'+') => (false, &word[1..]),
        _ => (false, word),
    };
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" if unsigned.len() == word.len() => return Ok(Numeric::NaN),
        "inf" | "infinity" if negative => return Ok(Numeric::NegativeInfinity),
        "inf" | "infinity" => return Ok(Numeric::Infinity),
        _ => {}
    }
    let (digits, scale) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (whole(&unsigned[2..], 16).ok_or_else(|| invalid("numeric", text))?, 0),
        [b'0', b'o' | b'O', ..] => (whole(&unsigned[2..], 8).ok_or_else(|| invalid("numeric", text))?, 0),
        [b'0', b'b' | b'B', ..] => (whole(&unsigned[2..], 2).ok_or_else(|| invalid("numeric", text))?, 0),
        _ => decimal(unsigned).ok_or_else(|| invalid("numeric", text))??,
    };
    let digits = if negative { -digits } else { digits };
    in_range(with_scale(digits, scale))
}

/// A whole number in another base, with underscores between digits.
fn whole(digits: &str, radix: u32) -> Option<BigInt> {
    BigInt::parse_bytes(without_underscores(digits.strip_prefix('_').unwrap_or(digits), radix)?.as_bytes(), radix)
}

/// All digits as one number, and how many of them stand behind the point. The inner error is that of a number beyond all bounds.
fn decimal(text: &str) -> Option<Result<(BigInt, i64)>> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if before.len() + behind.len() == 0 {
        return None;
    }
    let clean = |part: &str| if part.is_empty() { Some(String::new()) } else { without_underscores(part, 10) };
    let (before, behind) = (clean(before)?, clean(behind)?);
    let exponent: i64 = match exponent {
        None => 0,
        Some(exponent) => {
            let (sign, digits) = match exponent.as_bytes().first()? {
                b'-' => (-1, &exponent[1..]),
                b'+' => (1, &exponent[1..]),
                _ => (1, exponent),
            };
            // No exponent of more digits is in range, and none that is not is looked at further.
            sign * without_underscores(digits, 10)?.parse::<i64>().unwrap_or(i64::from(i32::MAX))
        }
    };
    if exponent.abs() > i64::from(i32::MAX) / 2 {
        return Some(Err(overflow()));
    }
    let scale = behind.len() as i64 - exponent;
    let digits = before + &behind;
    let significant = digits.trim_start_matches('0');
    if significant.len() as i64 - scale > WHOLE_DIGITS_MAX && !significant.is_empty() || scale > SCALE_MAX {
        return Some(Err(overflow()));
    }
    // Zeros in front are no part of what is computed with: there may be any number of them.
    let number = if significant.is_empty() { Some(BigInt::default()) } else { BigInt::parse_bytes(significant.as_bytes(), 10) };
    Some(number.map(|number| (number, scale)).ok_or_else(overflow))
}

/// Digits with single underscores between them.
fn without_underscores(text: &str, radix: u32) -> Option<String> {
    let digits = text.split('_').all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_digit(radix)));
    digits.then(|| text.replace('_', ""))
}

/// A number whose scale is not below zero.
pub fn with_scale(digits: BigInt, scale: i64) -> BigDecimal {
    let number = BigDecimal::new(digits, scale);
    if scale < 0 { number.with_scale(0) } else { number }
}

/// The number, unless it has more digits than PostgreSQL's format can hold.
pub fn in_range(number: BigDecimal) -> Result<Numeric> {
    let (digits, scale) = number.as_bigint_and_exponent();
    // What is far from the limit, on either side, is not counted exactly.
    let least = decimal_digits_at_least(&digits) - scale;
    let whole = if least == WHOLE_DIGITS_MAX || scale > SCALE_MAX { decimal_digits(&digits) - scale } else { least };
    if whole > WHOLE_DIGITS_MAX || scale > SCALE_MAX && digits.sign() != Sign::NoSign && whole < -SCALE_MAX {
        return Err(overflow());
    }
    Ok(Numeric::Finite(if scale > SCALE_MAX { rounded(&number, SCALE_MAX) } else { number }))
}

/// How many digits a number has; 0 for zero.
pub fn decimal_digits(number: &BigInt) -> i64 {
    // A short number is the rule, and cheap to count.
    if let Ok(small) = i64::try_from(number) {
        return small.unsigned_abs().checked_ilog10().map_or(0, |power| i64::from(power) + 1);
    }
    let least = decimal_digits_at_least(number);
    let next = BigInt::from(10).pow(least as u32);
    least + i64::from(number.magnitude() >= next.magnitude())
}

/// How many digits a number has, or one less; 0 for zero.
fn decimal_digits_at_least(number: &BigInt) -> i64 {
    match number.bits() {
        0 => 0,
        // The digits of the largest power of two that is not above the number.
        bits => ((bits - 1) as f64 * std::f64::consts::LOG10_2) as i64 + 1,
    }
}

pub fn overflow() -> Error {
    Error::new(Code::OutOfRange, "value overflows numeric format")
}

/// So many digits behind the point, halves away from zero.
pub fn rounded(number: &BigDecimal, scale: i64) -> BigDecimal {
    number.with_scale_round(scale, RoundingMode::HalfUp)
}

/// Precision and scale of a modifier.
pub fn precision_and_scale(typmod: i32) -> Option<(i64, i64)> {
    let modifier = typmod.checked_sub(MODIFIER_HEADER).filter(|modifier| *modifier >= 0)?;
    // The scale is a signed number of 11 bits.
    Some((i64::from(modifier >> 16 & 0xffff), i64::from(((modifier & 0x7ff) ^ 1024) - 1024)))
}

/// A number as `numeric(precision, scale)` keeps it.
pub fn apply_modifier(number: &Numeric, typmod: i32) -> Result<Numeric> {
    let Some((precision, scale)) = precision_and_scale(typmod) else { return Ok(number.clone()) };
    let detail = |limit: String| {
        let fields = format!("A field with precision {precision}, scale {scale} {limit}.");
        Err(Error::new(Code::OutOfRange, "numeric field overflow").detail(fields))
    };
    let number = match number {
        Numeric::NaN => return Ok(Numeric::NaN),
        Numeric::Infinity | Numeric::NegativeInfinity => return detail("cannot hold an infinite value".to_owned()),
        Numeric::Finite(number) => rounded(number, scale),
    };
    let (digits, exponent) = number.as_bigint_and_exponent();
    if decimal_digits(&digits) - exponent > precision - scale {
        let bound = match precision - scale {
            0 => "1".to_owned(),
            whole => format!("10^{whole}"),
        };
        return detail(format!("must round to an absolute value less than {bound}"));
    }
    Ok(Numeric::Finite(if scale < 0 { number.with_scale(0) } else { number }))
}

pub fn write(number: &Numeric, out: &mut String) {
    let number = match number {
        Numeric::NaN => return out.push_str("NaN"),
        Numeric::Infinity => return out.push_str("Infinity"),
        Numeric::NegativeInfinity => return out.push_str("-Infinity"),
        Numeric::Finite(number) => number,
    };
    let (digits, scale) = number.as_bigint_and_exponent();
    if digits.sign() == Sign::Minus {
        out.push('-');
    }
    let text = digits.magnitude().to_string();
    let scale = scale.max(0) as usize;
    let (whole, fraction) = text.split_at(text.len().saturating_sub(scale));
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', scale - fraction.len()));
        out.push_str(fraction);
    }
}
