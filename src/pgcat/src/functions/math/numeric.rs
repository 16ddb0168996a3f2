//! What only `numeric` has: scales, whole quotients and factorials.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{in_range, with_scale};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("numeric_scale", |_, _, arguments| Ok(scale(arguments.numeric(0)?, BigDecimal::fractional_digit_count))),
    ScalarEntry::new("numeric_min_scale", |_, _, arguments| Ok(scale(arguments.numeric(0)?, min_scale))),
    ScalarEntry::new("numeric_trim_scale", |_, _, arguments| match arguments.numeric(0)? {
        Numeric::Finite(number) => Ok(numerics::value(Numeric::Finite(number.with_scale(min_scale(number))))),
        other => Ok(numerics::value(other.clone())),
    }),
    ScalarEntry::new("numeric_div_trunc", |_, _, arguments| whole_quotient(arguments.numeric(0)?, arguments.numeric(1)?)),
    ScalarEntry::new("numeric_inc", |_, _, arguments| {
        numerics::add(arguments.numeric(0)?, &Numeric::Finite(1.into())).map(numerics::value)
    }),
    ScalarEntry::new("numeric_fac", |_, _, arguments| factorial(arguments.int(0)?)),
];

/// Factorials beyond this one do not fit `numeric`.
const FACTORIAL_MAX: i64 = 32_177;

fn scale(number: &Numeric, read: fn(&BigDecimal) -> i64) -> Value {
    match number {
        Numeric::Finite(number) => Value::Int(read(number)),
        _ => Value::Null,
    }
}

/// Without the zeros at the end.
fn min_scale(number: &BigDecimal) -> i64 {
    number.normalized().fractional_digit_count().max(0)
}

fn whole_quotient(left: &Numeric, right: &Numeric) -> Result<Value> {
    let (Numeric::Finite(dividend), Numeric::Finite(divisor)) = (left, right) else {
        return numerics::divide(left, right).map(numerics::value);
    };
    let rest = numerics::remainder(left, right)?;
    let Numeric::Finite(rest) = rest else { return Ok(numerics::value(rest)) };
    let scale = dividend.fractional_digit_count().max(divisor.fractional_digit_count());
    let digits = |number: &BigDecimal| number.with_scale(scale).into_bigint_and_exponent().0;
    in_range(with_scale((digits(dividend) - digits(&rest)) / digits(divisor), 0)).map(numerics::value)
}

fn factorial(number: i64) -> Result<Value> {
    if number < 0 {
        return Err(Error::new(Code::OutOfRange, "factorial of a negative number is undefined"));
    }
    if number > FACTORIAL_MAX {
        return Err(Error::new(Code::OutOfRange, "value overflows numeric format"));
    }
    let product = (2..=number).fold(BigInt::from(1), |product, factor| product * factor);
    in_range(with_scale(product, 0)).map(numerics::value)
}
