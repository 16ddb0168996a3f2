//! The settings of a session that decide how values look in text.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Zone {
    Utc,
    /// Seconds east of Greenwich.
    Fixed(i32),
    Named(Tz),
}

impl Zone {
    /// A zone of the IANA database, or a fixed offset: `+02:00`, and in POSIX form `<+02>-02` or `UTC-2`, where west is positive.
    /// SET has refused everything else before, so UTC stands in for what is not understood here.
    pub(crate) fn parse(name: &str) -> Self {
        if let Ok(zone) = name.parse::<Tz>() {
            return if zone == Tz::UTC { Zone::Utc } else { Zone::Named(zone) };
        }
        let after_name = match name.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((_, offset)) => offset,
            None => name.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
        };
        let is_posix = after_name.len() != name.len();
        match parse_offset(after_name) {
            Some(seconds) => Zone::Fixed(if is_posix { -seconds } else { seconds }),
            None => Zone::Utc,
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
fn parse_offset(text: &str) -> Option<i32> {
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

    #[test]
    fn reads_zones_as_postgresql_names_them() {
        for (name, zone) in [
            ("UTC", Zone::Utc),
            ("Europe/Berlin", Zone::Named(Tz::Europe__Berlin)),
            ("+02:00", Zone::Fixed(7200)),
            ("-3", Zone::Fixed(-10800)),
            ("<+02>-02", Zone::Fixed(7200)),
            ("<-03:30>+03:30", Zone::Fixed(-12600)),
            ("FOO+5", Zone::Fixed(-18000)),
            ("nowhere", Zone::Utc),
        ] {
            assert_eq!(Zone::parse(name), zone, "{name}");
        }
    }

    #[test]
    fn knows_summer_time() {
        let berlin = Zone::parse("Europe/Berlin");
        assert_eq!(berlin.offset_seconds(1_704_067_200_000_000), 3600);
        assert_eq!(berlin.offset_seconds(1_720_000_000_000_000), 7200);
        assert_eq!(berlin.offset_seconds(i64::MAX), 0);
    }
}
