//! `bool_and`, `bool_or`, `every`, and the same for bits.

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::functions::Arguments;
use crate::value::Value;

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("bool_and", |_| truths(|left, right| left && right)),
    AggregateEntry::new("every", |_| truths(|left, right| left && right)),
    AggregateEntry::new("bool_or", |_| truths(|left, right| left || right)),
    AggregateEntry::new("bit_and", |_| bits(|left, right| left & right)),
    AggregateEntry::new("bit_or", |_| bits(|left, right| left | right)),
    AggregateEntry::new("bit_xor", |_| bits(|left, right| left ^ right)),
];

struct Truths {
    value: Option<bool>,
    combine: fn(bool, bool) -> bool,
}

fn truths(combine: fn(bool, bool) -> bool) -> Box<dyn Accumulator> {
    Box::new(Truths { value: None, combine })
}

impl Accumulator for Truths {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let truth = arguments.bool(0)?;
        self.value = Some(self.value.map_or(truth, |value| (self.combine)(value, truth)));
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.value.into())
    }
}

/// Of whole numbers, and of bit strings, which are texts of zeros and ones.
struct Bits {
    value: Value,
    combine: fn(i64, i64) -> i64,
}

fn bits(combine: fn(i64, i64) -> i64) -> Box<dyn Accumulator> {
    Box::new(Bits { value: Value::Null, combine })
}

impl Accumulator for Bits {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        self.value = match (&self.value, &arguments[0]) {
            (Value::Int(left), Value::Int(right)) => Value::Int((self.combine)(*left, *right)),
            (Value::Text(left), Value::Text(right)) if left.len() == right.len() => {
                let digit = |letter: char| i64::from(letter == '1');
                let combined = left.chars().zip(right.chars()).map(|(left, right)| (self.combine)(digit(left), digit(right)));
                combined.map(|bit| if bit == 1 { '1' } else { '0' }).collect::<String>().into()
            }
            (Value::Text(_), _) => {
                let message = "cannot combine bit strings of different sizes";
                return Err(spi::Error::new(spi::Code::BadData, message));
            }
            (_, value) => value.clone(),
        };
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.value.clone())
    }
}
