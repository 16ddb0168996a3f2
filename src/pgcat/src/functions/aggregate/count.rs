//! `count`: of rows, or of those where the argument is not null.

use spi::Result;

use crate::function::{Accumulator, AggregateEntry, Context, Signature};
use crate::value::Value;

pub const AGGREGATES: &[AggregateEntry] = &[AggregateEntry::new("count", begin)];

struct Count(i64);

fn begin(_: &Signature) -> Box<dyn Accumulator> {
    Box::new(Count(0))
}

impl Accumulator for Count {
    fn add(&mut self, _: &Context<'_>, _: &[Value]) -> Result<()> {
        self.0 += 1;
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok(Value::Int(self.0))
    }
}
