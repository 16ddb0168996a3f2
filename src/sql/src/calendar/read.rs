//! Dates and times as PostgreSQL reads them from text: ISO 8601 in its variants, named months, `MM/DD/YYYY`, and words.

use chrono::{Datelike, NaiveDate};
use spi::{Code, Error, Result};

use super::{DAY, SECOND, Zone, days};

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What reading depends on besides the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) zone: Zone,
    /// When the transaction began, for `now` and `today`.
    pub(crate) now: i64,
}

/// Days since 1970.
pub(crate) fn date(text: &str, session: Session) -> Result<i32> {
    timestamp_as(text, session, "date").map(super::day)
}

/// Microseconds since 1970. A time zone in the text says nothing here, as in PostgreSQL.
pub(crate) fn timestamp(text: &str, session: Session) -> Result<i64> {
    timestamp_as(text, session, "timestamp")
}

fn timestamp_as(text: &str, session: Session, type_name: &str) -> Result<i64> {
    if let Some(local) = word(text, session) {
        return Ok(local);
    }
    parts(text, type_name)?.local(text, type_name)
}

/// Microseconds since 1970 UTC. What names no zone is meant in the session's.
pub(crate) fn timestamptz(text: &str, session: Session) -> Result<i64> {
    const TYPE: &str = "timestamp with time zone";
    match text.trim().to_ascii_lowercase().as_str() {
        "epoch" => return Ok(0),
        "now" => return Ok(session.now),
        _ => {}
    }
    if let Some(local) = word(text, session) {
        return Ok(session.zone.to_utc(local));
    }
    let parts = parts(text, TYPE)?;
    let local = parts.local(text, TYPE)?;
    Ok(match parts.zone {
        None => session.zone.to_utc(local),
        Some(WrittenZone::Offset(offset)) => local - offset,
        Some(WrittenZone::Rules(zone)) => zone.to_utc(local),
    })
}

/// Microseconds since midnight.
pub(crate) fn time(text: &str, session: Session) -> Result<i64> {
    const TYPE: &str = "time";
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(session.zone.to_local(session.now).rem_euclid(DAY));
    }
    let parts = parts(text, TYPE)?;
    parts.time.ok_or_else(|| malformed(text, TYPE))
}

/// The words that stand for a local time.
fn word(text: &str, session: Session) -> Option<i64> {
    let now = session.zone.to_local(session.now);
    let today = now - now.rem_euclid(DAY);
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => i64::MAX,
        "-infinity" => i64::MIN,
        "epoch" => 0,
        "now" => now,
        "today" => today,
        "tomorrow" => today + DAY,
        "yesterday" => today - DAY,
        _ => return None,
    })
}

/// What a text says of a time.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    before_christ: bool,
    time: Option<i64>,
    zone: Option<WrittenZone>,
}

enum WrittenZone {
    /// Microseconds east.
    Offset(i64),
    Rules(Zone),
}

fn parts(text: &str, type_name: &str) -> Result<Parts> {
    let mut parts = Parts::default();
    for token in tokens(text) {
        parts.take(&token, text, type_name)?;
    }
    Ok(parts)
}

/// The words of a text. A `T` between digits separates like a space.
fn tokens(text: &str) -> Vec<String> {
    let lower = text.trim().to_ascii_lowercase();
    let characters: Vec<char> = lower.chars().collect();
    let is_digit = |index: usize| characters.get(index).is_some_and(char::is_ascii_digit);
    let separated: String = characters
        .iter()
        .enumerate()
        .map(|(index, &character)| match character {
            't' if index > 0 && is_digit(index - 1) && is_digit(index + 1) => ' ',
            ',' => ' ',
            other => other,
        })
        .collect();
    separated.split_whitespace().map(str::to_owned).collect()
}

impl Parts {
    fn take(&mut self, token: &str, text: &str, type_name: &str) -> Result<()> {
        let malformed = || malformed(text, type_name);
        let starts_with_digit = token.starts_with(|c: char| c.is_ascii_digit());
        if starts_with_digit && token.contains(':') && self.time.is_none() {
            let end = token.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(token.len());
            self.time = Some(clock(&token[..end], text)?);
            return if end < token.len() { self.take(&token[end..], text, type_name) } else { Ok(()) };
        }
        match token {
            "bc" | "ad" => self.before_christ = token == "bc",
            "am" | "pm" => self.take_half(token == "pm", text, type_name)?,
            "z" | "utc" | "gmt" if self.zone.is_none() => self.zone = Some(WrittenZone::Offset(0)),
            _ if token.starts_with(['+', '-']) && self.time.is_some() && self.zone.is_none() => {
                self.zone = Some(WrittenZone::Offset(offset(token).ok_or_else(malformed)?));
            }
            _ if starts_with_digit && token.bytes().all(|byte| byte.is_ascii_digit()) => self.take_number(token).ok_or_else(malformed)?,
            _ if starts_with_digit => self.take_date(token).ok_or_else(malformed)?,
            _ => self.take_name(token, text, type_name)?,
        }
        Ok(())
    }

