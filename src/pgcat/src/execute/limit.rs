//! LIMIT, OFFSET and FETCH FIRST … WITH TIES.

use std::cmp::Ordering;
use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::expr::Expr;
use crate::plan::Limit;
use crate::value::Value;

use super::Row;
use super::answer::{Answer, answer};
use super::evaluate::evaluate;
use super::run::Run;
use super::sort::compare_rows;

pub(super) struct LimitAnswer {
    plan: Arc<Limit>,
    input: Box<dyn Answer>,
    /// How many rows are still to be left out, and to be given; `None` gives all.
    skip: u64,
    left: Option<u64>,
    /// Of WITH TIES: the last row that counted.
    last: Option<Row>,
}

impl LimitAnswer {
    pub fn new(plan: Arc<Limit>) -> Self {
        Self { input: answer(&plan.input), plan, skip: 0, left: None, last: None }
    }
}

impl Answer for LimitAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.skip = offset(self.plan.offset.as_ref(), run)?;
        self.left = limit(self.plan.limit.as_ref(), run)?;
        self.last = None;
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        while self.skip > 0 && self.left != Some(0) {
            self.skip -= 1;
            if self.input.next(run)?.is_none() {
                return Ok(None);
            }
        }
        match (&mut self.left, &self.plan.ties) {
            (None, _) => self.input.next(run),
            (Some(0), None) => Ok(None),
            (Some(0), Some(ties)) => {
                let Some(last) = &self.last else { return Ok(None) };
                let next = self.input.next(run)?;
                Ok(next.filter(|row| compare_rows(ties, last, row) == Ordering::Equal))
            }
            (Some(left), ties) => {
                *left -= 1;
                let row = self.input.next(run)?;
                if *left == 0 && ties.is_some() {
                    self.last.clone_from(&row);
                }
                Ok(row)
            }
        }
    }
}

/// How many rows from the first on are needed; `None` for all.
pub(super) fn first_rows(limit: &Expr, offset: Option<&Expr>, run: &mut Run) -> Result<Option<usize>> {
    let skip = self::offset(offset, run)?;
    let limit = self::limit(Some(limit), run)?;
    Ok(limit.map(|limit| usize::try_from(limit.saturating_add(skip)).unwrap_or(usize::MAX)))
}

fn limit(expr: Option<&Expr>, run: &mut Run) -> Result<Option<u64>> {
    let negative = || Error::new(Code::InvalidRowCount, "LIMIT must not be negative");
    row_count(expr, run)?.map(|rows| u64::try_from(rows).map_err(|_| negative())).transpose()
}

fn offset(expr: Option<&Expr>, run: &mut Run) -> Result<u64> {
    let negative = || Error::new(Code::InvalidRowOffset, "OFFSET must not be negative");
    row_count(expr, run)?.map_or(Ok(0), |rows| u64::try_from(rows).map_err(|_| negative()))
}

/// Null is the same as nothing said.
fn row_count(expr: Option<&Expr>, run: &mut Run) -> Result<Option<i64>> {
    let Some(expr) = expr else { return Ok(None) };
    match evaluate(expr, run)? {
        Value::Null => Ok(None),
        Value::Int(rows) => Ok(Some(rows)),
        other => Err(Error::internal(format!("a number of rows is not a whole number but {other:?}"))),
    }
}
