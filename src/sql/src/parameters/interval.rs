//! Intervals, in each of the notations that PostgreSQL writes: `1 year 2 mons -3 days 04:05:06.7`, `@ 1 day ago` and `P1Y2M3DT4H5M6.7S`.

use arrow::datatypes::IntervalMonthDayNano;

/// The three parts that an interval has, because a month has no fixed number of days, nor a day of hours.
#[derive(Default)]
struct Parts {
    months: f64,
    days: f64,
    nanoseconds: f64,
}

const NANOSECONDS_PER_SECOND: f64 = 1e9;
const DAYS_PER_MONTH: f64 = 30.0;
const NANOSECONDS_PER_DAY: f64 = 86_400.0 * NANOSECONDS_PER_SECOND;

/// `None` if the text is no interval, or one that does not fit.
pub(super) fn parse(text: &str) -> Option<IntervalMonthDayNano> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_prefix('p') {
        Some(designators) => iso_8601(designators)?.whole(),
        None => words(&text)?.whole(),
    }
}

/// Numbers with units, and at most one time of day.
fn words(text: &str) -> Option<Parts> {
    let text = text.strip_prefix('@').unwrap_or(text).trim();
    let (text, sign) = match text.strip_suffix("ago") {
        Some(rest) => (rest, -1.0),
        None => (text, 1.0),
    };
    let mut parts = Parts::default();
    let mut words = separated(text).into_iter().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            parts.nanoseconds += clock(&word)? * sign;
            continue;
        }
        let number: f64 = word.parse().ok()?;
        // A number alone at the end counts seconds.
        let unit = words.next_if(|next| next.starts_with(|c: char| c.is_ascii_alphabetic()));
        if unit.is_none() && words.peek().is_some() {
            return None;
        }
        parts.add(number * sign, unit.as_deref().unwrap_or("s"))?;
    }
    Some(parts)
}

/// The words of a text; a unit may stand right behind its number, as in `1day`.
fn separated(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut previous = ' ';
    for character in text.chars() {
        if previous.is_ascii_digit() && character.is_ascii_alphabetic() {
            spaced.push(' ');
        }
        spaced.push(character);
        previous = character;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// `-04:05:06.7` in nanoseconds.
fn clock(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut fields = text.split(':');
    let (hours, minutes, seconds) = (fields.next()?, fields.next()?, fields.next().unwrap_or("0"));
    if fields.next().is_some() || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds: f64 = seconds.parse().ok().filter(|seconds| (0.0..60.0).contains(seconds))?;
    (minutes < 60).then(|| sign * (f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds) * NANOSECONDS_PER_SECOND)
}

/// What follows the `P`: numbers with designators, those of hours and less behind a `T`.
fn iso_8601(text: &str) -> Option<Parts> {
    let (date, time) = text.split_once('t').unwrap_or((text, ""));
    let mut parts = Parts::default();
    for (fields, units) in [
        (date, [("y", "year"), ("m", "month"), ("w", "week"), ("d", "day")]),
        (time, [("h", "hour"), ("m", "minute"), ("s", "second"), ("", "")]),
    ] {
        let mut rest = fields;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, designator) = (&rest[..end], &rest[end..=end]);
            let (_, unit) = units.iter().find(|(known, _)| *known == designator)?;
            parts.add(number.parse().ok()?, unit)?;
            rest = &rest[end + 1..];
        }
    }
    (!text.is_empty()).then_some(parts)
}

impl Parts {
    fn add(&mut self, number: f64, unit: &str) -> Option<()> {
        match unit {
            "millennium" | "millennia" | "millenniums" | "mil" | "mils" => self.months += number * 12_000.0,
            "century" | "centuries" | "cent" | "c" => self.months += number * 1200.0,
            "decade" | "decades" | "dec" | "decs" => self.months += number * 120.0,
            "year" | "years" | "yr" | "yrs" | "y" => self.months += number * 12.0,
            "month" | "months" | "mon" | "mons" => self.months += number,
            "week" | "weeks" | "w" => self.days += number * 7.0,
            "day" | "days" | "d" => self.days += number,
            "hour" | "hours" | "hr" | "hrs" | "h" => self.nanoseconds += number * 3600.0 * NANOSECONDS_PER_SECOND,
            "minute" | "minutes" | "min" | "mins" | "m" => self.nanoseconds += number * 60.0 * NANOSECONDS_PER_SECOND,
            "second" | "seconds" | "sec" | "secs" | "s" => self.nanoseconds += number * NANOSECONDS_PER_SECOND,
            "millisecond" | "milliseconds" | "msec" | "msecs" | "ms" => self.nanoseconds += number * 1e6,
            "microsecond" | "microseconds" | "usec" | "usecs" | "us" => self.nanoseconds += number * 1e3,
            _ => return None,
        }
        Some(())
    }

    /// Fractions go down to the next smaller part: half a month is 15 days, half a day 12 hours.
    fn whole(self) -> Option<IntervalMonthDayNano> {
        let days = self.days + self.months.fract() * DAYS_PER_MONTH;
        // Microseconds are what PostgreSQL keeps.
        let microseconds = ((self.nanoseconds + days.fract() * NANOSECONDS_PER_DAY) / 1e3).round();
        let fits = |number: f64, limit: f64| number.abs() <= limit;
        let whole =
            fits(self.months, f64::from(i32::MAX)) && fits(days, f64::from(i32::MAX)) && fits(microseconds, (i64::MAX / 1000) as f64 - 1.0);
        whole.then(|| IntervalMonthDayNano::new(self.months.trunc() as i32, days.trunc() as i32, microseconds as i64 * 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn every_notation() {
        for (text, months, days, nanoseconds) in [
            ("1 day", 0, 1, 0),
            ("0 years 2 mons 1 days 0 hours 0 mins 1.5 secs", 2, 1, SECOND * 3 / 2),
            ("1 year 2 mons -3 days 04:05:06.7", 14, -3, 14_706_700_000_000),
            ("-00:00:01", 0, 0, -SECOND),
            ("@ 1 day 2 hours ago", 0, -1, -7200 * SECOND),
            ("1day 2h", 0, 1, 7200 * SECOND),
            ("90", 0, 0, 90 * SECOND),
            ("1.5 months", 1, 15, 0),
            ("0.5 days 3 microseconds", 0, 0, 43_200 * SECOND + 3000),
            ("P1Y2M3DT4H5M6.7S", 14, 3, 14_706_700_000_000),
            ("P2W", 0, 14, 0),
            ("PT-1M", 0, 0, -60 * SECOND),
        ] {
            assert_eq!(parse(text), Some(IntervalMonthDayNano::new(months, days, nanoseconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_interval() {
        for text in [
            "",
            "@",
            "ago",
            "day",
            "1 fortnight",
            "1 2 days",
            "1:2:3:4",
            "00:61",
            ":30",
            "P",
            "P1",
            "P1H",
            "T1H",
            "9999999999 years",
            "inf days",
            "NaN",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
