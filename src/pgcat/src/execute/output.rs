//! Gives the values of expressions over each row of registers.

use std::sync::Arc;

use spi::Result;

use crate::plan::Output;

use super::Row;
use super::answer::Answer;
use super::evaluate::evaluate_all;
use super::run::Run;
use super::scan::{Scan, scan};

pub(super) struct OutputAnswer {
    plan: Arc<Output>,
    input: Box<dyn Scan>,
}

impl OutputAnswer {
    pub fn new(plan: Arc<Output>) -> Self {
        Self { input: scan(&plan.input), plan }
    }
}

impl Answer for OutputAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        if self.input.next(run)? { evaluate_all(&self.plan.expressions, run).map(Some) } else { Ok(None) }
    }
}
