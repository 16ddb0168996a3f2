//! Fields of digits: which part of a date or time each is.

use super::words::{Special, special};
use super::{Fault, Parts, part};
use crate::io::style::DateOrder;

/// `2024-02-03`, `3-feb-2024`, `02/03/24`. What it gives is known afterwards.
pub fn date(text: &str, order: DateOrder, parts: &mut Parts) -> Result<(), Fault> {
    let mut known = parts.known;
    let mut given = 0;
    let mut month_word = false;
    let mut numbers = Vec::new();
    for field in date_fields(text)? {
        if field.starts_with(|first: char| first.is_ascii_digit()) {
            numbers.push(field);
            continue;
        }
        match special(field) {
            Some(Special::Ignored) => continue,
            Some(Special::Month(month)) => parts.local.month = month,
            _ => return Err(Fault::Format),
        }
        if known & part::MONTH != 0 {
            return Err(Fault::Format);
        }
        (month_word, known, given) = (true, known | part::MONTH, given | part::MONTH);
    }
    for field in numbers {
        let bits = number(field, month_word, known, order, parts)?;
        if known & bits != 0 {
            return Err(Fault::Format);
        }
        (known, given) = (known | bits, given | bits);
    }
    if known & !(part::DAY_OF_YEAR | part::ZONE) != part::DATE {
        return Err(Fault::Format);
    }
    take(given, parts)
}

/// Notes that parts were given, each of which may be given once.
pub fn take(given: u32, parts: &mut Parts) -> Result<(), Fault> {
    if parts.known & given != 0 {
        return Err(Fault::Format);
    }
    parts.known |= given;
    Ok(())
}

/// Runs of digits or letters, of which a date has at most six.
fn date_fields(text: &str) -> Result<Vec<&str>, Fault> {
    let mut fields = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && fields.len() < 6 {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let first = rest.chars().next().ok_or(Fault::Format)?;
        let end = rest.find(|c: char| if first.is_ascii_digit() { !c.is_ascii_digit() } else { !c.is_ascii_alphabetic() });
        let (field, after) = rest.split_at(end.unwrap_or(rest.len()));
        fields.push(field);
        // The one character behind a field is a separator, whatever it is.
        rest = &after[after.chars().next().map_or(0, char::len_utf8)..];
    }
    Ok(fields)
}

/// A number by itself: the part that it is by what is known. Gives its bits, without noting them.
pub fn number(text: &str, month_word: bool, known: u32, order: DateOrder, parts: &mut Parts) -> Result<u32, Fault> {
    let (whole, behind) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    if whole.is_empty() {
        return Err(Fault::Format);
    }
    let value: i32 = whole.parse().map_err(|_| Fault::FieldRange)?;
    if behind.starts_with('.') {
        if whole.len() > 2 {
            return concatenated(text, known | part::DATE, parts);
        }
        parts.local.micros = fraction(behind)?;
    } else if !behind.is_empty() {
        return Err(Fault::Format);
    }
    let length = text.len();
    if length == 3 && known & part::DATE == part::YEAR && (1..=366).contains(&value) {
        parts.day_of_year = value;
        return Ok(part::DAY_OF_YEAR | part::MONTH | part::DAY);
    }
    const YEAR_AND_MONTH: u32 = part::YEAR | part::MONTH;
    const MONTH_AND_DAY: u32 = part::MONTH | part::DAY;
    let is_year = length >= 3 || order == DateOrder::YearMonthDay;
    let bits = match known & part::DATE {
        0 if is_year => part::YEAR,
        0 if order == DateOrder::DayMonthYear => part::DAY,
        0 => part::MONTH,
        part::YEAR => part::MONTH,
        part::MONTH if month_word && is_year => part::YEAR,
        part::MONTH => part::DAY,
        YEAR_AND_MONTH if month_word && length >= 3 && parts.short_year => {
            // What was taken for the year was the day.
            parts.local.day = parts.local.year;
            parts.local.year = value;
            parts.short_year = false;
            return Ok(part::DAY);
        }
        YEAR_AND_MONTH => part::DAY,
        part::DAY => part::MONTH,
        MONTH_AND_DAY => part::YEAR,
        part::DATE => return concatenated(text, known, parts),
        _ => return Err(Fault::Format),
    };
    match bits {
        part::YEAR => {
            parts.local.year = value;
            parts.short_year = length <= 2;
        }
        part::MONTH => parts.local.month = value,
        _ => parts.local.day = value,
    }
    Ok(bits)
}

