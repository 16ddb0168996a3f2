//! The rows of WITH queries: computed as far as somebody reads them, and kept for all who do.

use std::sync::Arc;

use spi::{Error, Result};

use crate::plan::{CteScan, QueryPlan};
use crate::query::Fill;
use crate::value::Value;

use super::Row;
use super::query::QueryRun;
use super::run::{Frame, Run};
use super::scan::Scan;

/// A WITH query of a query that is being read.
pub(super) struct CteTable {
    plan: Arc<QueryPlan>,
    /// The rows so far.
    rows: Vec<Row>,
    /// Bytes of them.
    kept: usize,
    query: Option<QueryRun>,
    stage: Stage,
    /// Of a recursive query: the rows that its recursive term reads.
    working: Arc<Vec<Row>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    Done,
}

impl CteTable {
    pub fn new(plan: Arc<QueryPlan>) -> Self {
        Self { plan, rows: Vec::new(), kept: 0, query: None, stage: Stage::New, working: Arc::default() }
    }

    /// Forgets the rows, since the query around it begins anew.
    pub fn reset(&mut self, run: &mut Run) {
        run.budget.release(self.kept);
        self.kept = 0;
        self.rows.clear();
        self.stage = Stage::New;
    }
}

/// Gives the recursive term of a WITH query of the query right around the one on top its working table.
pub(super) fn set_working_table(run: &mut Run, cte: usize, rows: Vec<Row>) -> Result<()> {
    let activation = run.activate();
    let Some(frame) = run.frames.iter_mut().nth_back(1) else { return Err(missing()) };
    frame.activation = activation;
    let table = frame.ctes.get_mut(cte).ok_or_else(missing)?;
    table.working = Arc::new(rows);
    Ok(())
}

/// Reads a WITH query, or the working table of one.
pub(super) struct CteReader {
    plan: Arc<CteScan>,
    place: usize,
    working: Arc<Vec<Row>>,
}

impl CteReader {
    pub fn new(plan: Arc<CteScan>) -> Self {
        Self { plan, place: 0, working: Arc::default() }
    }
}

impl Scan for CteReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.place = 0;
        if self.plan.is_working_table {
            let owner = owner(run, self.plan.levels)?;
            self.working = table(run, owner, self.plan.cte)?.working.clone();
        }
        Ok(())
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        run.touch()?;
        if self.plan.is_working_table {
            let Some(row) = self.working.get(self.place) else { return Ok(false) };
            let values = columns(row, &self.plan.registers);
            self.place += 1;
            fill(run, &self.plan.registers, values);
            return Ok(true);
        }
        let owner = owner(run, self.plan.levels)?;
        while self.place >= table(run, owner, self.plan.cte)?.rows.len() {
            if !advance(run, owner, self.plan.cte)? {
                return Ok(false);
            }
        }
        let values = table(run, owner, self.plan.cte)?.rows.get(self.place).map(|row| columns(row, &self.plan.registers));
        self.place += 1;
        fill(run, &self.plan.registers, values.unwrap_or_default());
        Ok(true)
    }
}

/// Computes one more row. False at the end.
fn advance(run: &mut Run, owner: usize, cte: usize) -> Result<bool> {
    let table = table(run, owner, cte)?;
    let stage = table.stage;
    if stage == Stage::Done {
        return Ok(false);
    }
    let mut query = table.query.take().unwrap_or_else(|| QueryRun::new(table.plan.clone()));
    table.stage = Stage::Running;
    // The query is seen from the query that has it in its WITH, whoever reads it.
    let above: Vec<Frame> = run.frames.split_off(owner + 1);
    let row = if stage == Stage::New { query.open(run).and_then(|()| query.next(run)) } else { query.next(run) };
    run.frames.extend(above);
    let row = row?;
    let kept = row.as_ref().map(|row| run.keep(row)).transpose()?;
    let table = self::table(run, owner, cte)?;
    table.query = Some(query);
    table.kept += kept.unwrap_or(0);
    match row {
        Some(row) => {
            table.rows.push(row);
            Ok(true)
        }
        None => {
            table.stage = Stage::Done;
            Ok(false)
        }
    }
}

/// The place of the frame that many levels up.
fn owner(run: &Run, levels: usize) -> Result<usize> {
    run.frames.len().checked_sub(levels + 1).ok_or_else(missing)
}

fn table(run: &mut Run, owner: usize, cte: usize) -> Result<&mut CteTable> {
    run.frames.get_mut(owner).and_then(|frame| frame.ctes.get_mut(cte)).ok_or_else(missing)
}

fn columns(row: &Row, fills: &[Fill]) -> Vec<Value> {
    fills.iter().map(|fill| row.get(fill.column).cloned().unwrap_or(Value::Null)).collect()
}

fn fill(run: &mut Run, fills: &[Fill], values: Vec<Value>) {
    for (fill, value) in fills.iter().zip(values) {
        run.set(fill.register, value);
    }
}

fn missing() -> Error {
    Error::internal("a WITH query is read where it is not")
}
