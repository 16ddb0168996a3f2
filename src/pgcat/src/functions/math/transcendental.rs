//! Powers, exponentials and logarithms of `numeric`, to as many digits as PostgreSQL gives.
//!
//! All is computed with whole numbers that stand for so many digits behind the point, a few more than are asked for.

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive as _};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{in_range, overflow, with_scale};
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
    ScalarEntry::new("numeric_power", |_, _, arguments| match (arguments.numeric(0)?, arguments.numeric(1)?) {
        (Numeric::Finite(base), Numeric::Finite(exponent)) => power(base, exponent),
        (base, exponent) => Ok(numerics::value(infinite_power(base, exponent)?)),
    }),
];

/// A result has at least so many significant digits, and at most so many behind the point.
const SIGNIFICANT_DIGITS_MIN: i64 = 16;
const SCALE_MAX: i64 = 1000;
/// Digits more than are asked for, so that the last one is right.
const GUARD: i64 = 12;
/// Arguments of the exponential beyond this one have results that `numeric` does not hold.
const EXPONENT_MAX: f64 = 6000.0;
/// Decimal digits of a group of PostgreSQL's representation, by which it estimates sizes.
const GROUP: i64 = 4;

fn finite(number: BigDecimal) -> Value {
    numerics::value(Numeric::Finite(number))
}

fn rounded(number: &BigDecimal, scale: i64) -> BigDecimal {
    number.with_scale_round(scale, RoundingMode::HalfUp)
}