/// Digits that run together: `20240203`, or `040506` and `0405`. Gives the bits, without noting them.
pub fn concatenated(text: &str, known: u32, parts: &mut Parts) -> Result<u32, Fault> {
    let digits = match text.find('.') {
        Some(point) => {
            parts.local.micros = fraction(&text[point..])?;
            &text[..point]
        }
        None if known & part::DATE != part::DATE && text.len() >= 6 => {
            let (front, day) = text.split_at(text.len() - 2);
            let (year, month) = front.split_at(front.len() - 2);
            (parts.local.day, parts.local.month) = (value(day)?, value(month)?);
            parts.local.year = value(year)?;
            parts.short_year = year.len() == 2;
            return Ok(part::DATE);
        }
        None => text,
    };
    if known & part::TIME == part::TIME || !matches!(digits.len(), 4 | 6) || !digits.is_ascii() {
        return Err(Fault::Format);
    }
    parts.local.hour = value(&digits[..2])?;
    parts.local.minute = value(&digits[2..4])?;
    parts.local.second = if digits.len() == 6 { value(&digits[4..])? } else { 0 };
    Ok(part::TIME)
}

fn value(digits: &str) -> Result<i32, Fault> {
    match digits.bytes().all(|digit| digit.is_ascii_digit()) {
        true => digits.parse().map_err(|_| Fault::FieldRange),
        false => Err(Fault::Format),
    }
}

/// Microseconds of what stands behind a point, with the point.
pub fn fraction(text: &str) -> Result<i32, Fault> {
    let digits = text.strip_prefix('.').ok_or(Fault::Format)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Fault::Format);
    }
    let fraction: f64 = if digits.is_empty() { 0.0 } else { text.parse().map_err(|_| Fault::Format)? };
    Ok((fraction * 1_000_000.0).round_ties_even() as i32)
}

/// Hours, minutes, seconds and microseconds of `04:05:06.7`, `04:05` and, where the first is minutes, `04:05.6`.
pub fn clock(text: &str, begins_with_minutes: bool) -> Result<(i64, i32, i32, i32), Fault> {
    let (first, rest) = text.split_once(':').ok_or(Fault::Format)?;
    let mut hour: i64 = first.parse().map_err(|_| Fault::FieldRange)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = |digits: &str| if digits.is_empty() { Ok(0) } else { digits.parse::<i32>().map_err(|_| Fault::FieldRange) };
    let mut minute = number(&rest[..end])?;
    let (mut second, mut micros) = (0, 0);
    match rest[end..].chars().next() {
        None if !begins_with_minutes => {}
        Some(':') => {
            let rest = &rest[end + 1..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            second = number(&rest[..end])?;
            micros = if end < rest.len() { fraction(&rest[end..])? } else { 0 };
        }
        next => {
            micros = if next.is_some() { fraction(&rest[end..])? } else { 0 };
            (second, minute) = (minute, i32::try_from(hour).map_err(|_| Fault::FieldRange)?);
            hour = 0;
        }
    }
    if !(0..60).contains(&minute) || !(0..=60).contains(&second) || micros > 1_000_000 || hour < 0 {
        return Err(Fault::FieldRange);
    }
    Ok((hour, minute, second, micros))
}

/// Seconds east of `+02`, `-0330` and `+05:45:12`.
pub fn displacement(text: &str) -> Result<i32, Fault> {
    const HOURS_MAX: i32 = 15;
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(Fault::Format),
    };
    let mut numbers = [0; 3];
    let mut fields = digits.split(':');
    for number in &mut numbers {
        let Some(field) = fields.next() else { break };
        if !field.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(Fault::Format);
        }
        *number = if field.is_empty() { 0 } else { field.parse().map_err(|_| Fault::ZoneRange)? };
    }
    let [mut hours, mut minutes, seconds] = numbers;
    if fields.next().is_some() {
        return Err(Fault::Format);
    }
    if !digits.contains(':') && digits.len() > 2 {
        (hours, minutes) = (hours / 100, hours % 100);
    }
    if hours > HOURS_MAX || minutes > 59 || seconds > 59 {
        return Err(Fault::ZoneRange);
    }
    Ok(sign * ((hours * 60 + minutes) * 60 + seconds))
}
