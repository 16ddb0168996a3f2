//! Powers, exponentials and logarithms of `double precision`, and `degrees`, `radians`, `pi`.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("dpow", |_, _, arguments| power(arguments.float(0)?, arguments.float(1)?)),
    ScalarEntry::new("dexp", |_, _, arguments| {
        let number = arguments.float(0)?;
        in_range(number.exp(), number.is_finite())
    }),
    ScalarEntry::new("dlog1", |_, _, arguments| logarithm(arguments.float(0)?, f64::ln)),
    ScalarEntry::new("dlog10", |_, _, arguments| logarithm(arguments.float(0)?, f64::log10)),
    ScalarEntry::new("degrees", |_, _, arguments| Ok(Value::Float(arguments.float(0)? / (std::f64::consts::PI / 180.0)))),
    ScalarEntry::new("radians", |_, _, arguments| Ok(Value::Float(arguments.float(0)? * (std::f64::consts::PI / 180.0)))),
    ScalarEntry::new("dpi", |_, _, _| Ok(Value::Float(std::f64::consts::PI))),
];

fn power(base: f64, exponent: f64) -> Result<Value> {
    if base == 0.0 && exponent < 0.0 {
        return Err(Error::new(Code::InvalidPower, "zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        let message = "a negative number raised to a non-integer power yields a complex result";
        return Err(Error::new(Code::InvalidPower, message));
    }
    let result = base.powf(exponent);
    in_range(result, base.is_finite() && exponent.is_finite() && base != 0.0)
}

/// A result of finite arguments must not leave the range of the type.
fn in_range(result: f64, is_finite: bool) -> Result<Value> {
    match result {
        _ if !is_finite => Ok(Value::Float(result)),
        result if result.is_infinite() => Err(Error::new(Code::OutOfRange, "value out of range: overflow")),
        0.0 => Err(Error::new(Code::OutOfRange, "value out of range: underflow")),
        result => Ok(Value::Float(result)),
    }
}

fn logarithm(number: f64, compute: fn(f64) -> f64) -> Result<Value> {
    if number == 0.0 {
        return Err(Error::new(Code::InvalidLogarithm, "cannot take logarithm of zero"));
    }
    if number < 0.0 {
        return Err(Error::new(Code::InvalidLogarithm, "cannot take logarithm of a negative number"));
    }
    Ok(Value::Float(compute(number)))
}