/// Digits behind the point for 16 significant ones, and no fewer than the arguments have.
fn scale(weight_below: i64, arguments: &[&BigDecimal]) -> i64 {
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
fn logarithm_weight(number: &BigDecimal) -> i64 {
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
    digits.magnitude().to_string().len() as i64 - 1 - scale
}

fn approximate_ln(number: &BigDecimal) -> f64 {
    let weight = decimal_weight(number);
    let mantissa = (number * BigDecimal::from(10).powi(-weight)).to_f64().unwrap_or(1.0);
    mantissa.ln() + weight as f64 * std::f64::consts::LN_10
}

fn exp(number: &BigDecimal) -> Result<Value> {
    let approximate = number.to_f64().unwrap_or(f64::INFINITY);
    if approximate.abs() >= EXPONENT_MAX {
        return if approximate > 0.0 { Err(overflow()) } else { Ok(finite(rounded(&BigDecimal::from(0), scale(0, &[number])))) };
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

fn power(base: &BigDecimal, exponent: &BigDecimal) -> Result<Value> {
    let is_whole = exponent.normalized().fractional_digit_count() <= 0;
    match (base.sign(), exponent.sign()) {
        (Sign::NoSign, Sign::Minus) => {
            return Err(Error::new(Code::InvalidPower, "zero raised to a negative power is undefined"));
        }
        (Sign::NoSign, Sign::Plus) => return Ok(finite(rounded(&BigDecimal::from(0), scale(0, &[base, exponent])))),
        (Sign::Minus, _) if !is_whole => {
            let message = "a negative number raised to a non-integer power yields a complex result";
            return Err(Error::new(Code::InvalidPower, message));
        }
        _ => {}
    }
    if base.sign() == Sign::NoSign {
        return Ok(finite(rounded(&BigDecimal::from(1), scale(0, &[base, exponent]))));
    }
    let magnitude = base.abs();
    let approximate = approximate_ln(&magnitude) * exponent.to_f64().unwrap_or(f64::INFINITY);
    let weight = (approximate * std::f64::consts::LOG10_E) as i64;
    if approximate > std::f64::consts::LN_10 * 131_072.0 {
        return Err(overflow());
    }
    let scale = scale(-weight, &[base, exponent]);
    if approximate < -std::f64::consts::LN_10 * (SCALE_MAX + GROUP) as f64 {
        return Ok(finite(rounded(&BigDecimal::from(0), scale)));
    }
    let whole = if is_whole { exponent.to_i64().filter(|whole| whole.unsigned_abs() <= u64::from(u32::MAX)) } else { None };
    let result = match whole {
        Some(whole) => whole_power(base, whole, scale + GUARD, weight.abs()),
        None => {
            let precision = scale + GUARD + weight.abs() + decimal_weight(exponent).abs();
            exponential(&(ln(&magnitude, precision) * exponent), scale + GUARD)
        }
    };
    in_range(rounded(&result, scale)).map(numerics::value)
}

/// By squaring, cut to the digits that matter after each step. The weight is that of the result, as far as it was estimated.
fn whole_power(base: &BigDecimal, exponent: i64, scale: i64, weight: i64) -> BigDecimal {
    let mut left = exponent.unsigned_abs();
    // Each squaring may double the error of the last digit.
    let digits = (scale + weight + i64::from(u64::BITS)) as u64;
    let (mut result, mut factor) = (BigDecimal::from(1), base.clone());
    while left > 0 {
        if left & 1 == 1 {
            result = (&result * &factor).with_prec(digits);
        }
        left >>= 1;
        if left > 0 {
            factor = (&factor * &factor).with_prec(digits);
        }
    }
    if exponent >= 0 { result } else { quotient(&BigDecimal::from(1), &result, scale) }
}

/// With an infinity or NaN on one side.
fn infinite_power(base: &Numeric, exponent: &Numeric) -> Result<Numeric> {
    let one = Numeric::Finite(BigDecimal::from(1));
    let zero = Numeric::Finite(BigDecimal::from(0));
    let is_zero = |number: &Numeric| numerics::sign(number) == 0 && *number != Numeric::NaN;
    let is_one = |number: &Numeric| matches!(number, Numeric::Finite(number) if *number == 1);
    if is_zero(exponent) || is_one(base) {
        return Ok(one);
    }
    Ok(match (base, exponent) {
        (Numeric::NaN, _) | (_, Numeric::NaN) => Numeric::NaN,
        (Numeric::Finite(base), Numeric::Infinity | Numeric::NegativeInfinity) => {
            let grows = (base.abs() > 1) == (*exponent == Numeric::Infinity);
            match (base.sign(), base.abs() == 1) {
                (Sign::NoSign, _) if *exponent == Numeric::NegativeInfinity => {
                    return Err(Error::new(Code::InvalidPower, "zero raised to a negative power is undefined"));
                }
                (_, true) => one,
                _ if grows => Numeric::Infinity,
                _ => zero,
            }
        }
        (_, exponent) if numerics::sign(exponent) < 0 => zero,
        (Numeric::NegativeInfinity, Numeric::Finite(exponent)) => {
            let whole = exponent.normalized();
            let is_odd = whole.fractional_digit_count() == 0 && (whole.to_i64().unwrap_or(0) % 2 != 0);
            if is_odd { Numeric::NegativeInfinity } else { Numeric::Infinity }
        }
        _ => Numeric::Infinity,
    })
}

fn quotient(left: &BigDecimal, right: &BigDecimal, scale: i64) -> BigDecimal {
    let extra = right.fractional_digit_count().max(0) + scale;
    let (left, left_scale) = left.with_scale(left.fractional_digit_count().max(0) + extra).into_bigint_and_exponent();
    let (right, right_scale) = right.as_bigint_and_exponent();
    with_scale(left / right, left_scale - right_scale)
}

/// A number as a whole one of so many digits behind the point.
fn fixed(number: &BigDecimal, precision: i64) -> BigInt {
    number.with_scale_round(precision, RoundingMode::HalfUp).into_bigint_and_exponent().0
}

fn ten_to(power: i64) -> BigInt {
    BigInt::from(10).pow(power.max(0) as u32)
}

/// The natural logarithm of a positive number: roots bring it near to one, where a series is short.
fn ln(number: &BigDecimal, scale: i64) -> BigDecimal {
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
    let mantissa = number * BigDecimal::from(10).powi(-weight);
    let mut result = near(&mantissa);
    if weight != 0 {
        result += near(&BigDecimal::from(10)) * weight;
    }
    with_scale(result, precision)
}

/// The exponential: of a small part by its series, then squared.
fn exponential(number: &BigDecimal, scale: i64) -> BigDecimal {
    let approximate = number.to_f64().unwrap_or(0.0);
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
        for (base, exponent, expected) in [
            ("2", "10", "1024.0000000000000"),
            ("2.0", "0.5", "1.4142135623730950"),
            ("2", "-1", "0.5000000000000000"),
            ("0", "0", "1.0000000000000000"),
            ("1.5", "3", "3.3750000000000000"),
            ("2.5", "2.5", "9.8821176880261854"),
            ("10", "-20", "0.000000000000000000010000000000000000"),
        ] {
            assert_eq!(text(power(&decimal(base), &decimal(exponent)).unwrap()), expected, "{base} ^ {exponent}");
        }
        let two = decimal("2");
        assert_eq!(rounded(&ln(&two, 30), 16).to_plain_string(), "0.6931471805599453");
        assert_eq!(rounded(&ln(&decimal("0.0001"), 30), 16).to_plain_string(), "-9.2103403719761827");
        assert_eq!(power(&decimal("0"), &decimal("-1")).unwrap_err().message, "zero raised to a negative power is undefined");
    }
}
