//! Running plans: rows are pulled one at a time, and nothing is computed before it is asked for.
//!
//! Each query that is being read has a frame of registers. A [`scan::Scan`] fills registers of the frame on top with its next row, and an
//! [`answer::Answer`] gives rows. What a run keeps between two rows is all in it, so that it may rest at any row for any time.

mod answer;
mod budget;
mod combinations;
mod cte;
mod distinct;
mod evaluate;
mod filter;
mod fold;
mod function;
mod group;
mod hash_join;
mod limit;
mod nested_loop;
mod output;
mod project_set;
mod query;
mod recursive_union;
mod relation;
mod run;
mod scan;
mod set_operation;
mod sort;
mod subquery;
mod values;
mod window;

use std::sync::Arc;

use spi::Result;

use crate::catalog::Catalog;
use crate::host::Host;
use crate::plan::Plan;
use crate::value::Value;

use query::QueryRun;
use run::Run;

/// A statement that is being run.
pub struct Execution {
    query: QueryRun,
    run: Run,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    Done,
}

/// A row of an answer.
type Row = Vec<Value>;

impl Execution {
    /// Begins a statement. Nothing is read yet. The catalog is the one that the plan's query was bound to.
    pub fn new(plan: Arc<Plan>, catalog: Arc<Catalog>, host: Arc<dyn Host>, parameters: Vec<Value>) -> Self {
        let query = QueryRun::new(plan.query.clone());
        Self { query, run: Run::new(plan, catalog, host, parameters), stage: Stage::New }
    }

    /// The next row, with the columns that are seen. Nothing comes behind the end, nor behind an error.
    #[expect(clippy::should_implement_trait, reason = "an end and an error are told apart by whoever reads rows")]
    pub fn next(&mut self) -> Result<Option<Vec<Value>>> {
        self.run.budget.resume();
        let row = self.advance();
        if !matches!(row, Ok(Some(_))) {
            self.stage = Stage::Done;
        }
        self.run.budget.pause();
        row
    }

    fn advance(&mut self) -> Result<Option<Vec<Value>>> {
        match self.stage {
            Stage::Done => return Ok(None),
            Stage::Running => {}
            Stage::New => {
                self.run.host.check_cancelled()?;
                self.fold()?;
                self.query.open(&mut self.run)?;
                self.stage = Stage::Running;
            }
        }
        self.query.next(&mut self.run)
    }

    /// Computes what is constant, and runs a simpler plan where that leads to one.
    fn fold(&mut self) -> Result<()> {
        let Some(query) = self.run.plan.constants.clone() else { return Ok(()) };
        if let Some(simpler) = fold::simplify(&query, &mut self.run)? {
            let plan = Arc::new(Plan::of(&simpler, &*self.run.host)?);
            self.query = QueryRun::new(plan.query.clone());
            self.run.plan = plan;
            // They are kept by addresses of the other plan.
            self.run.subqueries.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
