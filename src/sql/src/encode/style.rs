//! The settings of a session that decide how values look in text.

use arrow::array::timezone::Tz;
use chrono::{DateTime, Offset, TimeZone};

use crate::settings::Settings;

/// How a session wants to see values. Dates are ISO and intervals in PostgreSQL's style whatever the session says:
/// the gateway's settings accept no other style.
#[derive(Clone, Debug)]
pub struct Style {
    pub(crate) zone: Zone,
    pub(crate) bytea: ByteaOutput,
    /// `extra_float_digits`: above 0 the shortest text that reads back as the same number, else that many digits more than 6 or 15.
    pub(crate) extra_float_digits: i32,
}

impl Style {
    pub fn of(settings: &Settings) -> Self {
        Self {
            zone: Zone::parse(&settings.time_zone()),
            bytea: if settings.bytea_hex() { ByteaOutput::Hex } else { ByteaOutput::Escape },
            extra_float_digits: settings.extra_float_digits(),
        }
    }
}

/// As a session sees values that sets nothing.
impl Default for Style {
    fn default() -> Self {
        Self { zone: Zone::Utc, bytea: ByteaOutput::Hex, extra_float_digits: 1 }
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
    Other(Tz),
}

impl Zone {
    /// A zone of the IANA database, or an offset such as `+02:00`, east being positive.
    /// SET has refused everything else before, so UTC stands in for what is not understood here.
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            // The zone of most sessions needs no look into a table for every value.
            "UTC" | "Etc/UTC" | "GMT" => Zone::Utc,
            _ => name.parse().map_or(Zone::Utc, Zone::Other),
        }
    }

    /// Seconds east of Greenwich at a moment, in microseconds since 1970 UTC.
    pub fn offset_seconds(self, micros: i64) -> i32 {
        match self {
            Zone::Utc => 0,
            // Beyond the years that chrono knows no zone has rules either.
            Zone::Other(zone) => DateTime::from_timestamp_micros(micros)
                .map_or(0, |moment| zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-01-01 and 2024-07-03.
    const WINTER: i64 = 1_704_067_200_000_000;
    const SUMMER: i64 = 1_720_000_000_000_000;

    #[test]
    fn zones_have_offsets() {
        for (name, winter, summer) in [
            ("UTC", 0, 0),
            ("Europe/Berlin", 3600, 7200),
            ("America/New_York", -18_000, -14_400),
            ("+02:00", 7200, 7200),
            ("-03:30", -12_600, -12_600),
            ("nowhere", 0, 0),
        ] {
            let zone = Zone::parse(name);
            assert_eq!((zone.offset_seconds(WINTER), zone.offset_seconds(SUMMER)), (winter, summer), "{name}");
        }
        assert_eq!(Zone::parse("Europe/Berlin").offset_seconds(i64::MAX), 0);
    }
}
