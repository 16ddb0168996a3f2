//! `width_bucket`: which of equally wide buckets a number is in.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ToPrimitive as _};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("width_bucket_float8", |_, _, arguments| {
        of_floats(arguments.float(0)?, arguments.float(1)?, arguments.float(2)?, arguments.int(3)?)
    }),
    ScalarEntry::new("width_bucket_numeric", |_, _, arguments| {
        let count = arguments.int(3)?;
        check_count(count)?;
        match (arguments.numeric(0)?, arguments.numeric(1)?, arguments.numeric(2)?) {
            (Numeric::Finite(operand), Numeric::Finite(low), Numeric::Finite(high)) => of_numerics(operand, low, high, count),
            (Numeric::NaN, _, _) | (_, Numeric::NaN, _) | (_, _, Numeric::NaN) => {
                Err(invalid("operand, lower bound, and upper bound cannot be NaN"))
            }
            (operand, Numeric::Finite(low), Numeric::Finite(high)) => {
                let above = (*operand == Numeric::Infinity) == (low < high);
                bucket(if above { count + 1 } else { 0 })
            }
            _ => Err(invalid("lower and upper bounds must be finite")),
        }
    }),
];

fn invalid(message: &str) -> Error {
    Error::new(Code::InvalidBuckets, message)
}

fn check_count(count: i64) -> Result<()> {
    if count <= 0 { Err(invalid("count must be greater than zero")) } else { Ok(()) }
}

/// The number behind the last bucket may be too large.
fn bucket(number: i64) -> Result<Value> {
    match i32::try_from(number) {
        Ok(number) => Ok(Value::Int(i64::from(number))),
        Err(_) => Err(Error::new(Code::OutOfRange, "integer out of range")),
    }
}

fn of_floats(operand: f64, low: f64, high: f64, count: i64) -> Result<Value> {
    check_count(count)?;
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(invalid("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(invalid("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(invalid("lower bound cannot equal upper bound"));
    }
    let (before, behind) = if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if before {
        return bucket(0);
    }
    if behind {
        return bucket(count + 1);
    }
    // The halves keep the differences finite.
    let share = (operand / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    bucket(((share * count as f64) as i64).min(count - 1) + 1)
}

fn of_numerics(operand: &BigDecimal, low: &BigDecimal, high: &BigDecimal, count: i64) -> Result<Value> {
    if low == high {
        return Err(invalid("lower bound cannot equal upper bound"));
    }
    let (before, behind) = if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    if before {
        return bucket(0);
    }
    if behind {
        return bucket(count + 1);
    }
    let (distance, width) = (operand - low, high - low);
    let scale = distance.fractional_digit_count().max(width.fractional_digit_count());
    let digits = |number: BigDecimal| number.with_scale(scale).into_bigint_and_exponent().0;
    let whole: BigInt = digits(distance) * count / digits(width);
    bucket(whole.to_i64().unwrap_or(count - 1).min(count - 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn buckets_are_counted_from_one() {
        for (operand, low, high, expected) in [(5.0, 0.0, 10.0, 3), (-1.0, 0.0, 10.0, 0), (11.0, 0.0, 10.0, 6), (5.0, 10.0, 0.0, 3)] {
            assert_eq!(of_floats(operand, low, high, 5).unwrap(), Value::Int(expected));
        }
        assert_eq!(of_floats(1.0, 0.0, 0.0, 5).unwrap_err().message, "lower bound cannot equal upper bound");
        assert_eq!(of_floats(1.0, 0.0, 1.0, 0).unwrap_err().code.sqlstate(), "2201G");
    }
}
