//! Leaves out rows that do not fulfil conditions.

use std::sync::Arc;

use spi::Result;

use crate::plan::{Filter, Gate};

use super::evaluate::all_true;
use super::run::Run;
use super::scan::{Scan, scan};

/// Asks for each row.
pub(super) struct FilterScan {
    plan: Arc<Filter>,
    input: Box<dyn Scan>,
}

impl FilterScan {
    pub fn new(plan: Arc<Filter>) -> Self {
        Self { input: scan(&plan.input), plan }
    }
}

impl Scan for FilterScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        while self.input.next(run)? {
            if all_true(&self.plan.conditions, run)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Asks once, before the input is begun.
pub(super) struct GateScan {
    plan: Arc<Gate>,
    input: Box<dyn Scan>,
    is_open: bool,
}

impl GateScan {
    pub fn new(plan: Arc<Gate>) -> Self {
        Self { input: scan(&plan.input), plan, is_open: false }
    }
}

impl Scan for GateScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.is_open = all_true(&self.plan.conditions, run)?;
        if self.is_open { self.input.open(run) } else { Ok(()) }
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        if self.is_open { self.input.next(run) } else { Ok(false) }
    }
}
