//! Parts and lengths of strings of bits, and single bits of them, which count from 0.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;
use crate::value::compare::compare;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("bitlength", |_, _, a| Ok(Value::Int(a.text(0)?.len() as i64))),
    ScalarEntry::new("bitoctetlength", |_, _, a| Ok(Value::Int(a.text(0)?.len().div_ceil(8) as i64))),
    ScalarEntry::new("bit_bit_count", |_, _, a| Ok(Value::Int(a.text(0)?.bytes().filter(|bit| *bit == b'1').count() as i64))),
    ScalarEntry::new("bitposition", |_, _, a| Ok(Value::Int(position(a.text(0)?, a.text(1)?)))),
    ScalarEntry::new("bitsubstr", |_, _, a| Ok(Value::text(part(a.text(0)?, a.int(1)?, Some(a.int(2)?))?))),
    ScalarEntry::new("bitsubstr_no_len", |_, _, a| Ok(Value::text(part(a.text(0)?, a.int(1)?, None)?))),
    ScalarEntry::new("bitoverlay", |_, _, a| overlay(a.text(0)?, a.text(1)?, a.int(2)?, a.int(3)?)),
    ScalarEntry::new("bitoverlay_no_len", |_, _, a| overlay(a.text(0)?, a.text(1)?, a.int(2)?, a.text(1)?.len() as i64)),
    ScalarEntry::new("bitgetbit", |_, _, a| {
        let bits = a.text(0)?;
        let place = place(bits, a.int(1)?)?;
        Ok(Value::Int((bits.as_bytes()[place] == b'1').into()))
    }),
    ScalarEntry::new("bitsetbit", |_, _, a| {
        let bits = a.text(0)?;
        let place = place(bits, a.int(1)?)?;
        let bit = match a.int(2)? {
            0 => "0",
            1 => "1",
            _ => return Err(Error::new(Code::InvalidArgument, "new bit must be 0 or 1")),
        };
        Ok(Value::from([&bits[..place], bit, &bits[place + 1..]].concat()))
    }),
    ScalarEntry::new("bitcmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
];

/// Where bits begin in others, counted from 1; 0 where they are not in them.
fn position(bits: &str, searched: &str) -> i64 {
    if bits.is_empty() { 0 } else { bits.find(searched).map_or(0, |place| place as i64 + 1) }
}

/// From a place, counted from 1, so many bits; places outside of the whole are empty.
fn part(bits: &str, start: i64, length: Option<i64>) -> Result<&str> {
    let end = match length {
        Some(length) if length < 0 => return Err(negative_length()),
        Some(length) => start + length,
        None => i64::MAX,
    };
    let place = |number: i64| (number.max(1) - 1).min(bits.len() as i64) as usize;
    let (start, end) = (place(start), place(end));
    Ok(&bits[start..end.max(start)])
}

fn negative_length() -> Error {
    Error::new(Code::InvalidSubstring, "negative substring length not allowed")
}

/// With other bits for `length` bits from a place on.
fn overlay(bits: &str, other: &str, start: i64, length: i64) -> Result<Value> {
    if start <= 0 {
        return Err(negative_length());
    }
    let end = i32::try_from(start + length).map_err(|_| Error::new(Code::OutOfRange, "integer out of range"))?;
    Ok(Value::from([part(bits, 1, Some(start - 1))?, other, part(bits, end.into(), None)?].concat()))
}

fn place(bits: &str, number: i64) -> Result<usize> {
    let message = || format!("bit index {number} out of valid range (0..{})", bits.len() as i64 - 1);
    let place = usize::try_from(number).ok().filter(|place| *place < bits.len());
    place.ok_or_else(|| Error::new(Code::Subscript, message()))
}
