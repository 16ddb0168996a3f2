//! `justify_hours(interval)`, `justify_days(interval)` and `justify_interval(interval)`.

use arrow::datatypes::IntervalMonthDayNano;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::Result;
use spi::types::oid;

use super::plain::{Plain, Returns, Work};
use crate::calendar::{self, DAY, DAYS_PER_MONTH};

/// 24 hours become a day.
pub(super) static JUSTIFY_HOURS: Plain = plain("justify_hours", Work::Rows(|_, values| with(values, hours)));

/// 30 days become a month.
pub(super) static JUSTIFY_DAYS: Plain = plain("justify_days", Work::Rows(|_, values| with(values, days)));

/// Both, and all parts get one sign.
pub(super) static JUSTIFY_INTERVAL: Plain = plain("justify_interval", Work::Rows(|_, values| with(values, all)));

const fn plain(name: &'static str, work: Work) -> Plain {
    Plain { name, aliases: &[], ways: &[&[oid::INTERVAL]], returns: Returns::Type(oid::INTERVAL), volatility: Volatility::Immutable, work }
}

fn with(values: &[ScalarValue], change: fn(i64, i64, i64) -> (i64, i64, i64)) -> Result<ScalarValue> {
    let interval = match values {
        [ScalarValue::IntervalMonthDayNano(Some(interval))] => *interval,
        _ => IntervalMonthDayNano::default(),
    };
    let (months, days, micros) = change(interval.months.into(), interval.days.into(), interval.nanoseconds / 1000);
    match (i32::try_from(months), i32::try_from(days)) {
        (Ok(months), Ok(days)) => Ok(ScalarValue::IntervalMonthDayNano(Some(calendar::interval(months, days, micros)))),
        _ => Err(calendar::out_of_range("interval")),
    }
}

fn hours(months: i64, days: i64, micros: i64) -> (i64, i64, i64) {
    let (days, micros) = carried(days, micros, DAY);
    (months, days, micros)
}

fn days(months: i64, days: i64, micros: i64) -> (i64, i64, i64) {
    let (months, days) = carried(months, days, DAYS_PER_MONTH);
    (months, days, micros)
}

fn all(months: i64, days: i64, micros: i64) -> (i64, i64, i64) {
    let (mut days, mut micros) = (days + micros / DAY, micros % DAY);
    let mut months = months + days / DAYS_PER_MONTH;
    days %= DAYS_PER_MONTH;
    if months > 0 && (days < 0 || days == 0 && micros < 0) {
        (months, days) = (months - 1, days + DAYS_PER_MONTH);
    } else if months < 0 && (days > 0 || days == 0 && micros > 0) {
        (months, days) = (months + 1, days - DAYS_PER_MONTH);
    }
    if days > 0 && micros < 0 {
        (days, micros) = (days - 1, micros + DAY);
    } else if days < 0 && micros > 0 {
        (days, micros) = (days + 1, micros - DAY);
    }
    (months, days, micros)
}

/// What fills the larger part goes there, and the rest gets its sign.
fn carried(large: i64, small: i64, size: i64) -> (i64, i64) {
    let (large, small) = (large + small / size, small % size);
    match () {
        () if large > 0 && small < 0 => (large - 1, small + size),
        () if large < 0 && small > 0 => (large + 1, small - size),
        () => (large, small),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = DAY / 24;

    #[test]
    fn parts_fill_larger_ones() {
        assert_eq!(hours(0, 0, 27 * HOUR), (0, 1, 3 * HOUR));
        assert_eq!(days(0, 35, 0), (1, 5, 0));
        assert_eq!(all(1, 0, -HOUR), (0, 29, 23 * HOUR));
        assert_eq!(all(0, -1, HOUR), (0, 0, -23 * HOUR));
    }
}
