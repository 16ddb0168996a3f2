//! The rows of a statement that a data source runs.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchemaRef, DataFusionError, Result, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use spi::connector::{Connector, RunRequest};
use spi::query::{self, Query};
use spi::{Code, Error};

use super::expression::plain;
use crate::planner::statement;
use crate::predicate::display_value;
use crate::scan::external;

/// The scan of a query's rows, with the columns as the plan above knows them.
pub(super) fn scan(source: &Arc<str>, connector: &Arc<dyn Connector>, query: &Query, schema: &DFSchemaRef) -> LogicalPlan {
    let table = RemoteTable {
        source: Arc::clone(source),
        connector: Arc::clone(connector),
        query: query.clone(),
        schema: Arc::clone(schema.inner()),
    };
    LogicalPlan::TableScan(TableScan {
        table_name: TableReference::bare(source.as_ref()),
        source: provider_as_source(Arc::new(table)),
        projection: None,
        projected_schema: Arc::clone(schema),
        filters: Vec::new(),
        fetch: None,
        statistics_requests: Default::default(),
    })
}

/// The rows of a query that a source answers, as a table.
struct RemoteTable {
    source: Arc<str>,
    connector: Arc<dyn Connector>,
    query: Query,
    schema: SchemaRef,
}

impl fmt::Debug for RemoteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a query of {}", self.source)
    }
}

#[async_trait]
impl TableProvider for RemoteTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(&self, session: &dyn Session, _: Option<&Vec<usize>>, _: &[Expr], _: Option<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let statement = self.connector.dialect().and_then(|dialect| query::write(&self.query, dialect));
        let statement = statement.ok_or_else(|| DataFusionError::Internal("a query was pushed down that cannot be written".to_owned()))?;
        let types = self.query.column_types();
        let asked = self.schema.fields().iter().zip(types).map(|(field, data_type)| Field::new(field.name(), data_type, true));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&self.schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Arc::new(RemoteQueryExec {
            source: Arc::clone(&self.source),
            connector: Arc::clone(&self.connector),
            request: RunRequest {
                statement,
                native: false,
                columns: Arc::new(Schema::new(asked.collect::<Vec<_>>())),
                user: statement::user(session),
            },
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }
}

/// Runs a statement in a data source.
struct RemoteQueryExec {
    source: Arc<str>,
    connector: Arc<dyn Connector>,
    /// Its columns are as the source gives them: text has one form there.
    request: RunRequest,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ExecutionPlan for RemoteQueryExec {
    fn name(&self) -> &str {
        "RemoteQueryExec"
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

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let count = MetricBuilder::new(&self.metrics).counter("rows", partition);
        let bytes = MetricBuilder::new(&self.metrics).counter("bytes", partition);
        let (schema, source) = (self.schema(), Arc::clone(&self.source));
        let rows = self.connector.run(self.request.clone());
        let wanted = Arc::clone(&schema);
        let rows = rows.map(move |batch| {
            let batch = batch.map_err(external)?;
            count.add(batch.num_rows());
            bytes.add(batch.get_array_memory_size());
            fit(batch, &wanted, &source)
        });
        let elapsed = MetricBuilder::new(&self.metrics).subset_time("remote_time", partition);
        let rows = Timed { rows: rows.boxed(), elapsed, since: None };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

impl DisplayAs for RemoteQueryExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteQuery: source={}, sql={}", self.source, self.request.statement.text)?;
        let parameters: Vec<String> = self.request.statement.parameters.iter().map(|parameter| display_value(&parameter.value)).collect();
        if parameters.is_empty() { Ok(()) } else { write!(f, ", parameters=[{}]", parameters.join(", ")) }
    }
}

impl fmt::Debug for RemoteQueryExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}

/// The source's rows with the types that the plan expects; other columns than were asked for would be a wrong answer.
fn fit(batch: RecordBatch, wanted: &SchemaRef, source: &str) -> Result<RecordBatch> {
    let found: Vec<DataType> = batch.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    let asked: Vec<DataType> = wanted.fields().iter().map(|field| plain(field.data_type().clone())).collect();
    if found != asked {
        let error =
            Error::source(Code::BadData, source, format!("data source \"{source}\" answered with other columns than it was asked for"));
        return Err(external(error));
    }
    let columns = batch.columns().iter().zip(wanted.fields()).map(|(column, field)| arrow::compute::cast(column, field.data_type()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(wanted), columns.collect::<std::result::Result<_, _>>()?, &options)?)
}

/// Rows, with the time that was spent waiting for them.
struct Timed {
    rows: BoxStream<'static, Result<RecordBatch>>,
    elapsed: Time,
    since: Option<Instant>,
}

impl Stream for Timed {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let polled = self.rows.poll_next_unpin(context);
        if polled.is_ready() {
            self.elapsed.add_elapsed(since);
            self.since = None;
        }
        polled
    }
}
