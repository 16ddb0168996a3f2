//! Plans whose expressions are evaluated with enough stack, in whichever task that happens.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::{Stream, StreamExt};

use super::on_large_stack;

/// A complete plan, each node of which runs with enough stack.
pub(in crate::planner) fn with_stack_for_rows(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| Ok(Transformed::yes(Arc::new(StackExec(node)) as Arc<dyn ExecutionPlan>))).map(|wrapped| wrapped.data)
}

/// A node that runs with enough stack.
#[derive(Debug)]
struct StackExec(Arc<dyn ExecutionPlan>);

impl DisplayAs for StackExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stack")
    }
}

impl ExecutionPlan for StackExec {
    fn name(&self) -> &str {
        "StackExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.0]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(node), true) => Ok(Arc::new(Self(node))),
            _ => Err(DataFusionError::Internal("a node with a stack has one child".to_owned())),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        on_large_stack(|| self.0.execute(partition, context)).map(|rows| Box::pin(StackStream(rows)) as SendableRecordBatchStream)
    }
}

/// Rows that are computed with enough stack.
struct StackStream(SendableRecordBatchStream);

impl Stream for StackStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        on_large_stack(|| self.0.poll_next_unpin(context))
    }
}

impl RecordBatchStream for StackStream {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }
}
