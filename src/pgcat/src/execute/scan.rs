//! What fills the registers of the query on top with one row after the other.

use spi::Result;

use crate::plan::Source;

use super::cte::CteReader;
use super::filter::{FilterScan, GateScan};
use super::function::FunctionReader;
use super::group::GroupScan;
use super::hash_join::HashJoinScan;
use super::nested_loop::NestedLoopScan;
use super::project_set::ProjectSetScan;
use super::query::QueryReader;
use super::relation::RelationReader;
use super::run::Run;
use super::window::WindowReader;

/// A source that is being read.
pub(super) trait Scan: Send {
    /// Begins anew, with the registers as they are now.
    fn open(&mut self, run: &mut Run) -> Result<()>;

    /// Fills its registers with the next row. False at the end.
    fn next(&mut self, run: &mut Run) -> Result<bool>;
}

/// A scan of a source. It has to be opened before it is read.
pub(super) fn scan(source: &Source) -> Box<dyn Scan> {
    match source {
        Source::One => Box::new(OneScan { is_done: false }),
        Source::Relation(plan) => Box::new(RelationReader::new(plan.clone())),
        Source::Function(plan) => Box::new(FunctionReader::new(plan.clone())),
        Source::Query(plan) => Box::new(QueryReader::new(plan.clone())),
        Source::Cte(plan) => Box::new(CteReader::new(plan.clone())),
        Source::NestedLoop(plan) => Box::new(NestedLoopScan::new(plan.clone())),
        Source::HashJoin(plan) => Box::new(HashJoinScan::new(plan.clone())),
        Source::Filter(plan) => Box::new(FilterScan::new(plan.clone())),
        Source::Gate(plan) => Box::new(GateScan::new(plan.clone())),
        Source::Group(plan) => Box::new(GroupScan::new(plan.clone())),
        Source::Window(plan) => Box::new(WindowReader::new(plan.clone())),
        Source::ProjectSet(plan) => Box::new(ProjectSetScan::new(plan.clone())),
    }
}

/// One row without columns.
struct OneScan {
    is_done: bool,
}

impl Scan for OneScan {
    fn open(&mut self, _run: &mut Run) -> Result<()> {
        self.is_done = false;
        Ok(())
    }

    fn next(&mut self, _run: &mut Run) -> Result<bool> {
        Ok(!std::mem::replace(&mut self.is_done, true))
    }
}
