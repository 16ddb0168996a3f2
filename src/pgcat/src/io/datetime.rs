//! Dates and times as PostgreSQL reads them: any order of year, month, day, time and zone that can be told apart, and words.
//!
//! This is PostgreSQL's own way: [`fields`] cuts the text into fields of a few kinds, [`decode`] takes each for what nothing before it
//! was, and [`words`] and [`numbers`] know what a field can be.

mod decode;
mod fields;
mod numbers;
mod words;

pub use decode::{Decoded, Expected, decode};
pub use fields::{Field, Kind, split};
pub use numbers::{clock, fraction};

use spi::{Code, Error};

use super::calendar::Local;
use super::style::DateOrder;
use super::zone::Zone;
use crate::host::Host;

/// What reading depends on besides the text.
#[derive(Clone, Debug)]
pub struct Session {
    pub zone: Zone,
    pub order: DateOrder,
    /// When the transaction began, for `now` and `today`.
    pub now: i64,
}

impl Session {
    pub fn of(host: &dyn Host) -> Self {
        let order = super::style::DateStyle::of(host).order;
        Self { zone: Zone::of(host), order, now: host.transaction_started_at() }
    }

    /// The time now in the session's zone.
    pub fn local_now(&self) -> i64 {
        self.zone.to_local(self.now)
    }
}

/// Why a text is no date or time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Format,
    FieldRange,
    /// Perhaps the order of day and month is another.
    MonthOrDayRange,
    IntervalRange,
    ZoneRange,
    NoZone(String),
}

impl Fault {
    pub fn error(self, text: &str, type_name: &str) -> Error {
        match self {
            Fault::Format => Error::new(Code::DatetimeFormat, format!("invalid input syntax for type {type_name}: \"{text}\"")),
            Fault::FieldRange => Error::new(Code::DatetimeRange, format!("date/time field value out of range: \"{text}\"")),
            Fault::MonthOrDayRange => {
                let error = Error::new(Code::DatetimeRange, format!("date/time field value out of range: \"{text}\""));
                error.hint("Perhaps you need a different \"datestyle\" setting.")
            }
            Fault::IntervalRange => Error::new(Code::IntervalRange, format!("interval field value out of range: \"{text}\"")),
            Fault::ZoneRange => Error::new(Code::TimeZoneRange, format!("time zone displacement out of range: \"{text}\"")),
            Fault::NoZone(name) => Error::new(Code::InvalidArgument, format!("time zone \"{name}\" not recognized")),
        }
    }
}

/// The parts of a date and time that a text may give, as bits.
pub mod part {
    pub const YEAR: u32 = 1 << 0;
    pub const MONTH: u32 = 1 << 1;
    pub const DAY: u32 = 1 << 2;
    pub const DATE: u32 = YEAR | MONTH | DAY;
    pub const TIME: u32 = 1 << 3;
    pub const ZONE: u32 = 1 << 4;
    pub const DAYLIGHT: u32 = 1 << 5;
    pub const DAY_OF_YEAR: u32 = 1 << 6;
    pub const WEEKDAY: u32 = 1 << 7;
    pub const HALF_OF_DAY: u32 = 1 << 8;
    pub const ERA: u32 = 1 << 9;
}

/// The parts that were read so far.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Bits of [`part`].
    pub known: u32,
    pub local: Local,
    pub day_of_year: i32,
    /// Whether the year was written with one or two digits.
    pub short_year: bool,
    /// Whether the month was a word.
    pub month_word: bool,
}
