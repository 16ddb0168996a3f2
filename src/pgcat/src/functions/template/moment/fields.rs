//! The date and time that the parts of a text make.

use spi::{Code, Error, Result};

use super::read::{Parts, read};
use super::{Convention, nodes};
use crate::functions::limits::within_limit;
use crate::io::calendar::{Local, SECOND, civil, days_in_month, is_leap, julian, weekday};

/// A date and time as a text has them.
pub struct Read {
    pub local: Local,
    /// Seconds east of UTC, where the text says a zone.
    pub east: Option<i32>,
    /// How many digits of the second's fraction the template asks for.
    pub precision: Option<i32>,
}

/// Reads a text by a template. What it does not say is the first day and hour of year 0.
pub fn read_moment(text: &str, template: &str) -> Result<Read> {
    within_limit(template.len())?;
    let parts = read(text, &nodes(template))?;
    let out_of_range = || Error::new(Code::DatetimeRange, format!("date/time field value out of range: \"{text}\""));
    let mut local = Local { month: 1, day: 1, ..Local::default() };
    time(&parts, &mut local)?;
    let date = date(&parts, local, &out_of_range)?;
    check_time(&date, &out_of_range)?;
    let precision = (parts.fraction > 0).then_some(parts.fraction);
    Ok(Read { local: date, east: zone(&parts, text)?, precision })
}

fn time(parts: &Parts, local: &mut Local) -> Result<()> {
    let of_day = parts.second_of_day;
    (local.hour, local.minute, local.second) = (of_day / 3600, of_day % 3600 / 60, of_day % 60);
    let set = |field: &mut i32, part: i32| {
        if part != 0 {
            *field = part;
        }
    };
    set(&mut local.second, parts.second);
    set(&mut local.minute, parts.minute);
    set(&mut local.hour, parts.hour);
    if parts.has_half_of_day {
        if !(1..=12).contains(&local.hour) {
            let message = format!("hour \"{}\" is invalid for the 12-hour clock", local.hour);
            return Err(Error::new(Code::DatetimeFormat, message).hint("Use the 24-hour clock, or give an hour between 1 and 12."));
        }
        local.hour = local.hour % 12 + if parts.is_afternoon != 0 { 12 } else { 0 };
    }
    Ok(())
}

/// Which fields of a date a text says.
#[derive(Default)]
struct Known {
    year: bool,
    month: bool,
    day: bool,
}

fn date(parts: &Parts, mut local: Local, out_of_range: &dyn Fn() -> Error) -> Result<Local> {
    let mut known = Known::default();
    let whole = |date: (i32, i32, i32), local: &mut Local, known: &mut Known| {
        (local.year, local.month, local.day) = date;
        *known = Known { year: true, month: true, day: true };
    };
    if let Some(year) = year(parts) {
        local.year = i32::try_from(year).map_err(|_| out_of_range())?;
        known.year = true;
    }
    if parts.julian != 0 {
        whole(civil(parts.julian), &mut local, &mut known);
    }
    let is_iso = parts.convention == Some(Convention::IsoWeek);
    let mut day_of_year = parts.day_of_year;
    if parts.week != 0 && is_iso {
        let monday = i64::from(iso_week_begin(local.year)) + (i64::from(parts.week) - 1) * 7;
        let day = match parts.weekday {
            0 => 0,
            // Sunday is the last day of the week.
            1 => 6,
            weekday => weekday - 2,
        };
        let day = i32::try_from(monday + i64::from(day)).map_err(|_| out_of_range())?;
        whole(civil(day), &mut local, &mut known);
    } else if parts.week != 0 {
        day_of_year = first_of_week(parts.week).ok_or_else(out_of_range)?;
    }
    let mut day = parts.day;
    if parts.week_of_month != 0 {
        day = first_of_week(parts.week_of_month).ok_or_else(out_of_range)?;
    }
    if day != 0 {
        (local.day, known.day) = (day, true);
    }
    if parts.month != 0 {
        (local.month, known.month) = (parts.month, true);
    }
    if day_of_year != 0 && (local.month <= 1 || local.day <= 1) {
        if local.year == 0 && parts.is_before_christ == 0 {
            return Err(Error::new(Code::DatetimeFormat, "cannot calculate day of year without year information"));
        }
        if is_iso {
            let day = (iso_week_begin(local.year) - 1).checked_add(day_of_year).ok_or_else(out_of_range)?;
            whole(civil(day), &mut local, &mut known);
        } else {
            spread_day_of_year(day_of_year, &mut local);
            (known.month, known.day) = (true, true);
        }
    }
    let fraction = i64::from(parts.millisecond) * 1000 + i64::from(parts.microsecond);
    local.micros = i32::try_from(fraction).map_err(|_| out_of_range())?;
    let is_valid = (!known.month || (1..=12).contains(&local.month))
        && (!known.day || (1..=31).contains(&local.day))
        && (!(known.year && known.month && known.day) || local.day <= days_in_month(local.year, local.month));
    if is_valid { Ok(local) } else { Err(out_of_range()) }
}

