//! Arithmetic of `money`, its casts, and an amount in words.

mod words;

use bigdecimal::num_bigint::BigInt;
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::casts::numbers;
use crate::functions::operators::integers::{Width, division_by_zero, out_of_range};
use crate::functions::operators::numerics;
use crate::io::numeric::with_scale;
use crate::value::compare::compare;
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("cash_pl", |_, _, a| amount(a.int(0)?.checked_add(a.int(1)?))),
    ScalarEntry::new("cash_mi", |_, _, a| amount(a.int(0)?.checked_sub(a.int(1)?))),
    ScalarEntry::new("cash_mul_int2", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("cash_mul_int4", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("cash_mul_int8", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("int2_mul_cash", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("int4_mul_cash", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("int8_mul_cash", |_, _, a| amount(a.int(0)?.checked_mul(a.int(1)?))),
    ScalarEntry::new("cash_mul_flt4", |_, _, a| rounded(a.int(0)? as f64 * a.float(1)?)),
    ScalarEntry::new("cash_mul_flt8", |_, _, a| rounded(a.int(0)? as f64 * a.float(1)?)),
    ScalarEntry::new("flt4_mul_cash", |_, _, a| rounded(a.float(0)? * a.int(1)? as f64)),
    ScalarEntry::new("flt8_mul_cash", |_, _, a| rounded(a.float(0)? * a.int(1)? as f64)),
    ScalarEntry::new("cash_div_int2", |_, _, a| quotient(a.int(0)?, a.int(1)?)),
    ScalarEntry::new("cash_div_int4", |_, _, a| quotient(a.int(0)?, a.int(1)?)),
    ScalarEntry::new("cash_div_int8", |_, _, a| quotient(a.int(0)?, a.int(1)?)),
    ScalarEntry::new("cash_div_flt4", |_, _, a| rounded(a.int(0)? as f64 / not_zero(a.float(1)?)?)),
    ScalarEntry::new("cash_div_flt8", |_, _, a| rounded(a.int(0)? as f64 / not_zero(a.float(1)?)?)),
    ScalarEntry::new("cash_div_cash", |_, _, a| Ok(Value::Float(a.int(0)? as f64 / not_zero(a.int(1)? as f64)?))),
    ScalarEntry::new("cash_cmp", |_, _, a| Ok(Value::Int(compare(&a[0], &a[1]) as i64))),
    ScalarEntry::new("cashlarger", |_, _, a| Ok(Value::Int(a.int(0)?.max(a.int(1)?)))),
    ScalarEntry::new("cashsmaller", |_, _, a| Ok(Value::Int(a.int(0)?.min(a.int(1)?)))),
    ScalarEntry::new("int4_cash", |_, _, a| hundredths(a.int(0)?)),
    ScalarEntry::new("int8_cash", |_, _, a| hundredths(a.int(0)?)),
    ScalarEntry::new("numeric_cash", |_, _, a| {
        let hundred = Numeric::Finite(100.into());
        numbers::whole(&numerics::multiply(a.numeric(0)?, &hundred)?, Width::Int8)
    }),
    ScalarEntry::new("cash_numeric", |_, _, a| Ok(numerics::value(Numeric::Finite(with_scale(BigInt::from(a.int(0)?), 2))))),
    ScalarEntry::new("cash_words", |_, _, a| Ok(Value::from(words::words(a.int(0)?)))),
];

fn amount(hundredths: Option<i64>) -> Result<Value> {
    hundredths.map(Value::Int).ok_or_else(|| Error::new(Code::OutOfRange, "money out of range"))
}

/// To the nearest hundredth, halves to the even one.
fn rounded(hundredths: f64) -> Result<Value> {
    let rounded = hundredths.round_ties_even();
    // The largest amount is no `double precision`, the number behind it is.
    let fits = rounded >= i64::MIN as f64 && rounded < -(i64::MIN as f64);
    amount(fits.then_some(rounded as i64))
}

fn quotient(hundredths: i64, divisor: i64) -> Result<Value> {
    if divisor == 0 { Err(division_by_zero()) } else { amount(hundredths.checked_div(divisor)) }
}

fn not_zero(divisor: f64) -> Result<f64> {
    if divisor == 0.0 { Err(division_by_zero()) } else { Ok(divisor) }
}

fn hundredths(whole: i64) -> Result<Value> {
    whole.checked_mul(100).map(Value::Int).ok_or_else(|| out_of_range(Width::Int8))
}
