//! Casts between the types of numbers.

use bigdecimal::{BigDecimal, ToPrimitive};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::floats;
use crate::functions::operators::integers::{Width, number, out_of_range};
use crate::functions::operators::numerics;
use crate::io::{self, float, numeric};
use crate::types::oid;
use crate::value::{Numeric, Value};

/// Decimal digits that a float is sure to keep.
const FLOAT4_DIGITS: i32 = 6;
const FLOAT8_DIGITS: i32 = 15;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("int28", |_, _, a| Ok(Value::Int(a.int(0)?))),
    ScalarEntry::new("int48", |_, _, a| Ok(Value::Int(a.int(0)?))),
    ScalarEntry::new("i2toi4", |_, _, a| Ok(Value::Int(a.int(0)?))),
    ScalarEntry::new("oidtoi8", |_, _, a| Ok(Value::Int(a.int(0)?))),
    ScalarEntry::new("int82", |_, _, a| number(Width::Int2, Some(a.int(0)?))),
    ScalarEntry::new("int84", |_, _, a| number(Width::Int4, Some(a.int(0)?))),
    ScalarEntry::new("i4toi2", |_, _, a| number(Width::Int2, Some(a.int(0)?))),
    ScalarEntry::new("i8tooid", |_, _, a| oid_of(a.int(0)?)),
    ScalarEntry::new("i2tod", |_, _, a| Ok(Value::Float(a.int(0)? as f64))),
    ScalarEntry::new("i4tod", |_, _, a| Ok(Value::Float(a.int(0)? as f64))),
    ScalarEntry::new("i8tod", |_, _, a| Ok(Value::Float(a.int(0)? as f64))),
    ScalarEntry::new("i2tof", |_, _, a| Ok(Value::Float((a.int(0)? as f32).into()))),
    ScalarEntry::new("i4tof", |_, _, a| Ok(Value::Float((a.int(0)? as f32).into()))),
    ScalarEntry::new("i8tof", |_, _, a| Ok(Value::Float((a.int(0)? as f32).into()))),
    ScalarEntry::new("ftod", |_, _, a| Ok(Value::Float(a.float(0)?))),
    ScalarEntry::new("dtof", |_, _, a| floats::narrowed(a.float(0)?)),
    ScalarEntry::new("ftoi2", |_, _, a| nearest(a.float(0)?, Width::Int2)),
    ScalarEntry::new("ftoi4", |_, _, a| nearest(a.float(0)?, Width::Int4)),
    ScalarEntry::new("ftoi8", |_, _, a| nearest(a.float(0)?, Width::Int8)),
    ScalarEntry::new("dtoi2", |_, _, a| nearest(a.float(0)?, Width::Int2)),
    ScalarEntry::new("dtoi4", |_, _, a| nearest(a.float(0)?, Width::Int4)),
    ScalarEntry::new("dtoi8", |_, _, a| nearest(a.float(0)?, Width::Int8)),
    ScalarEntry::new("int2_numeric", |_, _, a| Ok(numerics::value(Numeric::Finite(BigDecimal::from(a.int(0)?))))),
    ScalarEntry::new("int4_numeric", |_, _, a| Ok(numerics::value(Numeric::Finite(BigDecimal::from(a.int(0)?))))),
    ScalarEntry::new("int8_numeric", |_, _, a| Ok(numerics::value(Numeric::Finite(BigDecimal::from(a.int(0)?))))),
    ScalarEntry::new("float4_numeric", |_, _, a| of_float(a.float(0)?, FLOAT4_DIGITS)),
    ScalarEntry::new("float8_numeric", |_, _, a| of_float(a.float(0)?, FLOAT8_DIGITS)),
    ScalarEntry::new("numeric_int2", |_, _, a| whole(a.numeric(0)?, Width::Int2)),
    ScalarEntry::new("numeric_int4", |_, _, a| whole(a.numeric(0)?, Width::Int4)),
    ScalarEntry::new("numeric_int8", |_, _, a| whole(a.numeric(0)?, Width::Int8)),
    ScalarEntry::new("numeric_float4", |_, _, a| float4(a.numeric(0)?)),
    ScalarEntry::new("numeric_float8", |_, _, a| float8(a.numeric(0)?)),
    ScalarEntry::new("numeric", |_, _, a| io::apply_modifier(oid::NUMERIC, a.int(1)? as i32, &a[0], false)),
];

fn oid_of(number: i64) -> Result<Value> {
    u32::try_from(number).map(Value::oid).map_err(|_| Error::new(Code::OutOfRange, "OID out of range"))
}

/// The nearest whole number, the even one of two.
fn nearest(float: f64, width: Width) -> Result<Value> {
    let rounded = float.round_ties_even();
    // The bounds of bigint are no floats; the upper one is rounded up to the first that does not fit.
    let fits = rounded >= i64::MIN as f64 && rounded < i64::MAX as f64;
    number(width, fits.then_some(rounded as i64))
}

fn of_float(float: f64, digits: i32) -> Result<Value> {
    if float.is_infinite() {
        return Ok(numerics::value(if float < 0.0 { Numeric::NegativeInfinity } else { Numeric::Infinity }));
    }
    let mut text = String::new();
    float::write_rounded(float, digits, &mut text);
    numeric::read(&text).map(numerics::value)
}

/// The nearest whole number, the one away from zero of two.
pub fn whole(decimal: &Numeric, width: Width) -> Result<Value> {
    let type_name = match width {
        Width::Int2 => "smallint",
        Width::Int4 => "integer",
        Width::Int8 => "bigint",
    };
    let cannot = |what: &str| Error::new(Code::Unsupported, format!("cannot convert {what} to {type_name}"));
    match decimal {
        Numeric::NaN => Err(cannot("NaN")),
        Numeric::Infinity | Numeric::NegativeInfinity => Err(cannot("infinity")),
        Numeric::Finite(decimal) => {
            let rounded = numeric::rounded(decimal, 0).to_i64().ok_or_else(|| out_of_range(width))?;
            number(width, Some(rounded))
        }
    }
}

pub fn float4(decimal: &Numeric) -> Result<Value> {
    text(decimal, float::read4)
}

pub fn float8(decimal: &Numeric) -> Result<Value> {
    text(decimal, float::read8)
}

fn text(decimal: &Numeric, read: fn(&str) -> Result<f64>) -> Result<Value> {
    let mut text = String::new();
    numeric::write(decimal, &mut text);
    read(&text).map(Value::Float)
}
