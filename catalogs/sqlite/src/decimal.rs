//! Decimal numbers as integers of so many digits after the point, without a float in between.

use arrow::datatypes::i256;

/// What a decimal's text may have beyond its scale.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Nothing: the value must fit exactly.
    Refuse,
    /// Anything: it is rounded half away from zero, as PostgreSQL rounds `numeric`.
    Round,
}

/// Longer texts are no numbers that a source means, and their exponents could ask for gigabytes of zeros.
const EXPONENT_MAX: i32 = 400;

/// `text` times 10^`scale`, where it is a number of at most `precision` digits.
pub(crate) fn parse(text: &str, precision: u8, scale: i8, excess: Excess) -> Option<i256> {
    let (negative, digits) = scaled_digits(text, scale, excess)?;
    let digits = digits.trim_start_matches('0');
    if digits.len() > usize::from(precision) {
        return None;
    }
    if digits.is_empty() {
        return Some(i256::ZERO);
    }
    // At most 76 digits, which 256 bits hold.
    let value = i256::from_string(digits)?;
    Some(if negative { value.wrapping_neg() } else { value })
}

/// Sign and digits of a number that is made whole by `scale`.
fn scaled_digits(text: &str, scale: i8, excess: Excess) -> Option<(bool, String)> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= EXPONENT_MAX)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // How many digits stand before the point once the scale is applied; the others are in excess.
    let kept = whole.len() as i32 + exponent + i32::from(scale);
    if kept >= digits.len() as i32 {
        digits.extend(std::iter::repeat_n('0', kept as usize - digits.len()));
        return Some((negative, digits));
    }
    let kept_digits = usize::try_from(kept).unwrap_or(0);
    // With nothing kept, the first digit in excess may itself stand behind zeros: then nothing is rounded up.
    let rounded_up = kept >= 0 && digits.as_bytes()[kept_digits] >= b'5';
    if excess == Excess::Refuse && digits[kept_digits..].bytes().any(|digit| digit != b'0') {
        return None;
    }
    digits.truncate(kept_digits);
    Some((negative, if rounded_up { incremented(digits) } else { digits }))
}

/// The next whole number, digit by digit: before the check of the precision there may be more digits than any integer has.
fn incremented(digits: String) -> String {
    let mut bytes = digits.into_bytes();
    for digit in bytes.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return bytes.into_iter().map(char::from).collect();
        }
        *digit = b'0';
    }
    std::iter::once('1').chain(bytes.into_iter().map(char::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, precision: u8, scale: i8, exact: Option<&str>, rounded: Option<&str>) {
        let found = |excess| parse(text, precision, scale, excess).map(|value| value.to_string());
        assert_eq!(found(Excess::Refuse).as_deref(), exact, "{text} exactly");
        assert_eq!(found(Excess::Round).as_deref(), rounded, "{text} rounded");
    }

    #[test]
    fn numbers_are_exact_or_rounded_as_postgresql_rounds() {
        check("12.30", 4, 2, Some("1230"), Some("1230"));
        check("-0.5", 4, 1, Some("-5"), Some("-5"));
        check("+7", 4, 2, Some("700"), Some("700"));
        check(".5", 4, 2, Some("50"), Some("50"));
        check("1.005", 4, 2, None, Some("101"));
        check("-1.005", 4, 2, None, Some("-101"));
        check("1.0049", 4, 2, None, Some("100"));
        check("0.05", 4, 1, None, Some("1"));
        check("0.005", 4, 1, None, Some("0"));
        check("5e-3", 4, 2, None, Some("1"));
        check("9e-5", 4, 2, None, Some("0"));
        check("1.5e3", 6, 1, Some("15000"), Some("15000"));
        check("1e300", 76, 0, None, None);
        check("99.99", 4, 2, Some("9999"), Some("9999"));
        check("99.995", 4, 2, None, None);
        check("100", 4, 2, None, None);
        check("0.0", 1, 0, Some("0"), Some("0"));
        check(&"9".repeat(76), 76, 0, Some(&"9".repeat(76)), Some(&"9".repeat(76)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e99999999999", "1e401", "1 ", "inf", "NaN", "0x10", "1_000", "--1", "１"] {
            check(text, 38, 2, None, None);
        }
    }
}
