//! `to_char` of timestamps and intervals: `YYYY-MM-DD HH24:MI:SS`, `FMMonth DDth`.

use spi::{Code, Error, Result};

use super::words::{MONTHS, WEEKDAYS, ordinal, roman};
use crate::functions::limits::within_limit;
use crate::functions::time::part::{iso_week, iso_weekday};
use crate::io::calendar::{DAY, DAY_2000, HOUR, Local, MINUTE, SECOND, julian, weekday};
use crate::io::zone::Zone;
use crate::value::Interval;

/// What a template can show.
pub struct Moment {
    /// Years count through zero: 0 is 1 BC.
    year: i32,
    month: i32,
    day: i32,
    /// Beyond 23 for intervals.
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// The Julian day; 0 for intervals.
    julian: i32,
    is_interval: bool,
    /// The name of the zone and seconds east of UTC.
    zone: (String, i32),
}

impl Moment {
    pub fn of_local(timestamp: i64) -> Self {
        let local = Local::of(timestamp);
        Self {
            year: local.year,
            month: local.month,
            day: local.day,
            hour: i64::from(local.hour),
            minute: i64::from(local.minute),
            second: i64::from(local.second),
            micros: i64::from(local.micros),
            julian: timestamp.div_euclid(DAY) as i32 + DAY_2000,
            is_interval: false,
            zone: (String::new(), 0),
        }
    }

    pub fn in_zone(moment: i64, zone: &Zone) -> Self {
        Self { zone: (zone.name_at(moment), zone.east(moment)), ..Self::of_local(zone.to_local(moment)) }
    }

    pub fn of_interval(interval: Interval) -> Self {
        let time = interval.microseconds;
        Self {
            year: interval.months / 12,
            month: interval.months % 12,
            day: interval.days,
            hour: time / HOUR,
            minute: time / MINUTE % 60,
            second: time / SECOND % 60,
            micros: time % SECOND,
            julian: 0,
            is_interval: true,
            zone: (String::new(), 0),
        }
    }

    /// The year without a number 0, and positive.
    fn shown_year(&self) -> i32 {
        if self.is_interval || self.year > 0 { self.year } else { 1 - self.year }
    }

    fn day_of_year(&self) -> i32 {
        self.julian - julian(self.year, 1, 1) + 1
    }

    /// The number of the week of the ISO year, and that year.
    fn iso(&self) -> (i32, i32) {
        iso_week(self.julian)
    }

    fn half_of_day(&self, letters: [&str; 2]) -> String {
        letters[usize::from(self.hour.rem_euclid(24) >= 12)].to_owned()
    }

    fn hour_of_half(&self) -> i64 {
        match self.hour % 12 {
            0 => 12,
            hour => hour,
        }
    }

    fn seconds_of_day(&self) -> i64 {
        self.hour * 3600 + self.minute * 60 + self.second
    }
}

/// How a part is written: names as they are, or a number of so many digits at least.
enum Shown {
    Number(i64, usize),
    Text(String),
    /// A name that is filled up with blanks to a width.
    Name(String, usize),
}

/// The keywords of templates; those that begin like another one come before it.
const KEYWORDS: &[&str] = &[
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
    "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF",
    "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y", "a.d.", "a.m.",
    "ad", "am", "b.c.", "bc", "cc", "day", "ddd", "dd", "dy", "d", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6", "fx", "hh24", "hh12", "hh",
    "iddd", "id", "iw", "iyyy", "iyy", "iy", "i", "j", "mi", "mm", "month", "mon", "ms", "of", "p.m.", "pm", "q", "rm", "sssss", "ssss",
    "ss", "tzh", "tzm", "tz", "us", "ww", "w", "y,yyy", "yyyy", "yyy", "yy", "y",
];

/// A moment in the form of a template.
pub fn write(moment: &Moment, template: &str) -> Result<String> {
    within_limit(template.len())?;
    let mut out = String::new();
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let (prefixed, fills, translates) = prefixes(rest);
        match KEYWORDS.iter().find(|keyword| prefixed.starts_with(**keyword)) {
            Some(keyword) => {
                let behind = &prefixed[keyword.len()..];
                let suffix = ["TH", "th"].into_iter().find(|suffix| behind.starts_with(suffix) && !fixed(keyword));
                write_part(moment, keyword, fills, translates, suffix, &mut out)?;
                rest = &behind[suffix.map_or(0, str::len)..];
            }
            None => rest = text(rest, first, &mut out),
        }
        within_limit(out.len())?;
    }
    Ok(out)
}

