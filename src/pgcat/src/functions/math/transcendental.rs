//! Exponentials and logarithms of `numeric`, to as many digits as PostgreSQL gives.
//!
//! All is computed with whole numbers that stand for so many digits behind the point, a few more than are asked for.

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, ToPrimitive as _};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{decimal_digits, in_range, overflow, rounded, with_scale};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("numeric_exp", |_, _, arguments| match arguments.numeric(0)? {
        Numeric::Finite(number) => exp(number),
        Numeric::NegativeInfinity => Ok(finite(BigDecimal::from(0))),
        other => Ok(numerics::value(other.clone())),
    }),
    ScalarEntry::new("numeric_ln", |_, _, arguments| match arguments.numeric(0)? {
        Numeric::Finite(number) => {
            check_logarithm(number)?;
            let scale = scale(-logarithm_weight(number), &[number]);
            Ok(finite(rounded(&ln(number, scale + GUARD), scale)))
        }
        Numeric::NegativeInfinity => Err(negative_logarithm()),
        other => Ok(numerics::value(other.clone())),
    }),
    ScalarEntry::new("numeric_log", |_, _, arguments| match (arguments.numeric(0)?, arguments.numeric(1)?) {
        (Numeric::Finite(base), Numeric::Finite(number)) => log(base, number),
        (Numeric::NegativeInfinity, _) | (_, Numeric::NegativeInfinity) => Err(negative_logarithm()),
        (Numeric::NaN, _) | (_, Numeric::NaN) | (Numeric::Infinity, Numeric::Infinity) => Ok(numerics::value(Numeric::NaN)),
        (Numeric::Infinity, _) => Ok(finite(BigDecimal::from(0))),
        _ => Ok(numerics::value(Numeric::Infinity)),
    }),
];

/// A result has at least so many significant digits, and at most so many behind the point.
const SIGNIFICANT_DIGITS_MIN: i64 = 16;
pub(super) const SCALE_MAX: i64 = 1000;
/// Digits more than are asked for, so that the last one is right.
pub(super) const GUARD: i64 = 12;
/// Arguments of the exponential beyond this one have results that `numeric` does not hold.
pub(super) const EXPONENT_MAX: f64 = 6000.0;
pub(super) fn finite(number: BigDecimal) -> Value {
    numerics::value(Numeric::Finite(number))
}

/// Digits behind the point for 16 significant ones, and no fewer than the arguments have.
pub(super) fn scale(weight_below: i64, arguments: &[&BigDecimal]) -> i64 {
    let given = arguments.iter().map(|number| number.fractional_digit_count()).max().unwrap_or(0);
    (SIGNIFICANT_DIGITS_MIN + weight_below).max(given).clamp(0, SCALE_MAX)
}

fn check_logarithm(number: &BigDecimal) -> Result<()> {
    match number.sign() {
        Sign::Minus => Err(negative_logarithm()),
        Sign::NoSign => Err(Error::new(Code::InvalidLogarithm, "cannot take logarithm of zero")),
        Sign::Plus => Ok(()),
    }
}

fn negative_logarithm() -> Error {
    Error::new(Code::InvalidLogarithm, "cannot take logarithm of a negative number")
}

/// The decimal weight of the logarithm, as it is estimated for its digits.
pub(super) fn logarithm_weight(number: &BigDecimal) -> i64 {
    let distance = number - BigDecimal::from(1);
    if distance.sign() == Sign::NoSign {
        return 0;
    }
    if distance.abs() <= BigDecimal::new(1.into(), 1) {
        return decimal_weight(&distance);
    }
    approximate_ln(number).abs().log10() as i64
}

/// The power of ten of the first digit.
fn decimal_weight(number: &BigDecimal) -> i64 {
    let (digits, scale) = number.as_bigint_and_exponent();
    decimal_digits(&digits) - 1 - scale
}

/// The first digits of a number, as one from 1 to 10, and the power of ten that they stand for.
pub(super) fn leading(number: &BigDecimal) -> (f64, i64) {
    const DIGITS: i64 = 17;
    let (digits, scale) = number.as_bigint_and_exponent();
    let count = decimal_digits(&digits);
    let first = if count > DIGITS { digits / ten_to(count - DIGITS) } else { digits };
    let mantissa = first.to_f64().unwrap_or(1.0) / 10f64.powi(count.min(DIGITS) as i32 - 1);
    (mantissa, count - 1 - scale)
}

/// A number as a floating-point one, which is infinite or zero beyond their range.
pub(super) fn approximate(number: &BigDecimal) -> f64 {
    let (mantissa, weight) = leading(number);
    mantissa * 10f64.powi(weight as i32)
}

fn approximate_ln(number: &BigDecimal) -> f64 {
    let (mantissa, weight) = leading(number);
    mantissa.ln() + weight as f64 * std::f64::consts::LN_10
}

