//! Square and cube roots.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{decimal_digits, rounded, with_scale};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("dsqrt", |_, _, arguments| {
        let number = arguments.float(0)?;
        if number < 0.0 { Err(negative()) } else { Ok(Value::Float(number.sqrt())) }
    }),
    ScalarEntry::new("dcbrt", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.cbrt()))),
    ScalarEntry::new("numeric_sqrt", |_, _, arguments| square_root(arguments.numeric(0)?).map(numerics::value)),
];

/// A root has at least so many significant digits.
const SIGNIFICANT_DIGITS_MIN: i64 = 16;
/// Decimal digits of a group of PostgreSQL's representation, by which it estimates sizes.
const GROUP: i64 = 4;
const SCALE_MAX: i64 = 1000;

fn negative() -> Error {
    Error::new(Code::InvalidPower, "cannot take square root of a negative number")
}

fn square_root(number: &Numeric) -> Result<Numeric> {
    match number {
        Numeric::Finite(number) if number.sign() == Sign::Minus => Err(negative()),
        Numeric::NegativeInfinity => Err(negative()),
        Numeric::Finite(number) => Ok(Numeric::Finite(square_root_to(number, scale(number)))),
        other => Ok(other.clone()),
    }
}

/// How many digits behind the point the root gets.
fn scale(number: &BigDecimal) -> i64 {
    let (digits, scale) = number.as_bigint_and_exponent();
    let weight = if digits.sign() == Sign::NoSign { 0 } else { (decimal_digits(&digits) - scale - 1).div_euclid(GROUP) };
    let root_weight = if weight >= 0 { weight * GROUP / 2 + 1 } else { 1 - (-weight) * GROUP / 2 };
    (SIGNIFICANT_DIGITS_MIN - root_weight).max(number.fractional_digit_count()).clamp(0, SCALE_MAX)
}

/// The root of a number that is not negative, rounded to so many digits behind the point.
pub fn square_root_to(number: &BigDecimal, scale: i64) -> BigDecimal {
    // One digit more says how to round; the scale of the radicand must be even.
    let exact = number.with_scale((2 * (scale + 1)).max(number.fractional_digit_count() + number.fractional_digit_count() % 2));
    let (digits, doubled): (BigInt, i64) = exact.into_bigint_and_exponent();
    rounded(&with_scale(digits.sqrt(), doubled / 2), scale)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn roots_have_sixteen_digits() {
        for (number, expected) in [
            ("2", "1.414213562373095"),
            ("4.0", "2.000000000000000"),
            ("0.0001", "0.01000000000000000"),
            ("12345678901234567890", "3513641828.8201443"),
            ("0", "0.000000000000000"),
        ] {
            let Numeric::Finite(root) = square_root(&Numeric::Finite(BigDecimal::from_str(number).unwrap())).unwrap() else { panic!() };
            assert_eq!(root.to_plain_string(), expected);
        }
    }
}
