//! `pg_lsn`: a place in the log, as two hexadecimal numbers with a slash between them. Its value is kept as the
//! text, ordered by the number.

use spi::Result;

use super::invalid;
use crate::value::Value;

pub fn read(text: &str) -> Result<u64> {
    parse(text).ok_or_else(|| invalid("pg_lsn", text))
}

fn parse(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let half = |digits: &str| {
        let whole = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if whole { u64::from_str_radix(digits, 16).ok() } else { None }
    };
    Some(half(high)? << 32 | half(low)?)
}

/// The place as a value, in the order of the log.
pub fn value(lsn: u64) -> Value {
    Value::ordered(lsn.to_be_bytes(), text(lsn))
}

fn text(lsn: u64) -> String {
    format!("{:X}/{:X}", lsn >> 32, lsn as u32)
}
