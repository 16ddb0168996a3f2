//! Powers of `numeric`, to as many digits as PostgreSQL gives.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{ToPrimitive as _, Zero as _};
use spi::{Code, Error, Result};

use super::transcendental::{
    EXPONENT_MAX, GUARD, SCALE_MAX, approximate, exponential, finite, leading, ln, logarithm_weight, scale, ten_to,
};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{WHOLE_DIGITS_MAX, decimal_digits, in_range, overflow, rounded, with_scale};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] =
    &[ScalarEntry::new("numeric_power", |_, _, arguments| match (arguments.numeric(0)?, arguments.numeric(1)?) {
        (Numeric::Finite(base), Numeric::Finite(exponent)) => power(base, exponent),
        (base, exponent) => Ok(numerics::value(infinite_power(base, exponent)?)),
    })];

/// Digits of the first estimate of an exponent, which decides on the digits of the result.
const ESTIMATE_DIGITS: i64 = 8;

fn power(base: &BigDecimal, exponent: &BigDecimal) -> Result<Value> {
    let whole = exponent.normalized();
    let whole = if whole.fractional_digit_count() <= 0 { Some(whole.with_scale(0).into_bigint_and_exponent().0) } else { None };
    match (base.sign(), exponent.sign()) {
        (Sign::NoSign, Sign::Minus) => {
            return Err(Error::new(Code::InvalidPower, "zero raised to a negative power is undefined"));
        }
        (Sign::NoSign, Sign::Plus) => return Ok(finite(rounded(&BigDecimal::zero(), scale(0, &[base, exponent])))),
        (Sign::Minus, _) if whole.is_none() => {
            let message = "a negative number raised to a non-integer power yields a complex result";
            return Err(Error::new(Code::InvalidPower, message));
        }
        (_, Sign::NoSign) => return Ok(finite(rounded(&BigDecimal::from(1), scale(0, &[base, exponent])))),
        _ => {}
    }
    match whole.as_ref().and_then(|whole| i32::try_from(whole).ok()) {
        Some(small) => whole_power(base, small, exponent),
        None => {
            let power = any_power(&base.abs(), exponent)?;
            let is_odd = whole.is_some_and(|whole| whole.bit(0));
            in_range(if is_odd && base.sign() == Sign::Minus { -power } else { power }).map(numerics::value)
        }
    }
}

/// A power of a positive number by its logarithm.
fn any_power(base: &BigDecimal, exponent: &BigDecimal) -> Result<BigDecimal> {
    let base_weight = logarithm_weight(base);
    let estimate_scale = (ESTIMATE_DIGITS - base_weight).max(0);
    let logarithm = rounded(&ln(base, estimate_scale + GUARD), estimate_scale);
    let estimate = approximate(&rounded(&(logarithm * exponent), estimate_scale));
    if estimate >= EXPONENT_MAX {
        return Err(overflow());
    }
    if estimate <= -EXPONENT_MAX {
        return Ok(rounded(&BigDecimal::zero(), SCALE_MAX));
    }
    let weight = (estimate * std::f64::consts::LOG10_E) as i64;
    let scale = scale(-weight, &[base, exponent]);
    let precision = scale + GUARD + weight.abs() + leading(exponent).1.abs();
    Ok(rounded(&exponential(&(ln(base, precision) * exponent), scale + GUARD), scale))
}

/// A power whose exponent is a whole number, which `exponent` is as it was given.
fn whole_power(base: &BigDecimal, whole: i32, exponent: &BigDecimal) -> Result<Value> {
    let (mantissa, base_weight) = leading(&base.abs());
    let weight = f64::from(whole) * (mantissa.log10() + base_weight as f64);
    if weight > WHOLE_DIGITS_MAX as f64 {
        return Err(overflow());
    }
    if weight + 1.0 < -SCALE_MAX as f64 {
        return Ok(finite(rounded(&BigDecimal::zero(), SCALE_MAX)));
    }
    let scale = scale(-(weight as i64), &[base, exponent]);
    let (digits, base_scale) = base.as_bigint_and_exponent();
    let count = whole.unsigned_abs();
    let result = if decimal_digits(&digits) * i64::from(count) <= WHOLE_DIGITS_MAX {
        let power = digits.pow(count);
        let power_scale = base_scale * i64::from(count);
        if whole >= 0 { with_scale(power, power_scale) } else { with_scale(ten_to(scale + GUARD + power_scale) / power, scale + GUARD) }
    } else {
        let bits = ((scale + GUARD + weight.abs() as i64) as f64 * std::f64::consts::LOG2_10) as u64 + u64::from(u64::BITS);
        let power = Float::of(&digits, base_scale, bits).power(count);
        with_scale(power.digits(scale + GUARD, whole < 0), scale + GUARD)
    };
    in_range(rounded(&result, scale)).map(numerics::value)
}

