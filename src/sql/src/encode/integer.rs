//! Integers as decimal digits. `write!` does the same four times slower, and integers are what most columns are made of.

use bytes::{BufMut, BytesMut};

/// The digits of the largest magnitude, 2^128.
pub(super) const DIGITS_MAX: usize = 39;

pub(super) fn put(value: i64, out: &mut BytesMut) {
    if value < 0 {
        out.put_u8(b'-');
    }
    put_unsigned(value.unsigned_abs(), out);
}

pub(super) fn put_unsigned(value: u64, out: &mut BytesMut) {
    let mut buffer = [0; DIGITS_MAX];
    out.extend_from_slice(digits(value.into(), &mut buffer));
}

/// The number with at least `width` digits.
pub(super) fn put_padded(value: u64, width: usize, out: &mut BytesMut) {
    let mut buffer = [0; DIGITS_MAX];
    let digits = digits(value.into(), &mut buffer);
    out.put_bytes(b'0', width.saturating_sub(digits.len()));
    out.extend_from_slice(digits);
}

/// The decimal digits of a number, without leading zeros; "0" for zero.
pub(super) fn digits(value: u128, buffer: &mut [u8; DIGITS_MAX]) -> &[u8] {
    const CHUNK: u128 = 10_u128.pow(19);
    let mut start = DIGITS_MAX;
    let mut rest = value;
    // 128-bit division is slow: cut off chunks that fit 64 bits first.
    while rest >= CHUNK {
        let mut chunk = (rest % CHUNK) as u64;
        rest /= CHUNK;
        for _ in 0..19 {
            start -= 1;
            buffer[start] = b'0' + (chunk % 10) as u8;
            chunk /= 10;
        }
    }
    let mut chunk = rest as u64;
    loop {
        start -= 1;
        buffer[start] = b'0' + (chunk % 10) as u8;
        chunk /= 10;
        if chunk == 0 {
            return &buffer[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_every_magnitude() {
        for value in [0, 7, 10, u64::MAX.into(), 10_u128.pow(19), 10_u128.pow(38) + 1, u128::MAX] {
            assert_eq!(digits(value, &mut [0; DIGITS_MAX]), value.to_string().as_bytes());
        }
        for value in [0, -1, i64::MIN, i64::MAX] {
            let mut out = BytesMut::new();
            put(value, &mut out);
            assert_eq!(out, value.to_string().as_bytes());
        }
    }
}
