//! Runs a query in a data source's own language, and passes on its rows as they come.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream};
use futures::StreamExt;
use spi::connector::{Connector, RunRequest};
use spi::{Code, Error};

use super::Native;
use crate::audited::audited_stream;
use crate::call_context::CallContext;
use crate::scan::external;

pub(super) struct NativeQueryExec {
    native: Native,
    connector: Arc<dyn Connector>,
    request: RunRequest,
    /// The wanted columns; all of them if none are named.
    projection: Option<Vec<usize>>,
    call_context: Arc<CallContext>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl NativeQueryExec {
    pub(super) fn new(
        native: Native,
        connector: Arc<dyn Connector>,
        request: RunRequest,
        projection: Option<Vec<usize>>,
        call_context: CallContext,
    ) -> DataFusionResult<Self> {
        let columns = match &projection {
            Some(projection) => Arc::new(request.columns.project(projection)?),
            None => Arc::clone(&request.columns),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(columns),
            // A connector has one stream; what stands above may spread it.
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let (call_context, properties) = (Arc::new(call_context), Arc::new(properties));
        Ok(Self { native, connector, request, projection, call_context, properties, metrics: ExecutionPlanMetricsSet::new() })
    }
}

impl ExecutionPlan for NativeQueryExec {
    fn name(&self) -> &str {
        "NativeQueryExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> DataFusionResult<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let (connector, request) = (Arc::clone(&self.connector), self.request.clone());
        let rows = audited_stream(Arc::clone(&self.call_context), self.native.entry(), move || connector.run(request));
        let (described, projection, source) = (Arc::clone(&self.request.columns), self.projection.clone(), Arc::clone(&self.native.source));
        let rows = rows.map(move |batch| {
            let batch = batch.and_then(|batch| fit(batch, &described, &source)).map_err(external)?;
            metrics.record_output(batch.num_rows());
            match &projection {
                Some(projection) => Ok(batch.project(projection)?),
                None => Ok(batch),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}

/// The rows under the names of the plan, checked to have the columns that the source described: others would be a wrong answer.
fn fit(batch: RecordBatch, described: &SchemaRef, source: &str) -> spi::Result<RecordBatch> {
    let types = |schema: &SchemaRef| schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<DataType>>();
    if types(&batch.schema()) != types(described) {
        let error = Error::source(Code::BadData, source, format!("could not read a query of data source \"{source}\""));
        return Err(error.detail("Its rows have other columns than the data source described before.").hint("Run the statement again."));
    }
    Ok(RecordBatch::try_new(Arc::clone(described), batch.columns().to_vec())?)
}

impl DisplayAs for NativeQueryExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A node of a plan is one line.
        write!(f, "NativeQuery: source={}, sql={}", self.native.source, self.native.text.replace(['\n', '\r'], " "))
    }
}

impl fmt::Debug for NativeQueryExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}
