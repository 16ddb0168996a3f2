//! What the fields of a text say together.

use super::words::{Special, special};
use super::{Fault, Field, Kind, Parts, Session, numbers, part};
use crate::io::calendar::{DAY, DAY_2000, Local, civil, days_in_month, julian};
use crate::io::zone::{Zone, abbreviation};

/// What a text is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A date, with a time or without.
    Date,
    /// A time, with a date or without.
    Time,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A time somewhere, and how many seconds east that is.
    Local(Local, i32),
    Epoch,
    Infinity,
    NegativeInfinity,
}

/// A word that says what the next field is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Julian,
    Time,
    Other,
}

struct Decoder<'a> {
    session: &'a Session,
    expected: Expected,
    parts: Parts,
    prefix: Option<Prefix>,
    /// Seconds east, of a zone that was written as a number or an abbreviation.
    east: i32,
    named_zone: Option<Zone>,
    is_julian: bool,
    afternoon: Option<bool>,
    before_christ: bool,
    word: Option<Decoded>,
}

pub fn decode(fields: &[Field], session: &Session, expected: Expected) -> Result<Decoded, Fault> {
    let mut decoder = Decoder {
        session,
        expected,
        parts: Parts::default(),
        prefix: None,
        east: 0,
        named_zone: None,
        is_julian: false,
        afternoon: None,
        before_christ: false,
        word: None,
    };
    for (place, field) in fields.iter().enumerate() {
        match field.kind {
            Kind::Date => decoder.date(&field.text, place, fields)?,
            Kind::Time => decoder.time(&field.text)?,
            Kind::Zone => {
                decoder.east = numbers::displacement(&field.text)?;
                decoder.take(part::ZONE)?;
            }
            Kind::Number => decoder.number(&field.text, place, fields)?,
            Kind::Word | Kind::Special => decoder.word(&field.text)?,
        }
    }
    decoder.finish()
}