/// `FM` and `TM` in front of a keyword.
fn prefixes(text: &str) -> (&str, bool, bool) {
    let (mut rest, mut fills, mut translates) = (text, false, false);
    loop {
        if let Some(behind) = rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
            (rest, fills) = (behind, true);
        } else if let Some(behind) = rest.strip_prefix("TM").or_else(|| rest.strip_prefix("tm")) {
            (rest, translates) = (behind, true);
        } else {
            return (rest, fills, translates);
        }
    }
}

/// Keywords that change nothing.
fn fixed(keyword: &str) -> bool {
    keyword.eq_ignore_ascii_case("FX")
}

/// A text in quotes, an escaped quote, or one character.
fn text<'a>(rest: &'a str, first: char, out: &mut String) -> &'a str {
    for prefix in ["FM", "fm", "TM", "tm"] {
        if let Some(behind) = rest.strip_prefix(prefix) {
            return behind;
        }
    }
    if first == '"' {
        let mut letters = rest[1..].char_indices();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '"' => return &rest[place + 2..],
                '\\' => out.extend(letters.next().map(|(_, letter)| letter)),
                letter => out.push(letter),
            }
        }
        return "";
    }
    if let Some(behind) = rest.strip_prefix("\\\"") {
        out.push('"');
        return behind;
    }
    out.push(first);
    &rest[first.len_utf8()..]
}

fn write_part(moment: &Moment, keyword: &str, fills: bool, translates: bool, suffix: Option<&str>, out: &mut String) -> Result<()> {
    let names_only = matches!(part_name(keyword).as_str(), "MONTH" | "MON" | "DAY" | "DY" | "TZ" | "ID" | "D");
    if moment.is_interval && names_only {
        return Err(Error::new(Code::DatetimeFormat, "invalid format specification for an interval value")
            .hint("Intervals are not tied to specific calendar dates."));
    }
    match shown(moment, keyword) {
        Shown::Number(number, width) => {
            let width = if fills { 0 } else { width };
            let digits = if number < 0 { format!("-{:0width$}", -number) } else { format!("{number:0width$}") };
            out.push_str(&digits);
            if let Some(suffix) = suffix {
                let ordinal = ordinal(&digits);
                out.push_str(&if suffix == "TH" { ordinal.to_uppercase() } else { ordinal.to_owned() });
            }
        }
        Shown::Text(text) => out.push_str(&text),
        Shown::Name(name, width) => {
            let width = if fills || translates { 0 } else { width };
            out.push_str(&format!("{name:width$}"));
        }
    }
    Ok(())
}

fn part_name(keyword: &str) -> String {
    keyword.to_ascii_uppercase()
}

/// Names in the case of their keyword: all upper, all lower, or only the first letter upper.
fn cased(name: &str, keyword: &str) -> String {
    match keyword.as_bytes() {
        [_, second, ..] if keyword.starts_with(char::is_uppercase) && second.is_ascii_lowercase() => name.to_owned(),
        _ if keyword.starts_with(char::is_uppercase) => name.to_uppercase(),
        _ => name.to_lowercase(),
    }
}

