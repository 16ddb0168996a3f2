//! Whole numbers: `smallint`, `integer`, `bigint`, and the unsigned ones of the system, `oid`, `xid`, `cid` and `xid8`.

use std::ops::RangeInclusive;

use spi::{Code, Error, Result};

use super::{invalid, is_space};

pub const INT2: RangeInclusive<i64> = i16::MIN as i64..=i16::MAX as i64;
pub const INT4: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;
pub const INT8: RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// A signed number: decimal, or with `0x`, `0o` or `0b` in front, with underscores between digits.
pub fn read(text: &str, range: RangeInclusive<i64>, type_name: &str) -> Result<i64> {
    let trimmed = text.trim_matches(is_space);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits),
    };
    let mut number: i128 = 0;
    let mut after_digit = radix != 10;
    for character in digits.chars() {
        match (character, character.to_digit(radix)) {
            (_, Some(digit)) => {
                // Beyond 64 bits it is too large whatever follows, as long as that is digits.
                number = (number * i128::from(radix) + i128::from(digit)).min(1 << 70);
                after_digit = true;
            }
            ('_', None) if after_digit => after_digit = false,
            _ => return Err(invalid(type_name, text)),
        }
    }
    if digits.is_empty() || !after_digit {
        return Err(invalid(type_name, text));
    }
    let number = if negative { -number } else { number };
    i64::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| out_of_range(text, type_name))
}

/// An unsigned number as C's `strtoul` reads it: a sign turns it around, `0x` and `0` in front make it hexadecimal and octal.
pub fn read_unsigned(text: &str, bits: u32, type_name: &str) -> Result<u64> {
    let trimmed = text.trim_matches(is_space);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|character| character.is_digit(radix)) {
        return Err(invalid(type_name, text));
    }
    let number = u64::from_str_radix(digits, radix).map_err(|_| out_of_range(text, type_name))?;
    let number = if negative { number.wrapping_neg() } else { number };
    if bits == 64 {
        return Ok(number);
    }
    // A negative number is taken if it fits the signed type of the same width.
    let fits = if negative { number as i64 >= -(1 << (bits - 1)) } else { number >> bits == 0 };
    if fits { Ok(number & ((1 << bits) - 1)) } else { Err(out_of_range(text, type_name)) }
}

fn out_of_range(text: &str, type_name: &str) -> Error {
    Error::new(Code::OutOfRange, format!("value \"{text}\" is out of range for type {type_name}"))
}
