//! `CURRENT_TIMESTAMP` and its kin: the moment when the transaction began.

use spi::{Error, Result};

use crate::execute::run::Run;
use crate::expr::Now;
use crate::function::Signature;
use crate::functions;
use crate::types::{Type, oid};
use crate::value::Value;

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// Digits behind the point that moments are kept with.
const PRECISION_MAX: u32 = 6;

pub(super) fn now(now: Now, run: &Run) -> Result<Value> {
    let at = run.host.transaction_started_at();
    match now {
        Now::CurrentTimestamp { precision } => Ok(Value::Timestamp(rounded(at, precision))),
        Now::CurrentDate => converted(at, "timestamptz_date", oid::DATE, run),
        Now::LocalTimestamp { precision } => match converted(at, "timestamptz_timestamp", oid::TIMESTAMP, run)? {
            Value::Timestamp(local) => Ok(Value::Timestamp(rounded(local, precision))),
            other => Ok(other),
        },
        Now::LocalTime { precision } => match converted(at, "timestamptz_time", oid::TIME, run)? {
            Value::Time(time) => Ok(Value::Time(rounded_time(time, precision))),
            other => Ok(other),
        },
        Now::CurrentTime { precision } => match converted(at, "timestamptz_timetz", oid::TIMETZ, run)? {
            Value::TimeTz(time, zone) => Ok(Value::TimeTz(rounded_time(time, precision), zone)),
            other => Ok(other),
        },
    }
}

/// The moment as another type, by the function of the cast, which knows the session's time zone.
fn converted(at: i64, symbol: &str, to: u32, run: &Run) -> Result<Value> {
    let function = functions::scalar(symbol).ok_or_else(|| Error::internal(format!("there is no function {symbol}")))?;
    let signature = Signature { arguments: vec![Type::new(oid::TIMESTAMPTZ)], result: Type::new(to), is_variadic: false };
    function(&run.context(), &signature, &[Value::Timestamp(at)])
}

/// To so many digits behind the point, halves away from zero.
fn rounded(microseconds: i64, precision: Option<i32>) -> i64 {
    let Some(digits) = precision.and_then(|precision| u32::try_from(precision).ok()).filter(|digits| *digits < PRECISION_MAX) else {
        return microseconds;
    };
    let unit = 10_i64.pow(PRECISION_MAX - digits);
    let half = if microseconds < 0 { -unit / 2 } else { unit / 2 };
    (microseconds + half) / unit * unit
}

/// A time of day may become 24:00:00, but nothing behind it.
fn rounded_time(time: i64, precision: Option<i32>) -> i64 {
    rounded(time, precision).min(MICROSECONDS_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_rounded_to_digits() {
        assert_eq!(rounded(1_500_000, Some(0)), 2_000_000);
        assert_eq!(rounded(-1_500_000, Some(0)), -2_000_000);
        assert_eq!(rounded(1_234_567, Some(3)), 1_235_000);
        assert_eq!(rounded(1_234_567, Some(6)), 1_234_567);
        assert_eq!(rounded(1_234_567, None), 1_234_567);
        assert_eq!(rounded_time(MICROSECONDS_PER_DAY - 1, Some(0)), MICROSECONDS_PER_DAY);
    }
}