impl Decoder<'_> {
    fn take(&mut self, given: u32) -> Result<(), Fault> {
        numbers::take(given, &mut self.parts)
    }

    fn knows(&self, bits: u32) -> bool {
        self.parts.known & bits == bits
    }

    fn date(&mut self, text: &str, place: usize, fields: &[Field]) -> Result<(), Fault> {
        let begins_with_digit = text.starts_with(|first: char| first.is_ascii_digit());
        if self.prefix == Some(Prefix::Julian) {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            self.prefix = None;
            self.julian(&text[..end])?;
            self.east = numbers::displacement(&text[end..])?;
            return self.take(part::DATE | part::TIME | part::ZONE);
        }
        let is_date = match self.expected {
            Expected::Date => self.prefix.is_none() && !self.knows(part::MONTH | part::DAY),
            // A date before a time is accepted, and only there.
            Expected::Time => {
                place == 0 && fields.len() >= 2 && (fields[fields.len() - 1].kind == Kind::Date || fields[1].kind == Kind::Time)
            }
        };
        if is_date {
            return numbers::date(text, self.session.order, &mut self.parts);
        }
        if begins_with_digit || self.prefix.is_some() {
            // A time with a zone right behind it: `040506-08`.
            if self.prefix.take().is_some_and(|prefix| prefix != Prefix::Time) || self.knows(part::TIME) {
                return Err(Fault::Format);
            }
            let at = text.find('-').ok_or(Fault::Format)?;
            self.east = numbers::displacement(&text[at..])?;
            let known = if self.expected == Expected::Time { self.parts.known | part::DATE } else { self.parts.known };
            let given = numbers::concatenated(&text[..at], known, &mut self.parts)?;
            return self.take(given | part::ZONE);
        }
        self.zone(text, Fault::NoZone(text.to_owned()))
    }

    fn zone(&mut self, name: &str, otherwise: Fault) -> Result<(), Fault> {
        self.named_zone = Some(Zone::named(name).ok_or(otherwise)?);
        self.take(part::ZONE)
    }

    fn time(&mut self, text: &str) -> Result<(), Fault> {
        if self.prefix.take().is_some_and(|prefix| prefix != Prefix::Time) {
            return Err(Fault::Format);
        }
        let (hour, minute, second, micros) = numbers::clock(text, false)?;
        let hour = i32::try_from(hour).map_err(|_| Fault::FieldRange)?;
        self.parts.local = Local { hour, minute, second, micros, ..self.parts.local };
        if hour > 24 || self.parts.local.time() > DAY {
            return Err(Fault::FieldRange);
        }
        self.take(part::TIME)
    }

    fn julian(&mut self, digits: &str) -> Result<(), Fault> {
        let day = digits.parse().map_err(|_| Fault::FieldRange)?;
        (self.parts.local.year, self.parts.local.month, self.parts.local.day) = civil(day);
        self.is_julian = true;
        Ok(())
    }

    fn number(&mut self, text: &str, place: usize, fields: &[Field]) -> Result<(), Fault> {
        let (whole, behind) = text.split_at(text.find('.').unwrap_or(text.len()));
        match self.prefix.take() {
            Some(Prefix::Julian) => {
                self.julian(whole)?;
                if behind.is_empty() {
                    return self.take(part::DATE);
                }
                let fraction: f64 = behind.parse().map_err(|_| Fault::Format)?;
                let time = Local::of((fraction * DAY as f64) as i64);
                self.parts.local = Local { year: self.parts.local.year, month: self.parts.local.month, day: self.parts.local.day, ..time };
                return self.take(part::DATE | part::TIME);
            }
            Some(Prefix::Time) => {
                let given = numbers::concatenated(text, self.parts.known | part::DATE, &mut self.parts)?;
                return if given == part::TIME { self.take(given) } else { Err(Fault::Format) };
            }
            Some(Prefix::Other) => return Err(Fault::Format),
            None => {}
        }
        if self.expected == Expected::Time {
            let is_date = !behind.is_empty() && place == 0 && fields.len() >= 2 && fields[fields.len() - 1].kind == Kind::Date;
            if is_date {
                return numbers::date(text, self.session.order, &mut self.parts);
            }
            let given = numbers::concatenated(text, self.parts.known | part::DATE, &mut self.parts)?;
            return self.take(given);
        }
        let has_date_part = self.parts.known & part::DATE != 0;
        if !behind.is_empty() && !has_date_part {
            return numbers::date(text, self.session.order, &mut self.parts);
        }
        let runs_together = (!behind.is_empty() && whole.len() > 2) || (text.len() >= 6 && (!has_date_part || !self.knows(part::TIME)));
        let known = self.parts.known;
        let given = match runs_together {
            true => numbers::concatenated(text, known, &mut self.parts)?,
            false => numbers::number(text, self.parts.month_word, known, self.session.order, &mut self.parts)?,
        };
        self.take(given)
    }

    fn word(&mut self, text: &str) -> Result<(), Fault> {
        if let Some(found) = abbreviation(text) {
            self.east = found.east;
            return self.take(part::ZONE);
        }
        let Some(meaning) = special(text) else { return self.zone(text, Fault::Format) };
        if self.expected == Expected::Time
            && matches!(
                meaning,
                Special::Today
                    | Special::Tomorrow
                    | Special::Yesterday
                    | Special::Epoch
                    | Special::Infinity
                    | Special::NegativeInfinity
                    | Special::Month(_)
                    | Special::Weekday
            )
        {
            return Err(Fault::Format);
        }
        match meaning {
            Special::Ignored => Ok(()),
            Special::Now => {
                self.parts.local = Local::of(self.session.local_now());
                self.east = self.session.zone.east(self.session.now);
                self.take(part::DATE | part::TIME | part::ZONE)
            }
            Special::Today => self.day(0),
            Special::Tomorrow => self.day(1),
            Special::Yesterday => self.day(-1),
            Special::Zulu => {
                self.parts.local = Local { hour: 0, minute: 0, second: 0, micros: 0, ..self.parts.local };
                self.east = 0;
                self.take(part::TIME | part::ZONE)
            }
            Special::Epoch => self.whole(Decoded::Epoch),
            Special::Infinity => self.whole(Decoded::Infinity),
            Special::NegativeInfinity => self.whole(Decoded::NegativeInfinity),
            Special::Month(month) => {
                let mut given = part::MONTH;
                if self.knows(part::MONTH) && !self.parts.month_word && !self.knows(part::DAY) && (1..=31).contains(&self.parts.local.month)
                {
                    // What was taken for the month was the day.
                    self.parts.local.day = self.parts.local.month;
                    given = part::DAY;
                }
                self.parts.month_word = true;
                self.parts.local.month = month;
                self.take(given)
            }
            Special::Weekday => self.take(part::WEEKDAY),
            Special::DaylightModifier(seconds) => {
                self.east += seconds;
                self.take(part::DAYLIGHT)
            }
            Special::Afternoon(afternoon) => {
                self.afternoon = Some(afternoon);
                self.take(part::HALF_OF_DAY)
            }
            Special::BeforeChrist(before) => {
                self.before_christ = before;
                self.take(part::ERA)
            }
            Special::Julian => self.announce(Prefix::Julian),
            Special::OtherUnit => self.announce(Prefix::Other),
            Special::IsoTime => {
                if self.expected == Expected::Date && !self.knows(part::DATE) {
                    return Err(Fault::Format);
                }
                self.announce(Prefix::Time)
            }
        }
    }

    fn announce(&mut self, prefix: Prefix) -> Result<(), Fault> {
        match self.prefix.replace(prefix) {
            None => Ok(()),
            Some(_) => Err(Fault::Format),
        }
    }

    /// A day some days after today.
    fn day(&mut self, days: i32) -> Result<(), Fault> {
        let today = self.session.local_now().div_euclid(DAY) as i32 + DAY_2000;
        (self.parts.local.year, self.parts.local.month, self.parts.local.day) = civil(today + days);
        self.take(part::DATE)
    }

    /// A word that says all.
    fn whole(&mut self, value: Decoded) -> Result<(), Fault> {
        self.word = Some(value);
        self.take(part::DATE | part::TIME | part::ZONE)
    }

    fn finish(mut self) -> Result<Decoded, Fault> {
        if self.prefix.is_some() {
            return Err(Fault::Format);
        }
        if let Some(word) = self.word {
            return Ok(word);
        }
        self.check_date()?;
        if let Some(afternoon) = self.afternoon {
            let hour = &mut self.parts.local.hour;
            match (*hour, afternoon) {
                (13.., _) => return Err(Fault::FieldRange),
                (12, false) => *hour = 0,
                (..12, true) => *hour += 12,
                _ => {}
            }
        }
        let needed = if self.expected == Expected::Date { part::DATE } else { part::TIME };
        if !self.knows(needed) {
            return Err(Fault::Format);
        }
        if self.parts.local.time() > DAY || self.parts.local.hour < 0 || self.parts.local.minute > 59 || self.parts.local.second > 60 {
            return Err(Fault::FieldRange);
        }
        let east = self.offset()?;
        Ok(Decoded::Local(self.parts.local, east))
    }

    fn check_date(&mut self) -> Result<(), Fault> {
        let local = &mut self.parts.local;
        let known = self.parts.known;
        if known & part::YEAR != 0 && !self.is_julian {
            if self.before_christ {
                if local.year <= 0 {
                    return Err(Fault::FieldRange);
                }
                local.year = 1 - local.year;
            } else if self.parts.short_year {
                local.year += if local.year < 70 { 2000 } else { 1900 };
            } else if local.year <= 0 {
                return Err(Fault::FieldRange);
            }
        }
        if known & part::DAY_OF_YEAR != 0 {
            (local.year, local.month, local.day) = civil(julian(local.year, 1, 1) + self.parts.day_of_year - 1);
        }
        if known & part::MONTH != 0 && !(1..=12).contains(&local.month) || known & part::DAY != 0 && !(1..=31).contains(&local.day) {
            return Err(Fault::MonthOrDayRange);
        }
        if known & part::DATE == part::DATE && local.day > days_in_month(local.year, local.month) {
            return Err(Fault::FieldRange);
        }
        Ok(())
    }

    /// Seconds east. Where no zone is written it is the session's.
    fn offset(&self) -> Result<i32, Fault> {
        if let Some(zone) = &self.named_zone {
            if self.knows(part::DAYLIGHT) {
                return Err(Fault::Format);
            }
            // Without a date only a zone without rules has an offset.
            return match (self.knows(part::DATE), zone) {
                (true, _) | (_, Zone::Utc | Zone::Fixed(..)) => Ok(self.at(zone)),
                (false, Zone::Rules(_)) => fixed_offset(zone).ok_or(Fault::Format),
            };
        }
        if self.knows(part::ZONE) {
            return Ok(self.east);
        }
        if self.knows(part::DAYLIGHT) {
            return Err(Fault::Format);
        }
        Ok(self.at(&self.session.zone))
    }

    fn at(&self, zone: &Zone) -> i32 {
        let today = || self.session.local_now().div_euclid(DAY);
        let days = match self.knows(part::DATE) {
            true => self.parts.local.days().map_or_else(today, i64::from),
            false => today(),
        };
        days.checked_mul(DAY).map_or(0, |midnight| zone.east_at_local(midnight.saturating_add(self.parts.local.time())))
    }
}

/// The offset of a zone whose clocks never changed since there are zones; it is enough to look at every month.
fn fixed_offset(zone: &Zone) -> Option<i32> {
    const MONTHS_BEFORE_2000: i64 = 200 * 12;
    const MONTHS_AFTER_2000: i64 = 40 * 12;
    let first = zone.east(0);
    (-MONTHS_BEFORE_2000..MONTHS_AFTER_2000).all(|month| zone.east(month * 30 * DAY) == first).then_some(first)
}
