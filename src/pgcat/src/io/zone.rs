//! Time zones: what time it is there at a moment, and at which moment it is some time there.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use super::calendar::{self, DAY, SECOND, SINCE_1970, civil, is_leap, julian, weekday};
use crate::host::Host;
use crate::statics;

/// The last year for which the rules are written out; later years are like one of those before it.
const RULES_END: i32 = 2060;
/// In so many years every combination of leap years and weekdays comes.
const YEARS_OF_A_CYCLE: i32 = 28;
/// Enough to lie before any change of a clock.
const BEFORE_A_CHANGE: TimeDelta = TimeDelta::hours(24);

static NAMES: LazyLock<HashMap<String, Tz>> =
    LazyLock::new(|| TZ_VARIANTS.iter().map(|zone| (zone.name().to_lowercase(), *zone)).collect());

static ABBREVIATIONS: LazyLock<HashMap<String, Abbreviation>> = LazyLock::new(|| {
    let known = statics::time_zone_abbreviations().iter();
    known
        .filter_map(|known| Some((known.abbrev.to_lowercase(), Abbreviation { east: clock(known.utc_offset)?, is_dst: known.is_dst })))
        .collect()
});

/// A zone, with rules or a fixed distance from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    Utc,
    Rules(Tz),
    /// Seconds east, and what the zone calls itself.
    Fixed(i32, String),
}

/// What an abbreviation such as `CEST` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abbreviation {
    /// Seconds east of UTC.
    pub east: i32,
    pub is_dst: bool,
}

/// An abbreviation in lower case.
pub fn abbreviation(word: &str) -> Option<Abbreviation> {
    ABBREVIATIONS.get(word).copied()
}

/// Seconds of an offset as it is listed: `-03:30:00`.
fn clock(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let mut seconds = 0;
    for part in digits.split(':') {
        seconds = seconds * 60 + part.parse::<i32>().ok()?;
    }
    Some(sign * seconds)
}

impl Zone {
    /// The zone of the session.
    pub fn of(host: &dyn Host) -> Self {
        match host.setting("TimeZone").as_deref() {
            None | Some("UTC" | "Etc/UTC" | "GMT") => Zone::Utc,
            Some(name) => Self::named(name).unwrap_or(Zone::Utc),
        }
    }

    /// A zone of the IANA database, whatever the case of its name, or one that POSIX would understand: `<+03>-03`, `UTC+3`.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.get(&name.to_lowercase()).map(|zone| Zone::Rules(*zone)).or_else(|| posix(name))
    }

    /// How far east of UTC its clocks are at a moment, in seconds.
    pub fn east(&self, moment: i64) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(east, _) => *east,
            Zone::Rules(zone) => naive(moment).map_or(0, |naive| zone.offset_from_utc_datetime(&naive).fix().local_minus_utc()),
        }
    }

    /// What its time is called at a moment: `CET`, `CEST`.
    pub fn name_at(&self, moment: i64) -> String {
        match self {
            Zone::Utc => "UTC".to_owned(),
            Zone::Fixed(_, name) => name.clone(),
            Zone::Rules(zone) => {
                naive(moment).and_then(|naive| zone.offset_from_utc_datetime(&naive).abbreviation().map(str::to_owned)).unwrap_or_default()
            }
        }
    }

    /// Seconds east at a time there. A time that is skipped is counted from before the change, one that comes twice is the second.
    pub fn east_at_local(&self, local: i64) -> i32 {
        let zone = match self {
            Zone::Utc => return 0,
            Zone::Fixed(east, _) => return *east,
            Zone::Rules(zone) => zone,
        };
        let Some(naive) = naive(local) else { return 0 };
        match zone.offset_from_local_datetime(&naive) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset.fix().local_minus_utc(),
            LocalResult::None => {
                let before = naive.checked_sub_signed(BEFORE_A_CHANGE).unwrap_or(naive);
                zone.offset_from_utc_datetime(&before).fix().local_minus_utc()
            }
        }
    }

    /// The time there at a moment; the infinities stay.
    pub fn to_local(&self, moment: i64) -> i64 {
        if calendar::is_infinite(moment) { moment } else { moment.saturating_add(i64::from(self.east(moment)) * SECOND) }
    }

    /// The moment of a time there; the infinities stay.
    pub fn to_utc(&self, local: i64) -> i64 {
        if calendar::is_infinite(local) { local } else { local.saturating_sub(i64::from(self.east_at_local(local)) * SECOND) }
    }
}

/// A time for which the rules are known: far in the future, the same day of a like year.
fn naive(timestamp: i64) -> Option<NaiveDateTime> {
    let days = timestamp.div_euclid(DAY) as i32 + calendar::DAY_2000;
    let (year, _, _) = civil(days);
    let mut shifted = timestamp;
    if year > RULES_END {
        let first = julian(year, 1, 1);
        let is_like = |other: &i32| is_leap(*other) == is_leap(year) && weekday(julian(*other, 1, 1)) == weekday(first);
        let like = (RULES_END - YEARS_OF_A_CYCLE + 1..=RULES_END).find(is_like)?;
        shifted -= i64::from(first - julian(like, 1, 1)) * DAY;
    }
    DateTime::from_timestamp_micros(shifted.checked_add(SINCE_1970)?).map(|moment| moment.naive_utc())
}

/// `UTC+3` is three hours west of Greenwich, and has the name in front of the sign.
fn posix(text: &str) -> Option<Zone> {
    let (name, rest) = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?,
        None => text.split_at(text.find(|character: char| character.is_ascii_digit() || "+-,".contains(character))?),
    };
    let (sign, digits) = match rest.as_bytes().first()? {
        b'+' => (-1, &rest[1..]),
        b'-' => (1, &rest[1..]),
        _ => (-1, rest),
    };
    let mut seconds = 0;
    let mut unit = 3600;
    for part in digits.split(':') {
        if part.is_empty() || part.len() > 3 || unit == 0 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        seconds += part.parse::<i32>().ok()? * unit;
        unit /= 60;
    }
    (seconds < 7 * 24 * 3600).then(|| Zone::Fixed(sign * seconds, name.to_owned()))
}