fn shown(moment: &Moment, keyword: &str) -> Shown {
    let number = |number: i32, width| Shown::Number(i64::from(number), width);
    let month = || MONTHS[(moment.month - 1).rem_euclid(12) as usize];
    let day = || WEEKDAYS[weekday(moment.julian)];
    let upper = part_name(keyword);
    let case = |text: &str| if keyword == upper { text.to_uppercase() } else { text.to_lowercase() };
    match upper.as_str() {
        "A.M." | "P.M." => Shown::Text(case(&moment.half_of_day(["A.M.", "P.M."]))),
        "AM" | "PM" => Shown::Text(case(&moment.half_of_day(["AM", "PM"]))),
        "A.D." | "B.C." => Shown::Text(case(if moment.year > 0 { "A.D." } else { "B.C." })),
        "AD" | "BC" => Shown::Text(case(if moment.year > 0 { "AD" } else { "BC" })),
        "HH" | "HH12" => Shown::Number(moment.hour_of_half(), 2),
        "HH24" => Shown::Number(moment.hour, 2),
        "MI" => Shown::Number(moment.minute, 2),
        "SS" => Shown::Number(moment.second, 2),
        "MS" => Shown::Number(moment.micros / 1000, 3),
        "US" => Shown::Number(moment.micros, 6),
        "SSSS" | "SSSSS" => Shown::Number(moment.seconds_of_day(), 0),
        "TZ" => Shown::Text(case(&moment.zone.0)),
        "TZH" => Shown::Text(format!("{}{:02}", sign(moment.zone.1), moment.zone.1.abs() / 3600)),
        "TZM" => Shown::Number(i64::from(moment.zone.1.abs() / 60 % 60), 2),
        "OF" => {
            let (hours, minutes) = (moment.zone.1.abs() / 3600, moment.zone.1.abs() / 60 % 60);
            let minutes = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
            Shown::Text(format!("{}{hours:02}{minutes}", sign(moment.zone.1)))
        }
        "MONTH" => Shown::Name(cased(month(), keyword), 9),
        "MON" => Shown::Text(cased(&month()[..3], keyword)),
        "MM" => number(moment.month, 2),
        "DAY" => Shown::Name(cased(day(), keyword), 9),
        "DY" => Shown::Text(cased(&day()[..3], keyword)),
        "DDD" => number(moment.day_of_year(), 3),
        "IDDD" => number((moment.iso().1 - 1) * 7 + iso_weekday(moment.julian), 3),
        "DD" => number(moment.day, 2),
        "D" => number(weekday(moment.julian) as i32 + 1, 0),
        "ID" => number(iso_weekday(moment.julian), 0),
        "WW" => number((moment.day_of_year() - 1) / 7 + 1, 2),
        "W" => number((moment.day - 1) / 7 + 1, 0),
        "IW" => number(moment.iso().1, 2),
        "Q" => number((moment.month - 1) / 3 + 1, 0),
        "CC" => number(if moment.year > 0 { (moment.year + 99) / 100 } else { moment.year / 100 - 1 }, 2),
        "J" => number(moment.julian, 0),
        "Y,YYY" => Shown::Text(format!("{},{:03}", moment.shown_year() / 1000, moment.shown_year() % 1000)),
        "YYYY" => number(moment.shown_year(), 4),
        "YYY" => number(moment.shown_year() % 1000, 3),
        "YY" => number(moment.shown_year() % 100, 2),
        "Y" => number(moment.shown_year() % 10, 1),
        "IYYY" => number(moment.iso().0, 4),
        "IYY" => number(moment.iso().0 % 1000, 3),
        "IY" => number(moment.iso().0 % 100, 2),
        "I" => number(moment.iso().0 % 10, 1),
        "RM" => Shown::Name(case(&roman(moment.month)), 4),
        "FX" => Shown::Text(String::new()),
        // The digits of a second, as many as the keyword says.
        fraction => {
            let digits = fraction.as_bytes().last().map_or(6, |digit| usize::from(digit - b'0'));
            Shown::Text(format!("{:06}", moment.micros).chars().take(digits).collect())
        }
    }
}

fn sign(east: i32) -> char {
    if east < 0 { '-' } else { '+' }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn timestamps_are_written_into_templates() {
        let local = Local { year: 2024, month: 2, day: 29, hour: 13, minute: 4, second: 5, micros: 678_901 };
        let moment = Moment::of_local(local.timestamp().unwrap());
        for (template, expected) in [
            ("YYYY-MM-DD HH24:MI:SS.MS US", "2024-02-29 13:04:05.678 678901"),
            ("Day DD Mon YYYY HH12:MI AM", "Thursday  29 Feb 2024 01:04 PM"),
            ("FMDay, FMDD FMMonth YYYY", "Thursday, 29 February 2024"),
            ("DY D DDD ID IDDD WW IW IYYY Q CC J RM TZ \"text\" dth DDth", "THU 5 060 4 060 09 09 2024 1 21 2460370 II    text 5th 29th"),
            ("FF3 SSSS SSSSS TH Y,YYY YYY YY Y", "678 47045 47045 TH 2,024 024 24 4"),
            ("MONTH|month|Month|MON|mon|DAY|day|Dy|dy", "FEBRUARY |february |February |FEB|feb|THURSDAY |thursday |Thu|thu"),
            ("FMDDth FMMM DDTH", "29th 2 29TH"),
        ] {
            assert_eq!(write(&moment, template).unwrap(), expected, "{template}");
        }
        let interval = Interval { months: 14, days: 3, microseconds: 15 * HOUR + 2 * MINUTE + 12 * SECOND };
        assert_eq!(write(&Moment::of_interval(interval), "HH24:MI:SS YYYY MM DD").unwrap(), "15:02:12 0001 02 03");
    }
}
