//! Intervals as `IntervalStyle` shows them.

use std::fmt::Write as _;

use crate::io::calendar::{HOUR, MINUTE, MONTHS_PER_YEAR, SECOND};
use crate::io::style::IntervalStyle;
use crate::io::times;
use crate::value::Interval;

/// The parts that are shown, all of which may be negative.
struct Parts {
    years: i32,
    months: i32,
    days: i32,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

// Writing to a string cannot fail.

pub fn write(interval: &Interval, style: IntervalStyle, out: &mut String) {
    let time = interval.microseconds;
    let parts = Parts {
        years: interval.months / MONTHS_PER_YEAR,
        months: interval.months % MONTHS_PER_YEAR,
        days: interval.days,
        hours: time / HOUR,
        minutes: time / MINUTE % 60,
        seconds: time / SECOND % 60,
        micros: time % SECOND,
    };
    match style {
        IntervalStyle::Postgres => postgres(&parts, time, out),
        IntervalStyle::PostgresVerbose => verbose(&parts, out),
        IntervalStyle::Iso8601 => iso8601(&parts, out),
        IntervalStyle::SqlStandard => standard(parts, time, out),
    }
}

/// `1 year 2 mons -3 days +04:05:06.7`
fn postgres(parts: &Parts, time: i64, out: &mut String) {
    let start = out.len();
    let mut after_negative = false;
    for (number, unit) in [(parts.years, "year"), (parts.months, "mon"), (parts.days, "day")] {
        if number == 0 {
            continue;
        }
        let space = if out.len() > start { " " } else { "" };
        // After a negative part a positive one says so.
        let sign = if after_negative && number > 0 { "+" } else { "" };
        let _ = write!(out, "{space}{sign}{number} {unit}{}", if number == 1 { "" } else { "s" });
        after_negative = number < 0;
    }
    let is_empty = out.len() == start;
    if time == 0 && !is_empty {
        return;
    }
    let space = if is_empty { "" } else { " " };
    let sign = match time < 0 {
        true => "-",
        false if after_negative => "+",
        false => "",
    };
    let _ = write!(out, "{space}{sign}{:02}:{:02}:", parts.hours.abs(), parts.minutes.abs());
    seconds(parts, true, out);
}

/// Seconds without sign, with two digits before the point where `padded`.
fn seconds(parts: &Parts, padded: bool, out: &mut String) {
    let width = if padded { 2 } else { 1 };
    let _ = write!(out, "{:0width$}", parts.seconds.abs());
    times::fraction(parts.micros, out);
}

/// `@ 1 year 2 mons 3 days 4 hours 5 mins 6.7 secs ago`
fn verbose(parts: &Parts, out: &mut String) {
    out.push('@');
    let (mut is_empty, mut is_before) = (true, false);
    let units = [
        (parts.years.into(), "year"),
        (parts.months.into(), "mon"),
        (parts.days.into(), "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ];
    for (number, unit) in units {
        if number == 0 {
            continue;
        }
        // The first part decides whether all is told as being ago.
        if is_empty {
            is_before = number < 0;
        }
        let number = if is_before { -number } else { number };
        let _ = write!(out, " {number} {unit}{}", if number == 1 { "" } else { "s" });
        is_empty = false;
    }
    if parts.seconds != 0 || parts.micros != 0 {
        out.push(' ');
        if parts.seconds < 0 || parts.micros < 0 {
            if is_empty {
                is_before = true;
            } else if !is_before {
                out.push('-');
            }
        } else if is_before {
            out.push('-');
        }
        seconds(parts, false, out);
        let _ = write!(out, " sec{}", if parts.seconds.abs() == 1 && parts.micros == 0 { "" } else { "s" });
        is_empty = false;
    }
    if is_empty {
        out.push_str(" 0");
    }
    if is_before {
        out.push_str(" ago");
    }
}

/// `P1Y2M3DT4H5M6.7S`
fn iso8601(parts: &Parts, out: &mut String) {
    let start = out.len();
    out.push('P');
    for (number, unit) in [(parts.years, 'Y'), (parts.months, 'M'), (parts.days, 'D')] {
        if number != 0 {
            let _ = write!(out, "{number}{unit}");
        }
    }
    if parts.hours != 0 || parts.minutes != 0 || parts.seconds != 0 || parts.micros != 0 {
        out.push('T');
    }
    for (number, unit) in [(parts.hours, 'H'), (parts.minutes, 'M')] {
        if number != 0 {
            let _ = write!(out, "{number}{unit}");
        }
    }
    if parts.seconds != 0 || parts.micros != 0 {
        if parts.seconds < 0 || parts.micros < 0 {
            out.push('-');
        }
        seconds(parts, false, out);
        out.push('S');
    }
    if out.len() - start == 1 {
        out.push_str("T0S");
    }
}

/// `1-2`, `3 4:05:06`, and with signs where both or both signs are there: `+1-2 -3 +4:05:06`.
fn standard(parts: Parts, time: i64, out: &mut String) {
    let months = parts.years * MONTHS_PER_YEAR + parts.months;
    let is_negative = months < 0 || parts.days < 0 || time < 0;
    let is_positive = months > 0 || parts.days > 0 || time > 0;
    if !is_negative && !is_positive {
        return out.push('0');
    }
    let clock = |out: &mut String| {
        let _ = write!(out, "{}:{:02}:", parts.hours.abs(), parts.minutes.abs());
        seconds(&parts, true, out);
    };
    let (years, months_left, days) = (parts.years.unsigned_abs(), parts.months.unsigned_abs(), parts.days.unsigned_abs());
    if is_negative && is_positive || months != 0 && (parts.days != 0 || time != 0) {
        let sign = |is_negative: bool| if is_negative { '-' } else { '+' };
        let (month_sign, day_sign, time_sign) = (sign(months < 0), sign(parts.days < 0), sign(time < 0));
        let _ = write!(out, "{month_sign}{years}-{months_left} {day_sign}{days} {time_sign}");
        return clock(out);
    }
    if is_negative {
        out.push('-');
    }
    if months != 0 {
        let _ = write!(out, "{years}-{months_left}");
    } else {
        if days != 0 {
            let _ = write!(out, "{days} ");
        }
        clock(out);
    }
}
