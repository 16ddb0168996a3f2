//! What of the planning of a statement is done once for all its runs.
//!
//! Optimizing and planning how a query is executed takes most of the time of a lookup in the catalog. A query that reads only
//! what the gateway itself knows, and in which nothing depends on the moment, keeps its optimized plan. Where each of its
//! parameters is a name that is looked up, it keeps the finished plan too, and a run only fills in the names.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, Result, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use tokio::sync::OnceCell;

use super::statement::Statement;
use super::{Planned, deep, executable};
use crate::native;
use crate::source_table;
use crate::tables::snapshot_table;

/// Filled by the first run.
#[derive(Default)]
pub(super) struct Kept {
    /// None where each run has to optimize the query.
    optimized: OnceLock<Option<LogicalPlan>>,
    /// None where each run has to plan how the optimized query is executed.
    executable: OnceCell<Option<Arc<dyn ExecutionPlan>>>,
}

impl Kept {
    /// The plan to be executed with these values; `None` where nothing of it could be kept.
    pub(super) async fn with_values(
        &self,
        statement: &Statement,
        planned: &Planned,
        values: &[ScalarValue],
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let expected = &planned.value_types;
        let fits = |(value, expected): (&ScalarValue, &DataType)| is_same_kind(&value.data_type(), expected);
        if values.len() != expected.len() || !values.iter().zip(expected).all(fits) {
            return Ok(None);
        }
        let Some(optimized) = self.optimized.get_or_init(|| optimize(statement, planned)) else { return Ok(None) };
        let values: Vec<ScalarValue> =
            values.iter().zip(expected).map(|(value, expected)| value.cast_to(expected)).collect::<Result<_>>()?;
        let values = ParamValues::from(values);
        if let Some(plan) = self.executable.get_or_init(|| finish(statement, optimized)).await {
            return snapshot_table::with_values(reset_plan_states(Arc::clone(plan))?, &values, statement).map(Some);
        }
        let plan = if expected.is_empty() { optimized.clone() } else { optimized.clone().with_param_values(values)? };
        executable(statement, &plan).await.map(Some)
    }
}

/// Text is text, in whatever form Arrow holds it.
fn is_same_kind(one: &DataType, other: &DataType) -> bool {
    let is_text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    one == other || is_text(one) && is_text(other)
}

/// The optimized plan, its parameters still open. None also where optimizing fails: a run without it says why.
fn optimize(statement: &Statement, planned: &Planned) -> Option<LogicalPlan> {
    let plan = &planned.plan;
    // The connector of a data source is of each run.
    let reads_sources = !source_table::sources_of(plan).ok()?.is_empty() || native::reads_native(plan).ok()?;
    if reads_sources || !is_immutable(plan).ok()? {
        return None;
    }
    let plan = if planned.value_types.is_empty() { plan.clone() } else { statement.analyze(plan.clone()).ok()? };
    statement.optimized(plan).ok()
}

/// Whether every function of the plan gives the same for the same arguments, now and later.
fn is_immutable(plan: &LogicalPlan) -> Result<bool> {
    let mut immutable = true;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                immutable &= !matches!(part, Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(immutable)
}

/// How the optimized query is executed. None where a parameter is something else than a name to look up, which DataFusion
/// refuses to plan, and where a relation computes its rows anew for each statement.
async fn finish(statement: &Statement, optimized: &LogicalPlan) -> Option<Arc<dyn ExecutionPlan>> {
    if deep::is_deep(optimized).ok()? {
        return None;
    }
    let plan = executable(statement, optimized).await.ok()?;
    let mut reads_snapshots = true;
    plan.apply(|node| {
        reads_snapshots &= !node.children().is_empty() || snapshot_table::is_scan(node);
        Ok(TreeNodeRecursion::Continue)
    })
    .ok()?;
    reads_snapshots.then_some(plan)
}
