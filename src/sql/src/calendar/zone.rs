//! Time zones: what time it is there at a moment, and at which moment it is some time there.

use arrow::array::timezone::Tz;
use chrono::{DateTime, LocalResult, Offset, TimeDelta, TimeZone};

use super::{SECOND, local};
use crate::settings;

/// Enough to lie before any change of a clock.
const BEFORE_A_CHANGE: TimeDelta = TimeDelta::hours(24);

/// A zone with its rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone(Tz);

impl Zone {
    /// A zone as Arrow writes it: a name, or an offset such as `+03:00` that counts east.
    pub(crate) fn of_arrow(name: &str) -> Option<Zone> {
        name.parse().ok().map(Zone)
    }

    /// A zone as PostgreSQL's users write it.
    pub(crate) fn named(name: &str) -> Option<Zone> {
        settings::arrow_time_zone(name).as_deref().and_then(Zone::of_arrow)
    }

    /// The time there at a moment. Times beyond the calendar are told in UTC, infinities stay.
    pub(crate) fn to_local(self, moment: i64) -> i64 {
        moment.saturating_add(self.offset(moment))
    }

    /// The moment of a time there. A time that is skipped is counted from before the change, one that comes twice is the second.
    pub(crate) fn to_utc(self, time: i64) -> i64 {
        let Some(naive) = local(time) else { return time };
        match self.0.from_local_datetime(&naive) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(_, moment) => moment.timestamp_micros(),
            LocalResult::None => {
                let before = self.0.offset_from_utc_datetime(&naive.checked_sub_signed(BEFORE_A_CHANGE).unwrap_or(naive));
                time - i64::from(before.fix().local_minus_utc()) * SECOND
            }
        }
    }

    /// How far east of UTC its clocks are at a moment, in microseconds.
    pub(crate) fn offset(self, moment: i64) -> i64 {
        DateTime::from_timestamp_micros(moment)
            .map_or(0, |moment| i64::from(self.0.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()) * SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * SECOND;
    /// 2026-03-29 01:00 and 2026-10-25 01:00 UTC, when the clocks of Berlin change.
    const SPRING: i64 = 1_774_746_000 * SECOND;
    const AUTUMN: i64 = 1_792_890_000 * SECOND;

    #[test]
    fn clocks_change() {
        let berlin = Zone::named("europe/berlin").expect("a zone");
        assert_eq!((berlin.offset(SPRING - 1), berlin.offset(SPRING)), (HOUR, 2 * HOUR));
        assert_eq!(berlin.to_local(SPRING), SPRING + 2 * HOUR);
        // 02:30 does not exist in spring and comes twice in autumn.
        assert_eq!(berlin.to_utc(SPRING + HOUR + HOUR / 2), SPRING + HOUR / 2);
        assert_eq!(berlin.to_utc(AUTUMN + HOUR + HOUR / 2), AUTUMN + HOUR / 2);
        assert_eq!(berlin.to_utc(i64::MAX), i64::MAX);
        assert_eq!(Zone::named("-03:30").expect("a zone").offset(0), 7 * HOUR / 2);
        assert!(Zone::named("Nowhere/Nothing").is_none());
    }
}
