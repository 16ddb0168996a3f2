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
use super::open_scan::OpenSnapshotExec;
use crate::tables::Table;

/// One relation for one statement.
pub(super) struct SnapshotProvider {
    table: &'static SnapshotTable,
    /// The databases that it covers, by name.
    databases: Arc<[Arc<Database>]>,
}

/// A schema that a scan looks at, and the database that it is in.
#[derive(Clone)]
pub(super) struct Chunk {
    pub database: Arc<Database>,
    pub schema: Arc<SchemaMetadata>,
}

impl SnapshotProvider {
    pub(super) fn new(table: &'static SnapshotTable, databases: Vec<Arc<Database>>) -> Self {
        Self { table, databases: databases.into() }
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
        let request = ScanRequest {
            table: self.table,
            databases: Arc::clone(&self.databases),
            conditions: filters.to_vec(),
            projection: projection.cloned().unwrap_or_else(|| (0..self.table.columns.len()).collect()),
            limit,
        };
        if let Some(open) = OpenSnapshotExec::new(request.clone())? {
            return Ok(Arc::new(open));
        }
        Ok(Arc::new(request.plan(session, session.config().target_partitions())?))
    }
}

/// What a statement wants of a relation.
#[derive(Clone)]
pub(super) struct ScanRequest {
    pub table: &'static SnapshotTable,
    pub databases: Arc<[Arc<Database>]>,
    /// Conditions on names, all of which hold for the wanted rows.
    pub conditions: Vec<Expr>,
    pub projection: Vec<usize>,
    pub limit: Option<usize>,
}

impl ScanRequest {
    /// The columns of the wanted rows.
    pub(super) fn schema(&self) -> Result<SchemaRef> {
        Ok(Arc::new(self.table.arrow_schema().project(&self.projection)?))
    }

    /// The scan of the schemas that can have such rows.
    pub(super) fn plan(self, session: &dyn Session, partitions_max: usize) -> Result<SnapshotExec> {
        let filters = KeyFilters::compile(self.table, &self.conditions, session)?;
        let mut chunks = Vec::new();
        for database in self.databases.iter() {
            if !filters.accept_catalog(&database.source.name)? {
                continue;
            }
            for schema in &database.snapshot.schemas {
                if filters.accept_schema(&schema.name)? {
                    chunks.push(Chunk { database: Arc::clone(database), schema: Arc::clone(schema) });
                }
            }
        }
        SnapshotExec::new(self, chunks, filters, partitions_max)
    }
}

impl std::fmt::Debug for SnapshotProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.table.schema, self.table.name)
    }
}
