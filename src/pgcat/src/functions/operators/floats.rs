//! Arithmetic of `real` and `double precision`.

use spi::{Code, Error, Result};

use super::integers::division_by_zero;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

/// How a result is kept.
#[derive(Clone, Copy)]
pub enum Width {
    Float4,
    Float8,
}

macro_rules! arithmetic {
    ($($prefix:literal $width:ident),+ | $($single:literal),+) => {
        &[
            $(
                ScalarEntry::new(concat!($prefix, "pl"), |_, _, a| add(Width::$width, a.float(0)?, a.float(1)?)),
                ScalarEntry::new(concat!($prefix, "mi"), |_, _, a| add(Width::$width, a.float(0)?, -a.float(1)?)),
                ScalarEntry::new(concat!($prefix, "mul"), |_, _, a| multiply(Width::$width, a.float(0)?, a.float(1)?)),
                ScalarEntry::new(concat!($prefix, "div"), |_, _, a| divide(Width::$width, a.float(0)?, a.float(1)?)),
            )+
            $(
                ScalarEntry::new(concat!($single, "um"), |_, _, a| Ok(Value::Float(-a.float(0)?))),
                ScalarEntry::new(concat!($single, "up"), |_, _, a| Ok(Value::Float(a.float(0)?))),
                ScalarEntry::new(concat!($single, "abs"), |_, _, a| Ok(Value::Float(a.float(0)?.abs()))),
            )+
        ]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = arithmetic! {
    "float4" Float4, "float8" Float8, "float48" Float8, "float84" Float8 | "float4", "float8"
};

fn add(width: Width, left: f64, right: f64) -> Result<Value> {
    let sum = rounded(width, left + right);
    if sum.is_infinite() && left.is_finite() && right.is_finite() { Err(overflow()) } else { Ok(Value::Float(sum)) }
}

fn multiply(width: Width, left: f64, right: f64) -> Result<Value> {
    let product = rounded(width, left * right);
    if product.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(overflow());
    }
    if product == 0.0 && left != 0.0 && right != 0.0 { Err(underflow()) } else { Ok(Value::Float(product)) }
}

fn divide(width: Width, left: f64, right: f64) -> Result<Value> {
    if right == 0.0 && !left.is_nan() {
        return Err(division_by_zero());
    }
    let quotient = rounded(width, left / right);
    if quotient.is_infinite() && left.is_finite() {
        return Err(overflow());
    }
    if quotient == 0.0 && left != 0.0 && right.is_finite() { Err(underflow()) } else { Ok(Value::Float(quotient)) }
}

fn rounded(width: Width, number: f64) -> f64 {
    match width {
        Width::Float4 => f64::from(number as f32),
        Width::Float8 => number,
    }
}

/// A `double precision` as a `real`.
pub fn narrowed(number: f64) -> Result<Value> {
    let narrow = rounded(Width::Float4, number);
    if narrow.is_infinite() && number.is_finite() {
        return Err(overflow());
    }
    if narrow == 0.0 && number != 0.0 { Err(underflow()) } else { Ok(Value::Float(narrow)) }
}

pub fn overflow() -> Error {
    Error::new(Code::OutOfRange, "value out of range: overflow")
}

fn underflow() -> Error {
    Error::new(Code::OutOfRange, "value out of range: underflow")
}
