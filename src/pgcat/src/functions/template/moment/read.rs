//! A text taken apart by the template of a moment: the parts as they stand in it.

use std::ops::RangeInclusive;

use spi::{Code, Error, Result};

use super::{Convention, Keyword, Nodes, Part};
use crate::functions::template::node::{Node, is_separator};
use crate::functions::template::words::{MONTHS, WEEKDAYS, roman};
use crate::io::is_space;

/// What a text says. A part that is 0 was not there.
#[derive(Debug, Default)]
pub struct Parts {
    pub convention: Option<Convention>,
    pub hour: i32,
    pub is_afternoon: i32,
    pub minute: i32,
    pub second: i32,
    pub second_of_day: i32,
    /// 1 for Sunday.
    pub weekday: i32,
    pub day: i32,
    pub day_of_year: i32,
    pub month: i32,
    pub millisecond: i32,
    pub year: i32,
    pub is_before_christ: i32,
    pub week: i32,
    pub week_of_month: i32,
    pub century: i32,
    pub julian: i32,
    pub microsecond: i32,
    /// How many digits of the year the template has.
    pub year_digits: u8,
    pub has_half_of_day: bool,
    pub zone_sign: i32,
    pub zone_hour: i32,
    pub zone_minute: i32,
    /// How many digits of the second's fraction the template has.
    pub fraction: i32,
}

/// Takes a text apart.
pub fn read(text: &str, nodes: &Nodes<'_>) -> Result<Parts> {
    let mut reader = Reader { rest: text, before: None, skipped: 0, is_exact: false, parts: Parts::default() };
    for (place, node) in nodes.iter().enumerate() {
        if reader.rest.is_empty() {
            break;
        }
        reader.node(node, place == 0, nodes.get(place + 1))?;
    }
    Ok(reader.parts)
}

struct Reader<'a> {
    rest: &'a str,
    /// The character before the rest.
    before: Option<char>,
    /// Characters of the text that were skipped and are not in the template.
    skipped: i32,
    /// `FX`: the text has the template's blanks and separators.
    is_exact: bool,
    parts: Parts,
}

/// A number's keyword, with how it ends.
struct Number<'a> {
    name: &'a str,
    /// Whether it is as long as its digits, and not as long as its keyword.
    is_open: bool,
    has_ordinal: bool,
}

const NUMBERS: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

impl<'a> Reader<'a> {
    fn node(&mut self, node: &Node<Keyword<'_>>, is_first: bool, next: Option<&Node<Keyword<'_>>>) -> Result<()> {
        let is_keyword = matches!(node, Node::Keyword(..));
        let is_exact_mark = matches!(node, Node::Keyword(keyword, _) if keyword.part == Part::Exact);
        if !self.is_exact && !is_exact_mark && (is_keyword || is_first) {
            self.skip_spaces();
        }
        match node {
            Node::Separator(_) | Node::Space(_) => self.separator(),
            Node::Character(_) => self.character(),
            Node::Keyword(keyword, affixes) => {
                self.convention(keyword.part)?;
                let number = Number {
                    name: keyword.name,
                    is_open: affixes.fills || affixes.ordinal.is_some() || is_end_of_number(next),
                    has_ordinal: affixes.ordinal.is_some(),
                };
                self.part(keyword, &number)?;
                if !self.is_exact {
                    self.skipped = 0;
                    self.skip_spaces();
                }
            }
        }
        Ok(())
    }

    /// Goes on by one character, if there is one.
    fn next(&mut self) {
        let mut characters = self.rest.chars();
        if let Some(character) = characters.next() {
            self.before = Some(character);
            self.rest = characters.as_str();
        }
    }

    fn skip(&mut self, bytes: usize) {
        let (read, rest) = self.rest.split_at(bytes);
        self.before = read.chars().next_back().or(self.before);
        self.rest = rest;
    }

    fn skip_spaces(&mut self) {
        while self.rest.starts_with(is_space) {
            self.next();
            self.skipped += 1;
        }
    }

