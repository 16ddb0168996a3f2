//! Small relations: their rows are made when a statement runs, and DataFusion filters them.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::future::BoxFuture;
use futures::stream;
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::plan_context::PlanContext;
use crate::row;
use crate::tables::{Extent, Table, TableColumn};

/// A relation of at most some thousands of rows, whose row is a struct.
pub(crate) trait RowTable: Send + Sync + 'static {
    const SCHEMA: &'static str;
    const NAME: &'static str;
    /// The doc comment of the row says what the relation is for, those of its fields what the columns are.
    type Row: JsonSchema + Serialize + Send + Sync;

    /// The rows that the session's role may see.
    fn rows(extent: &Extent) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
}

impl<T: RowTable> Table for T {
    fn schema(&self) -> &'static str {
        T::SCHEMA
    }

    fn name(&self) -> &'static str {
        T::NAME
    }

    fn summary(&self) -> String {
        row::summary::<T::Row>()
    }

    fn make_columns(&self) -> Vec<TableColumn> {
        row::columns::<T::Row>()
    }

    fn provider(&'static self, ctx: &Arc<PlanContext>) -> Arc<dyn TableProvider> {
        let rows =
            |extent: Extent| -> BoxFuture<'static, Result<RecordBatch>> { Box::pin(async move { row::batch(&T::rows(&extent).await?) }) };
        Arc::new(RowProvider(Arc::new(Rows { table: self, extent: Extent::new(ctx), schema: self.arrow_schema(), rows })))
    }
}

/// The relation for one statement.
#[derive(Debug)]
struct RowProvider(Arc<Rows>);

struct Rows {
    table: &'static dyn Table,
    extent: Extent,
    schema: SchemaRef,
    rows: fn(Extent) -> BoxFuture<'static, Result<RecordBatch>>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table.schema(), self.table.name())
    }
}

#[async_trait]
impl TableProvider for RowProvider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let partition: Arc<dyn PartitionStream> = Arc::clone(&self.0) as _;
        Ok(Arc::new(StreamingTableExec::try_new(self.schema(), vec![partition], projection, [], false, limit)?))
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = (self.rows)(self.extent.clone());
        let batch = async move { rows.await.map_err(|error| DataFusionError::External(Box::new(error))) };
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::once(batch)))
    }
}
