//! `min`, `max` and `any_value`.

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::value::Value;
use crate::value::compare::compare;

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::new("min", |_| begin(Wanted::Least)),
    AggregateEntry::new("max", |_| begin(Wanted::Greatest)),
    AggregateEntry::new("any_value", |_| begin(Wanted::First)),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Least,
    Greatest,
    First,
}

struct Extreme {
    wanted: Wanted,
    kept: Value,
}

fn begin(wanted: Wanted) -> Box<dyn Accumulator> {
    Box::new(Extreme { wanted, kept: Value::Null })
}

impl Accumulator for Extreme {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let replaces = match self.wanted {
            _ if self.kept.is_null() => true,
            Wanted::First => false,
            Wanted::Least => compare(&arguments[0], &self.kept).is_lt(),
            Wanted::Greatest => compare(&arguments[0], &self.kept).is_gt(),
        };
        if replaces {
            self.kept = arguments[0].clone();
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(self.kept.clone())
    }

    fn size(&self) -> usize {
        self.kept.size()
    }
}
