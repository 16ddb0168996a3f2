//! `WITH RECURSIVE`: the recursive term is run with the rows that its last run gave, until it gives none.

use std::collections::HashSet;
use std::sync::Arc;

use spi::Result;

use crate::plan::RecursiveUnion;
use crate::value::hash::Key;

use super::Row;
use super::answer::Answer;
use super::cte::set_working_table;
use super::query::QueryRun;
use super::run::Run;

pub(super) struct RecursiveUnionAnswer {
    plan: Arc<RecursiveUnion>,
    first: QueryRun,
    step: QueryRun,
    is_in_step: bool,
    /// Rows of this run of a term, which the next one reads.
    fresh: Vec<Row>,
    /// Of UNION without ALL: all rows so far.
    seen: HashSet<Key>,
    /// Bytes of the rows of this run, of those that it reads, and of those that were seen.
    fresh_bytes: usize,
    working_bytes: usize,
    seen_bytes: usize,
}

impl RecursiveUnionAnswer {
    pub fn new(plan: Arc<RecursiveUnion>) -> Self {
        Self {
            first: QueryRun::new(plan.first.clone()),
            step: QueryRun::new(plan.step.clone()),
            plan,
            is_in_step: false,
            fresh: Vec::new(),
            seen: HashSet::new(),
            fresh_bytes: 0,
            working_bytes: 0,
            seen_bytes: 0,
        }
    }

    /// Gives the recursive term what the last run gave.
    fn begin_step(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(self.working_bytes);
        self.working_bytes = std::mem::take(&mut self.fresh_bytes);
        set_working_table(run, self.plan.cte, std::mem::take(&mut self.fresh))?;
        self.is_in_step = true;
        self.step.open(run)
    }
}

impl Answer for RecursiveUnionAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(self.fresh_bytes + self.working_bytes + self.seen_bytes);
        (self.fresh_bytes, self.working_bytes, self.seen_bytes) = (0, 0, 0);
        self.fresh.clear();
        self.seen.clear();
        self.is_in_step = false;
        self.first.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        loop {
            let row = if self.is_in_step { self.step.next(run)? } else { self.first.next(run)? };
            let Some(row) = row else {
                if self.fresh.is_empty() {
                    return Ok(None);
                }
                self.begin_step(run)?;
                continue;
            };
            run.touch()?;
            if !self.plan.all {
                let key = Key(row.clone());
                if self.seen.contains(&key) {
                    continue;
                }
                self.seen_bytes += run.keep(&key.0)?;
                self.seen.insert(key);
            }
            self.fresh_bytes += run.keep(&row)?;
            self.fresh.push(row.clone());
            return Ok(Some(row));
        }
    }
}
