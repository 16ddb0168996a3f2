//! A query that is being read, with its frame.

use std::sync::Arc;

use spi::Result;

use crate::plan::{QueryPlan, QueryScan, STACK_PIECE, STACK_RED_ZONE};
use crate::value::Value;

use super::Row;
use super::answer::{Answer, answer};
use super::cte::CteTable;
use super::run::{Frame, Run};
use super::scan::Scan;

/// The state of a query. Its frame is on the stack of frames while it computes, and here between rows.
pub(super) struct QueryRun {
    plan: Arc<QueryPlan>,
    frame: Frame,
    answer: Box<dyn Answer>,
}

impl QueryRun {
    pub fn new(plan: Arc<QueryPlan>) -> Self {
        let ctes = plan.ctes.iter().map(|plan| CteTable::new(plan.clone())).collect();
        let frame = Frame { registers: vec![Value::Null; plan.registers], ctes, activation: 0 };
        Self { frame, answer: answer(&plan.root), plan }
    }

    /// Begins anew, with the frames on the stack around it.
    pub fn open(&mut self, run: &mut Run) -> Result<()> {
        if !self.frame.ctes.is_empty() {
            self.frame.activation = run.activate();
            self.frame.ctes.iter_mut().for_each(|table| table.reset(run));
        }
        self.inside(run, |answer, run| answer.open(run))
    }

    /// The next row, with the columns that are seen.
    pub fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        let seen = self.plan.fields.len();
        let mut row = self.inside(run, |answer, run| answer.next(run))?;
        if let Some(row) = &mut row {
            row.truncate(seen);
        }
        Ok(row)
    }

    /// Computes with its frame on top.
    fn inside<T>(&mut self, run: &mut Run, work: impl FnOnce(&mut dyn Answer, &mut Run) -> Result<T>) -> Result<T> {
        run.frames.push(std::mem::take(&mut self.frame));
        let result = stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || work(&mut *self.answer, run));
        self.frame = run.frames.pop().unwrap_or_default();
        result
    }
}

/// Reads a query in FROM.
pub(super) struct QueryReader {
    plan: Arc<QueryScan>,
    query: QueryRun,
}

impl QueryReader {
    pub fn new(plan: Arc<QueryScan>) -> Self {
        Self { query: QueryRun::new(plan.query.clone()), plan }
    }
}

impl Scan for QueryReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.query.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        let Some(mut row) = self.query.next(run)? else { return Ok(false) };
        run.touch()?;
        for fill in &self.plan.registers {
            run.set(fill.register, row.get_mut(fill.column).map_or(Value::Null, |value| std::mem::replace(value, Value::Null)));
        }
        Ok(true)
    }
}
