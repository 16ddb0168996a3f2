//! Sorts rows. Rows that are the same in all keys stay in their order.

use std::cmp::Ordering;
use std::sync::Arc;

use spi::Result;

use crate::plan::Sort;
use crate::query::{SortKey, SortOrder};
use crate::value::Value;
use crate::value::compare::compare_in;

use super::Row;
use super::answer::{Answer, answer};
use super::limit;
use super::run::Run;

/// How many rows are sorted at once, between two looks at whether to go on.
const ROWS_AT_ONCE: usize = 4096;

pub(super) struct SortAnswer {
    plan: Arc<Sort>,
    input: Box<dyn Answer>,
    /// Sorted, once the first row was asked for.
    rows: Option<std::vec::IntoIter<Row>>,
    kept: usize,
}

impl SortAnswer {
    pub fn new(plan: Arc<Sort>) -> Self {
        Self { input: answer(&plan.input), plan, rows: None, kept: 0 }
    }

    /// Reads and sorts all rows. Where only the first are wanted, the others are left out as soon as they are twice as many.
    fn read(&mut self, run: &mut Run) -> Result<Vec<Row>> {
        let wanted = match &self.plan.first {
            Some((limit, offset)) => limit::first_rows(limit, offset.as_ref(), run)?,
            None => None,
        };
        let mut rows = Vec::new();
        while let Some(row) = self.input.next(run)? {
            run.touch()?;
            self.kept += run.keep(&row)?;
            rows.push(row);
            if let Some(wanted) = wanted.filter(|wanted| rows.len() > ROWS_AT_ONCE && rows.len() / 2 > *wanted) {
                rows = self.sort(rows, run)?;
                for row in rows.drain(wanted..) {
                    let bytes = size_of::<Row>() + row.iter().map(Value::size).sum::<usize>();
                    run.budget.release(bytes);
                    self.kept -= bytes;
                }
            }
        }
        self.sort(rows, run)
    }

    fn sort(&self, rows: Vec<Row>, run: &mut Run) -> Result<Vec<Row>> {
        sorted(rows, run, |left, right| compare_rows(&self.plan.keys, left, right))
    }
}

impl Answer for SortAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.rows = None;
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        if self.rows.is_none() {
            self.rows = Some(self.read(run)?.into_iter());
        }
        Ok(self.rows.as_mut().and_then(Iterator::next))
    }
}

/// The order of two rows.
pub(super) fn compare_rows(keys: &[SortKey], left: &[Value], right: &[Value]) -> Ordering {
    let pairs = keys.iter().map(|key| match (left.get(key.column), right.get(key.column)) {
        (Some(left), Some(right)) => compare_in(key.order, left, right),
        _ => Ordering::Equal,
    });
    first_difference(pairs)
}

/// The order of two lists of values, by an order for each place.
pub(super) fn compare_lists(orders: impl Iterator<Item = SortOrder>, left: &[Value], right: &[Value]) -> Ordering {
    first_difference(orders.zip(left.iter().zip(right)).map(|(order, (left, right))| compare_in(order, left, right)))
}

/// Sorts, with looks at whether to go on: pieces first, then always two of them into one.
pub(super) fn sorted<T>(items: Vec<T>, run: &mut Run, compare: impl Fn(&T, &T) -> Ordering) -> Result<Vec<T>> {
    let mut pieces = Vec::new();
    let mut items = items.into_iter();
    loop {
        let mut piece: Vec<T> = items.by_ref().take(ROWS_AT_ONCE).collect();
        if piece.is_empty() {
            break;
        }
        piece.sort_by(&compare);
        touch_all(piece.len(), run)?;
        pieces.push(piece);
    }
    while pieces.len() > 1 {
        let mut merged = Vec::with_capacity(pieces.len().div_ceil(2));
        let mut pairs = pieces.into_iter();
        while let Some(left) = pairs.next() {
            match pairs.next() {
                Some(right) => merged.push(merge(left, right, run, &compare)?),
                None => merged.push(left),
            }
        }
        pieces = merged;
    }
    Ok(pieces.pop().unwrap_or_default())
}

fn merge<T>(left: Vec<T>, right: Vec<T>, run: &mut Run, compare: impl Fn(&T, &T) -> Ordering) -> Result<Vec<T>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        run.touch()?;
        let next = if compare(first, second) == Ordering::Greater { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

fn touch_all(rows: usize, run: &mut Run) -> Result<()> {
    (0..rows).try_for_each(|_| run.touch())
}

fn first_difference(orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}
