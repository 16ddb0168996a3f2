//! `numeric` in binary: the number of groups, the weight of the first, a sign, the digits behind the point, then the groups.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::{decimal_digits, in_range, rounded, with_scale};
use crate::value::Numeric;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const NEGATIVE_INFINITY: u16 = 0xf000;
/// What PostgreSQL sends as the scale of an infinity: a bit of the sign that its short form keeps there.
const INFINITE_SCALE: u16 = 32;
/// Decimal digits of a group.
const GROUP: usize = 4;

pub fn send(number: &Numeric, out: &mut BytesMut) {
    let special = |sign: u16, scale: u16, out: &mut BytesMut| {
        out.put_u32(0);
        out.put_u16(sign);
        out.put_u16(scale);
    };
    let number = match number {
        Numeric::NaN => return special(NAN, 0, out),
        Numeric::Infinity => return special(INFINITY, INFINITE_SCALE, out),
        Numeric::NegativeInfinity => return special(NEGATIVE_INFINITY, INFINITE_SCALE, out),
        Numeric::Finite(number) => number,
    };
    let (groups, weight, scale) = split(number);
    out.put_u16(groups.len() as u16);
    out.put_i16(weight);
    out.put_u16(if number.sign() == Sign::Minus { NEGATIVE } else { 0 });
    out.put_u16(scale);
    groups.iter().for_each(|group| out.put_u16(*group));
}

/// How large a number is as PostgreSQL keeps it.
pub struct Groups {
    pub count: u16,
    /// Of the first group: how many stand behind it in front of the point.
    pub weight: i16,
    /// Digits behind the point.
    pub scale: u16,
}

/// The groups of digits of a number; of what is none, none.
pub fn groups(number: &Numeric) -> Groups {
    match number {
        Numeric::Finite(number) => {
            let (groups, weight, scale) = split(number);
            Groups { count: groups.len() as u16, weight, scale }
        }
        _ => Groups { count: 0, weight: 0, scale: 0 },
    }
}

/// The groups without zeros around them, the weight of the first, and the digits behind the point.
fn split(number: &BigDecimal) -> (Vec<u16>, i16, u16) {
    let (digits, scale) = number.as_bigint_and_exponent();
    let scale = scale.max(0) as usize;
    let mut text = digits.magnitude().to_string();
    // Both sides of the point are filled up to whole groups.
    text.extend(std::iter::repeat_n('0', (GROUP - scale % GROUP) % GROUP));
    let behind = scale.div_ceil(GROUP);
    let missing = (GROUP - text.len() % GROUP) % GROUP;
    text.insert_str(0, &"0".repeat(missing));
    let groups: Vec<u16> = text.as_bytes().chunks(GROUP).map(group).collect();
    let weight = groups.len() as i64 - behind as i64 - 1;
    let first = groups.iter().position(|group| *group != 0);
    let last = groups.iter().rposition(|group| *group != 0);
    let (significant, weight) = match (first, last) {
        (Some(first), Some(last)) => (&groups[first..=last], weight - first as i64),
        _ => (&groups[..0], 0),
    };
    (significant.to_vec(), weight as i16, scale as u16)
}

/// The number of a few ASCII digits.
fn group(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))
}

pub fn receive(bytes: &[u8]) -> Result<Numeric> {
    let invalid = |what: &str| Error::new(Code::InvalidBinary, format!("invalid {what} in external \"numeric\" value"));
    let too_short = || Error::new(Code::Protocol, "insufficient data left in message");
    let (words, rest) = bytes.as_chunks::<2>();
    let words: Vec<u16> = words.iter().map(|word| u16::from_be_bytes(*word)).collect();
    let [count, weight, sign, scale, groups @ ..] = words.as_slice() else { return Err(too_short()) };
    let Some(groups) = groups.get(..usize::from(*count)) else { return Err(too_short()) };
    if !rest.is_empty() || groups.len() + 4 != words.len() {
        return Err(Error::new(Code::InvalidBinary, "incorrect binary data format"));
    }
    match *sign {
        0 | NEGATIVE => {}
        NAN => return Ok(Numeric::NaN),
        INFINITY => return Ok(Numeric::Infinity),
        NEGATIVE_INFINITY => return Ok(Numeric::NegativeInfinity),
        _ => return Err(invalid("sign")),
    }
    if *scale & 0x3fff != *scale {
        return Err(invalid("scale"));
    }
    if groups.iter().any(|group| *group > 9999) {
        return Err(invalid("digit"));
    }
    let text: String = groups.iter().map(|group| format!("{group:04}")).collect();
    let digits = BigInt::parse_bytes(text.as_bytes(), 10).unwrap_or_default();
    let digits = if *sign == NEGATIVE { -digits } else { digits };
    // How many of the digits stand behind the point; below zero, how many zeros are missing before it.
    let sent = (groups.len() as i64 - i64::from(*weight as i16) - 1) * GROUP as i64;
    if decimal_digits(&digits) - sent > super::WHOLE_DIGITS_MAX {
        return Err(super::overflow());
    }
    // Digits beyond the scale are cut, not rounded.
    let scale = i64::from(*scale);
    let number = with_scale(digits, sent);
    in_range(if sent > scale { number.with_scale(scale) } else { rounded(&number, scale) })
}
