//! Dates and times of the binary protocol, and the text in which parameters carry them.
//!
//! A value starts with its length: a moment has 0, 4, 7 or 11 bytes (nothing, a date, and seconds, and microseconds), a time has
//! 0, 8 or 12. What is left out is zero.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The fields of a moment, which need not be one: months and days may be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
}

impl Fields {
    /// `None` where the bytes are no moment of the protocol.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (length, fields) = bytes.split_first()?;
        if usize::from(*length) != fields.len() || !matches!(length, 0 | 4 | 7 | 11) {
            return None;
        }
        let byte = |place: usize| fields.get(place).copied().unwrap_or(0);
        Some(Self {
            year: u16::from_le_bytes([byte(0), byte(1)]),
            month: byte(2),
            day: byte(3),
            hour: byte(4),
            minute: byte(5),
            second: byte(6),
            micros: u32::from_le_bytes([byte(7), byte(8), byte(9), byte(10)]),
        })
    }

    /// Days since 1970-01-01; `None` for a date that is none.
    pub(crate) fn days(self) -> Option<i32> {
        let date = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into())?;
        Some(date.num_days_from_ce() - NaiveDate::default().num_days_from_ce())
    }

    /// The days of a moment that is the beginning of one.
    pub(crate) fn midnight_of_day(self) -> Option<i32> {
        let Fields { hour, minute, second, micros, .. } = self;
        self.days().filter(|_| (hour, minute, second, micros) == (0, 0, 0, 0))
    }

    /// Microseconds since 1970-01-01; `None` for a moment that is none.
    pub(crate) fn micros(self) -> Option<i64> {
        let date = i64::from(self.days()?);
        let seconds = date * SECONDS_PER_DAY + seconds_of(self.hour, self.minute, self.second);
        Some(seconds * MICROS_PER_SECOND + i64::from(self.micros))
    }

    /// As the server writes it, for an error.
    pub(crate) fn text(self) -> String {
        let Fields { year, month, day, hour, minute, second, micros } = self;
        let date = format!("{year:04}-{month:02}-{day:02}");
        match (hour, minute, second, micros) {
            (0, 0, 0, 0) => date,
            (_, _, _, 0) => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            _ => format!("{date} {hour:02}:{minute:02}:{second:02}.{micros:06}"),
        }
    }
}

/// The nanoseconds of a time, which is a span; `None` where the bytes are no time of the protocol.
pub(crate) fn nanos_of_time(bytes: &[u8]) -> Option<i64> {
    let (length, fields) = bytes.split_first()?;
    if usize::from(*length) != fields.len() || !matches!(length, 0 | 8 | 12) {
        return None;
    }
    let byte = |place: usize| fields.get(place).copied().unwrap_or(0);
    let number = |place: usize| i64::from(u32::from_le_bytes([byte(place), byte(place + 1), byte(place + 2), byte(place + 3)]));
    let seconds = number(1) * SECONDS_PER_DAY + seconds_of(byte(5), byte(6), byte(7));
    let nanos = (seconds * MICROS_PER_SECOND + number(8)).checked_mul(1000)?;
    Some(if byte(0) == 0 { nanos } else { -nanos })
}

fn seconds_of(hour: u8, minute: u8, second: u8) -> i64 {
    (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)
}

/// The text of a date that the server takes for the same day; `None` outside the years 1 to 9999.
pub(crate) fn date_text(days: i32) -> Option<String> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(NaiveDate::default().num_days_from_ce())?)?;
    (1..=9999).contains(&date.year()).then(|| date.format("%Y-%m-%d").to_string())
}

/// The text of a moment that the server takes for the same microsecond, in a session in UTC; `None` outside the years 1 to 9999.
pub(crate) fn timestamp_text(micros: i64) -> Option<String> {
    let moment: NaiveDateTime = DateTime::from_timestamp_micros(micros)?.naive_utc();
    (1..=9999).contains(&moment.year()).then(|| moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

/// The text of a span that the server takes for the same microsecond.
pub(crate) fn time_text(micros: i64) -> String {
    let (sign, magnitude) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (seconds, micros) = (magnitude / 1_000_000, magnitude % 1_000_000);
    format!("{sign}{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_length() {
        let moment = |bytes: &[u8]| Fields::read(bytes).expect("a moment");
        assert_eq!(moment(&[4, 0xb2, 7, 1, 2]).days(), Some(1));
        assert_eq!(moment(&[7, 0xb2, 7, 1, 1, 0, 1, 2]).micros(), Some(62_000_000));
        assert_eq!(moment(&[7, 0xb2, 7, 1, 1, 0, 1, 2]).midnight_of_day(), None);
        assert_eq!(moment(&[7, 0xb2, 7, 1, 2, 0, 0, 0]).midnight_of_day(), Some(1));
        assert_eq!(moment(&[11, 0xb2, 7, 1, 1, 0, 0, 0, 5, 0, 0, 0]).micros(), Some(5));
        assert_eq!(moment(&[11, 0xe8, 3, 1, 1, 23, 59, 59, 0x3f, 0x42, 0x0f, 0]).micros(), Some(-30_610_137_600_000_001));
        assert_eq!(Fields::read(&[5, 0, 0, 0, 0, 0]), None);
        assert_eq!(Fields::read(&[]), None);
    }

    #[test]
    fn dates_that_are_none_have_no_value_but_a_text() {
        for (bytes, text) in [
            (&[0_u8][..], "0000-00-00"),
            (&[4, 0xe8, 7, 0, 1], "2024-00-01"),
            (&[4, 0xe7, 7, 2, 29], "2023-02-29"),
            (&[7, 0xe8, 7, 1, 0, 1, 2, 3], "2024-01-00 01:02:03"),
        ] {
            let fields = Fields::read(bytes).expect("fields");
            assert_eq!((fields.days(), fields.micros(), fields.text().as_str()), (None, None, text));
        }
    }

    #[test]
    fn times_are_spans() {
        assert_eq!(nanos_of_time(&[0]), Some(0));
        let largest = nanos_of_time(&[8, 0, 34, 0, 0, 0, 22, 59, 59]);
        assert_eq!(largest, Some(((838 * 60 + 59) * 60 + 59) * 1_000_000_000));
        assert_eq!(nanos_of_time(&[12, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]), Some(-1_000_001_000));
        assert_eq!(nanos_of_time(&[4, 0, 0, 0, 0]), None);
    }

    #[test]
    fn parameters_are_written_to_the_microsecond() {
        assert_eq!(date_text(-1).as_deref(), Some("1969-12-31"));
        assert_eq!(date_text(-719_162).as_deref(), Some("0001-01-01"));
        assert_eq!(date_text(-719_163), None);
        assert_eq!(timestamp_text(-1).as_deref(), Some("1969-12-31 23:59:59.999999"));
        assert_eq!(timestamp_text(253_402_300_800_000_000), None);
        assert_eq!(time_text(-3_020_399_000_001), "-838:59:59.000001");
        assert_eq!(time_text(0), "00:00:00.000000");
    }
}
