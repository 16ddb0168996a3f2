//! The names of units: `year`, `week`, `epoch`.

use spi::{Code, Error};

/// What can be taken out of a moment or a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Julian,
    Zone,
    ZoneHour,
    ZoneMinute,
}

impl Unit {
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        // Words are told apart by ten characters.
        Some(match name.get(..10).unwrap_or(&name) {
            "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => Unit::Microsecond,
            "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => Unit::Millisecond,
            "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
            "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
            "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
            "d" | "day" | "days" => Unit::Day,
            "w" | "week" | "weeks" => Unit::Week,
            "mon" | "mons" | "month" | "months" => Unit::Month,
            "qtr" | "quarter" => Unit::Quarter,
            "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
            "dec" | "decs" | "decade" | "decades" => Unit::Decade,
            "c" | "cent" | "century" | "centuries" => Unit::Century,
            "mil" | "mils" | "millennium" | "millennia" => Unit::Millennium,
            "epoch" => Unit::Epoch,
            "dow" => Unit::DayOfWeek,
            "isodow" => Unit::IsoDayOfWeek,
            "doy" => Unit::DayOfYear,
            "isoyear" => Unit::IsoYear,
            "julian" | "jd" => Unit::Julian,
            "timezone" => Unit::Zone,
            "timezone_h" => Unit::ZoneHour,
            "timezone_m" => Unit::ZoneMinute,
            _ => return None,
        })
    }

    /// The unit of a number in an interval's text.
    pub fn of_span(name: &str) -> Option<Self> {
        Self::named(name).filter(|unit| (*unit as u32) <= Unit::Millennium as u32 && *unit != Unit::Quarter)
    }
}

pub fn not_recognized(name: &str, type_name: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("unit \"{}\" not recognized for type {type_name}", name.to_lowercase()))
}

pub fn not_supported(name: &str, type_name: &str) -> Error {
    Error::new(Code::Unsupported, format!("unit \"{}\" not supported for type {type_name}", name.to_lowercase()))
}
