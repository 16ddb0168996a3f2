//! Arithmetic of `numeric`, with as many digits behind the point as PostgreSQL's rules give.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use spi::Result;

use super::integers::division_by_zero;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::numeric::{self, SCALE_MAX, with_scale};
use crate::value::{Numeric, Value};

/// A quotient has at least so many significant digits, and at most so many behind the point.
const SIGNIFICANT_DIGITS_MIN: i64 = 16;
const QUOTIENT_SCALE_MAX: i64 = 1000;
/// Decimal digits of a group of PostgreSQL's representation, by which it estimates sizes.
const GROUP: i64 = 4;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("numeric_add", |_, _, a| add(a.numeric(0)?, a.numeric(1)?).map(value)),
    ScalarEntry::new("numeric_sub", |_, _, a| add(a.numeric(0)?, &negated(a.numeric(1)?)).map(value)),
    ScalarEntry::new("numeric_mul", |_, _, a| multiply(a.numeric(0)?, a.numeric(1)?).map(value)),
    ScalarEntry::new("numeric_div", |_, _, a| divide(a.numeric(0)?, a.numeric(1)?).map(value)),
    ScalarEntry::new("numeric_mod", |_, _, a| remainder(a.numeric(0)?, a.numeric(1)?).map(value)),
    ScalarEntry::new("numeric_uminus", |_, _, a| Ok(value(negated(a.numeric(0)?)))),
    ScalarEntry::new("numeric_uplus", |_, _, a| Ok(value(a.numeric(0)?.clone()))),
    ScalarEntry::new("numeric_abs", |_, _, a| Ok(value(absolute(a.numeric(0)?)))),
];

pub fn value(number: Numeric) -> Value {
    Value::Numeric(Box::new(number))
}

pub fn negated(number: &Numeric) -> Numeric {
    match number {
        Numeric::Finite(number) => Numeric::Finite(-number),
        Numeric::Infinity => Numeric::NegativeInfinity,
        Numeric::NegativeInfinity => Numeric::Infinity,
        Numeric::NaN => Numeric::NaN,
    }
}

pub fn absolute(number: &Numeric) -> Numeric {
    match number {
        Numeric::Finite(number) => Numeric::Finite(number.abs()),
        Numeric::NaN => Numeric::NaN,
        Numeric::Infinity | Numeric::NegativeInfinity => Numeric::Infinity,
    }
}

pub fn add(left: &Numeric, right: &Numeric) -> Result<Numeric> {
    use Numeric::*;
    match (left, right) {
        (NaN, _) | (_, NaN) | (Infinity, NegativeInfinity) | (NegativeInfinity, Infinity) => Ok(NaN),
        (Finite(left), Finite(right)) => {
            let scale = left.fractional_digit_count().max(right.fractional_digit_count());
            numeric::in_range((left + right).with_scale(scale))
        }
        (Finite(_), infinite) | (infinite, _) => Ok(infinite.clone()),
    }
}

pub fn multiply(left: &Numeric, right: &Numeric) -> Result<Numeric> {
    match (left, right) {
        (Numeric::NaN, _) | (_, Numeric::NaN) => Ok(Numeric::NaN),
        (Numeric::Finite(left), Numeric::Finite(right)) => {
            let scale = left.fractional_digit_count() + right.fractional_digit_count();
            let product = (left * right).with_scale(scale);
            numeric::in_range(if scale > SCALE_MAX { numeric::rounded(&product, SCALE_MAX) } else { product })
        }
        _ => Ok(infinity(sign(left) * sign(right))),
    }
}

pub fn divide(left: &Numeric, right: &Numeric) -> Result<Numeric> {
    use Numeric::*;
    match (left, right) {
        (NaN, _) | (_, NaN) => Ok(NaN),
        (_, Finite(_)) if sign(right) == 0 => Err(division_by_zero()),
        (Finite(left), Finite(right)) => {
            let scale = quotient_scale(left, right);
            // The quotient of whole numbers, with one digit more that says how to round.
            let (dividend, dividend_scale) = left.as_bigint_and_exponent();
            let (divisor, divisor_scale) = right.as_bigint_and_exponent();
            let shift = scale + 1 + divisor_scale - dividend_scale;
            let (dividend, divisor) = match u32::try_from(shift) {
                Ok(shift) => (dividend * BigInt::from(10).pow(shift), divisor),
                Err(_) => (dividend, divisor * BigInt::from(10).pow(shift.unsigned_abs() as u32)),
            };
            numeric::in_range(numeric::rounded(&with_scale(dividend / divisor, scale + 1), scale))
        }
        (Finite(_), _) => Ok(Finite(BigDecimal::from(0))),
        (_, Finite(_)) => Ok(infinity(sign(left) * sign(right))),
        _ => Ok(NaN),
    }
}

/// Enough digits behind the point for 16 significant ones, and no fewer than either number has.
fn quotient_scale(left: &BigDecimal, right: &BigDecimal) -> i64 {
    let ((left_weight, left_first), (right_weight, right_first)) = (first_group(left), first_group(right));
    let weight = left_weight - right_weight - i64::from(left_first <= right_first);
    let scale = (SIGNIFICANT_DIGITS_MIN - weight * GROUP).max(left.fractional_digit_count()).max(right.fractional_digit_count());
    scale.clamp(0, QUOTIENT_SCALE_MAX)
}

/// The weight and the value of the first group of four digits that is not zero.
fn first_group(number: &BigDecimal) -> (i64, i64) {
    let (digits, scale) = number.as_bigint_and_exponent();
    if digits.sign() == Sign::NoSign {
        return (0, 0);
    }
    let text = digits.magnitude().to_string();
    let before_point = text.len() as i64 - scale;
    let weight = (before_point - 1).div_euclid(GROUP);
    // How many digits of the number are in its first group.
    let length = (before_point - weight * GROUP) as usize;
    let first = format!("{:0<length$}", &text[..length.min(text.len())]);
    (weight, first.parse().unwrap_or(0))
}

/// What is left when the quotient is cut to a whole number.
pub fn remainder(left: &Numeric, right: &Numeric) -> Result<Numeric> {
    use Numeric::*;
    match (left, right) {
        (NaN, _) | (_, NaN) => Ok(NaN),
        (_, Finite(_)) if sign(right) == 0 => Err(division_by_zero()),
        (Finite(left), Finite(right)) => {
            let scale = left.fractional_digit_count().max(right.fractional_digit_count());
            let (left, right) = (left.with_scale(scale), right.with_scale(scale));
            let (left, right) = (left.as_bigint_and_exponent().0, right.as_bigint_and_exponent().0);
            numeric::in_range(with_scale(left % right, scale))
        }
        (Finite(_), _) => Ok(left.clone()),
        _ => Ok(NaN),
    }
}

/// -1, 0 or 1.
pub fn sign(number: &Numeric) -> i32 {
    match number {
        Numeric::Finite(number) => match number.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        },
        Numeric::Infinity => 1,
        Numeric::NegativeInfinity => -1,
        Numeric::NaN => 0,
    }
}

/// What a product or quotient with an infinity is: none with zero.
fn infinity(sign: i32) -> Numeric {
    match sign.cmp(&0) {
        Ordering::Less => Numeric::NegativeInfinity,
        Ordering::Equal => Numeric::NaN,
        Ordering::Greater => Numeric::Infinity,
    }
}