    fn take_half(&mut self, afternoon: bool, text: &str, type_name: &str) -> Result<()> {
        const HOUR: i64 = 3600 * SECOND;
        let time = self.time.ok_or_else(|| malformed(text, type_name))?;
        if !(0..13 * HOUR).contains(&time) {
            return Err(field_out_of_range(text));
        }
        let since_noon = if time >= 12 * HOUR { time - 12 * HOUR } else { time };
        self.time = Some(if afternoon { since_noon + 12 * HOUR } else { since_noon });
        Ok(())
    }

    /// A number by itself: `20260203`, or the day or year beside a named month.
    fn take_number(&mut self, token: &str) -> Option<()> {
        if token.len() == 8 && self.year.is_none() && self.month.is_none() {
            self.year = token[..4].parse().ok();
            self.month = token[4..6].parse().ok();
            self.day = token[6..].parse().ok();
            return Some(());
        }
        match (self.day, self.year) {
            (None, _) if token.len() <= 2 => self.day = Some(token.parse().ok()?),
            (_, None) if self.month.is_some() => self.year = Some(token.parse().ok()?),
            _ => return None,
        }
        Some(())
    }

    /// Numbers, or numbers and a named month, with one kind of separator between them.
    fn take_date(&mut self, token: &str) -> Option<()> {
        let separator = token.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
        let fields: Vec<&str> = token.split(separator).collect();
        let &[first, second, third] = fields.as_slice() else { return None };
        if self.year.is_some() || self.month.is_some() {
            return None;
        }
        let (year, month, day) = match month_named(second) {
            Some(month) if first.len() > 2 => (first, month, third),
            Some(month) => (third, month, first),
            None if first.len() > 2 => (first, second.parse().ok()?, third),
            // The order of the style that dates have here: month, day, year.
            None => (third, first.parse().ok()?, second),
        };
        let written: i32 = year.parse().ok()?;
        self.year = Some(if year.len() > 2 { written } else { of_two_digits(written) });
        self.month = Some(month);
        self.day = Some(day.parse().ok()?);
        Some(())
    }

    fn take_name(&mut self, token: &str, text: &str, type_name: &str) -> Result<()> {
        if let Some(month) = month_named(token)
            && self.month.is_none()
        {
            self.month = Some(month);
        } else if WEEKDAYS.iter().any(|weekday| token.len() >= 3 && weekday.starts_with(token)) {
        } else if self.time.is_some() && self.zone.is_none() {
            let zone = Zone::named(token).ok_or_else(|| match token.contains('/') {
                true => Error::new(Code::InvalidArgument, format!("time zone \"{token}\" not recognized")),
                false => malformed(text, type_name),
            })?;
            self.zone = Some(WrittenZone::Rules(zone));
        } else {
            return Err(malformed(text, type_name));
        }
        Ok(())
    }

    /// The local time that the parts are.
    fn local(&self, text: &str, type_name: &str) -> Result<i64> {
        let (Some(year), Some(month), Some(day)) = (self.year, self.month, self.day) else { return Err(malformed(text, type_name)) };
        if year == 0 {
            return Err(field_out_of_range(text));
        }
        let year = if self.before_christ { 1 - year } else { year };
        let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| field_out_of_range(text))?;
        debug_assert_eq!(date.year(), year);
        Ok(i64::from(days(date)) * DAY + self.time.unwrap_or(0))
    }
}

/// The years of this century up to 69, and of the last one from 70 on.
fn of_two_digits(year: i32) -> i32 {
    if year < 70 { 2000 + year } else { 1900 + year }
}

fn month_named(name: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|month| name.len() >= 3 && (month.starts_with(name) && name.len() == 3 || *month == name))?;
    Some(place as u32 + 1)
}

/// `04:05`, `04:05:06.789` in microseconds.
fn clock(written: &str, text: &str) -> Result<i64> {
    let mut fields = written.split(':');
    let whole = |field: Option<&str>| field.unwrap_or("0").parse::<i64>().map_err(|_| field_out_of_range(text));
    let (hours, minutes) = (whole(fields.next())?, whole(fields.next())?);
    let third = fields.next().unwrap_or("0");
    let (seconds, fraction) = third.split_once('.').unwrap_or((third, ""));
    let seconds = whole(Some(seconds))?;
    let micros = match fraction {
        "" => 0,
        digits => (format!("0.{digits}").parse::<f64>().map_err(|_| field_out_of_range(text))? * SECOND as f64).round() as i64,
    };
    let time = ((hours * 60 + minutes) * 60 + seconds) * SECOND + micros;
    let fits = hours <= 24 && minutes < 60 && seconds <= 60 && time <= DAY && fields.next().is_none();
    if fits { Ok(time) } else { Err(field_out_of_range(text)) }
}

