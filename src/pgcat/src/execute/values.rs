//! Gives rows of expressions: `VALUES`.

use std::sync::Arc;

use spi::Result;

use crate::expr::Expr;

use super::Row;
use super::answer::Answer;
use super::evaluate::evaluate_all;
use super::run::Run;

pub(super) struct ValuesAnswer {
    rows: Arc<Vec<Vec<Expr>>>,
    next: usize,
}

impl ValuesAnswer {
    pub fn new(rows: Arc<Vec<Vec<Expr>>>) -> Self {
        Self { rows, next: 0 }
    }
}

impl Answer for ValuesAnswer {
    fn open(&mut self, _run: &mut Run) -> Result<()> {
        self.next = 0;
        Ok(())
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        let Some(row) = self.rows.get(self.next) else { return Ok(None) };
        self.next += 1;
        run.touch()?;
        evaluate_all(row, run).map(Some)
    }
}
