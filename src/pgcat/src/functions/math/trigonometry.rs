//! Trigonometric and hyperbolic functions, of angles in radians.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("dsin", |_, _, arguments| within(arguments, f64::is_finite, f64::sin)),
    ScalarEntry::new("dcos", |_, _, arguments| within(arguments, f64::is_finite, f64::cos)),
    ScalarEntry::new("dtan", |_, _, arguments| within(arguments, f64::is_finite, f64::tan)),
    ScalarEntry::new("dcot", |_, _, arguments| within(arguments, f64::is_finite, |number| 1.0 / number.tan())),
    ScalarEntry::new("dasin", |_, _, arguments| within(arguments, |number| (-1.0..=1.0).contains(&number), f64::asin)),
    ScalarEntry::new("dacos", |_, _, arguments| within(arguments, |number| (-1.0..=1.0).contains(&number), f64::acos)),
    ScalarEntry::new("datan", |_, _, arguments| within(arguments, |_| true, f64::atan)),
    ScalarEntry::new("datan2", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.atan2(arguments.float(1)?)))),
    ScalarEntry::new("dsinh", |_, _, arguments| within(arguments, |_| true, f64::sinh)),
    ScalarEntry::new("dcosh", |_, _, arguments| within(arguments, |_| true, f64::cosh)),
    ScalarEntry::new("dtanh", |_, _, arguments| within(arguments, |_| true, f64::tanh)),
    ScalarEntry::new("dasinh", |_, _, arguments| within(arguments, |_| true, f64::asinh)),
    ScalarEntry::new("dacosh", |_, _, arguments| within(arguments, |number| number >= 1.0, f64::acosh)),
    ScalarEntry::new("datanh", |_, _, arguments| within(arguments, |number| (-1.0..=1.0).contains(&number), f64::atanh)),
];

/// Computes where the function is defined; NaN gives NaN.
pub(super) fn within(arguments: &[Value], is_defined: fn(f64) -> bool, compute: fn(f64) -> f64) -> Result<Value> {
    let number = arguments.float(0)?;
    if !number.is_nan() && !is_defined(number) {
        return Err(Error::new(Code::OutOfRange, "input is out of range"));
    }
    Ok(Value::Float(compute(number)))
}