/// A number of so many bits, times a power of two. Cutting it to its bits costs little, however long it is, which cutting decimal digits
/// does not.
struct Float {
    mantissa: BigInt,
    exponent: i64,
    bits: u64,
}

impl Float {
    /// Of digits of which so many stand behind the point.
    fn of(digits: &BigInt, scale: i64, bits: u64) -> Self {
        let divisor = ten_to(scale);
        let shift = (bits + divisor.bits() + 1).saturating_sub(digits.bits());
        Self { mantissa: (digits << shift) / divisor, exponent: -(shift as i64), bits }
    }

    /// By squaring. Each step may double the error of the last bit.
    fn power(self, count: u32) -> Self {
        let mut result = Self { mantissa: BigInt::from(1), exponent: 0, bits: self.bits };
        for place in (0..u32::BITS - count.leading_zeros()).rev() {
            result = result.times(&result);
            if count >> place & 1 == 1 {
                result = result.times(&self);
            }
        }
        result
    }

    fn times(&self, other: &Self) -> Self {
        let mantissa = &self.mantissa * &other.mantissa;
        let cut = mantissa.bits().saturating_sub(self.bits);
        Self { mantissa: mantissa >> cut, exponent: self.exponent + other.exponent + cut as i64, bits: self.bits }
    }

    /// The digits of the number, or of one divided by it, of which so many stand behind the point.
    fn digits(self, scale: i64, is_inverse: bool) -> BigInt {
        let one = ten_to(scale);
        let shift = self.exponent.unsigned_abs();
        match (is_inverse, self.exponent < 0) {
            (false, false) => (self.mantissa * one) << shift,
            (false, true) => (self.mantissa * one) >> shift,
            (true, false) => one / (self.mantissa << shift),
            (true, true) => (one << shift) / self.mantissa,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(base: &str, exponent: &str) -> Result<String> {
        let number = |text: &str| match crate::io::numeric::read(text) {
            Ok(Numeric::Finite(number)) => number,
            other => panic!("{other:?}"),
        };
        let Value::Numeric(number) = power(&number(base), &number(exponent))? else { panic!("no number") };
        let mut out = String::new();
        crate::io::numeric::write(&number, &mut out);
        Ok(out)
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn powers_have_sixteen_digits() {
        for (base, exponent, expected) in [
            ("2", "10", "1024.0000000000000"),
            ("2.0", "0.5", "1.4142135623730950"),
            ("2", "-1", "0.5000000000000000"),
            ("0", "0", "1.0000000000000000"),
            ("1.5", "3", "3.3750000000000000"),
            ("2.5", "2.5", "9.8821176880261854"),
            ("10", "-20", "0.000000000000000000010000000000000000"),
            ("1.000000000123", "-2147483648", "0.7678656556403084"),
            ("-1.0000001", "3000000001", NEGATIVE),
        ] {
            assert_eq!(text(base, exponent).unwrap(), expected, "{base} ^ {exponent}");
        }
        assert_eq!(text("0", "-1").unwrap_err().message, "zero raised to a negative power is undefined");
        for (base, exponent) in [("10", "131072"), ("10", "3000000000"), ("10.0", "2614.5"), ("1.0001", "2147483648")] {
            assert_eq!(text(base, exponent).unwrap_err().message, "value overflows numeric format", "{base} ^ {exponent}");
        }
    }

    const NEGATIVE: &str = "-194239745330551749829159554479130799305796169848287972138906196036058273939743418167854167224105199\
        02526173515473097672002637489135.1628778";
}
