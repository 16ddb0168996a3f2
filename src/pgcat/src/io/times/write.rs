//! Dates and times as `DateStyle` shows them.

use std::fmt::Write as _;

use crate::io::calendar::{DAY_2000, Local, SECOND, civil, is_infinite, weekday};
use crate::io::style::{DateForm, DateOrder, DateStyle};
use crate::io::zone::Zone;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

// Writing to a string cannot fail.

pub fn date(days: i32, style: DateStyle, out: &mut String) {
    match days {
        i32::MAX => return out.push_str("infinity"),
        i32::MIN => return out.push_str("-infinity"),
        _ => {}
    }
    let (year, month, day) = civil(days.wrapping_add(DAY_2000));
    numbers(year, month, day, style, '-', out);
    era(year, out);
}

/// A date as numbers; `separator` is that of the `Postgres` style.
fn numbers(year: i32, month: i32, day: i32, style: DateStyle, separator: char, out: &mut String) {
    let shown = shown_year(year);
    let day_first = style.order == DateOrder::DayMonthYear;
    let _ = match style.form {
        DateForm::Iso | DateForm::Xml => write!(out, "{shown:04}-{month:02}-{day:02}"),
        DateForm::German => write!(out, "{day:02}.{month:02}.{shown:04}"),
        DateForm::Sql if day_first => write!(out, "{day:02}/{month:02}/{shown:04}"),
        DateForm::Sql => write!(out, "{month:02}/{day:02}/{shown:04}"),
        DateForm::Postgres if day_first => write!(out, "{day:02}{separator}{month:02}{separator}{shown:04}"),
        DateForm::Postgres => write!(out, "{month:02}{separator}{day:02}{separator}{shown:04}"),
    };
}

/// Year 0 is 1 BC.
fn shown_year(year: i32) -> i32 {
    if year > 0 { year } else { 1 - year }
}

fn era(year: i32, out: &mut String) {
    if year <= 0 {
        out.push_str(" BC");
    }
}

/// Microseconds since midnight.
pub fn time(micros: i64, out: &mut String) {
    let seconds = micros / SECOND;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    fraction(micros % SECOND, out);
}

/// The digits behind the point that are needed, with the point.
pub fn fraction(micros: i64, out: &mut String) {
    if micros != 0 {
        let digits = format!("{:06}", micros.abs());
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

pub fn timetz(micros: i64, west: i32, out: &mut String) {
    time(micros, out);
    displacement(-west, false, out);
}

/// `+02`, `-03:30`, and whatever the style `+02:00` where `minutes` are wanted.
fn displacement(east: i32, minutes: bool, out: &mut String) {
    let seconds = east.unsigned_abs();
    let sign = if east < 0 { '-' } else { '+' };
    let _ = write!(out, "{sign}{:02}", seconds / 3600);
    if !seconds.is_multiple_of(3600) || minutes {
        let _ = write!(out, ":{:02}", seconds / 60 % 60);
    }
    if !seconds.is_multiple_of(60) {
        let _ = write!(out, ":{:02}", seconds % 60);
    }
}

pub fn timestamp(micros: i64, style: DateStyle, out: &mut String) {
    whole(micros, None, style, out);
}

pub fn timestamptz(micros: i64, zone: &Zone, style: DateStyle, out: &mut String) {
    whole(micros, Some(zone), style, out);
}

fn whole(micros: i64, zone: Option<&Zone>, style: DateStyle, out: &mut String) {
    if is_infinite(micros) {
        return out.push_str(if micros > 0 { "infinity" } else { "-infinity" });
    }
    let east = zone.map_or(0, |zone| zone.east(micros));
    let local_micros = micros.saturating_add(i64::from(east) * SECOND);
    let local = Local::of(local_micros);
    let Local { year, month, day, .. } = local;
    if style.form == DateForm::Postgres {
        let weekday = WEEKDAYS[weekday(local.days().unwrap_or(0) + DAY_2000)];
        let month = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
        let _ = match style.order {
            DateOrder::DayMonthYear => write!(out, "{weekday} {day:02} {month} "),
            _ => write!(out, "{weekday} {month} {day:02} "),
        };
        time(local.time(), out);
        let _ = write!(out, " {:04}", shown_year(year));
    } else {
        numbers(year, month, day, style, '-', out);
        out.push(if style.form == DateForm::Xml { 'T' } else { ' ' });
        time(local.time(), out);
    }
    if let Some(zone) = zone {
        match style.form {
            DateForm::Iso => displacement(east, false, out),
            DateForm::Xml => displacement(east, true, out),
            DateForm::Sql | DateForm::German | DateForm::Postgres => {
                out.push(' ');
                out.push_str(&zone.name_at(micros));
            }
        }
    }
    era(year, out);
}
