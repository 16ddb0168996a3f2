//! What gives rows: the part of a query above its registers.

use spi::Result;

use crate::plan;

use super::Row;
use super::distinct::DistinctAnswer;
use super::limit::LimitAnswer;
use super::output::OutputAnswer;
use super::recursive_union::RecursiveUnionAnswer;
use super::run::Run;
use super::set_operation::SetOperationAnswer;
use super::sort::SortAnswer;
use super::values::ValuesAnswer;

/// An answer that is being read.
pub(super) trait Answer: Send {
    /// Begins anew, with the registers of the queries around it as they are now.
    fn open(&mut self, run: &mut Run) -> Result<()>;

    /// The next row; `None` at the end.
    fn next(&mut self, run: &mut Run) -> Result<Option<Row>>;
}

/// A reader of an answer. It has to be opened before it is read.
pub(super) fn answer(plan: &plan::Answer) -> Box<dyn Answer> {
    match plan {
        plan::Answer::Output(plan) => Box::new(OutputAnswer::new(plan.clone())),
        plan::Answer::Values(plan) => Box::new(ValuesAnswer::new(plan.clone())),
        plan::Answer::SetOperation(plan) => Box::new(SetOperationAnswer::new(plan.clone())),
        plan::Answer::RecursiveUnion(plan) => Box::new(RecursiveUnionAnswer::new(plan.clone())),
        plan::Answer::Distinct(plan) => Box::new(DistinctAnswer::new(plan.clone())),
        plan::Answer::Sort(plan) => Box::new(SortAnswer::new(plan.clone())),
        plan::Answer::Limit(plan) => Box::new(LimitAnswer::new(plan.clone())),
    }
}
