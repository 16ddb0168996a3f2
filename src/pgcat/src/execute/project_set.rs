//! Set-returning functions of the select list: each row becomes as many as the longest of them gives.

use std::sync::Arc;

use spi::Result;

use crate::plan::ProjectSet;
use crate::value::Value;

use super::evaluate::evaluate_all;
use super::function::SetRows;
use super::run::Run;
use super::scan::{Scan, scan};

pub(super) struct ProjectSetScan {
    plan: Arc<ProjectSet>,
    input: Box<dyn Scan>,
    /// The calls for the row at hand, one for each function; those that are at their end are `SetRows::None`. Empty without a row.
    calls: Vec<SetRows>,
}

impl ProjectSetScan {
    pub fn new(plan: Arc<ProjectSet>) -> Self {
        Self { input: scan(&plan.input), plan, calls: Vec::new() }
    }

    fn begin(&mut self, run: &mut Run) -> Result<()> {
        for call in &self.plan.calls {
            let arguments = evaluate_all(&call.arguments, run)?;
            self.calls.push(SetRows::call(&call.function, arguments, run)?);
        }
        Ok(())
    }
}

impl Scan for ProjectSetScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.calls.clear();
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        loop {
            if self.calls.is_empty() {
                if !self.input.next(run)? {
                    return Ok(false);
                }
                self.begin(run)?;
            }
            let mut has_row = false;
            for (call, rows) in self.plan.calls.iter().zip(&mut self.calls) {
                let value = rows.next(run)?;
                if value.is_none() {
                    *rows = SetRows::None;
                }
                has_row |= value.is_some();
                run.set(call.register, value.unwrap_or(Value::Null));
            }
            if has_row {
                return Ok(true);
            }
            self.calls.clear();
        }
    }
}
