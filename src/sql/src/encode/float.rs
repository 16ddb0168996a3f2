//! Floating-point numbers in text, laid out as PostgreSQL lays them out: `0.1`, `1e+20`, `1.5e-07`, `NaN`, `Infinity`.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};

use super::integer;

/// Digits that a number of each width is sure to keep (`FLT_DIG`, `DBL_DIG`), which is also where scientific form begins.
const FLOAT4_DIGITS: i32 = 6;
const FLOAT8_DIGITS: i32 = 15;

pub(super) fn put_float4(value: f32, extra_float_digits: i32, out: &mut BytesMut) {
    // Whole numbers this small are their own shortest form. -0 is not among them.
    if value.fract() == 0.0 && value.abs() < 1e6 && extra_float_digits > 0 && (value != 0.0 || value.is_sign_positive()) {
        return integer::put(value as i64, out);
    }
    match extra_float_digits {
        1.. => put(value.into(), format_args!("{value:e}"), FLOAT4_DIGITS, out),
        extra => put_rounded(value.into(), FLOAT4_DIGITS + extra, out),
    }
}

pub(super) fn put_float8(value: f64, extra_float_digits: i32, out: &mut BytesMut) {
    if value.fract() == 0.0 && value.abs() < 1e15 && extra_float_digits > 0 && (value != 0.0 || value.is_sign_positive()) {
        return integer::put(value as i64, out);
    }
    match extra_float_digits {
        1.. => put(value, format_args!("{value:e}"), FLOAT8_DIGITS, out),
        extra => put_rounded(value, FLOAT8_DIGITS + extra, out),
    }
}

/// As C's `%.{digits}g`.
fn put_rounded(value: f64, digits: i32, out: &mut BytesMut) {
    let digits = digits.max(1);
    put(value, format_args!("{value:.*e}", digits as usize - 1), digits, out);
}

/// `scientific` is the number as Rust writes it: `-1.25e-7`.
fn put(value: f64, scientific: std::fmt::Arguments<'_>, fixed_digits: i32, out: &mut BytesMut) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value < 0.0 { b"-Infinity" } else { b"Infinity" });
    }
    let mut text = Scratch::default();
    // The scratch is large enough for every float, so this cannot fail; and if it did, the number would only be cut short.
    let _ = text.write_fmt(scientific);
    let (mantissa, exponent) = text.split();
    let mut digits = [0; Scratch::LENGTH];
    let mut length = 0;
    for &digit in mantissa.iter().filter(|byte| byte.is_ascii_digit()) {
        digits[length] = digit;
        length += 1;
    }
    while length > 1 && digits[length - 1] == b'0' {
        length -= 1;
    }
    let digits = &digits[..length];
    if value.is_sign_negative() {
        out.put_u8(b'-');
    }
    if (-4..fixed_digits).contains(&exponent) { put_fixed(digits, exponent, out) } else { put_scientific(digits, exponent, out) }
}

fn put_fixed(digits: &[u8], exponent: i32, out: &mut BytesMut) {
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.put_bytes(b'0', (-exponent - 1) as usize);
        return out.extend_from_slice(digits);
    }
    let whole = exponent as usize + 1;
    match digits.split_at_checked(whole) {
        Some((whole, fraction)) if !fraction.is_empty() => {
            out.extend_from_slice(whole);
            out.put_u8(b'.');
            out.extend_from_slice(fraction);
        }
        _ => {
            out.extend_from_slice(digits);
            out.put_bytes(b'0', whole - digits.len());
        }
    }
}

fn put_scientific(digits: &[u8], exponent: i32, out: &mut BytesMut) {
    out.put_u8(digits[0]);
    if digits.len() > 1 {
        out.put_u8(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    integer::put_padded(exponent.unsigned_abs().into(), 2, out);
}

/// A few bytes on the stack to format into.
struct Scratch {
    bytes: [u8; Self::LENGTH],
    length: usize,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { bytes: [0; Self::LENGTH], length: 0 }
    }
}

impl Scratch {
    /// 17 digits, sign, point and `e-324`, rounded up.
    const LENGTH: usize = 32;

    /// Mantissa and exponent.
    fn split(&self) -> (&[u8], i32) {
        let text = &self.bytes[..self.length];
        let at = text.iter().position(|&byte| byte == b'e').unwrap_or(text.len());
        let exponent = text.get(at + 1..).and_then(|exponent| std::str::from_utf8(exponent).ok()).and_then(|text| text.parse().ok());
        (&text[..at], exponent.unwrap_or(0))
    }
}

impl std::fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float8(value: f64, extra: i32) -> String {
        let mut out = BytesMut::new();
        put_float8(value, extra, &mut out);
        String::from_utf8(out.to_vec()).expect("ASCII")
    }

    fn float4(value: f32, extra: i32) -> String {
        let mut out = BytesMut::new();
        put_float4(value, extra, &mut out);
        String::from_utf8(out.to_vec()).expect("ASCII")
    }

    #[test]
    fn writes_the_shortest_form() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
            (123456.789, "123456.789"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (999_999_999_999_999.0, "999999999999999"),
            (1e15, "1e+15"),
            (1e20, "1e+20"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(float8(value, 1), expected);
            assert_eq!(float8(value, 3), expected);
        }
        for (value, expected) in [
            (0.1, "0.1"),
            (16777216.0, "1.6777216e+07"),
            (100000.0, "100000"),
            (1e6, "1e+06"),
            (-0.0, "-0"),
            (f32::MIN_POSITIVE, "1.1754944e-38"),
        ] {
            assert_eq!(float4(value, 1), expected);
        }
    }

    #[test]
    fn rounds_when_told_to() {
        assert_eq!(float8(1.0 / 3.0, 0), "0.333333333333333");
        assert_eq!(float8(0.1 + 0.2, 0), "0.3");
        assert_eq!(float8(123456.0, -12), "1.23e+05");
        assert_eq!(float4(1.0 / 3.0, 0), "0.333333");
    }
}
