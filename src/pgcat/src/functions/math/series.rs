//! `generate_series` of numbers. Rows are made as they are read.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::Sign;
use spi::{Code, Error, Result};

use crate::function::{RowSource, SetEntry};
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::value::{Numeric, Value};

pub const SETS: &[SetEntry] = &[
    SetEntry::new("generate_series_int4", |_, _, arguments| integers(arguments)),
    SetEntry::new("generate_series_step_int4", |_, _, arguments| integers(arguments)),
    SetEntry::new("generate_series_int8", |_, _, arguments| integers(arguments)),
    SetEntry::new("generate_series_step_int8", |_, _, arguments| integers(arguments)),
    SetEntry::new("generate_series_numeric", |_, _, arguments| numbers(arguments)),
    SetEntry::new("generate_series_step_numeric", |_, _, arguments| numbers(arguments)),
];

pub fn zero_step() -> Error {
    Error::new(Code::InvalidArgument, "step size cannot equal zero")
}

fn integers(arguments: &[Value]) -> Result<RowSource> {
    let (start, stop) = (arguments.int(0)?, arguments.int(1)?);
    let step = if arguments.len() > 2 { arguments.int(2)? } else { 1 };
    if step == 0 {
        return Err(zero_step());
    }
    let mut next = Some(start);
    Ok(Box::new(std::iter::from_fn(move || {
        let current = next.filter(|number| if step > 0 { *number <= stop } else { *number >= stop })?;
        next = current.checked_add(step);
        Some(Ok(Value::Int(current)))
    })))
}

fn numbers(arguments: &[Value]) -> Result<RowSource> {
    let start = finite(arguments.numeric(0)?, "start value")?;
    let stop = finite(arguments.numeric(1)?, "stop value")?;
    let step = if arguments.len() > 2 { finite(arguments.numeric(2)?, "step size")? } else { BigDecimal::from(1) };
    if step.sign() == Sign::NoSign {
        return Err(zero_step());
    }
    let rises = step.sign() == Sign::Plus;
    let scale = start.fractional_digit_count().max(step.fractional_digit_count());
    let (mut next, mut is_first) = (start, true);
    Ok(Box::new(std::iter::from_fn(move || {
        if !is_first {
            next = (&next + &step).with_scale(scale);
        }
        is_first = false;
        let is_within = if rises { next <= stop } else { next >= stop };
        is_within.then(|| Ok(numerics::value(Numeric::Finite(next.clone()))))
    })))
}

fn finite(number: &Numeric, what: &str) -> Result<BigDecimal> {
    let fault = match number {
        Numeric::Finite(number) => return Ok(number.clone()),
        Numeric::NaN => "cannot be NaN",
        Numeric::Infinity | Numeric::NegativeInfinity => "cannot be infinity",
    };
    Err(Error::new(Code::InvalidArgument, format!("{what} {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(numbers: &[i64]) -> Vec<i64> {
        let arguments: Vec<Value> = numbers.iter().map(|number| Value::Int(*number)).collect();
        integers(&arguments).unwrap().filter_map(|value| value.unwrap().as_int()).collect()
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn series_end_at_their_stop() {
        assert_eq!(series(&[1, 3]), [1, 2, 3]);
        assert_eq!(series(&[3, 1, -1]), [3, 2, 1]);
        assert!(series(&[3, 1]).is_empty());
        assert_eq!(series(&[i64::MAX - 1, i64::MAX]), [i64::MAX - 1, i64::MAX]);
        let error = integers(&[Value::Int(1), Value::Int(2), Value::Int(0)]).err().unwrap();
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("22023", "step size cannot equal zero"));
    }
}
