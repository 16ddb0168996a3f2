//! `power`, `sqrt`, `exp`, `ln`, `log` and `log10`, which fail where the result is no real number or too large for one.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work, float};

/// A number to the power of another.
pub(super) static POWER: Plain = plain("power", &["pow"], &[&[oid::FLOAT8, oid::FLOAT8]], Work::Rows(|_, values| result(power(values)?)));

/// The square root.
pub(super) static SQRT: Plain = plain(
    "sqrt",
    &[],
    &[&[oid::FLOAT8]],
    Work::Rows(|_, values| match float(values, 0) {
        negative if negative < 0.0 => Err(Error::new(Code::InvalidPower, "cannot take square root of a negative number")),
        number => Ok(number.sqrt().into()),
    }),
);

/// Euler's number to the power of a number.
pub(super) static EXP: Plain = plain(
    "exp",
    &[],
    &[&[oid::FLOAT8]],
    Work::Rows(|_, values| {
        let (number, power) = (float(values, 0), float(values, 0).exp());
        if power.is_infinite() && number.is_finite() { Err(overflow()) } else { Ok(power.into()) }
    }),
);

/// The natural logarithm.
pub(super) static LN: Plain = plain("ln", &[], &[&[oid::FLOAT8]], Work::Rows(|_, values| Ok(positive(float(values, 0))?.ln().into())));

/// The logarithm to base 10.
pub(super) static LOG10: Plain =
    plain("log10", &[], &[&[oid::FLOAT8]], Work::Rows(|_, values| Ok(positive(float(values, 0))?.log10().into())));

/// The logarithm to base 10, or to the base that comes first.
pub(super) static LOG: Plain = plain(
    "log",
    &[],
    &[&[oid::FLOAT8], &[oid::FLOAT8, oid::FLOAT8]],
    Work::Rows(|_, values| {
        let first = positive(float(values, 0))?;
        match values {
            [_] => Ok(first.log10().into()),
            _ if first == 1.0 => Err(Error::new(Code::DivisionByZero, "division by zero")),
            _ => result(quotient_of_logarithms(positive(float(values, 1))?, first)),
        }
    }),
);

const fn plain(name: &'static str, aliases: &'static [&'static str], ways: &'static [&'static [u32]], work: Work) -> Plain {
    Plain { name, aliases, ways, returns: Returns::Type(oid::FLOAT8), volatility: Volatility::Immutable, work }
}

fn power(values: &[ScalarValue]) -> Result<f64> {
    let (base, exponent) = (float(values, 0), float(values, 1));
    if base == 0.0 && exponent < 0.0 {
        return Err(Error::new(Code::InvalidPower, "zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(Error::new(Code::InvalidPower, "a negative number raised to a non-integer power yields a complex result"));
    }
    let power = base.powf(exponent);
    if power.is_infinite() && base.is_finite() && exponent.is_finite() { Err(overflow()) } else { Ok(power) }
}

/// Exact where the number is a power of the base of 2 or 10.
fn quotient_of_logarithms(number: f64, base: f64) -> f64 {
    match base {
        2.0 => number.log2(),
        10.0 => number.log10(),
        _ => number.ln() / base.ln(),
    }
}

/// A number that has a logarithm.
fn positive(number: f64) -> Result<f64> {
    match number {
        0.0 => Err(Error::new(Code::InvalidLogarithm, "cannot take logarithm of zero")),
        negative if negative < 0.0 => Err(Error::new(Code::InvalidLogarithm, "cannot take logarithm of a negative number")),
        number => Ok(number),
    }
}

fn overflow() -> Error {
    Error::new(Code::OutOfRange, "value out of range: overflow")
}

fn result(number: f64) -> Result<ScalarValue> {
    Ok(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_real_number() {
        let power = |base: f64, exponent: f64| power(&[base.into(), exponent.into()]);
        assert_eq!(power(2.0, 10.0).expect("a number"), 1024.0);
        for (base, exponent, code) in [(0.0, -1.0, Code::InvalidPower), (-1.0, 0.5, Code::InvalidPower), (10.0, 400.0, Code::OutOfRange)] {
            assert_eq!(power(base, exponent).expect_err("no number").code, code);
        }
        assert_eq!((positive(0.0).expect_err("none").code, positive(-1.0).is_err()), (Code::InvalidLogarithm, true));
        assert_eq!(quotient_of_logarithms(8.0, 2.0), 3.0);
    }
}
