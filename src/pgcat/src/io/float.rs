//! `real` and `double precision`: the shortest text that reads back as the same number, laid out as `0.1`, `1e+20`, `1.5e-07`.

use std::fmt::Write as _;

use spi::{Code, Error, Result};

use super::{invalid, is_space};

/// Digits that a number of each width is sure to keep (`FLT_DIG`, `DBL_DIG`), which is also where scientific form begins.
const FLOAT4_DIGITS: i32 = 6;
const FLOAT8_DIGITS: i32 = 15;
/// Digits behind the first that tell all numbers apart.
const DIGITS_MAX: usize = 16;

/// A `real`, widened.
pub fn read4(text: &str) -> Result<f64> {
    const TYPE: &str = "real";
    let (word, number) = number(text, TYPE)?;
    let number = match number {
        // Rounding twice could give the neighbour, so decimal texts are read as what they are to be.
        Some(wide) => word.parse::<f32>().unwrap_or(wide as f32),
        None => return Ok(special(word).unwrap_or(f64::NAN)),
    };
    check(number.is_infinite() || (number == 0.0 && has_digit(word)), word, TYPE)?;
    Ok(number.into())
}

pub fn read8(text: &str) -> Result<f64> {
    const TYPE: &str = "double precision";
    let (word, number) = number(text, TYPE)?;
    let Some(number) = number else { return Ok(special(word).unwrap_or(f64::NAN)) };
    check(number.is_infinite() || (number == 0.0 && has_digit(word)), word, TYPE)?;
    Ok(number)
}

/// The word without the space around it, and its number; none for the words that are no numbers.
fn number<'a>(text: &'a str, type_name: &str) -> Result<(&'a str, Option<f64>)> {
    let word = text.trim_matches(is_space);
    if special(word).is_some() {
        return Ok((word, None));
    }
    let plain = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = if plain { word.parse().ok() } else { hexadecimal(word) };
    number.map(|number| (word, Some(number))).ok_or_else(|| invalid(type_name, text))
}

fn special(word: &str) -> Option<f64> {
    let (sign, unsigned) = match word.as_bytes().first()? {
        b'-' => (-1.0, &word[1..]),
        b'+' => (1.0, &word[1..]),
        _ => (1.0, word),
    };
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" => Some(sign * f64::INFINITY),
        _ => None,
    }
}

/// `0x1.8p3`, as C reads it.
fn hexadecimal(word: &str) -> Option<f64> {
    let (negative, unsigned) = word.strip_prefix('-').map_or((false, word.strip_prefix('+').unwrap_or(word)), |rest| (true, rest));
    let digits = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"))?;
    let (digits, exponent) = digits.split_once(['p', 'P']).unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut number = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        number = number * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let number = number * 2f64.powi(exponent.checked_sub(4 * fraction.len() as i32)?);
    Some(if negative { -number } else { number })
}

/// Whether the mantissa has a digit other than zero: then a zero is one that was rounded to nothing.
fn has_digit(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-']);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let exponent: &[char] = if hexadecimal.is_some() { &['p', 'P'] } else { &['e', 'E'] };
    let digits = hexadecimal.unwrap_or(digits);
    digits.split(exponent).next().unwrap_or(digits).contains(|digit: char| digit.is_ascii_hexdigit() && digit != '0')
}

fn check(lost: bool, word: &str, type_name: &str) -> Result<()> {
    match lost {
        true => Err(Error::new(Code::OutOfRange, format!("\"{word}\" is out of range for type {type_name}"))),
        false => Ok(()),
    }
}

/// `extra_float_digits` above 0 gives the shortest exact text, else that many digits more than the type is sure to keep.
pub fn write4(number: f64, extra_float_digits: i32, out: &mut String) {
    let narrow = number as f32;
    match extra_float_digits {
        1.. => {
            let neighbours = [narrow.next_down().into(), narrow.next_up().into()];
            let again = |text: &str| text.parse() == Ok(narrow);
            lay_out(number, &shortest(number, neighbours, format!("{narrow:e}"), again), FLOAT4_DIGITS, out);
        }
        extra => write_rounded(number, FLOAT4_DIGITS + extra, out),
    }
}

pub fn write8(number: f64, extra_float_digits: i32, out: &mut String) {
    match extra_float_digits {
        1.. => {
            let neighbours = [number.next_down(), number.next_up()];
            let again = |text: &str| text.parse() == Ok(number);
            lay_out(number, &shortest(number, neighbours, format!("{number:e}"), again), FLOAT8_DIGITS, out);
        }
        extra => write_rounded(number, FLOAT8_DIGITS + extra, out),
    }
}

/// The shortest text that reads back as the number by any way of rounding. Rust's, `scientific`, may stand in the very middle between the
/// number and a neighbour, and reads back because the number's last bit is even: then another is looked for.
fn shortest(number: f64, neighbours: [f64; 2], scientific: String, reads_back: impl Fn(&str) -> bool) -> String {
    if !is_between(&scientific, number, neighbours) {
        return scientific;
    }
    let more = (1..=DIGITS_MAX).map(|digits| format!("{number:.digits$e}"));
    more.into_iter().find(|text| reads_back(text) && !is_between(text, number, neighbours)).unwrap_or(scientific)
}

/// Only large whole numbers have texts of few digits that stand between them and a neighbour.
fn is_between(scientific: &str, number: f64, neighbours: [f64; 2]) -> bool {
    const SMALLEST: f64 = (1 << f32::MANTISSA_DIGITS) as f64;
    const LARGEST: f64 = 1e38;
    let magnitude = number.abs();
    if !(SMALLEST..LARGEST).contains(&magnitude) {
        return false;
    }
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return false };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let (Ok(written), Ok(exponent)) = (digits.parse::<u128>(), exponent.parse::<usize>()) else { return false };
    let Some(zeros) = (exponent + 1).checked_sub(digits.len()) else { return false };
    let Some(written) = 10u128.checked_pow(zeros as u32).and_then(|power| written.checked_mul(power)) else { return false };
    neighbours.into_iter().any(|neighbour| magnitude as u128 + neighbour.abs() as u128 == 2 * written)
}

/// As C's `%.{digits}g`.
pub fn write_rounded(number: f64, digits: i32, out: &mut String) {
    let digits = digits.max(1);
    lay_out(number, &format!("{number:.*e}", digits as usize - 1), digits, out);
}

/// `scientific` is the number as Rust writes it: `-1.25e-7`.
fn lay_out(number: f64, scientific: &str, fixed_digits: i32, out: &mut String) {
    if number.is_nan() {
        return out.push_str("NaN");
    }
    if number.is_infinite() {
        return out.push_str(if number < 0.0 { "-Infinity" } else { "Infinity" });
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        significant => significant,
    };
    if number.is_sign_negative() {
        out.push('-');
    }
    if (-4..fixed_digits).contains(&exponent) { fixed(digits, exponent, out) } else { in_scientific_form(digits, exponent, out) }
}

fn fixed(digits: &str, exponent: i32, out: &mut String) {
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        return out.push_str(digits);
    }
    let whole = exponent as usize + 1;
    match digits.split_at_checked(whole) {
        Some((whole, "")) => out.push_str(whole),
        Some((whole, fraction)) => {
            out.push_str(whole);
            out.push('.');
            out.push_str(fraction);
        }
        None => {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', whole - digits.len()));
        }
    }
}

fn in_scientific_form(digits: &str, exponent: i32, out: &mut String) {
    let (first, rest) = digits.split_at(1);
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string cannot fail.
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
}
