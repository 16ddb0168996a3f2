//! Values of Avro's logical types, and of the like in Protobuf.

use bigdecimal::num_bigint::BigInt;
use spi::documents::{Decimal, Document};

/// Longer numbers are beyond what `numeric` holds, and take long to be written in digits.
const DECIMAL_BYTES_MAX: usize = 65_536;

/// Scales beyond this are beyond what `numeric` holds, too.
const SCALE_MAX: i64 = 1 << 20;

/// A decimal number: its digits as a whole number, the highest byte first, and how many are behind the point.
pub(crate) fn decimal(bytes: &[u8], scale: i64) -> Document<'static> {
    let beyond = || Document::Unreadable(format!("a decimal of {} bytes with scale {scale}", bytes.len()).into());
    if bytes.len() > DECIMAL_BYTES_MAX || !(-SCALE_MAX..=SCALE_MAX).contains(&scale) {
        return beyond();
    }
    let number = match bytes.len() {
        0 => Decimal::from_i128(0, scale as i32),
        1..=16 => {
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
            let mut whole = [sign; 16];
            whole[16 - bytes.len()..].copy_from_slice(bytes);
            Decimal::from_i128(i128::from_be_bytes(whole), scale as i32)
        }
        _ => Decimal::parse(&format!("{}e{}", BigInt::from_signed_bytes_be(bytes), -scale)),
    };
    number.map_or_else(beyond, Document::Decimal)
}

/// A `uuid`, if it has 16 bytes.
pub(super) fn uuid(bytes: &[u8]) -> Document<'_> {
    if bytes.len() != 16 {
        return Document::Bytes(bytes.into());
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Document::text([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

/// A time of day as text, such as `08:30:00.5`.
pub(super) fn time_of_day(micros: i64) -> Document<'static> {
    if !(0..86_400_000_000).contains(&micros) {
        return Document::Unreadable(format!("{micros} μs since midnight").into());
    }
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    Document::text(if fraction == 0 { time } else { format!("{time}.{fraction:06}").trim_end_matches('0').to_owned() })
}

/// Months, days and milliseconds, each in four bytes, the lowest first: as text, such as `P1M2DT3.5S`.
pub(super) fn duration(bytes: [u8; 12]) -> Document<'static> {
    let number = |place: usize| u32::from_le_bytes([bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]]);
    let (months, days, millis) = (number(0), number(4), number(8));
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    Document::text(format!("P{months}M{days}DT{}S", seconds.trim_end_matches('0').trim_end_matches('.')))
}

/// The nearest microsecond, a half to the even one, as PostgreSQL rounds.
pub(crate) fn rounded_to_micros(nanos: i64) -> i64 {
    let (micros, rest) = (nanos.div_euclid(1000), nanos.rem_euclid(1000));
    micros + i64::from(rest > 500 || rest == 500 && micros % 2 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        let text = |bytes: &[u8], scale| match decimal(bytes, scale) {
            Document::Decimal(decimal) => decimal.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(text(&[0x04, 0xd2], 2), "12.34");
        assert_eq!(text(&[0xfb, 0x2e], 2), "-12.34");
        assert_eq!((text(&[], 1), text(&[0xff; 16], 3)), ("0.0".to_owned(), "-0.001".to_owned()));
        assert_eq!(text(&[&[1][..], &[0; 16]].concat(), 2), "3402823669209384634633746074317682114.56");
        assert_eq!(text(&[5], -3), "5000");
        assert!(matches!(decimal(&[1; DECIMAL_BYTES_MAX + 1], 0), Document::Unreadable(_)));
        assert!(matches!(decimal(&[1], i64::MIN), Document::Unreadable(_)));
    }

    #[test]
    fn times_are_texts() {
        assert_eq!(time_of_day(30_600_500_000), Document::text("08:30:00.5"));
        assert_eq!(time_of_day(0), Document::text("00:00:00"));
        assert!(matches!(time_of_day(86_400_000_000), Document::Unreadable(_)));
        assert_eq!(duration([1, 0, 0, 0, 2, 0, 0, 0, 0xac, 0x0d, 0, 0]), Document::text("P1M2DT3.5S"));
        assert_eq!([rounded_to_micros(1_500), rounded_to_micros(2_500), rounded_to_micros(-1)], [2, 2, 0]);
    }
}
