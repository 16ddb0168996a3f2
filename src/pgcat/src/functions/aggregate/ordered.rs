//! Aggregates over sorted values, `WITHIN GROUP (ORDER BY …)`: `mode`, `percentile_cont`, `percentile_disc`.
//!
//! Rows come in the order that the call asks for; the direct arguments stand in front of the sorted value.

use spi::{Code, Error, Result};

use crate::function::{Accumulator, AggregateEntry, Context, Signature};
use crate::functions::limits::within_limit;
use crate::value::compare::equal;
use crate::value::{Array, Interval, Value};

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("mode", |_| Box::new(Mode { best: (Value::Null, 0), current: (Value::Null, 0) })),
    AggregateEntry::new("percentile_disc", |signature| percentile(signature, discrete)),
    AggregateEntry::new("percentile_cont", |signature| percentile(signature, continuous)),
];

/// The most frequent value; of several the first.
struct Mode {
    best: (Value, u64),
    current: (Value, u64),
}

impl Accumulator for Mode {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        if self.current.1 > 0 && equal(&self.current.0, &arguments[0]) {
            self.current.1 += 1;
        } else {
            self.current = (arguments[0].clone(), 1);
        }
        if self.current.1 > self.best.1 {
            self.best = self.current.clone();
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.best.0.clone())
    }
}

struct Percentile {
    fraction: Value,
    values: Vec<Value>,
    size: usize,
    result: u32,
    pick: fn(&[Value], f64) -> Value,
}

fn percentile(signature: &Signature, pick: fn(&[Value], f64) -> Value) -> Box<dyn Accumulator> {
    Box::new(Percentile { fraction: Value::Null, values: Vec::new(), size: 0, result: signature.result.oid, pick })
}

impl Accumulator for Percentile {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.fraction = arguments[0].clone();
        self.size += arguments[1].size();
        within_limit(self.size)?;
        self.values.push(arguments[1].clone());
        Ok(())
    }

    fn finish(&self, context: &Context<'_>) -> Result<Value> {
        if self.values.is_empty() {
            return Ok(Value::Null);
        }
        match &self.fraction {
            Value::Array(fractions) => {
                let picked: Result<Vec<Value>> = fractions.values.iter().map(|fraction| self.at(fraction)).collect();
                let element = crate::functions::array::element::element_type(context, self.result);
                Ok(Value::Array(Array { element, dimensions: fractions.dimensions.clone(), values: picked? }.into()))
            }
            fraction => self.at(fraction),
        }
    }

    fn size(&self) -> usize {
        self.size
    }
}

impl Percentile {
    fn at(&self, fraction: &Value) -> Result<Value> {
        match fraction {
            Value::Float(fraction) if !(0.0..=1.0).contains(fraction) => {
                Err(Error::new(Code::OutOfRange, format!("percentile value {fraction} is not between 0 and 1")))
            }
            Value::Float(fraction) => Ok((self.pick)(&self.values, *fraction)),
            _ => Ok(Value::Null),
        }
    }
}

/// The first value at or behind the fraction.
fn discrete(values: &[Value], fraction: f64) -> Value {
    let place = (fraction * values.len() as f64).ceil() as usize;
    values[place.saturating_sub(1).min(values.len() - 1)].clone()
}

/// Between the two values around the fraction.
fn continuous(values: &[Value], fraction: f64) -> Value {
    let place = fraction * (values.len() - 1) as f64;
    let (below, above) = (&values[place.floor() as usize], &values[place.ceil() as usize]);
    let share = place - place.floor();
    match (below, above) {
        (Value::Float(below), Value::Float(above)) => Value::Float(below + (above - below) * share),
        (Value::Interval(below), Value::Interval(above)) => Value::Interval(Box::new(between(below, above, share))),
        _ => below.clone(),
    }
}

fn between(below: &Interval, above: &Interval, share: f64) -> Interval {
    let part = |below: f64, above: f64| below + (above - below) * share;
    Interval {
        months: part(f64::from(below.months), f64::from(above.months)) as i32,
        days: part(f64::from(below.days), f64::from(above.days)) as i32,
        microseconds: part(below.microseconds as f64, above.microseconds as f64).round() as i64,
    }
}
