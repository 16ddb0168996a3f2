//! Arithmetic of intervals.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::integers::division_by_zero;
use crate::io::calendar::{DAY, DAYS_PER_MONTH, SECOND, out_of_range};
use crate::value::{Interval, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("interval_um", |_, _, a| negated(a.interval(0)?).map(boxed)),
    ScalarEntry::new("interval_pl", |_, _, a| sum(a.interval(0)?, a.interval(1)?).map(boxed)),
    ScalarEntry::new("interval_mi", |_, _, a| difference(a.interval(0)?, a.interval(1)?).map(boxed)),
    ScalarEntry::new("interval_mul", |_, _, a| times(a.interval(0)?, a.float(1)?).map(boxed)),
    ScalarEntry::new("mul_d_interval", |_, _, a| times(a.interval(1)?, a.float(0)?).map(boxed)),
    ScalarEntry::new("interval_div", |_, _, a| divided(a.interval(0)?, a.float(1)?).map(boxed)),
];

pub fn value(months: i32, days: i32, microseconds: i64) -> Value {
    boxed(Interval { months, days, microseconds })
}

fn boxed(interval: Interval) -> Value {
    Value::Interval(Box::new(interval))
}

fn checked(months: Option<i32>, days: Option<i32>, microseconds: Option<i64>) -> Result<Interval> {
    match (months, days, microseconds) {
        (Some(months), Some(days), Some(microseconds)) => Ok(Interval { months, days, microseconds }),
        _ => Err(out_of_range("interval")),
    }
}

pub fn negated(interval: Interval) -> Result<Interval> {
    checked(interval.months.checked_neg(), interval.days.checked_neg(), interval.microseconds.checked_neg())
}

pub fn sum(left: Interval, right: Interval) -> Result<Interval> {
    let months = left.months.checked_add(right.months);
    checked(months, left.days.checked_add(right.days), left.microseconds.checked_add(right.microseconds))
}

pub fn difference(left: Interval, right: Interval) -> Result<Interval> {
    let months = left.months.checked_sub(right.months);
    checked(months, left.days.checked_sub(right.days), left.microseconds.checked_sub(right.microseconds))
}

fn times(interval: Interval, factor: f64) -> Result<Interval> {
    scaled(interval, |number| number * factor)
}

pub fn divided(interval: Interval, divisor: f64) -> Result<Interval> {
    if divisor == 0.0 {
        return Err(division_by_zero());
    }
    scaled(interval, |number| number / divisor)
}

/// Each unit by itself. What is no whole number of months becomes days, and what is no whole number of days hours and less; the
/// days of a month are 30.
fn scaled(interval: Interval, scale: impl Fn(f64) -> f64) -> Result<Interval> {
    let seconds_per_day = (DAY / SECOND) as f64;
    let whole = |number: f64| {
        let fits = number > f64::from(i32::MIN) - 1.0 && number < f64::from(i32::MAX) + 1.0;
        fits.then_some(number as i32)
    };
    let (months, days) = (scale(interval.months.into()), scale(interval.days.into()));
    let (Some(whole_months), Some(whole_days)) = (whole(months), whole(days)) else { return Err(out_of_range("interval")) };
    // Rounded to a microsecond, so that what is a whole number but for the last bits is one.
    let rounded = |number: f64| (number * SECOND as f64).round_ties_even() / SECOND as f64;
    let month_days = rounded((months - f64::from(whole_months)) * f64::from(DAYS_PER_MONTH));
    let mut seconds = rounded((days - f64::from(whole_days) + month_days - month_days.trunc()) * seconds_per_day);
    let mut result_days = i64::from(whole_days);
    if seconds.abs() >= seconds_per_day {
        result_days += (seconds / seconds_per_day) as i64;
        seconds -= (seconds / seconds_per_day).trunc() * seconds_per_day;
    }
    result_days += month_days as i64;
    let micros = (scale(interval.microseconds as f64) + seconds * SECOND as f64).round_ties_even();
    let micros = (micros >= i64::MIN as f64 && micros < i64::MAX as f64).then_some(micros as i64);
    checked(Some(whole_months), i32::try_from(result_days).ok(), micros)
}
