//! `money`: an amount of hundredths, as the locale C writes it: `-$1,234.56`.

use spi::{Code, Error, Result};

use super::{invalid, is_space};

/// How many digits stand behind the point.
const FRACTION_DIGITS: usize = 2;

/// The hundredths. A third digit behind the point rounds, and the thousands may be divided anywhere.
pub fn read(text: &str) -> Result<i64> {
    let out_of_range = || Error::new(Code::OutOfRange, format!("value \"{text}\" is out of range for type money"));
    let mut rest = skip(skip(text, "$"), "");
    let is_signed = rest.starts_with(['-', '(']);
    if rest.starts_with(['-', '(', '+']) {
        rest = &rest[1..];
    }
    rest = skip(rest, "$");
    // Below zero there is one value more.
    let (mut amount, mut fraction): (i64, Option<usize>) = (0, None);
    while let Some(character) = rest.chars().next() {
        match (character, fraction) {
            ('0'..='9', None | Some(0..FRACTION_DIGITS)) => {
                let digit = i64::from(character as u8 - b'0');
                amount = amount.checked_mul(10).and_then(|amount| amount.checked_sub(digit)).ok_or_else(out_of_range)?;
                fraction = fraction.map(|digits| digits + 1);
            }
            ('.', None) => fraction = Some(0),
            (',', _) => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    for _ in fraction.unwrap_or(0)..FRACTION_DIGITS {
        amount = amount.checked_mul(10).ok_or_else(out_of_range)?;
    }
    if rest.starts_with(|digit: char| ('5'..='9').contains(&digit)) {
        amount = amount.checked_sub(1).ok_or_else(out_of_range)?;
    }
    let behind = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    if behind.contains(|character: char| !is_space(character) && !matches!(character, ')' | '-' | '+' | '$')) {
        return Err(invalid("money", text));
    }
    if is_signed || behind.contains('-') { Ok(amount) } else { amount.checked_neg().ok_or_else(out_of_range) }
}

/// Without white space, a word, and white space.
fn skip<'a>(text: &'a str, word: &str) -> &'a str {
    let rest = text.trim_start_matches(is_space);
    rest.strip_prefix(word).unwrap_or(rest).trim_start_matches(is_space)
}

pub fn write(amount: i64, out: &mut String) {
    let digits = format!("{:03}", amount.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - FRACTION_DIGITS);
    if amount < 0 {
        out.push('-');
    }
    out.push('$');
    for (place, digit) in whole.char_indices() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push('.');
    out.push_str(fraction);
}