fn exp(number: &BigDecimal) -> Result<Value> {
    let approximate = approximate(number);
    if approximate.abs() >= EXPONENT_MAX {
        return if approximate > 0.0 { Err(overflow()) } else { Ok(finite(rounded(&BigDecimal::from(0), SCALE_MAX))) };
    }
    let weight = (approximate * std::f64::consts::LOG10_E) as i64;
    let scale = scale(-weight, &[number]);
    in_range(rounded(&exponential(number, scale + GUARD), scale)).map(numerics::value)
}

fn log(base: &BigDecimal, number: &BigDecimal) -> Result<Value> {
    check_logarithm(base)?;
    check_logarithm(number)?;
    let (base_weight, number_weight) = (logarithm_weight(base), logarithm_weight(number));
    let scale = scale(base_weight - number_weight, &[base, number]);
    let precision = scale + GUARD + base_weight.abs() + number_weight.abs();
    let (numerator, denominator) = (ln(number, precision), ln(base, precision));
    if denominator.sign() == Sign::NoSign {
        return Err(Error::new(Code::DivisionByZero, "division by zero"));
    }
    Ok(finite(rounded(&quotient(&numerator, &denominator, scale + GUARD), scale)))
}

fn quotient(left: &BigDecimal, right: &BigDecimal, scale: i64) -> BigDecimal {
    let extra = right.fractional_digit_count().max(0) + scale;
    let (left, left_scale) = left.with_scale(left.fractional_digit_count().max(0) + extra).into_bigint_and_exponent();
    let (right, right_scale) = right.as_bigint_and_exponent();
    with_scale(left / right, left_scale - right_scale)
}

/// A number as a whole one of so many digits behind the point.
fn fixed(number: &BigDecimal, precision: i64) -> BigInt {
    rounded(number, precision).into_bigint_and_exponent().0
}

pub(super) fn ten_to(power: i64) -> BigInt {
    BigInt::from(10).pow(power.max(0) as u32)
}

/// The natural logarithm of a positive number: roots bring it near to one, where a series is short.
pub(super) fn ln(number: &BigDecimal, scale: i64) -> BigDecimal {
    const ROOTS: u32 = 10;
    let precision = scale + GUARD;
    let one = ten_to(precision);
    let near = |number: &BigDecimal| {
        let mut root = fixed(number, precision);
        for _ in 0..ROOTS {
            root = (root * &one).sqrt();
        }
        // 2 artanh((y - 1) / (y + 1)).
        let ratio = (&root - &one) * &one / (&root + &one);
        let square = &ratio * &ratio / &one;
        let (mut term, mut sum, mut odd) = (ratio.clone(), ratio, 1);
        while term.sign() != Sign::NoSign {
            term = term * &square / &one;
            odd += 2;
            sum += &term / odd;
        }
        sum * 2 * (1 << ROOTS)
    };
    let weight = decimal_weight(number);
    let (digits, scale) = number.as_bigint_and_exponent();
    let mantissa = BigDecimal::new(digits, scale + weight);
    let mut result = near(&mantissa);
    if weight != 0 {
        result += near(&BigDecimal::from(10)) * weight;
    }
    with_scale(result, precision)
}

/// The exponential: of a small part by its series, then squared.
pub(super) fn exponential(number: &BigDecimal, scale: i64) -> BigDecimal {
    let approximate = approximate(number);
    let halvings = (approximate.abs() * 64.0 + 1.0).log2().ceil() as u32;
    let digits = (approximate.abs() * std::f64::consts::LOG10_E) as i64;
    let precision = scale + GUARD + digits + i64::from(halvings);
    let one = ten_to(precision);
    let part = fixed(number, precision) / BigInt::from(1u64 << halvings.min(60));
    let (mut term, mut sum, mut count) = (one.clone(), one.clone(), 0);
    while term.sign() != Sign::NoSign {
        count += 1;
        term = term * &part / &one / count;
        sum += &term;
    }
    for _ in 0..halvings {
        sum = &sum * &sum / &one;
    }
    with_scale(sum, precision)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    fn decimal(text: &str) -> BigDecimal {
        BigDecimal::from_str(text).unwrap()
    }

    fn text(value: Value) -> String {
        let Value::Numeric(number) = value else { panic!("{value:?}") };
        let mut out = String::new();
        crate::io::numeric::write(&number, &mut out);
        out
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn results_have_sixteen_digits() {
        for (number, expected) in [
            ("1", "2.7182818284590452"),
            ("0.0", "1.0000000000000000"),
            ("-5.5", "0.004086771438464067"),
            ("100.0", "26881171418161354484126255515800135873611118.8"),
        ] {
            assert_eq!(text(exp(&decimal(number)).unwrap()), expected);
        }
        for (base, number, expected) in
            [("2", "64", "6.0000000000000000"), ("10", "100", "2.0000000000000000"), ("2.0", "3.5", "1.8073549220576041")]
        {
            assert_eq!(text(log(&decimal(base), &decimal(number)).unwrap()), expected);
        }
        let two = decimal("2");
        assert_eq!(rounded(&ln(&two, 30), 16).to_plain_string(), "0.6931471805599453");
        assert_eq!(rounded(&ln(&decimal("0.0001"), 30), 16).to_plain_string(), "-9.2103403719761827");
    }
}
