//! Dates and times as the protocol carries them, and as Arrow counts them.

use chrono::{DateTime as Moment, NaiveDate, NaiveDateTime};
use tiberius::time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};

/// Days from 0001-01-01, where `date` begins, to 1970-01-01, where Arrow does.
const DAYS_TO_EPOCH: i64 = 719_162;

/// Days from 1900-01-01, where `datetime` begins.
const DAYS_TO_EPOCH_FROM_1900: i64 = 25_567;

/// Days from 0001-01-01 to 9999-12-31, the last one.
const DAYS_MAX: i64 = 3_652_058;

const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MICRO: i64 = 1_000;
const MICROS_PER_DAY: i64 = SECONDS_PER_DAY * 1_000_000;

/// Digits after the point of a second in a parameter.
const PARAMETER_DIGITS: u8 = 7;

/// A moment without a range: days since 1970-01-01, and nanoseconds of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    days: i64,
    nanos: i64,
}

impl Instant {
    pub(crate) fn of_datetime2(value: DateTime2) -> Option<Self> {
        Some(Self { days: days(value.date()), nanos: nanos(value.time())? })
    }

    /// The protocol carries it in UTC, and the offset beside it.
    pub(crate) fn of_datetimeoffset(value: DateTimeOffset) -> Option<Self> {
        Self::of_datetime2(value.datetime2())
    }

    /// Counts in thirds of hundredths; what is shown are milliseconds.
    pub(crate) fn of_datetime(value: DateTime) -> Self {
        let millis = (i64::from(value.seconds_fragments()) * 10 + 1) / 3;
        Self { days: i64::from(value.days()) - DAYS_TO_EPOCH_FROM_1900, nanos: millis * 1_000_000 }
    }

    /// Counts in minutes.
    pub(crate) fn of_smalldatetime(value: SmallDateTime) -> Self {
        let nanos = i64::from(value.seconds_fragments()) * 60 * NANOS_PER_SECOND;
        Self { days: i64::from(value.days()) - DAYS_TO_EPOCH_FROM_1900, nanos }
    }

    /// Since 1970-01-01; `None` where something smaller would be lost.
    pub(crate) fn micros(self) -> Option<i64> {
        (self.nanos % NANOS_PER_MICRO == 0).then(|| self.days * MICROS_PER_DAY + self.nanos / NANOS_PER_MICRO)
    }

    /// Since 1970-01-01; `None` outside of the years 1677 to 2262.
    pub(crate) fn nanos(self) -> Option<i64> {
        self.days.checked_mul(SECONDS_PER_DAY * NANOS_PER_SECOND)?.checked_add(self.nanos)
    }

    /// As the server writes it, for an error.
    pub(crate) fn text(self) -> String {
        let seconds = self.days * SECONDS_PER_DAY + self.nanos / NANOS_PER_SECOND;
        let moment = Moment::from_timestamp(seconds, (self.nanos % NANOS_PER_SECOND) as u32);
        moment.map_or_else(|| "a moment".to_owned(), |moment| moment.naive_utc().format("%Y-%m-%d %H:%M:%S%.f").to_string())
    }
}

/// Since 1970-01-01.
pub(crate) fn days(date: Date) -> i64 {
    i64::from(date.days()) - DAYS_TO_EPOCH
}

/// Of the day; `None` for a number of digits that no server sends.
pub(crate) fn nanos(time: Time) -> Option<i64> {
    let factor = 10_i64.checked_pow(9_u32.checked_sub(time.scale().into())?)?;
    i64::try_from(time.increments()).ok()?.checked_mul(factor)
}

/// A date as a parameter; `None` outside the years 1 to 9999.
pub(crate) fn date(days: i64) -> Option<Date> {
    let days = days.checked_add(DAYS_TO_EPOCH).filter(|days| (0..=DAYS_MAX).contains(days))?;
    Some(Date::new(u32::try_from(days).ok()?))
}

