//! `date_bin`: the begin of the bin of some width that a moment is in.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::{self, DAY, is_infinite, out_of_range};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("timestamp_bin", |_, _, arguments| bin(arguments)),
    ScalarEntry::new("timestamptz_bin", |_, _, arguments| bin(arguments)),
];

fn bin(arguments: &[Value]) -> Result<Value> {
    let (stride, moment, origin) = (arguments.interval(0)?, arguments.timestamp(1)?, arguments.timestamp(2)?);
    if is_infinite(moment) {
        return Ok(Value::Timestamp(moment));
    }
    if is_infinite(origin) {
        return Err(out_of_range("origin"));
    }
    if stride.months != 0 {
        return Err(Error::new(Code::Unsupported, "timestamps cannot be binned into intervals containing months or years"));
    }
    let width = i128::from(stride.days) * i128::from(DAY) + i128::from(stride.microseconds);
    if width <= 0 {
        return Err(Error::new(Code::DatetimeRange, "stride must be greater than zero"));
    }
    let distance = i128::from(moment) - i128::from(origin);
    let begin = i128::from(origin) + distance.div_euclid(width) * width;
    let begin = i64::try_from(begin).ok().and_then(calendar::timestamp).ok_or_else(|| out_of_range("timestamp"))?;
    Ok(Value::Timestamp(begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Interval;

    #[test]
    fn bins_begin_before_the_moment() {
        let bin = |microseconds, moment| {
            bin(&[
                Value::Interval(Box::new(Interval { months: 0, days: 0, microseconds })),
                Value::Timestamp(moment),
                Value::Timestamp(100),
            ])
        };
        assert_eq!(bin(15, 131).unwrap(), Value::Timestamp(130));
        assert_eq!(bin(15, 99).unwrap(), Value::Timestamp(85));
        assert_eq!(bin(0, 99).unwrap_err().message, "stride must be greater than zero");
    }
}
