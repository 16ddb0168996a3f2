//! Intervals as ISO 8601 writes them: `P1Y2M3DT4H5M6.7S`, `P0001-02-03T04:05:06` and `P00010203T040506`.

use super::span::{Amount, Span};
use crate::io::calendar::{HOUR, MINUTE, SECOND};
use crate::io::datetime::Fault;

pub fn read(text: &str) -> Result<Span, Fault> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(Fault::Format)?;
    let mut span = Span::default();
    let (mut in_time, mut has_field) = (false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (in_time, has_field, rest) = (true, false, after);
            continue;
        }
        let start = rest;
        let (amount, after) = amount(rest)?;
        let unit = after.chars().next();
        rest = &after[unit.map_or(0, char::len_utf8)..];
        match (unit, in_time) {
            (Some('Y'), false) => span.add_years(amount, 1)?,
            (Some('M'), false) => span.add_months(amount)?,
            (Some('W'), false) => span.add_days(amount, 7)?,
            (Some('D'), false) => span.add_days(amount, 1)?,
            (Some('H'), true) => span.add_micros(amount, HOUR)?,
            (Some('M'), true) => span.add_micros(amount, MINUTE)?,
            (Some('S'), true) => span.add_micros(amount, SECOND)?,
            (None | Some('T' | '-'), false) if !has_field => {
                if unit != Some('-') && digits(start) == 8 {
                    let parts = [amount.whole / 10_000, amount.whole / 100 % 100, amount.whole % 100];
                    add_date(&mut span, parts.map(|whole| Amount { whole, fraction: 0.0 }))?;
                    span.add_days(Amount { whole: 0, fraction: amount.fraction }, 1)?;
                } else {
                    rest = date(&mut span, amount, if unit == Some('-') { Some(rest) } else { None })?.unwrap_or(rest);
                }
                in_time = true;
                // What follows the date is a time, whether or not the T was read.
                rest = rest.strip_prefix('T').unwrap_or(rest);
                has_field = false;
                continue;
            }
            (None | Some(':'), true) if !has_field => {
                if unit.is_none() && digits(start) == 6 {
                    span.add_micros(Amount { whole: amount.whole / 10_000, fraction: 0.0 }, HOUR)?;
                    span.add_micros(Amount { whole: amount.whole / 100 % 100, fraction: 0.0 }, MINUTE)?;
                    span.add_micros(Amount { whole: amount.whole % 100, fraction: amount.fraction }, SECOND)?;
                    return Ok(span);
                }
                span.add_micros(amount, HOUR)?;
                return if unit.is_none() { Ok(span) } else { clock(span, rest) };
            }
            _ => return Err(Fault::Format),
        }
        has_field = true;
    }
    Ok(span)
}

/// A number that may have a sign and a fraction, and what follows it.
fn amount(text: &str) -> Result<(Amount, &str), Fault> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, rest) = text.split_at(text.len() - unsigned.len() + length);
    let (whole, behind) = number.split_once('.').unwrap_or((number, ""));
    if unsigned[..length].trim_matches('.').is_empty() {
        return Err(Fault::Format);
    }
    let whole: i64 = match whole.trim_start_matches(['-', '+']) {
        "" => 0,
        _ => whole.parse().map_err(|_| Fault::FieldRange)?,
    };
    let fraction: f64 = if behind.is_empty() { 0.0 } else { format!("0.{behind}").parse().map_err(|_| Fault::Format)? };
    let fraction = if number.starts_with('-') { -fraction } else { fraction };
    Ok((Amount { whole, fraction }, rest))
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len())
}

fn add_date(span: &mut Span, [years, months, days]: [Amount; 3]) -> Result<(), Fault> {
    span.add_years(years, 1)?;
    span.add_months(months)?;
    span.add_days(days, 1)
}

/// `months-days` behind the years, and what follows them; there may be nothing.
fn date<'a>(span: &mut Span, years: Amount, rest: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    span.add_years(years, 1)?;
    let Some(rest) = rest else { return Ok(None) };
    let (months, rest) = amount(rest)?;
    span.add_months(months)?;
    let Some(rest) = rest.strip_prefix('-') else {
        return if rest.is_empty() || rest.starts_with('T') { Ok(Some(rest)) } else { Err(Fault::Format) };
    };
    let (days, rest) = amount(rest)?;
    span.add_days(days, 1)?;
    if rest.is_empty() || rest.starts_with('T') { Ok(Some(rest)) } else { Err(Fault::Format) }
}

/// `minutes:seconds` behind the hours.
fn clock(mut span: Span, rest: &str) -> Result<Span, Fault> {
    let (minutes, rest) = amount(rest)?;
    span.add_micros(minutes, MINUTE)?;
    if rest.is_empty() {
        return Ok(span);
    }
    let (seconds, rest) = amount(rest.strip_prefix(':').ok_or(Fault::Format)?)?;
    span.add_micros(seconds, SECOND)?;
    if rest.is_empty() { Ok(span) } else { Err(Fault::Format) }
}
