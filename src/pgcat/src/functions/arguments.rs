//! The arguments of a function, read as what `pg_proc` says that they are.
//!
//! The binder has coerced them, so that a value of another kind is a defect of ours and not of the statement.

use std::sync::Arc;

use spi::{Error, Result};

use crate::value::{Array, Interval, Numeric, Record, Value};

/// Reads arguments by their places, from 0. None of these takes a null.
pub trait Arguments {
    fn text(&self, place: usize) -> Result<&str>;
    fn int(&self, place: usize) -> Result<i64>;
    fn oid(&self, place: usize) -> Result<u32>;
    fn float(&self, place: usize) -> Result<f64>;
    fn bool(&self, place: usize) -> Result<bool>;
    fn bytes(&self, place: usize) -> Result<&[u8]>;
    fn numeric(&self, place: usize) -> Result<&Numeric>;
    fn date(&self, place: usize) -> Result<i32>;
    fn time(&self, place: usize) -> Result<i64>;
    fn timestamp(&self, place: usize) -> Result<i64>;
    fn interval(&self, place: usize) -> Result<Interval>;
    fn array(&self, place: usize) -> Result<&Arc<Array>>;
    fn record(&self, place: usize) -> Result<&Arc<Record>>;
    /// Whether there is no such argument, or it is null.
    fn is_null(&self, place: usize) -> bool;
}

macro_rules! read {
    ($arguments:expr, $place:expr, $pattern:pat => $value:expr, $kind:literal) => {
        match $arguments.get($place) {
            Some($pattern) => Ok($value),
            other => Err(mismatch($place, $kind, other)),
        }
    };
}

impl Arguments for [Value] {
    fn text(&self, place: usize) -> Result<&str> {
        let found = self.get(place);
        found.and_then(Value::as_str).ok_or_else(|| mismatch(place, "text", found))
    }

    fn int(&self, place: usize) -> Result<i64> {
        read!(self, place, Value::Int(number) => *number, "a whole number")
    }

    fn oid(&self, place: usize) -> Result<u32> {
        read!(self, place, Value::Int(number) => *number as u32, "an OID")
    }

    fn float(&self, place: usize) -> Result<f64> {
        read!(self, place, Value::Float(number) => *number, "a floating-point number")
    }

    fn bool(&self, place: usize) -> Result<bool> {
        read!(self, place, Value::Bool(truth) => *truth, "a truth value")
    }

    fn bytes(&self, place: usize) -> Result<&[u8]> {
        read!(self, place, Value::Bytes(bytes) => bytes, "bytes")
    }

    fn numeric(&self, place: usize) -> Result<&Numeric> {
        read!(self, place, Value::Numeric(number) => number, "a numeric")
    }

    fn date(&self, place: usize) -> Result<i32> {
        read!(self, place, Value::Date(days) => *days, "a date")
    }

    fn time(&self, place: usize) -> Result<i64> {
        read!(self, place, Value::Time(microseconds) => *microseconds, "a time")
    }

    fn timestamp(&self, place: usize) -> Result<i64> {
        read!(self, place, Value::Timestamp(microseconds) => *microseconds, "a timestamp")
    }

    fn interval(&self, place: usize) -> Result<Interval> {
        read!(self, place, Value::Interval(interval) => **interval, "an interval")
    }

    fn array(&self, place: usize) -> Result<&Arc<Array>> {
        read!(self, place, Value::Array(array) => array, "an array")
    }

    fn record(&self, place: usize) -> Result<&Arc<Record>> {
        read!(self, place, Value::Record(record) => record, "a record")
    }

    fn is_null(&self, place: usize) -> bool {
        self.get(place).is_none_or(Value::is_null)
    }
}

fn mismatch(place: usize, kind: &str, found: Option<&Value>) -> Error {
    Error::internal(format!("argument {} of a function is not {kind} but {found:?}", place + 1))
}