/// `+02`, `-03:30`, `+0530` in microseconds east.
fn offset(token: &str) -> Option<i64> {
    let (sign, digits) = (if token.starts_with('-') { -1 } else { 1 }, &token[1..]);
    let fields: Vec<&str> = match digits.contains(':') {
        true => digits.split(':').collect(),
        false if digits.len() > 2 => vec![&digits[..digits.len() - 2], &digits[digits.len() - 2..]],
        false => vec![digits],
    };
    let field = |index: usize| match fields.get(index) {
        None => Some(0),
        Some(field) => field.bytes().all(|byte| byte.is_ascii_digit()).then(|| field.parse::<i64>().ok())?,
    };
    let (hours, minutes, seconds) = (field(0)?, field(1)?, field(2)?);
    (hours < 16 && minutes < 60 && seconds < 60 && fields.len() <= 3).then_some(sign * (hours * 3600 + minutes * 60 + seconds) * SECOND)
}

fn malformed(text: &str, type_name: &str) -> Error {
    Error::new(Code::DatetimeFormat, format!("invalid input syntax for type {type_name}: \"{text}\""))
}

fn field_out_of_range(text: &str) -> Error {
    Error::new(Code::DatetimeRange, format!("date/time field value out of range: \"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * SECOND;
    /// 2026-02-03.
    const THIRD: i32 = 20_487;

    fn session(zone: &str) -> Session {
        Session { zone: Zone::named(zone).expect("a zone"), now: i64::from(THIRD) * DAY + 12 * HOUR }
    }

    #[test]
    fn dates() {
        for text in [
            "2026-02-03",
            "2026-2-3",
            "20260203",
            "2026/02/03",
            "2026.02.03",
            "02/03/2026",
            "Feb 3, 2026",
            "3 February 2026",
            "03-Feb-2026",
            "2026-02-03 04:05:06",
            "2026-02-03T04:05:06Z",
            "Tue Feb 3 2026",
            "2/3/26",
            " today ",
        ] {
            assert_eq!(date(text, session("UTC")).expect(text), THIRD, "{text}");
        }
        assert_eq!(date("0044-03-15 BC", session("UTC")).expect("a date"), -735_160);
        assert_eq!((date("infinity", session("UTC")).expect("a date"), date("epoch", session("UTC")).expect("a date")), (i32::MAX, 0));
    }

    #[test]
    fn times() {
        let clock = (4 * 3600 + 5 * 60 + 6) * SECOND + 789_000;
        for (text, micros) in
            [("04:05:06.789", clock), ("04:05", clock - 6_789_000), ("04:05 PM", clock - 6_789_000 + 12 * HOUR), ("24:00:00", DAY)]
        {
            assert_eq!(time(text, session("UTC")).expect(text), micros, "{text}");
        }
    }

    #[test]
    fn zones_count_for_moments_only() {
        let midnight = i64::from(THIRD) * DAY;
        for (text, moment) in [
            ("2026-02-03 12:00", 11 * HOUR),
            ("2026-02-03 12:00+02", 10 * HOUR),
            ("2026-02-03 12:00:00 -03:30", 15 * HOUR + HOUR / 2),
            ("2026-02-03T12:00:00Z", 12 * HOUR),
            ("2026-02-03 12:00 America/New_York", 17 * HOUR),
            ("now", 12 * HOUR),
            ("today", -HOUR),
        ] {
            assert_eq!(timestamptz(text, session("Europe/Berlin")).expect(text), midnight + moment, "{text}");
        }
        assert_eq!(timestamp("2026-02-03 12:00+02", session("Europe/Berlin")).expect("a time"), midnight + 12 * HOUR);
    }

    #[test]
    fn what_is_no_time() {
        for (text, code) in [
            ("", Code::DatetimeFormat),
            ("soon", Code::DatetimeFormat),
            ("2026-02", Code::DatetimeFormat),
            ("1ü", Code::DatetimeFormat),
            ("2026-02-30", Code::DatetimeRange),
            ("2026-13-01", Code::DatetimeRange),
            ("2026-02-03 25:00", Code::DatetimeRange),
            ("2026-02-03 12:00 Nowhere/Nothing", Code::InvalidArgument),
        ] {
            assert_eq!(timestamptz(text, session("UTC")).expect_err(text).code, code, "{text}");
        }
    }
}
