//! A scan that looks up names which are parameters of the statement: complete but for them.
//!
//! It stands in plans that are kept. Each run puts a scan with its values in its place.

use std::fmt;
use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, ParamValues, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};

use super::exec::SnapshotExec;
use super::order;
use super::provider::ScanRequest;

/// A lookup touches a few rows: more threads than one cost more than they save, and the plan around it is made for one.
const PARTITIONS: usize = 1;

/// A scan whose conditions have parameters, each of them a name to look up.
pub(super) struct OpenSnapshotExec {
    request: ScanRequest,
    properties: Arc<PlanProperties>,
}

impl OpenSnapshotExec {
    /// `None` where a condition has no parameter but is no lookup either, or has one that is not a name to look up.
    pub(super) fn new(request: ScanRequest) -> Result<Option<Self>> {
        let mut open = false;
        for condition in &request.conditions {
            let has_parameter = condition.exists(|part| Ok(matches!(part, Expr::Placeholder(_))))?;
            open |= has_parameter;
            if has_parameter && order::names(condition)?.is_none() {
                return Ok(None);
            }
        }
        if !open {
            return Ok(None);
        }
        let properties = PlanProperties::new(
            order::of(&request)?,
            Partitioning::UnknownPartitioning(PARTITIONS),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Some(Self { request, properties: Arc::new(properties) }))
    }

    /// The scan that finds what the values say. It has the properties of this one, so the plan above stays as it is.
    fn with_values(&self, values: &ParamValues, session: &dyn Session) -> Result<SnapshotExec> {
        let conditions: Result<_> = self.request.conditions.iter().map(|condition| filled(condition, values)).collect();
        let request = ScanRequest { conditions: conditions?, ..self.request.clone() };
        Ok(request.plan(session, PARTITIONS)?.with_properties(Arc::clone(&self.properties)))
    }
}

fn filled(condition: &Expr, values: &ParamValues) -> Result<Expr> {
    let filled = condition.clone().transform(|part| match part {
        Expr::Placeholder(parameter) => {
            let value = values.get_placeholders_with_values(&parameter.id)?.value;
            Ok(Transformed::yes(Expr::Literal(value, None)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(filled.data)
}

/// The plan with the values of its parameters.
pub(crate) fn with_values(plan: Arc<dyn ExecutionPlan>, values: &ParamValues, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(open) = plan.downcast_ref::<OpenSnapshotExec>() {
        return Ok(Arc::new(open.with_values(values, session)?));
    }
    let children: Vec<Arc<dyn ExecutionPlan>> =
        plan.children().into_iter().map(|child| with_values(Arc::clone(child), values, session)).collect::<Result<_>>()?;
    if children.is_empty() {
        return Ok(plan);
    }
    plan.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep))
}

/// Whether the node is a scan of snapshots, or has rows of its own: either is the same in every run over one catalog.
pub(crate) fn is_scan(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.is::<SnapshotExec>() || node.is::<OpenSnapshotExec>() || node.is::<EmptyExec>() || node.is::<PlaceholderRowExec>()
}

impl ExecutionPlan for OpenSnapshotExec {
    fn name(&self) -> &'static str {
        "SnapshotScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Err(DataFusionError::Internal("a scan was executed without its parameters".to_owned()))
    }
}

impl DisplayAs for OpenSnapshotExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotScan: {}.{}", self.request.table.schema, self.request.table.name)
    }
}

impl fmt::Debug for OpenSnapshotExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}
