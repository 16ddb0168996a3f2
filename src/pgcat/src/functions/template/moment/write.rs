//! `to_char` of timestamps and intervals: `YYYY-MM-DD HH24:MI:SS`, `FMMonth DDth`.

use spi::{Code, Error, Result};

use super::{Case, Keyword, Part, nodes};
use crate::functions::limits::within_limit;
use crate::functions::template::node::{Affixes, Node, Ordinal};
use crate::functions::template::words::{MONTHS, WEEKDAYS, ordinal, roman};
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
    /// The Julian day.
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
        let (year, month) = (interval.months / 12, interval.months % 12);
        Self {
            year,
            month,
            day: interval.days,
            hour: time / HOUR,
            minute: time / MINUTE % 60,
            second: time / SECOND % 60,
            micros: time % SECOND,
            // As PostgreSQL has it, who takes the numbers for a date.
            julian: julian(year, month, interval.days),
            is_interval: true,
            zone: (String::new(), 0),
        }
    }

    /// The year without a number 0, and positive.
    fn shown_year(&self, year: i32) -> i32 {
        if self.is_interval || year > 0 { year } else { 1 - year }
    }

    fn day_of_year(&self) -> i32 {
        match self.is_interval {
            true => (self.year * 12 + self.month) * 30 + self.day,
            false => self.julian - julian(self.year, 1, 1) + 1,
        }
    }

    /// The number of the week of the ISO year, and that year.
    fn iso(&self) -> (i32, i32) {
        iso_week(self.julian)
    }

    fn half_of_day(&self, letters: [&'static str; 2]) -> &'static str {
        letters[usize::from(self.hour % 24 >= 12)]
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

    fn century(&self) -> i32 {
        match self.year {
            year if self.is_interval => year / 100,
            year @ 1.. => (year - 1) / 100 + 1,
            year => year / 100 - 1,
        }
    }

    /// `None` where an interval has neither months nor years.
    fn roman_month(&self) -> Option<String> {
        let month = match self.month {
            0 if self.year == 0 => return None,
            0 => {
                if self.year > 0 {
                    12
                } else {
                    1
                }
            }
            // Counted from the end: -1 is December.
            month @ ..0 => 13 + month,
            month => month,
        };
        Some(roman(month))
    }
}

/// How a part is written.
enum Shown {
    /// In so many characters at least, the sign among them.
    Number(i64, usize),
    Text(String),
    /// A name that is filled up with blanks to a width.
    Name(String, usize),
}

/// A moment in the form of a template.
pub fn write(moment: &Moment, template: &str) -> Result<String> {
    within_limit(template.len())?;
    let mut out = String::new();
    for node in nodes(template) {
        match node {
            Node::Keyword(keyword, affixes) => write_part(moment, &keyword, affixes, &mut out)?,
            Node::Separator(character) | Node::Space(character) | Node::Character(character) => out.push(character),
        }
        within_limit(out.len())?;
    }
    Ok(out)
}

fn write_part(moment: &Moment, keyword: &Keyword<'_>, affixes: Affixes, out: &mut String) -> Result<()> {
    if moment.is_interval && is_of_date(keyword.part) {
        return Err(Error::new(Code::DatetimeFormat, "invalid format specification for an interval value")
            .hint("Intervals are not tied to specific calendar dates."));
    }
    match shown(moment, keyword) {
        Shown::Number(number, width) => {
            let width = if affixes.fills { 0 } else { width };
            let digits = format!("{number:0width$}");
            out.push_str(&digits);
            match affixes.ordinal {
                Some(Ordinal::Upper) => out.push_str(&ordinal(&digits).to_uppercase()),
                Some(Ordinal::Lower) => out.push_str(ordinal(&digits)),
                None => {}
            }
        }
        Shown::Text(text) => out.push_str(&text),
        Shown::Name(name, width) => {
            let width = if affixes.fills || affixes.translates { 0 } else { width };
            out.push_str(&format!("{name:width$}"));
        }
    }
    Ok(())
}

/// What an interval has not.
fn is_of_date(part: Part) -> bool {
    use Part::*;
    let is_name = matches!(part, Era { .. } | DayName | ShortDayName | MonthName | ShortMonthName);
    is_name || matches!(part, Weekday | IsoWeekday | Zone | ZoneHour | ZoneMinute | Offset)
}

/// A name in the case of its keyword.
fn cased(name: &str, case: Case) -> String {
    match case {
        Case::Upper => name.to_uppercase(),
        Case::Lower => name.to_lowercase(),
        Case::Capital => name.to_owned(),
    }
}

fn shown(moment: &Moment, keyword: &Keyword<'_>) -> Shown {
    let text = |text: &str| Shown::Text(cased(text, keyword.case));
    // A sign takes a character more.
    let signed = |number: i64, sign: i64, width| Shown::Number(number, width + usize::from(sign < 0));
    let number = |number: i64, width| signed(number, number, width);
    let year = |year: i32, digits: u8| {
        let (shown, of) = (i64::from(moment.shown_year(year)), i64::from(moment.shown_year(moment.year)));
        match digits {
            4 => signed(shown, of, 4),
            1 => Shown::Number(shown % 10, 1),
            digits => signed(shown % 10i64.pow(digits.into()), of, digits.into()),
        }
    };
    let month = || MONTHS[(moment.month - 1).rem_euclid(12) as usize];
    let day = || WEEKDAYS[weekday(moment.julian)];
    match keyword.part {
        Part::HalfOfDay { dotted: true } => text(moment.half_of_day(["a.m.", "p.m."])),
        Part::HalfOfDay { dotted: false } => text(moment.half_of_day(["am", "pm"])),
        Part::Era { dotted: true } => text(if moment.year > 0 { "a.d." } else { "b.c." }),
        Part::Era { dotted: false } => text(if moment.year > 0 { "ad" } else { "bc" }),
        Part::Hour12 => signed(moment.hour_of_half(), moment.hour, 2),
        Part::Hour24 => number(moment.hour, 2),
        Part::Minute => number(moment.minute, 2),
        Part::Second => number(moment.second, 2),
        Part::Fraction(digits) => Shown::Number(moment.micros / 10i64.pow(6 - u32::from(digits)), digits.into()),
        Part::Millisecond => Shown::Number(moment.micros / 1000, 3),
        Part::Microsecond => Shown::Number(moment.micros, 6),
        Part::SecondOfDay => Shown::Number(moment.seconds_of_day(), 0),
        Part::Zone => match keyword.case {
            Case::Lower => Shown::Text(moment.zone.0.to_lowercase()),
            _ => Shown::Text(moment.zone.0.clone()),
        },
        Part::ZoneHour => Shown::Text(format!("{}{:02}", sign(moment.zone.1), moment.zone.1.abs() / 3600)),
        Part::ZoneMinute => Shown::Text(format!("{:02}", moment.zone.1.abs() / 60 % 60)),
        Part::Offset => {
            let (hours, minutes) = (moment.zone.1.abs() / 3600, moment.zone.1.abs() / 60 % 60);
            let minutes = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
            Shown::Text(format!("{}{hours:02}{minutes}", sign(moment.zone.1)))
        }
        Part::MonthName => Shown::Name(cased(month(), keyword.case), 9),
        Part::ShortMonthName => text(&month()[..3]),
        Part::Month => number(moment.month.into(), 2),
        Part::DayName => Shown::Name(cased(day(), keyword.case), 9),
        Part::ShortDayName => text(&day()[..3]),
        Part::DayOfYear => Shown::Number(moment.day_of_year().into(), 3),
        Part::IsoDayOfYear => Shown::Number(((moment.iso().1 - 1) * 7 + iso_weekday(moment.julian)).into(), 3),
        Part::DayOfMonth => Shown::Number(moment.day.into(), 2),
        Part::Weekday => Shown::Number(weekday(moment.julian) as i64 + 1, 0),
        Part::IsoWeekday => Shown::Number(iso_weekday(moment.julian).into(), 0),
        Part::Week => Shown::Number(((moment.day_of_year() - 1) / 7 + 1).into(), 2),
        Part::WeekOfMonth => Shown::Number(((moment.day - 1) / 7 + 1).into(), 0),
        Part::IsoWeek => Shown::Number(moment.iso().1.into(), 2),
        Part::Quarter if moment.month == 0 => Shown::Text(String::new()),
        Part::Quarter => Shown::Number(((moment.month - 1) / 3 + 1).into(), 0),
        Part::Century => number(moment.century().into(), 2),
        Part::Julian => Shown::Number(moment.julian.into(), 0),
        Part::YearWithComma => {
            let year = moment.shown_year(moment.year);
            Shown::Text(format!("{},{:03}", year / 1000, year % 1000))
        }
        Part::Year(digits) => year(moment.year, digits),
        Part::IsoYear(digits) => year(moment.iso().0, digits),
        Part::RomanMonth => match moment.roman_month() {
            Some(month) => Shown::Name(cased(&month, keyword.case), 4),
            None => Shown::Text(String::new()),
        },
        Part::Exact => Shown::Text(String::new()),
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
