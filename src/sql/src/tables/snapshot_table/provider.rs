//! A relation over snapshots as DataFusion sees it: it plans a scan of the schemas that a statement can mean.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use domain::catalog::Database;
use spi::metadata::SchemaMetadata;

use super::SnapshotTable;
use super::exec::SnapshotExec;
use super::filter::{KeyFilters, key_of};
use crate::tables::Table;

/// One relation for one statement.
pub(super) struct SnapshotProvider {
    table: &'static SnapshotTable,
    /// The databases that it covers, by name.
    databases: Vec<Arc<Database>>,
}

/// A schema that a scan looks at, and the database that it is in.
#[derive(Clone)]
pub(super) struct Chunk {
    pub database: Arc<Database>,
    pub schema: Arc<SchemaMetadata>,
}

impl SnapshotProvider {
    pub(super) fn new(table: &'static SnapshotTable, databases: Vec<Arc<Database>>) -> Self {
        Self { table, databases }
    }
}

#[async_trait]
impl TableProvider for SnapshotProvider {
    fn schema(&self) -> SchemaRef {
        self.table.arrow_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let decided = |filter: &&Expr| match key_of(self.table, filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(decided).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filters = KeyFilters::compile(self.table, filters, session)?;
        let mut chunks = Vec::new();
        for database in &self.databases {
            if !filters.accept_catalog(&database.source.name)? {
                continue;
            }
            for schema in &database.snapshot.schemas {
                if filters.accept_schema(&schema.name)? {
                    chunks.push(Chunk { database: Arc::clone(database), schema: Arc::clone(schema) });
                }
            }
        }
        let projection = projection.cloned().unwrap_or_else(|| (0..self.table.columns.len()).collect());
        let partitions = session.config().target_partitions();
        Ok(Arc::new(SnapshotExec::new(self.table, chunks, filters, projection, limit, partitions)?))
    }
}

impl std::fmt::Debug for SnapshotProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.table.schema, self.table.name)
    }
}
