//! Intervals as people write them: `1 year 2 mons -3 days 04:05:06`, `@ 1 day ago`, `1-2 3 4:05`.

use spi::Result;

use super::span::{Amount, Span};
use super::{fields, fields_of, iso8601};
use crate::io::calendar::{self, HOUR, MINUTE, SECOND};
use crate::io::datetime::{Fault, Field, Kind, clock, fraction, split};
use crate::io::style::IntervalStyle;
use crate::io::unit::Unit;
use crate::value::Interval;

/// The text of an interval whose modifier may say which field a number without unit is.
pub fn read(text: &str, typmod: i32, style: IntervalStyle) -> Result<Interval> {
    const TYPE: &str = "interval";
    let span = match split(text).and_then(|parts| words(&parts, fields_of(typmod), style)) {
        Err(Fault::Format) => iso8601::read(text),
        other => other,
    };
    let span = span.map_err(|fault| match fault {
        Fault::FieldRange => Fault::IntervalRange.error(text, TYPE),
        fault => fault.error(text, TYPE),
    })?;
    span.interval().ok_or_else(|| calendar::out_of_range(TYPE))
}

/// From the last field to the first, so that a unit is known before its number.
fn words(parts: &[Field], range: i32, style: IntervalStyle) -> Result<Span, Fault> {
    let signed = |field: &Field| field.text.starts_with(['+', '-']);
    // The standard has one sign for all fields, unless others have their own.
    let is_negative = style == IntervalStyle::SqlStandard
        && parts.first().is_some_and(|first| first.text.starts_with('-'))
        && !parts[1..].iter().any(signed);
    let mut reader = Reader { span: Span::default(), unit: None, awaits_unit: false, is_negative, range, seen: 0 };
    let mut ago = false;
    for field in parts.iter().rev() {
        match field.kind {
            Kind::Time => reader.time(&field.text, false)?,
            Kind::Zone if field.text.contains(':') => {
                let mut tried = Reader { ..reader };
                match tried.time(&field.text[1..], field.text.starts_with('-')) {
                    Ok(()) => reader = tried,
                    Err(_) => reader.number(&field.text)?,
                }
            }
            Kind::Zone | Kind::Date | Kind::Number => reader.number(&field.text)?,
            Kind::Word | Kind::Special => match (field.text.as_str(), Unit::of_span(&field.text)) {
                ("ago", _) => (ago, reader.awaits_unit) = (true, true),
                ("at" | "on", _) => {}
                (_, Some(unit)) => (reader.unit, reader.awaits_unit) = (Some(unit), false),
                _ => return Err(Fault::Format),
            },
        }
    }
    if reader.seen == 0 {
        return Err(Fault::Format);
    }
    if ago { reader.span.negated() } else { Ok(reader.span) }
}

struct Reader {
    span: Span,
    unit: Option<Unit>,
    /// Whether a number must not come before a unit does, as in front of `ago`.
    awaits_unit: bool,
    is_negative: bool,
    range: i32,
    /// Units that were given, as bits; each may be given once.
    seen: u32,
}

impl Reader {
    fn take(&mut self, units: &[Unit]) -> Result<(), Fault> {
        let bits = units.iter().fold(0, |bits, unit| bits | 1 << *unit as u32);
        if self.seen & bits != 0 {
            return Err(Fault::Format);
        }
        self.seen |= bits;
        Ok(())
    }

    fn time(&mut self, text: &str, turned: bool) -> Result<(), Fault> {
        let (hours, minutes, seconds, micros) = clock(text, self.range == fields::MINUTE | fields::SECOND)?;
        let rest = i64::from(minutes) * MINUTE + i64::from(seconds) * SECOND + i64::from(micros);
        let time = hours.checked_mul(HOUR).and_then(|hours| hours.checked_add(rest)).ok_or(Fault::FieldRange)?;
        self.span.micros = if turned || self.is_negative { -time } else { time };
        // Before a time stand days, unless something else is said.
        self.unit = Some(Unit::Day);
        self.awaits_unit = false;
        self.take(&[Unit::Hour, Unit::Minute, Unit::Second, Unit::Millisecond, Unit::Microsecond])
    }

    fn number(&mut self, text: &str) -> Result<(), Fault> {
        if self.awaits_unit {
            return Err(Fault::Format);
        }
        let unit = self.unit.unwrap_or_else(|| last_unit(self.range));
        let digits = text.trim_start_matches(['+', '-']);
        let end = text.len() - digits.len() + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (whole, behind) = text.split_at(end);
        let is_negative = text.starts_with('-');
        let mut amount = Amount::default();
        if !whole.is_empty() {
            amount.whole = whole.parse().map_err(|_| if whole.len() > 18 { Fault::FieldRange } else { Fault::Format })?;
        }
        let mut unit = unit;
        if let Some(months) = behind.strip_prefix('-') {
            // Years and months, as the standard writes them.
            let months: i64 = months.parse().map_err(|_| Fault::Format)?;
            if !(0..12).contains(&months) {
                return Err(Fault::FieldRange);
            }
            let months = if is_negative { -months } else { months };
            amount.whole = amount.whole.checked_mul(12).and_then(|years| years.checked_add(months)).ok_or(Fault::FieldRange)?;
            unit = Unit::Month;
        } else if behind.starts_with('.') {
            fraction(behind)?;
            let part: f64 = if behind.len() == 1 { 0.0 } else { behind.parse().map_err(|_| Fault::Format)? };
            amount.fraction = if is_negative { -part } else { part };
        } else if !behind.is_empty() {
            return Err(Fault::Format);
        }
        if self.is_negative {
            amount = Amount { whole: -amount.whole.abs(), fraction: -amount.fraction.abs() };
        }
        self.unit = Some(unit);
        self.add(unit, amount)
    }

    fn add(&mut self, unit: Unit, amount: Amount) -> Result<(), Fault> {
        let span = &mut self.span;
        match unit {
            Unit::Microsecond => span.add_micros(amount, 1)?,
            Unit::Millisecond => span.add_micros(amount, 1000)?,
            Unit::Second => span.add_micros(amount, SECOND)?,
            Unit::Minute => span.add_micros(amount, MINUTE)?,
            Unit::Hour => span.add_micros(amount, HOUR)?,
            Unit::Day => span.add_days(amount, 1)?,
            Unit::Week => span.add_days(amount, 7)?,
            Unit::Month => span.add_months(amount)?,
            Unit::Year => span.add_years(amount, 1)?,
            Unit::Decade => span.add_years(amount, 10)?,
            Unit::Century => span.add_years(amount, 100)?,
            Unit::Millennium => span.add_years(amount, 1000)?,
            _ => return Err(Fault::Format),
        }
        match unit {
            Unit::Second if amount.fraction != 0.0 => self.take(&[Unit::Second, Unit::Millisecond, Unit::Microsecond]),
            Unit::Hour => {
                // Before hours stand days.
                self.unit = Some(Unit::Day);
                self.take(&[unit])
            }
            _ => self.take(&[unit]),
        }
    }
}

/// What a number without unit at the end counts.
fn last_unit(range: i32) -> Unit {
    match range {
        fields::YEAR => Unit::Year,
        _ if range & (fields::DAY | fields::HOUR | fields::MINUTE | fields::SECOND) == 0 => Unit::Month,
        fields::DAY => Unit::Day,
        _ if range & (fields::MINUTE | fields::SECOND) == 0 => Unit::Hour,
        _ if range & fields::SECOND == 0 => Unit::Minute,
        _ => Unit::Second,
    }
}
