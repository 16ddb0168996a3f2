//! Greatest common divisors and least common multiples.

use bigdecimal::num_bigint::{BigInt, Sign};
use spi::Result;

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{in_range, with_scale};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("int4gcd", |_, _, arguments| int4(gcd(arguments.int(0)?, arguments.int(1)?))),
    ScalarEntry::new("int8gcd", |_, _, arguments| int8(gcd(arguments.int(0)?, arguments.int(1)?))),
    ScalarEntry::new("int4lcm", |_, _, arguments| int4(lcm(arguments.int(0)?, arguments.int(1)?))),
    ScalarEntry::new("int8lcm", |_, _, arguments| int8(lcm(arguments.int(0)?, arguments.int(1)?))),
    ScalarEntry::new("numeric_gcd", |context, _, arguments| of_numerics(arguments, |left, right| big_gcd(context, left, right))),
    ScalarEntry::new("numeric_lcm", |context, _, arguments| {
        of_numerics(arguments, |left, right| {
            let divisor = big_gcd(context, left.clone(), right.clone())?;
            Ok(if divisor.sign() == Sign::NoSign { divisor } else { BigInt::from((left / divisor * right).magnitude().clone()) })
        })
    }),
];

fn gcd(left: i64, right: i64) -> i128 {
    let (mut left, mut right) = (i128::from(left), i128::from(right));
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.abs()
}

fn lcm(left: i64, right: i64) -> i128 {
    let divisor = gcd(left, right);
    if divisor == 0 { 0 } else { (i128::from(left) / divisor * i128::from(right)).abs() }
}

fn int4(number: i128) -> Result<Value> {
    let number = i32::try_from(number).map_err(|_| spi::Error::new(spi::Code::OutOfRange, "integer out of range"))?;
    Ok(Value::Int(i64::from(number)))
}

fn int8(number: i128) -> Result<Value> {
    let number = i64::try_from(number).map_err(|_| spi::Error::new(spi::Code::OutOfRange, "bigint out of range"))?;
    Ok(Value::Int(number))
}

/// Of the longest numbers it takes a long time, as it does in PostgreSQL, so that it can be cancelled.
fn big_gcd(context: &Context<'_>, mut left: BigInt, mut right: BigInt) -> Result<BigInt> {
    while right.sign() != Sign::NoSign {
        context.host.check_cancelled()?;
        let rest = left % &right;
        (left, right) = (right, rest);
    }
    Ok(BigInt::from(left.magnitude().clone()))
}

/// Of the digits of both with as many of them behind the point. Infinities have no divisors.
fn of_numerics(arguments: &[Value], compute: impl Fn(BigInt, BigInt) -> Result<BigInt>) -> Result<Value> {
    let (Numeric::Finite(left), Numeric::Finite(right)) = (arguments.numeric(0)?, arguments.numeric(1)?) else {
        return Ok(numerics::value(Numeric::NaN));
    };
    let scale = left.fractional_digit_count().max(right.fractional_digit_count());
    let digits = |number: &bigdecimal::BigDecimal| number.with_scale(scale).into_bigint_and_exponent().0;
    in_range(with_scale(compute(digits(left), digits(right))?, scale)).map(numerics::value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn divisors_are_positive() {
        assert_eq!((gcd(12, 18), gcd(-12, 18), gcd(0, 0), lcm(4, 6), lcm(0, 5)), (6, 6, 0, 12, 0));
        assert_eq!(int4(gcd(i64::from(i32::MIN), 0)).unwrap_err().message, "integer out of range");
    }
}
