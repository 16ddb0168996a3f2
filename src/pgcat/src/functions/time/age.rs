//! `age`, in years, months, days and time as people count them, and `justify_days`, `justify_hours`, `justify_interval`.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::{DAY, DAYS_PER_MONTH, HOUR, Local, MINUTE, MONTHS_PER_YEAR, SECOND, days_in_month, out_of_range};
use crate::io::zone::Zone;
use crate::value::{Interval, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("timestamp_age", |_, _, arguments| Ok(boxed(age(arguments.timestamp(0)?, arguments.timestamp(1)?)))),
    ScalarEntry::new("timestamptz_age", |context, _, arguments| {
        let zone = Zone::of(context.host);
        Ok(boxed(age(zone.to_local(arguments.timestamp(0)?), zone.to_local(arguments.timestamp(1)?))))
    }),
    ScalarEntry::new("interval_justify_days", |_, _, arguments| justified_days(arguments.interval(0)?).map(boxed)),
    ScalarEntry::new("interval_justify_hours", |_, _, arguments| justified_hours(arguments.interval(0)?).map(boxed)),
    ScalarEntry::new("interval_justify_interval", |_, _, arguments| {
        let interval = arguments.interval(0)?;
        let days = i64::from(interval.days) + interval.microseconds / DAY;
        let months = i64::from(interval.months) + days / i64::from(DAYS_PER_MONTH);
        same_signs(months, days % i64::from(DAYS_PER_MONTH), interval.microseconds % DAY).map(boxed)
    }),
];

fn boxed(interval: Interval) -> Value {
    Value::Interval(Box::new(interval))
}

fn age(left: i64, right: i64) -> Interval {
    if left < right {
        let Interval { months, days, microseconds } = difference(right, left, left);
        return Interval { months: -months, days: -days, microseconds: -microseconds };
    }
    difference(left, right, right)
}

/// From the earlier to the later one. A month that is not over lends the days that the month of `lender` has.
fn difference(later: i64, earlier: i64, lender: i64) -> Interval {
    let (later, earlier, lender) = (Local::of(later), Local::of(earlier), Local::of(lender));
    let mut months = (later.year - earlier.year) * MONTHS_PER_YEAR + later.month - earlier.month;
    let mut days = later.day - earlier.day;
    let mut time = i64::from(later.hour - earlier.hour) * HOUR
        + i64::from(later.minute - earlier.minute) * MINUTE
        + i64::from(later.second - earlier.second) * SECOND
        + i64::from(later.micros - earlier.micros);
    if time < 0 {
        time += DAY;
        days -= 1;
    }
    while days < 0 {
        days += days_in_month(lender.year, lender.month);
        months -= 1;
    }
    Interval { months, days, microseconds: time }
}

fn justified_days(interval: Interval) -> Result<Interval> {
    let unit = i64::from(DAYS_PER_MONTH);
    let (months, days) = (i64::from(interval.months), i64::from(interval.days));
    let (months, days) = of_one_sign(months + days / unit, days % unit, 0, unit);
    checked(months, days, interval.microseconds)
}

fn justified_hours(interval: Interval) -> Result<Interval> {
    let (days, microseconds) = (i64::from(interval.days), interval.microseconds);
    let (days, microseconds) = of_one_sign(days + microseconds / DAY, microseconds % DAY, 0, DAY);
    checked(i64::from(interval.months), days, microseconds)
}

/// All three parts with one sign.
fn same_signs(months: i64, days: i64, microseconds: i64) -> Result<Interval> {
    let (months, days) = of_one_sign(months, days, microseconds, i64::from(DAYS_PER_MONTH));
    let (days, microseconds) = of_one_sign(days, microseconds, 0, DAY);
    checked(months, days, microseconds)
}

/// A part and the next smaller one, `unit` of which make one of it, so that their signs agree. Where the smaller one is zero, the sign of
/// what is `below` counts.
fn of_one_sign(larger: i64, smaller: i64, below: i64, unit: i64) -> (i64, i64) {
    let sign = if smaller == 0 { below.signum() } else { smaller.signum() };
    if larger.signum() * sign < 0 { (larger + sign, smaller - sign * unit) } else { (larger, smaller) }
}

fn checked(months: i64, days: i64, microseconds: i64) -> Result<Interval> {
    let part = |number: i64| i32::try_from(number).map_err(|_| out_of_range("interval"));
    Ok(Interval { months: part(months)?, days: part(days)?, microseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(year: i32, month: i32, day: i32, hour: i32) -> i64 {
        Local { year, month, day, hour, ..Local::default() }.timestamp().unwrap()
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn ages_are_counted_in_months() {
        let interval = |months, days, hours: i64| Interval { months, days, microseconds: hours * HOUR };
        assert_eq!(age(moment(2024, 3, 31, 0), moment(2023, 2, 28, 0)), interval(13, 3, 0));
        assert_eq!(age(moment(2023, 2, 28, 0), moment(2024, 3, 31, 0)), interval(-13, -3, 0));
        assert_eq!(age(moment(2024, 3, 1, 0), moment(2024, 2, 29, 12)), interval(0, 0, 12));
        assert_eq!(same_signs(1, 0, -HOUR).unwrap(), interval(0, 29, 23));
        assert_eq!(same_signs(0, 12, 2 * HOUR).unwrap(), interval(0, 12, 2));
    }
}
