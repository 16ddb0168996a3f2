//! Decimal numbers as the protocol writes them, into scaled integers.

use arrow::datatypes::i256;

/// Digits that fit a 64-bit number whatever they are.
const CHUNK_DIGITS: usize = 18;

/// The number times ten to the power of `scale`; `None` where the text is no number of at most `precision` digits and `scale`
/// decimals. Nothing is rounded.
pub(crate) fn parse(text: &[u8], precision: u8, scale: i8) -> Option<i256> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, decimals) = digits.split_at(point.unwrap_or(digits.len()));
    let decimals = decimals.get(1..).unwrap_or_default();
    let missing = usize::try_from(scale).ok()?.checked_sub(decimals.len())?;
    let significant = whole.iter().chain(decimals).skip_while(|digit| **digit == b'0');
    let all_digits = whole.iter().chain(decimals).all(u8::is_ascii_digit);
    if !all_digits || whole.is_empty() && decimals.is_empty() || significant.count() + missing > usize::from(precision) {
        return None;
    }
    let magnitude = scaled(whole.iter().chain(decimals).copied().chain(std::iter::repeat_n(b'0', missing)));
    Some(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// The number that the digits are. There are at most 76 significant ones, which 256 bits hold.
fn scaled(mut digits: impl Iterator<Item = u8>) -> i256 {
    let mut sum = i256::ZERO;
    loop {
        let (mut chunk, mut weight) = (0_i64, 1_i64);
        for digit in digits.by_ref().take(CHUNK_DIGITS) {
            chunk = chunk * 10 + i64::from(digit - b'0');
            weight *= 10;
        }
        if weight == 1 {
            return sum;
        }
        sum = sum.wrapping_mul(i256::from(weight)).wrapping_add(i256::from(chunk));
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::i256;

    use super::parse;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, precision, scale, expected) in [
            ("0", 1, 0, Some("0")),
            ("0.00", 4, 2, Some("0")),
            ("-12.34", 4, 2, Some("-1234")),
            ("0012.30", 4, 2, Some("1230")),
            ("5", 3, 2, Some("500")),
            ("18446744073709551615", 20, 0, Some("18446744073709551615")),
            (
                "-99999999999999999999999999999999999.999999999999999999999999999999",
                65,
                30,
                Some("-99999999999999999999999999999999999999999999999999999999999999999"),
            ),
            ("12.345", 5, 2, None),
            ("1234", 3, 0, None),
            ("", 3, 0, None),
            (".", 3, 0, None),
            ("1e3", 9, 0, None),
            ("--1", 9, 0, None),
        ] {
            let expected = expected.map(|digits| i256::from_string(digits).expect("digits"));
            assert_eq!(parse(text.as_bytes(), precision, scale), expected, "{text}");
        }
    }
}
