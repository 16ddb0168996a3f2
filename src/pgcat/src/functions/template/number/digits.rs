//! The digits of numbers as a template takes them.

use bigdecimal::{BigDecimal, RoundingMode};
use spi::{Code, Error, Result};

use super::Template;
use crate::functions::template::words::roman;
use crate::io::numeric;
use crate::value::Numeric;

/// A number that is to be written.
pub struct Digits {
    /// Without its sign, unless the template asks for an exponent or Roman numerals: then it is all that is written.
    pub text: String,
    /// `+` or `-`.
    pub sign: char,
    /// Places of the template before the first digit.
    pub blanks: usize,
}

/// The widths of whole numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Integer,
    Bigint,
}

/// How exact floating-point numbers are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Real,
    Double,
}

impl Precision {
    /// Digits that are sure to be kept.
    fn digits(self) -> usize {
        match self {
            Precision::Real => 6,
            Precision::Double => 15,
        }
    }
}

pub fn of_integer(number: i64, width: Width, template: &mut Template) -> Result<Digits> {
    let out_of_range = |name: &str| Error::new(Code::OutOfRange, format!("{name} out of range"));
    if template.is_roman {
        return Ok(whole(in_roman(i32::try_from(number).map_err(|_| out_of_range("integer"))?)));
    }
    if template.is_exponent {
        return of_numeric(&Numeric::Finite(BigDecimal::from(number)), template);
    }
    let shifted = match 10i64.checked_pow(template.shift as u32) {
        Some(power) if width == Width::Bigint => number.checked_mul(power),
        // PostgreSQL does not look for an overflow here.
        Some(power) => Some(i64::from((number as i32).wrapping_mul(power as i32))),
        None => None,
    };
    let number = shifted.ok_or_else(|| out_of_range("bigint"))?;
    template.before += template.shift;
    let mut text = number.unsigned_abs().to_string();
    if template.behind > 0 {
        text = format!("{text}.{}", "0".repeat(template.behind));
    }
    Ok(placed(text, number < 0, template))
}

pub fn of_numeric(number: &Numeric, template: &mut Template) -> Result<Digits> {
    if template.is_roman {
        let unsupported = |what: &str| Error::new(Code::Unsupported, format!("cannot convert {what} to integer"));
        let rounded = match number {
            Numeric::NaN => return Err(unsupported("NaN")),
            Numeric::Infinity | Numeric::NegativeInfinity => return Err(unsupported("infinity")),
            Numeric::Finite(number) => numeric::rounded(number, 0),
        };
        let rounded = rounded.to_plain_string().parse().map_err(|_| Error::new(Code::OutOfRange, "integer out of range"))?;
        return Ok(whole(in_roman(rounded)));
    }
    let text = |number: &Numeric| {
        let mut text = String::new();
        numeric::write(number, &mut text);
        text
    };
    if template.is_exponent {
        return Ok(whole(match number {
            Numeric::Finite(number) => signed(with_exponent(number, template.behind)),
            _ => without_exponent(template),
        }));
    }
    let number = match number {
        Numeric::Finite(number) => {
            let shifted = number * BigDecimal::from(10).powi(template.shift as i64);
            Numeric::Finite(numeric::rounded(&shifted, template.behind as i64))
        }
        other => other.clone(),
    };
    template.before += template.shift;
    let text = text(&number);
    match text.strip_prefix('-') {
        Some(text) => Ok(placed(text.to_owned(), true, template)),
        None => Ok(placed(text, false, template)),
    }
}

pub fn of_float(number: f64, precision: Precision, template: &mut Template) -> Digits {
    if template.is_roman {
        return whole(in_roman(number.round_ties_even() as i32));
    }
    if template.is_exponent {
        return whole(match number.is_finite() {
            true => signed(float_with_exponent(number, template.behind)),
            false => without_exponent(template),
        });
    }
    let shifted = match precision {
        Precision::Real => f64::from(number as f32 * 10f64.powi(template.shift as i32) as f32),
        Precision::Double => number * 10f64.powi(template.shift as i32),
    };
    template.before += template.shift;
    let before = written(shifted.abs(), 0).len();
    let digits = precision.digits();
    // No digits are written that the type does not keep.
    template.behind = if before >= digits { 0 } else { template.behind.min(digits - before) };
    let text = written(shifted, template.behind);
    match text.strip_prefix('-') {
        Some(text) => placed(text.to_owned(), true, template),
        None => placed(text, false, template),
    }
}

fn written(number: f64, digits: usize) -> String {
    if number.is_infinite() {
        return if number < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    format!("{number:.digits$}")
}

/// What is written as it is.
fn whole(text: String) -> Digits {
    Digits { text, sign: '+', blanks: 0 }
}

/// Digits that the template has a place for; else signs that they do not fit.
fn placed(text: String, is_negative: bool, template: &Template) -> Digits {
    let sign = if is_negative { '-' } else { '+' };
    let before = text.find('.').unwrap_or(text.len());
    match before > template.before {
        true => {
            let text = format!("{}.{}", "#".repeat(template.before), "#".repeat(template.behind));
            Digits { text, sign, blanks: 0 }
        }
        false => Digits { text, sign, blanks: template.before - before },
    }
}

fn in_roman(number: i32) -> String {
    const PLACES: usize = 15;
    if (1..=3999).contains(&number) { roman(number) } else { "#".repeat(PLACES) }
}

/// With a blank where a minus would be.
fn signed(text: String) -> String {
    if text.starts_with('-') { text } else { format!(" {text}") }
}

/// What stands for a number that has no exponent.
fn without_exponent(template: &Template) -> String {
    // Places for the point, the letter, and an exponent of a sign and two digits.
    format!(" {}.{}", "#".repeat(template.before), "#".repeat(template.behind + 4))
}

/// The first digit before the point, and the power of ten.
fn with_exponent(number: &BigDecimal, digits: usize) -> String {
    let (unscaled, scale) = number.as_bigint_and_exponent();
    let exponent = match numeric::decimal_digits(&unscaled) {
        0 => 0,
        count => count - scale - 1,
    };
    let first = BigDecimal::new(unscaled, scale + exponent).with_scale_round(digits as i64, RoundingMode::HalfUp);
    let mut text = String::new();
    numeric::write(&Numeric::Finite(first), &mut text);
    format!("{text}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn float_with_exponent(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
            format!("{mantissa}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}
