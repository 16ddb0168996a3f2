//! Joins by reading the right side anew for each row on the left.

use std::sync::Arc;

use spi::Result;

use crate::plan::NestedLoop;

use super::run::Run;
use super::scan::{Scan, scan};

pub(super) struct NestedLoopScan {
    plan: Arc<NestedLoop>,
    left: Box<dyn Scan>,
    right: Box<dyn Scan>,
    /// Whether there is a row on the left, and the right is open for it.
    has_left: bool,
    /// Whether the row on the left has met one.
    has_met: bool,
}

impl NestedLoopScan {
    pub fn new(plan: Arc<NestedLoop>) -> Self {
        Self { left: scan(&plan.left), right: scan(&plan.right), plan, has_left: false, has_met: false }
    }
}

impl Scan for NestedLoopScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.has_left = false;
        self.left.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        loop {
            if !self.has_left {
                if !self.left.next(run)? {
                    return Ok(false);
                }
                self.right.open(run)?;
                (self.has_left, self.has_met) = (true, false);
            }
            if self.right.next(run)? {
                self.has_met = true;
                return Ok(true);
            }
            self.has_left = false;
            if let Some(nullable) = self.plan.nullable.as_deref().filter(|_| !self.has_met) {
                run.clear(nullable);
                return Ok(true);
            }
        }
    }
}
