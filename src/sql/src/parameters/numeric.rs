//! Decimal numbers of any length that Arrow can hold.

use arrow::datatypes::i256;
use datafusion::common::ScalarValue;

use super::Refused;

/// How many digits the two widths hold.
pub(super) const DIGITS_MAX_128: u8 = 38;
const DIGITS_MAX_256: u8 = 76;

/// A number as it is written: `-12.30`, `1.5e3`.
pub(super) fn parse(text: &str) -> Result<ScalarValue, Refused> {
    let refused = || Refused::Syntax(text.to_owned());
    let written = text.trim();
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| refused())?),
        None => (written, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) && whole.len() + fraction.len() > 0;
    if !number {
        return Err(match written.to_ascii_lowercase().trim_start_matches(['+', '-']) {
            "nan" | "inf" | "infinity" => Refused::Unsupported,
            _ => refused(),
        });
    }
    decimal(negative, &format!("{whole}{fraction}"), fraction.len() as i32 - exponent).ok_or_else(|| Refused::Range(text.to_owned()))
}

/// PostgreSQL's binary form: groups of four digits, the weight of the first one, a sign and the digits after the point.
pub(super) fn from_binary(bytes: &[u8]) -> Result<ScalarValue, Refused> {
    let words: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| Ok(u16::from_be_bytes(pair.try_into()?)))
        .collect::<Result<_, _>>()
        .map_err(|_: std::array::TryFromSliceError| Refused::Binary)?;
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else { return Err(Refused::Binary) };
    if digits.len() != usize::from(*count) || digits.iter().any(|digit| *digit > 9999) {
        return Err(Refused::Binary);
    }
    let negative = match sign {
        0 => false,
        0x4000 => true,
        // NaN and the infinities.
        0xC000 | 0xD000 | 0xF000 => return Err(Refused::Unsupported),
        _ => return Err(Refused::Binary),
    };
    let text: String = digits.iter().map(|digit| format!("{digit:04}")).collect();
    // The digits after the point as they were sent, before those that only fill the last group are cut off.
    let sent = (i32::from(*count) - i32::from(*weight as i16) - 1) * 4;
    let wanted = i32::from(*scale);
    let text = match sent - wanted {
        surplus @ 1.. => text.get(..text.len().saturating_sub(surplus as usize)).unwrap_or_default().to_owned(),
        missing => format!("{text}{}", "0".repeat(missing.unsigned_abs().min(u32::from(DIGITS_MAX_256) + 1) as usize)),
    };
    let text = if text.is_empty() { "0".to_owned() } else { text };
    decimal(negative, &text, wanted).ok_or(Refused::Range(text))
}

/// A decimal of these digits, the last `scale` of which stand behind the point. `None` if it is too long.
fn decimal(negative: bool, digits: &str, scale: i32) -> Option<ScalarValue> {
    let digits = digits.trim_start_matches('0');
    // A scale below zero is written out, and one beyond the digits has zeros in front.
    let zeros = usize::try_from(-scale.min(0)).ok().filter(|zeros| digits.is_empty() || *zeros <= usize::from(DIGITS_MAX_256))?;
    let digits = format!("{digits}{}", if digits.is_empty() { String::new() } else { "0".repeat(zeros) });
    let scale = u8::try_from(scale.max(0)).ok()?;
    let precision = u8::try_from(digits.len()).ok()?.max(scale).max(1);
    let sign = if negative { "-" } else { "" };
    let number = format!("{sign}{}", if digits.is_empty() { "0" } else { &digits });
    match precision {
        1..=DIGITS_MAX_128 => Some(ScalarValue::Decimal128(Some(number.parse().ok()?), precision, scale as i8)),
        ..=DIGITS_MAX_256 => Some(ScalarValue::Decimal256(Some(i256::from_string(&number)?), precision, scale as i8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_wide_as_written() {
        for (text, number, precision, scale) in
            [("0", 0, 1, 0), ("12.30", 1230, 4, 2), ("-0.005", -5, 3, 3), ("+1.5e3", 1500, 4, 0), ("25e-4", 25, 4, 4), (".5", 5, 1, 1)]
        {
            assert_eq!(parse(text), Ok(ScalarValue::Decimal128(Some(number), precision, scale)), "{text}");
        }
        let long = "1".repeat(40);
        assert_eq!(parse(&long), Ok(ScalarValue::Decimal256(i256::from_string(&long), 40, 0)));
    }

    #[test]
    fn refuses_what_it_cannot_hold() {
        assert_eq!(parse(&"9".repeat(77)), Err(Refused::Range("9".repeat(77))));
        assert_eq!(parse("1e100"), Err(Refused::Range("1e100".to_owned())));
        assert_eq!(parse("NaN"), Err(Refused::Unsupported));
        for text in ["", "1.2.3", "1e", "e5", "--1", "0x1"] {
            assert_eq!(parse(text), Err(Refused::Syntax(text.to_owned())));
        }
    }

    #[test]
    fn binary_numbers() {
        for (words, number, precision, scale) in [
            (&[0, 0, 0, 0][..], 0, 1, 0),
            (&[1, 0, 0, 0, 7][..], 7, 1, 0),
            (&[1, 1, 0, 0, 5][..], 50_000, 5, 0),
            (&[1, 0xffff, 0x4000, 3, 50][..], -5, 3, 3),
            (&[2, 0, 0, 1, 12, 3000][..], 123, 3, 1),
        ] {
            let bytes: Vec<u8> = words.iter().flat_map(|word: &u16| word.to_be_bytes()).collect();
            assert_eq!(from_binary(&bytes), Ok(ScalarValue::Decimal128(Some(number), precision, scale)), "{words:?}");
        }
        assert_eq!(from_binary(&[0, 9, 0, 0, 0, 0, 0, 0]), Err(Refused::Binary));
        assert_eq!(from_binary(&[0, 0, 0]), Err(Refused::Binary));
        assert_eq!(from_binary(&[0, 0, 0, 0, 0xC0, 0, 0, 0]), Err(Refused::Unsupported));
    }
}
