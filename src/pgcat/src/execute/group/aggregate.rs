//! One aggregate over the rows of one group, with DISTINCT and ORDER BY inside of the call.

use std::cmp::Ordering;

use spi::Result;

use crate::function::Accumulator;
use crate::io::json;
use crate::query::{AggregateCall, SortOrder};
use crate::value::Value;
use crate::value::compare::compare;

use super::Input;
use crate::execute::Row;
use crate::execute::run::Run;
use crate::execute::sort::{compare_lists, sorted};

const ASCENDING: SortOrder = SortOrder { descending: false, nulls_first: false };

pub(super) struct Aggregation {
    /// The type of its value.
    result: u32,
    accumulator: Box<dyn Accumulator>,
    takes_nulls: bool,
    /// Where rows have to be sorted before they are added: they, and how.
    waiting: Option<Waiting>,
    /// How many bytes of the accumulator are counted as kept.
    counted: usize,
}

struct Waiting {
    /// Arguments with what is sorted by.
    rows: Vec<(Row, Row)>,
    orders: Vec<SortOrder>,
    is_distinct: bool,
}

impl Aggregation {
    pub fn new(call: &AggregateCall) -> Self {
        let orders: Vec<SortOrder> = call.order_by.iter().map(|(_, order)| *order).collect();
        let is_sorted = call.distinct || !orders.is_empty();
        let waiting = is_sorted.then_some(Waiting { rows: Vec::new(), orders, is_distinct: call.distinct });
        let accumulator = (call.entry.begin)(&call.signature);
        Self { result: call.signature.result.oid, accumulator, takes_nulls: call.entry.takes_nulls, waiting, counted: 0 }
    }

    /// Adds a row, and tells how many bytes are kept for it.
    pub fn add(&mut self, input: &Input, run: &mut Run) -> Result<usize> {
        if !self.takes_nulls && input.arguments.iter().any(Value::is_null) {
            return Ok(0);
        }
        match &mut self.waiting {
            None => {
                self.accumulator.add(&run.context(), &input.arguments)?;
                let grown = self.accumulator.size().saturating_sub(self.counted);
                run.budget.keep(grown)?;
                self.counted += grown;
                Ok(grown)
            }
            Some(waiting) => {
                waiting.rows.push((input.arguments.clone(), input.order.clone()));
                Ok(run.keep(&input.arguments)? + run.keep(&input.order)?)
            }
        }
    }

    pub fn finish(&mut self, run: &mut Run) -> Result<Value> {
        if let Some(waiting) = self.waiting.take() {
            for arguments in waiting.sorted(run)? {
                run.touch()?;
                self.accumulator.add(&run.context(), &arguments)?;
            }
        }
        json::made(self.result, self.accumulator.finish(&run.context())?)
    }
}

impl Waiting {
    /// By ORDER BY, then, where they must be distinct, by the arguments: those that are equal are neighbours then.
    fn sorted(self, run: &mut Run) -> Result<Vec<Row>> {
        let Self { rows, orders, is_distinct } = self;
        let by_arguments = |left: &Row, right: &Row| compare_lists(left.iter().map(|_| ASCENDING), left, right);
        let rows = sorted(rows, run, |(left, left_order), (right, right_order)| {
            let order = compare_lists(orders.iter().copied(), left_order, right_order);
            if is_distinct { order.then_with(|| by_arguments(left, right)) } else { order }
        })?;
        let mut rows: Vec<Row> = rows.into_iter().map(|(arguments, _)| arguments).collect();
        if is_distinct {
            rows.dedup_by(|left, right| left.iter().zip(right.iter()).all(|(left, right)| compare(left, right) == Ordering::Equal));
        }
        Ok(rows)
    }
}