    /// One separator or blank of the text, if there is one.
    fn separator(&mut self) {
        if self.is_exact {
            return self.next();
        }
        self.skipped -= 1;
        if self.rest.starts_with(|character| is_space(character) || is_separator(character)) {
            self.next();
            self.skipped += 1;
        }
    }

    /// Any character; none where more was skipped than the template says, since it may be one of the next part.
    fn character(&mut self) {
        if !self.is_exact && self.skipped > 0 {
            self.skipped -= 1;
        } else {
            self.next();
        }
    }

    fn convention(&mut self, part: Part) -> Result<()> {
        match (part.convention(), self.parts.convention) {
            (Some(new), Some(old)) if new != old => Err(Error::new(Code::DatetimeFormat, "invalid combination of date conventions")
                .hint("Do not mix Gregorian and ISO week date conventions in a formatting template.")),
            (new, old) => {
                self.parts.convention = old.or(new);
                Ok(())
            }
        }
    }

    fn part(&mut self, keyword: &Keyword<'_>, number: &Number<'_>) -> Result<()> {
        let name = keyword.name;
        let length = name.len();
        match keyword.part {
            Part::Exact => self.is_exact = true,
            Part::HalfOfDay { dotted } => {
                let half = self.word(name, if dotted { &["a.m.", "p.m."] } else { &["am", "pm"] })?;
                set(&mut self.parts.is_afternoon, half, name)?;
                self.parts.has_half_of_day = true;
            }
            Part::Hour12 => {
                let hour = self.number(2, number)?.0;
                set(&mut self.parts.hour, hour, name)?;
                self.parts.has_half_of_day = true;
            }
            Part::Hour24 => self.set_number(|parts| &mut parts.hour, 2, number)?,
            Part::Minute => self.set_number(|parts| &mut parts.minute, length, number)?,
            Part::Second => self.set_number(|parts| &mut parts.second, length, number)?,
            Part::Millisecond => self.set_fraction(|parts| &mut parts.millisecond, 3, 3, number)?,
            Part::Fraction(digits) => {
                self.parts.fraction = digits.into();
                self.set_fraction(|parts| &mut parts.microsecond, 6, digits.into(), number)?;
            }
            Part::Microsecond => self.set_fraction(|parts| &mut parts.microsecond, 6, 6, number)?,
            Part::SecondOfDay => self.set_number(|parts| &mut parts.second_of_day, length, number)?,
            Part::Zone | Part::Offset => {
                let message = format!("formatting field \"{name}\" is only supported in to_char");
                return Err(Error::new(Code::Unsupported, message));
            }
            Part::ZoneHour => {
                self.zone_sign();
                let hour = self.number(2, number)?.0;
                set(&mut self.parts.zone_hour, hour, name)?;
            }
            Part::ZoneMinute => {
                if self.parts.zone_sign == 0 {
                    self.parts.zone_sign = 1;
                }
                let minute = self.number(2, number)?.0;
                set(&mut self.parts.zone_minute, minute, name)?;
            }
            Part::Era { dotted } => {
                let era = self.word(name, if dotted { &["a.d.", "b.c."] } else { &["ad", "bc"] })?;
                set(&mut self.parts.is_before_christ, era, name)?;
            }
            Part::MonthName => {
                let month = self.word(name, &MONTHS)?;
                set(&mut self.parts.month, month + 1, name)?;
            }
            Part::ShortMonthName => {
                let month = self.word(name, &MONTHS.map(|month| &month[..3]))?;
                set(&mut self.parts.month, month + 1, name)?;
            }
            Part::Month => self.set_number(|parts| &mut parts.month, length, number)?,
            Part::DayName => self.day_name(name, &WEEKDAYS)?,
            Part::ShortDayName => self.day_name(name, &WEEKDAYS.map(|day| &day[..3]))?,
            Part::DayOfYear => self.set_number(|parts| &mut parts.day_of_year, length, number)?,
            Part::IsoDayOfYear => self.set_number(|parts| &mut parts.day_of_year, 3, number)?,
            Part::DayOfMonth => self.set_number(|parts| &mut parts.day, length, number)?,
            Part::Weekday => self.set_number(|parts| &mut parts.weekday, length, number)?,
            Part::IsoWeekday => {
                self.set_number(|parts| &mut parts.weekday, 1, number)?;
                // From Monday as 1 to Sunday as 1.
                self.parts.weekday = if self.parts.weekday >= 7 { 1 } else { self.parts.weekday + 1 };
            }
            Part::Week | Part::IsoWeek => self.set_number(|parts| &mut parts.week, length, number)?,
            // Read, but it says too little of a date to be used.
            Part::Quarter => drop(self.number(length, number)?),
            Part::Century => self.set_number(|parts| &mut parts.century, length, number)?,
            Part::YearWithComma => self.year_with_comma(name, number)?,
            Part::Year(digits) | Part::IsoYear(digits) => {
                let (year, read) = self.number(length, number)?;
                set(&mut self.parts.year, year, name)?;
                if digits < 4 && read < 4 {
                    self.parts.year = whole_year(self.parts.year);
                }
                self.parts.year_digits = digits;
            }
            Part::RomanMonth => {
                // The longest of those that begin alike come first.
                let numerals: Vec<String> = (1..=12).rev().map(roman).collect();
                let numerals: Vec<&str> = numerals.iter().map(String::as_str).collect();
                let month = self.word(name, &numerals)?;
                set(&mut self.parts.month, 12 - month, name)?;
            }
            Part::WeekOfMonth => self.set_number(|parts| &mut parts.week_of_month, length, number)?,
            Part::Julian => self.set_number(|parts| &mut parts.julian, length, number)?,
        }
        Ok(())
    }

