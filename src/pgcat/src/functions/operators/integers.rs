//! Arithmetic and bits of `smallint`, `integer` and `bigint`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

/// Which of the three types a result has.
#[derive(Clone, Copy)]
pub enum Width {
    Int2,
    Int4,
    Int8,
}

macro_rules! arithmetic {
    ($($prefix:literal $width:ident),+ | $($single:literal $single_width:ident),+) => {
        &[
            $(
                ScalarEntry::new(concat!($prefix, "pl"), |_, _, a| number(Width::$width, a.int(0)?.checked_add(a.int(1)?))),
                ScalarEntry::new(concat!($prefix, "mi"), |_, _, a| number(Width::$width, a.int(0)?.checked_sub(a.int(1)?))),
                ScalarEntry::new(concat!($prefix, "mul"), |_, _, a| number(Width::$width, a.int(0)?.checked_mul(a.int(1)?))),
                ScalarEntry::new(concat!($prefix, "div"), |_, _, a| divide(Width::$width, a)),
            )+
            $(
                ScalarEntry::new(concat!($single, "mod"), remainder),
                ScalarEntry::new(concat!($single, "um"), |_, _, a| number(Width::$single_width, a.int(0)?.checked_neg())),
                ScalarEntry::new(concat!($single, "up"), |_, _, a| Ok(Value::Int(a.int(0)?))),
                ScalarEntry::new(concat!($single, "abs"), |_, _, a| number(Width::$single_width, a.int(0)?.checked_abs())),
                ScalarEntry::new(concat!($single, "and"), |_, _, a| Ok(Value::Int(a.int(0)? & a.int(1)?))),
                ScalarEntry::new(concat!($single, "or"), |_, _, a| Ok(Value::Int(a.int(0)? | a.int(1)?))),
                ScalarEntry::new(concat!($single, "xor"), |_, _, a| Ok(Value::Int(a.int(0)? ^ a.int(1)?))),
                ScalarEntry::new(concat!($single, "not"), |_, _, a| Ok(Value::Int(!a.int(0)?))),
                ScalarEntry::new(concat!($single, "shl"), |_, _, a| shift_left(Width::$single_width, a)),
                ScalarEntry::new(concat!($single, "shr"), |_, _, a| shift_right(Width::$single_width, a)),
            )+
        ]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = arithmetic! {
    "int2" Int2, "int4" Int4, "int8" Int8, "int24" Int4, "int42" Int4, "int28" Int8, "int82" Int8, "int48" Int8, "int84" Int8
    | "int2" Int2, "int4" Int4, "int8" Int8
};

/// The number, if its type holds it.
pub fn number(width: Width, number: Option<i64>) -> Result<Value> {
    let fits = |number: &i64| match width {
        Width::Int2 => i16::try_from(*number).is_ok(),
        Width::Int4 => i32::try_from(*number).is_ok(),
        Width::Int8 => true,
    };
    number.filter(fits).map(Value::Int).ok_or_else(|| out_of_range(width))
}

pub fn out_of_range(width: Width) -> Error {
    let type_name = match width {
        Width::Int2 => "smallint",
        Width::Int4 => "integer",
        Width::Int8 => "bigint",
    };
    Error::new(Code::OutOfRange, format!("{type_name} out of range"))
}

pub fn division_by_zero() -> Error {
    Error::new(Code::DivisionByZero, "division by zero")
}

fn divide(width: Width, arguments: &[Value]) -> Result<Value> {
    match arguments.int(1)? {
        0 => Err(division_by_zero()),
        divisor => number(width, arguments.int(0)?.checked_div(divisor)),
    }
}

fn remainder(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    match arguments.int(1)? {
        0 => Err(division_by_zero()),
        divisor => Ok(Value::Int(arguments.int(0)?.wrapping_rem(divisor))),
    }
}

/// By as many bits as the processor takes of the count: 5, or 6 for the widest.
fn shift_left(width: Width, arguments: &[Value]) -> Result<Value> {
    let (number, count) = (arguments.int(0)?, arguments.int(1)? as u32);
    Ok(Value::Int(match width {
        Width::Int2 => (number as i32).wrapping_shl(count) as i16 as i64,
        Width::Int4 => (number as i32).wrapping_shl(count) as i64,
        Width::Int8 => number.wrapping_shl(count),
    }))
}

fn shift_right(width: Width, arguments: &[Value]) -> Result<Value> {
    let (number, count) = (arguments.int(0)?, arguments.int(1)? as u32);
    Ok(Value::Int(match width {
        Width::Int2 | Width::Int4 => (number as i32).wrapping_shr(count) as i64,
        Width::Int8 => number.wrapping_shr(count),
    }))
}