/// Microseconds since 1970-01-01 as a parameter; `None` outside the years 1 to 9999.
pub(crate) fn datetime2(micros: i64) -> Option<DateTime2> {
    let of_day = micros.rem_euclid(MICROS_PER_DAY);
    let increments = u64::try_from(of_day * 10).ok()?;
    Some(DateTime2::new(date(micros.div_euclid(MICROS_PER_DAY))?, Time::new(increments, PARAMETER_DIGITS)))
}

/// Nanoseconds since 1970-01-01 as a parameter; `None` where the server has no such fraction of a second.
pub(crate) fn datetime2_of_nanos(nanos: i64) -> Option<DateTime2> {
    let of_day = nanos.rem_euclid(SECONDS_PER_DAY * NANOS_PER_SECOND);
    let date = date(nanos.div_euclid(SECONDS_PER_DAY * NANOS_PER_SECOND))?;
    Some(DateTime2::new(date, time(of_day)?))
}

/// Nanoseconds of the day as a parameter; `None` where the server has no such fraction of a second.
pub(crate) fn time(nanos: i64) -> Option<Time> {
    (nanos % 100 == 0).then(|| Some(Time::new(u64::try_from(nanos / 100).ok()?, PARAMETER_DIGITS)))?
}

/// A date, for an error.
pub(crate) fn date_text(days: i64) -> String {
    let date = NaiveDate::default().checked_add_signed(chrono::Duration::days(days));
    date.map_or_else(|| "a date".to_owned(), |date| date.to_string())
}

/// A moment, for an error.
pub(crate) fn micros_text(micros: i64) -> String {
    let moment: Option<NaiveDateTime> = Moment::from_timestamp_micros(micros).map(|moment| moment.naive_utc());
    moment.map_or_else(|| "a moment".to_owned(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_from_1970() {
        assert_eq!(days(Date::new(719_162)), 0);
        assert_eq!(days(Date::new(0)), -719_162);
        assert_eq!(Instant::of_datetime(DateTime::new(25_567, 300)).micros(), Some(1_000_000));
        assert_eq!(Instant::of_smalldatetime(SmallDateTime::new(25_568, 61)).micros(), Some(MICROS_PER_DAY + 3_660_000_000));
        let fine = DateTime2::new(Date::new(719_162), Time::new(11, 7));
        assert_eq!(Instant::of_datetime2(fine).and_then(Instant::micros), None);
        assert_eq!(Instant::of_datetime2(fine).and_then(Instant::nanos), Some(1_100));
    }

    #[test]
    fn a_datetime_has_the_milliseconds_that_are_shown() {
        let millis: Vec<_> = (0..4).map(|thirds| Instant::of_datetime(DateTime::new(25_567, thirds)).micros()).collect();
        assert_eq!(millis, [Some(0), Some(3_000), Some(7_000), Some(10_000)]);
        assert_eq!(Instant::of_datetime(DateTime::new(25_567, 25_919_999)).text(), "1970-01-01 23:59:59.997");
    }

    #[test]
    fn nanoseconds_have_their_range() {
        let last = Instant::of_datetime2(DateTime2::new(Date::new(3_652_058), Time::new(863_999_999_999, 7))).expect("a moment");
        assert_eq!((last.nanos(), last.text().as_str()), (None, "9999-12-31 23:59:59.999999900"));
    }

    #[test]
    fn parameters_are_exact_or_refused() {
        let one = datetime2(-1).expect("a moment");
        assert_eq!((one.date().days(), one.time().increments(), one.time().scale()), (719_161, 863_999_999_990, 7));
        assert!(date(-719_162).is_some() && date(-719_163).is_none() && date(2_932_896).is_some() && date(2_932_897).is_none());
        assert!(datetime2(i64::MAX).is_none());
        assert!(time(100).is_some() && time(1).is_none() && datetime2_of_nanos(150).is_none());
    }
}
