//! The proleptic Gregorian calendar, by Julian days, and the ranges of the types that are on it.
//!
//! Moments and local times are microseconds since 2000-01-01, dates are days since then.

use spi::{Code, Error, Result};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
pub const MONTHS_PER_YEAR: i32 = 12;
pub const DAYS_PER_MONTH: i32 = 30;

/// The Julian day of 2000-01-01, and of 1970-01-01.
pub const DAY_2000: i32 = 2_451_545;
pub const DAY_1970: i32 = 2_440_588;
/// Microseconds from 1970 to 2000.
pub const SINCE_1970: i64 = (DAY_2000 - DAY_1970) as i64 * DAY;

/// The first Julian day that no date has: that of year 5874898.
const DATE_END: i32 = 2_147_483_494;
const TIMESTAMP_MIN: i64 = -211_813_488_000_000_000;
const TIMESTAMP_END: i64 = 9_223_371_331_200_000_000;

/// A day and a time of it, as people write them. Before the first year come 0, which is 1 BC, and -1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Local {
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub micros: i32,
}

impl Local {
    pub fn of(timestamp: i64) -> Self {
        let (days, time) = (timestamp.div_euclid(DAY), timestamp.rem_euclid(DAY));
        let (year, month, day) = civil(days as i32 + DAY_2000);
        let seconds = time / SECOND;
        Self {
            year,
            month,
            day,
            hour: (seconds / 3600) as i32,
            minute: (seconds / 60 % 60) as i32,
            second: (seconds % 60) as i32,
            micros: (time % SECOND) as i32,
        }
    }

    /// Microseconds since midnight.
    pub fn time(&self) -> i64 {
        i64::from(self.hour) * HOUR + i64::from(self.minute) * MINUTE + i64::from(self.second) * SECOND + i64::from(self.micros)
    }

    /// Days since 2000; `None` beyond the calendar.
    pub fn days(&self) -> Option<i32> {
        let is_known = (self.year > -4713 || self.year == -4713 && self.month >= 11)
            && (self.year < 5_874_898 || self.year == 5_874_898 && self.month < 6);
        is_known.then(|| julian(self.year, self.month, self.day) - DAY_2000)
    }

    /// Microseconds since 2000; `None` beyond what a timestamp holds, before any zone is taken into account.
    pub fn timestamp(&self) -> Option<i64> {
        i64::from(self.days()?).checked_mul(DAY)?.checked_add(self.time())
    }
}

/// The Julian day of a date.
pub fn julian(year: i32, month: i32, day: i32) -> i32 {
    let (year, month) = if month > 2 { (year + 4800, month + 1) } else { (year + 4799, month + 13) };
    let century = year / 100;
    // The last dates are so near the end of the numbers that the sum may pass it on the way; the years of intervals go beyond it.
    let days = year.wrapping_mul(365).wrapping_add(year / 4 - 32_167 - century + century / 4);
    days.wrapping_add(7834 * month / 256).wrapping_add(day)
}

/// Year, month and day of a Julian day.
pub fn civil(julian: i32) -> (i32, i32, i32) {
    let mut julian = (julian as u32).wrapping_add(32_044);
    let mut quad = julian / 146_097;
    let extra = (julian - quad * 146_097) * 4 + 3;
    julian = julian.wrapping_add(60 + quad * 3 + extra / 146_097);
    quad = julian / 1461;
    julian -= quad * 1461;
    let mut year = julian * 4 / 1461;
    julian = if year != 0 { (julian + 305) % 365 } else { (julian + 306) % 366 } + 123;
    year += quad * 4;
    let quad = julian * 2141 / 65_536;
    (year as i32 - 4800, ((quad + 10) % 12 + 1) as i32, (julian - 7834 * quad / 256) as i32)
}

/// 0 for Sunday.
pub fn weekday(julian: i32) -> usize {
    (i64::from(julian) + 1).rem_euclid(7) as usize
}

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

pub fn is_infinite(timestamp: i64) -> bool {
    matches!(timestamp, i64::MIN | i64::MAX)
}

/// The days, if a `date` holds them.
pub fn date(days: i64) -> Option<i32> {
    (-i64::from(DAY_2000)..i64::from(DATE_END - DAY_2000)).contains(&days).then_some(days as i32)
}

/// The microseconds, if a timestamp holds them.
pub fn timestamp(micros: i64) -> Option<i64> {
    (TIMESTAMP_MIN..TIMESTAMP_END).contains(&micros).then_some(micros)
}

/// Midnight of a date; the infinities stay.
pub fn midnight(days: i32) -> Result<i64> {
    match days {
        i32::MIN => Ok(i64::MIN),
        i32::MAX => Ok(i64::MAX),
        _ => i64::from(days)
            .checked_mul(DAY)
            .and_then(timestamp)
            .ok_or_else(|| Error::new(Code::DatetimeRange, "date out of range for timestamp")),
    }
}

/// The date of a local time; the infinities stay.
pub fn day(timestamp: i64) -> i32 {
    match timestamp {
        i64::MIN => i32::MIN,
        i64::MAX => i32::MAX,
        _ => timestamp.div_euclid(DAY) as i32,
    }
}

pub fn out_of_range(what: &str) -> Error {
    Error::new(Code::DatetimeRange, format!("{what} out of range"))
}

/// A number of microseconds to so many digits behind the point of its seconds, halves away from zero.
pub fn rounded(micros: i64, precision: i32) -> i64 {
    let Ok(places @ 0..6) = u32::try_from(precision) else { return micros };
    let unit = 10i64.pow(6 - places);
    let half = unit / 2;
    if micros >= 0 { micros.saturating_add(half) / unit * unit } else { micros.saturating_sub(half) / unit * unit }
}
