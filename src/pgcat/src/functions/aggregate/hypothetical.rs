//! Aggregates of a row that is not there, `WITHIN GROUP (ORDER BY …)`: `rank`, `dense_rank`, `percent_rank`, `cume_dist` that it would have.
//!
//! Rows come in the order that the call asks for. In front of the values that they are sorted by stand those of the row that is not
//! there; behind them is how each is sorted, as [`orders`] writes it.

use std::cmp::Ordering;

use spi::{Error, Result};

use crate::function::{Accumulator, AggregateEntry, Context};
use crate::query::SortOrder;
use crate::value::Value;
use crate::value::compare::{compare_in, equal};

pub const AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry::with_nulls("rank", |_| Box::new(Hypothetical::new(|found| Value::Int(found.before as i64 + 1)))),
    AggregateEntry::with_nulls("dense_rank", |_| Box::new(Hypothetical::new(|found| Value::Int(found.distinct as i64 + 1)))),
    AggregateEntry::with_nulls("percent_rank", |_| Box::new(Hypothetical::new(percent_rank))),
    AggregateEntry::with_nulls("cume_dist", |_| Box::new(Hypothetical::new(cume_dist))),
];

/// How columns are sorted, a character for each.
pub fn orders(sorted: &[SortOrder]) -> Value {
    let character = |order: &SortOrder| match (order.descending, order.nulls_first) {
        (false, false) => 'a',
        (false, true) => 'A',
        (true, false) => 'd',
        (true, true) => 'D',
    };
    Value::from(sorted.iter().map(character).collect::<String>())
}

struct Hypothetical {
    rows: u64,
    /// Rows before it, different ones of them, and rows that are equal to it.
    before: u64,
    distinct: u64,
    equal: u64,
    last: Vec<Value>,
    result: fn(&Hypothetical) -> Value,
}

impl Hypothetical {
    fn new(result: fn(&Hypothetical) -> Value) -> Self {
        Self { rows: 0, before: 0, distinct: 0, equal: 0, last: Vec::new(), result }
    }
}

impl Accumulator for Hypothetical {
    fn add(&mut self, _: &Context<'_>, arguments: &[Value]) -> Result<()> {
        let Some((orders, values)) = arguments.split_last() else { return Err(Error::internal("a row that is not there has no values")) };
        let (wanted, row) = values.split_at(values.len() / 2);
        let columns = orders.as_str().unwrap_or_default().chars().zip(row.iter().zip(wanted));
        let place = columns.map(|(order, (row, wanted))| compare_in(read(order), row, wanted)).find(|order| order.is_ne());
        self.rows += 1;
        match place.unwrap_or(Ordering::Equal) {
            Ordering::Less => {
                self.before += 1;
                if self.last.len() != row.len() || self.last.iter().zip(row).any(|(last, value)| !equal(last, value)) {
                    self.distinct += 1;
                    self.last = row.to_vec();
                }
            }
            Ordering::Equal => self.equal += 1,
            Ordering::Greater => {}
        }
        Ok(())
    }

    fn finish(&self, _: &Context<'_>) -> Result<Value> {
        Ok((self.result)(self))
    }
}

fn percent_rank(found: &Hypothetical) -> Value {
    Value::Float(if found.rows == 0 { 0.0 } else { found.before as f64 / found.rows as f64 })
}

fn cume_dist(found: &Hypothetical) -> Value {
    Value::Float((found.before + found.equal + 1) as f64 / (found.rows + 1) as f64)
}

fn read(order: char) -> SortOrder {
    SortOrder { descending: order.eq_ignore_ascii_case(&'d'), nulls_first: order.is_ascii_uppercase() }
}