    fn set_number(&mut self, part: fn(&mut Parts) -> &mut i32, length: usize, number: &Number<'_>) -> Result<()> {
        let value = self.number(length, number)?.0;
        set(part(&mut self.parts), value, number.name)
    }

    /// Digits behind a point: `25` as thousandths is 250.
    fn set_fraction(&mut self, part: fn(&mut Parts) -> &mut i32, places: usize, length: usize, number: &Number<'_>) -> Result<()> {
        let (value, read) = self.number(length, number)?;
        let part = part(&mut self.parts);
        set(part, value, number.name)?;
        *part = (i64::from(*part) * 10i64.pow(places.saturating_sub(read) as u32)) as i32;
        Ok(())
    }

    /// A number, and how many characters of the text it takes.
    fn number(&mut self, length: usize, keyword: &Number<'_>) -> Result<(i32, usize)> {
        let name = keyword.name;
        let invalid = |message: String, detail: String| Error::new(Code::DatetimeFormat, message).detail(detail);
        let blanks = self.rest.len() - self.rest.trim_start_matches(is_space).len();
        let text = &self.rest[blanks..];
        let piece = piece(text, length);
        let (value, read) = match keyword.is_open {
            true => leading_number(text),
            false if text.len() < length => {
                let message = format!("source string too short for \"{name}\" formatting field");
                let detail = format!("Field requires {length} characters, but only {} remain.", text.len());
                return Err(invalid(message, detail).hint(FIXED_WIDTH));
            }
            false => match leading_number(piece) {
                (_, read) if read > 0 && read < length => {
                    let detail = format!("Field requires {length} characters, but only {read} could be parsed.");
                    return Err(invalid(format!("invalid value \"{piece}\" for \"{name}\""), detail).hint(FIXED_WIDTH));
                }
                number => number,
            },
        };
        if read == 0 && (keyword.is_open || blanks == 0) {
            return Err(invalid(format!("invalid value \"{piece}\" for \"{name}\""), "Value must be an integer.".to_owned()));
        }
        if !NUMBERS.contains(&value) {
            let message = format!("value for \"{name}\" in source string is out of range");
            return Err(Error::new(Code::DatetimeRange, message).detail(format!(
                "Value must be in the range {} to {}.",
                i32::MIN,
                i32::MAX
            )));
        }
        self.skip(blanks + read);
        if keyword.has_ordinal {
            self.next();
            self.next();
        }
        Ok((value as i32, blanks + read))
    }