/// The year counted through zero, of a century where it has two digits or less.
fn year(parts: &Parts) -> Option<i64> {
    let (year, is_bc) = (i64::from(parts.year), parts.is_before_christ != 0);
    let century = if is_bc { -i64::from(parts.century) } else { i64::from(parts.century) };
    match (year, century) {
        (0, 0) => None,
        (0, century @ 0..) => Some((century - 1) * 100 + 1),
        (0, century) => Some(century * 100 + 1),
        (year, century) if century != 0 && parts.year_digits <= 2 => Some(match (year % 100, century) {
            (0, 0..) => century * 100,
            (0, _) => century * 100 + 1,
            (year, 0..) => year + (century - 1) * 100,
            (year, _) => (century + 1) * 100 - year + 1,
        }),
        (year, _) => {
            let year = if is_bc { -year } else { year };
            Some(if year < 0 { year + 1 } else { year })
        }
    }
}

/// The Julian day of the Monday of a year's first week.
fn iso_week_begin(year: i32) -> i32 {
    let fourth = julian(year, 1, 4);
    fourth - (weekday(fourth) as i32 + 6) % 7
}

/// The first day of a week of a year or month, counted from 1.
fn first_of_week(week: i32) -> Option<i32> {
    week.checked_sub(1)?.checked_mul(7)?.checked_add(1)
}

/// Month and day of a day of the year, those that are not known otherwise.
fn spread_day_of_year(day_of_year: i32, local: &mut Local) {
    let mut before = 0;
    let mut month = 1;
    for length in (1..=12).map(|month| days_in_month(if is_leap(local.year) { 2000 } else { 2001 }, month)) {
        if day_of_year <= before + length {
            break;
        }
        before += length;
        month += 1;
    }
    if local.month <= 1 {
        local.month = month;
    }
    if local.day <= 1 {
        local.day = day_of_year - before;
    }
}

fn check_time(local: &Local, out_of_range: &dyn Fn() -> Error) -> Result<()> {
    let is_valid = (0..24).contains(&local.hour)
        && (0..60).contains(&local.minute)
        && (0..60).contains(&local.second)
        && (0..SECOND).contains(&i64::from(local.micros));
    if is_valid { Ok(()) } else { Err(out_of_range()) }
}

fn zone(parts: &Parts, text: &str) -> Result<Option<i32>> {
    const HOUR_MAX: i32 = 15;
    if parts.zone_sign == 0 {
        return Ok(None);
    }
    if !(0..=HOUR_MAX).contains(&parts.zone_hour) || !(0..60).contains(&parts.zone_minute) {
        return Err(Error::new(Code::TimeZoneRange, format!("time zone displacement out of range: \"{text}\"")));
    }
    Ok(Some(parts.zone_sign * (parts.zone_hour * 3600 + parts.zone_minute * 60)))
}
