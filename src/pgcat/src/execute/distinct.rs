//! Gives the first of the rows that are the same in some columns.

use std::collections::HashSet;
use std::sync::Arc;

use spi::Result;

use crate::plan::Distinct;
use crate::value::hash::Key;

use super::Row;
use super::answer::{Answer, answer};
use super::run::Run;

pub(super) struct DistinctAnswer {
    plan: Arc<Distinct>,
    input: Box<dyn Answer>,
    seen: HashSet<Key>,
    kept: usize,
}

impl DistinctAnswer {
    pub fn new(plan: Arc<Distinct>) -> Self {
        Self { input: answer(&plan.input), plan, seen: HashSet::new(), kept: 0 }
    }
}

impl Answer for DistinctAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.seen.clear();
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        while let Some(row) = self.input.next(run)? {
            run.touch()?;
            let key = Key(self.plan.columns.iter().filter_map(|column| row.get(*column)).cloned().collect());
            if !self.seen.contains(&key) {
                self.kept += run.keep(&key.0)?;
                self.seen.insert(key);
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}