    /// Which of the words the text goes on with.
    fn word(&mut self, name: &str, words: &[&str]) -> Result<i32> {
        let begins = |word: &&str| self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        match words.iter().position(begins) {
            Some(place) => {
                self.skip(words[place].len());
                Ok(place as i32)
            }
            None => {
                let shown = self.rest.split(is_space).next().unwrap_or_default();
                Err(Error::new(Code::DatetimeFormat, format!("invalid value \"{shown}\" for \"{name}\""))
                    .detail("The given value did not match any of the allowed values for this field."))
            }
        }
    }

    fn day_name(&mut self, name: &str, days: &[&str]) -> Result<()> {
        let day = self.word(name, days)?;
        set(&mut self.parts.weekday, day, name)?;
        self.parts.weekday += 1;
        Ok(())
    }

    /// The sign in front, where a minus may have been taken for a separator.
    fn zone_sign(&mut self) {
        self.parts.zone_sign = match self.rest.chars().next() {
            Some(sign @ ('+' | '-' | ' ')) => {
                self.next();
                if sign == '-' { -1 } else { 1 }
            }
            _ if self.skipped > 0 && self.before == Some('-') => -1,
            _ => 1,
        };
    }

    /// `2,024`.
    fn year_with_comma(&mut self, name: &str, number: &Number<'_>) -> Result<()> {
        let invalid = || Error::new(Code::DatetimeFormat, "invalid input string for \"Y,YYY\"");
        let blanks = self.rest.len() - self.rest.trim_start_matches(is_space).len();
        let text = &self.rest[blanks..];
        let (thousands, read) = leading_number(text);
        let behind = text.get(read..).and_then(|behind| behind.strip_prefix(',')).filter(|_| read > 0).ok_or_else(invalid)?;
        let digits = piece(behind, 3);
        let (years, digits) = leading_number(digits);
        if digits == 0 {
            return Err(invalid());
        }
        let year = thousands.checked_mul(1000).and_then(|thousands| thousands.checked_add(years));
        let year = year
            .filter(|year| NUMBERS.contains(year))
            .ok_or_else(|| Error::new(Code::DatetimeRange, "value for \"Y,YYY\" in source string is out of range"))?;
        set(&mut self.parts.year, year as i32, name)?;
        self.parts.year_digits = 4;
        self.skip(blanks + read + 1 + digits);
        if number.has_ordinal {
            self.next();
            self.next();
        }
        Ok(())
    }
}

const FIXED_WIDTH: &str = "If your source string is not fixed-width, try using the \"FM\" modifier.";

/// Keeps a part, which must not be given twice in different ways.
fn set(part: &mut i32, value: i32, name: &str) -> Result<()> {
    if *part != 0 && *part != value {
        return Err(Error::new(Code::DatetimeFormat, format!("conflicting values for \"{name}\" field in formatting string"))
            .detail("This value contradicts a previous setting for the same field type."));
    }
    *part = value;
    Ok(())
}

/// Whether what follows a number cannot be more of it.
fn is_end_of_number(next: Option<&Node<Keyword<'_>>>) -> bool {
    match next {
        Some(Node::Keyword(keyword, _)) => !keyword.part.is_digit(),
        Some(Node::Character(character)) => !character.is_ascii_digit(),
        _ => true,
    }
}

/// The first bytes of a text, as far as they are whole characters.
fn piece(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The number that a text begins with, blanks before it left out, and how many bytes that takes: 0 without a number.
fn leading_number(text: &str) -> (i64, usize) {
    let start = text.len() - text.trim_start_matches(is_space).len();
    let sign = usize::from(text[start..].starts_with(['+', '-']));
    let digits = text[start + sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (0, 0);
    }
    let end = start + sign + digits;
    // What is too large for any number is out of every range.
    (text[start..end].parse().unwrap_or(i64::MAX), end)
}

/// A year of two or three digits: the one next to 2020.
fn whole_year(year: i32) -> i32 {
    match year {
        ..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        _ => year,
    }
}
