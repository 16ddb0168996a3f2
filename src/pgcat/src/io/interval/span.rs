//! The sum of what an interval's text names, unit by unit.

use crate::io::calendar::{DAY, DAYS_PER_MONTH, MONTHS_PER_YEAR};
use crate::io::datetime::Fault;
use crate::value::Interval;

/// The four sums; fractions of larger units become smaller ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub years: i32,
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

/// A whole number and a fraction of the same sign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amount {
    pub whole: i64,
    pub fraction: f64,
}

type Added = Result<(), Fault>;

impl Span {
    pub fn add_micros(&mut self, amount: Amount, scale: i64) -> Added {
        self.micros = amount.whole.checked_mul(scale).and_then(|micros| self.micros.checked_add(micros)).ok_or(Fault::FieldRange)?;
        self.add_fraction_of_micros(amount.fraction, scale)
    }

    fn add_fraction_of_micros(&mut self, fraction: f64, scale: i64) -> Added {
        let micros = fraction * scale as f64;
        let whole = micros.trunc();
        let rest = micros - whole;
        // A half stays where it is.
        let rounded = whole as i64 + i64::from(rest > 0.5) - i64::from(rest < -0.5);
        self.micros = self.micros.checked_add(rounded).ok_or(Fault::FieldRange)?;
        Ok(())
    }

    pub fn add_days(&mut self, amount: Amount, scale: i32) -> Added {
        self.add_whole_days(amount.whole, scale)?;
        match scale {
            1 => self.add_fraction_of_micros(amount.fraction, DAY),
            _ => self.add_fraction_of_days(amount.fraction, scale),
        }
    }

    fn add_whole_days(&mut self, days: i64, scale: i32) -> Added {
        let days = i32::try_from(days).ok().and_then(|days| days.checked_mul(scale));
        self.days = days.and_then(|days| self.days.checked_add(days)).ok_or(Fault::FieldRange)?;
        Ok(())
    }

    fn add_fraction_of_days(&mut self, fraction: f64, scale: i32) -> Added {
        let days = fraction * f64::from(scale);
        self.add_whole_days(days as i64, 1)?;
        self.add_fraction_of_micros(days - days.trunc(), DAY)
    }

    pub fn add_months(&mut self, amount: Amount) -> Added {
        let months = i32::try_from(amount.whole).ok().and_then(|months| self.months.checked_add(months));
        self.months = months.ok_or(Fault::FieldRange)?;
        self.add_fraction_of_days(amount.fraction, DAYS_PER_MONTH)
    }

    pub fn add_years(&mut self, amount: Amount, scale: i32) -> Added {
        let years = i32::try_from(amount.whole).ok().and_then(|years| years.checked_mul(scale));
        self.years = years.and_then(|years| self.years.checked_add(years)).ok_or(Fault::FieldRange)?;
        let months = (amount.fraction * f64::from(scale) * f64::from(MONTHS_PER_YEAR)).round_ties_even() as i32;
        self.months = self.months.checked_add(months).ok_or(Fault::FieldRange)?;
        Ok(())
    }

    pub fn negated(self) -> Result<Self, Fault> {
        let negated = || {
            Some(Span {
                years: self.years.checked_neg()?,
                months: self.months.checked_neg()?,
                days: self.days.checked_neg()?,
                micros: self.micros.checked_neg()?,
            })
        };
        negated().ok_or(Fault::FieldRange)
    }

    /// `None` where there are too many months.
    pub fn interval(self) -> Option<Interval> {
        let months = self.years.checked_mul(MONTHS_PER_YEAR)?.checked_add(self.months)?;
        Some(Interval { months, days: self.days, microseconds: self.micros })
    }
}
