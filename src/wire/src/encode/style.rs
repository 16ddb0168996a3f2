//! The settings of a session that decide how values look in text.

use arrow::array::timezone::Tz;
use chrono::{DateTime, Offset, TimeZone};

/// How a session wants to see values. Dates are ISO and intervals in PostgreSQL's style whatever the session says:
/// the gateway's settings accept no other style.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) zone: Zone,
    pub(crate) bytea: ByteaOutput,
    /// `extra_float_digits`: above 0 the shortest text that reads back as the same number, else that many digits more than 6 or 15.
    pub(crate) extra_float_digits: i32,
}

impl Default for Style {
    fn default() -> Self {
        Self { zone: Zone::Utc, bytea: ByteaOutput::Hex, extra_float_digits: 1 }
    }
}

impl Style {
    /// Reads the style from settings by name, `setting` giving the current value.
    pub(crate) fn from_settings(setting: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            zone: setting("TimeZone").map_or(Zone::Utc, |name| Zone::parse(&name)),
            bytea: if setting("bytea_output").as_deref() == Some("escape") { ByteaOutput::Escape } else { ByteaOutput::Hex },
            extra_float_digits: setting("extra_float_digits").and_then(|value| value.parse().ok()).unwrap_or(1),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteaOutput {
    Hex,
    Escape,
}

/// Where a `timestamptz` is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    Utc,
    /// Seconds east of Greenwich.
    Fixed(i32),
    Named(Tz),
}

impl Zone {
    /// A zone of the IANA database, or an offset in POSIX form, `<+02>-02` or `UTC-2`, where west is positive.
    /// SET has refused everything else before, so UTC stands in for what is not understood here.
    pub(crate) fn parse(name: &str) -> Self {
        if matches!(name, "UTC" | "Etc/UTC" | "GMT") {
            return Zone::Utc;
        }
        let offset = match name.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((_, offset)) => offset,
            None => name.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
        };
        match (west_seconds(offset), name.parse()) {
            (Some(seconds), _) => Zone::Fixed(-seconds),
            (None, Ok(zone)) => Zone::Named(zone),
            (None, Err(_)) => Zone::Utc,
        }
    }

    /// Seconds east of Greenwich at a moment, in microseconds since 1970 UTC.
    pub(crate) fn offset_seconds(self, micros: i64) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(seconds) => seconds,
            // Beyond the years that chrono knows no zone has rules either.
            Zone::Named(zone) => DateTime::from_timestamp_micros(micros)
                .map_or(0, |moment| zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()),
        }
    }
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn west_seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0;
    for (part, unit) in digits.splitn(3, ':').zip([3600, 60, 1]) {
        let value = part.parse::<u8>().ok()?;
        seconds += i32::from(value) * unit;
    }
    // PostgreSQL's own bound is a week (`SET TIME ZONE` refuses more), ours is what POSIX allows.
    (seconds < 168 * 3600).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-01-01 and 2024-07-03.
    const WINTER: i64 = 1_704_067_200_000_000;
    const SUMMER: i64 = 1_720_000_000_000_000;

    #[test]
    fn reads_zones_as_settings_name_them() {
        for (name, winter, summer) in [
            ("UTC", 0, 0),
            ("Europe/Berlin", 3600, 7200),
            ("America/New_York", -18_000, -14_400),
            ("<+02>-02", 7200, 7200),
            ("<-03:30>+03:30", -12_600, -12_600),
            ("FOO+5", -18_000, -18_000),
            ("+02:00", -7200, -7200),
            ("nowhere", 0, 0),
        ] {
            let zone = Zone::parse(name);
            assert_eq!((zone.offset_seconds(WINTER), zone.offset_seconds(SUMMER)), (winter, summer), "{name}");
        }
        assert_eq!(Zone::parse("Europe/Berlin").offset_seconds(i64::MAX), 0);
    }
}
