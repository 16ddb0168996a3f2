//! A scan that asks its connector when its rows are wanted, and passes them on as they come.
//!
//! Nothing is read ahead and no task runs behind the stream: dropping it drops what the connector does.

use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt};
use spi::connector::{ReadPlan, ReadRequest, RowErrors, RowStream};
use spi::{Code, Error};

use super::row_errors::Warned;
use super::{Scan, external, files};
use crate::planner::statement;
use crate::predicate;

/// Reads a table of a data source.
pub(super) struct SourceScanExec {
    scan: Scan,
    /// Conditions that are given to a scan of files, beside those of the request.
    file_filters: Vec<Expr>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SourceScanExec {
    pub(super) fn new(scan: Scan, filters: &[Expr]) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&scan.columns)),
            // A connector has one stream; what stands above may spread it.
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let file_filters = if scan.connector.reads_files() { filters.to_vec() } else { Vec::new() };
        Self { scan, file_filters, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl fmt::Debug for SourceScanExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}

impl DisplayAs for SourceScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scan { source, request, .. } = &self.scan;
        let columns: Vec<&str> = request.columns.iter().map(|column| column.name().as_str()).collect();
        write!(f, "SourceScan: source={source}, table={}.{}, columns=[{}]", request.schema, request.table, columns.join(", "))?;
        // The filters of files are those that the predicates were made of.
        let filters: Vec<String> = match self.file_filters.is_empty() {
            true => request.predicates.iter().map(predicate::display).collect(),
            false => self.file_filters.iter().map(ToString::to_string).collect(),
        };
        if !filters.is_empty() {
            write!(f, ", filters=[{}]", filters.join(", "))?;
        }
        if let Some(limit) = request.limit {
            write!(f, ", limit={limit}")?;
        }
        match self.scan.connector.explain(request) {
            Some(text) => write!(f, ", request={text}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for SourceScanExec {
    fn name(&self) -> &str {
        "SourceScanExec"
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

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> DataFusionResult<SendableRecordBatchStream> {
        let (scan, filters) = (self.scan.clone(), self.file_filters.clone());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let erroneous = MetricBuilder::new(&self.metrics).counter("row_errors", partition);
        let rows = async move {
            let row_errors = RowErrors::default();
            let request = ReadRequest { row_errors: row_errors.clone(), ..scan.request.clone() };
            match scan.connector.read(request).await.map_err(external)? {
                ReadPlan::Rows(rows) => {
                    let ctx = statement::context(context.session_config().options()).ok().cloned();
                    let rows = Warned::new(rows, &scan, row_errors, erroneous, ctx);
                    Ok(fitting(rows.boxed(), &scan))
                }
                ReadPlan::Files(found) => {
                    let files = files::plan(&context.runtime_env(), &scan, found, &filters)?;
                    CoalescePartitionsExec::new(files).execute(0, context)
                }
            }
        };
        let rows = futures::stream::once(rows).try_flatten().inspect_ok(move |batch: &RecordBatch| {
            metrics.record_output(batch.num_rows());
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.scan.columns), rows)))
    }
}

/// The connector's rows, checked to be those that were asked for: a wrong batch would be a wrong answer or a crash later.
fn fitting(rows: RowStream, scan: &Scan) -> SendableRecordBatchStream {
    let (columns, scan) = (Arc::clone(&scan.columns), scan.clone());
    let checked = rows.map(move |batch| batch.map_err(external).and_then(|batch| fit(batch, &scan)));
    Box::pin(RecordBatchStreamAdapter::new(columns, checked))
}

fn fit(batch: RecordBatch, scan: &Scan) -> DataFusionResult<RecordBatch> {
    let schema: &SchemaRef = &scan.columns;
    let found = batch.schema();
    let types_fit = found.fields().len() == schema.fields().len()
        && found.fields().iter().zip(schema.fields()).all(|(found, wanted)| found.data_type() == wanted.data_type());
    if !types_fit {
        let table = format!("{}.{}", scan.request.schema, scan.request.table);
        let error =
            Error::source(Code::BadData, &scan.source, format!("could not read table \"{table}\" of data source \"{}\"", scan.source))
                .detail("Its columns are not those that were last seen.")
                .hint(format!("CALL refresh_metadata('{}') to see the source as it is now.", scan.source));
        return Err(external(error));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options).map_err(DataFusionError::from)
}
