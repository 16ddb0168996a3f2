//! Runs a scan over snapshots: schema by schema, some tables at a time, in batches of bounded size.

use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream};
use futures::stream;

use super::filter::KeyFilters;
use super::grain::{ColumnMask, Source};
use super::provider::{Chunk, ScanRequest};
use super::{Grain, Rows, SnapshotTable, order};

/// How many rows one batch has at the most.
const BATCH_ROWS: usize = 8_192;
/// About how many rows are worth a thread of their own.
const PARTITION_ROWS: usize = 65_536;
/// How many tables are looked at between two batches: bounds what a scan of one huge schema holds.
const SLICE_TABLES: usize = 1_024;

/// A planned scan.
pub(super) struct SnapshotExec {
    table: &'static SnapshotTable,
    /// What each partition scans.
    partitions: Vec<Arc<[Chunk]>>,
    filters: Arc<KeyFilters>,
    projection: Arc<[usize]>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl SnapshotExec {
    pub(super) fn new(request: ScanRequest, chunks: Vec<Chunk>, filters: KeyFilters, partitions_max: usize) -> Result<Self> {
        let order = order::of(&request)?;
        let ScanRequest { table, projection, limit, .. } = request;
        let partitions = divide(table, chunks, partitions_max);
        let properties = PlanProperties::new(
            order,
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let (filters, projection, properties) = (Arc::new(filters), projection.into(), Arc::new(properties));
        Ok(Self { table, partitions, filters, projection, limit, properties })
    }

    /// The same scan under the properties of one of the same columns and as many partitions.
    pub(super) fn with_properties(self, properties: Arc<PlanProperties>) -> Self {
        Self { properties, ..self }
    }

    /// The number of rows, where no condition has to be tried for it.
    fn row_count(&self, partition: Option<usize>) -> Option<usize> {
        if !self.filters.decided_by_schema() {
            return None;
        }
        let chunks = match partition {
            Some(partition) => &self.partitions[partition..=partition],
            None => &self.partitions[..],
        };
        chunks.iter().flat_map(|chunks| chunks.iter()).map(|chunk| self.table.grain.row_count(&chunk.schema)).sum()
    }
}

/// Gives each partition about as many rows; a small scan gets one partition, because a thread costs more than it saves.
fn divide(table: &SnapshotTable, chunks: Vec<Chunk>, partitions_max: usize) -> Vec<Arc<[Chunk]>> {
    let weight = |chunk: &Chunk| 1 + table.grain.row_count(&chunk.schema).unwrap_or_else(|| chunk.schema.table_count());
    let total: usize = chunks.iter().map(weight).sum();
    let count = (total / PARTITION_ROWS + 1).min(partitions_max.max(1));
    let mut partitions: Vec<Vec<Chunk>> = vec![Vec::new(); count];
    let mut before = 0;
    for chunk in chunks {
        let rows = weight(&chunk);
        partitions[(before * count / total.max(1)).min(count - 1)].push(chunk);
        before += rows;
    }
    partitions.into_iter().map(Arc::from).collect()
}

impl ExecutionPlan for SnapshotExec {
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
        // The compiled conditions are over a name alone, not over the columns of this plan.
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if let (Some(rows), None) = (self.row_count(partition), self.limit) {
            statistics.num_rows = Precision::Exact(rows);
        }
        Ok(Arc::new(statistics))
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let scan = Scan {
            table: self.table,
            chunks: Arc::clone(&self.partitions[partition]),
            filters: Arc::clone(&self.filters),
            projection: Arc::clone(&self.projection),
            schema: self.schema(),
            remaining: self.limit.unwrap_or(usize::MAX),
            chunk: 0,
            tables: Vec::new(),
            column_verdicts: None,
            found: Vec::new(),
            taken: 0,
        };
        let batches = stream::try_unfold(scan, Scan::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

impl DisplayAs for SnapshotExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schemas: usize = self.partitions.iter().map(|chunks| chunks.len()).sum();
        write!(f, "SnapshotScan: {}.{}, {}, schemas={schemas}", self.table.schema, self.table.name, self.filters.describe())?;
        match self.limit {
            Some(limit) => write!(f, ", limit={limit}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SnapshotExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}

/// A running scan of some schemas.
struct Scan {
    table: &'static SnapshotTable,
    chunks: Arc<[Chunk]>,
    filters: Arc<KeyFilters>,
    projection: Arc<[usize]>,
    schema: SchemaRef,
    remaining: usize,
    /// The schema to look at next; the one before it is being looked at.
    chunk: usize,
    /// Its tables that have not been looked at yet, last first.
    tables: Vec<u32>,
    /// The verdict on each of its distinct column names, where a condition is about them.
    column_verdicts: Option<Vec<bool>>,
    /// Rows of it that were found.
    found: Vec<Source>,
    /// How many of them batches have had.
    taken: usize,
}

impl Scan {
    /// The next batch. Schemas and tables without a row are passed over, giving way to other tasks between them.
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        while self.remaining > 0 {
            let pending = self.found.len() - self.taken;
            if pending >= BATCH_ROWS.min(self.remaining) || (pending > 0 && self.tables.is_empty()) {
                let batch = self.take_batch(pending)?;
                return Ok(Some((batch, self)));
            }
            if !self.tables.is_empty() {
                self.find_rows();
            } else if self.chunk < self.chunks.len() {
                self.open_schema()?;
            } else {
                break;
            }
            tokio::task::consume_budget().await;
        }
        Ok(None)
    }

    /// Goes on to the next schema.
    fn open_schema(&mut self) -> Result<()> {
        let chunk = self.chunks[self.chunk].clone();
        self.chunk += 1;
        (self.found, self.taken) = (Vec::new(), 0);
        let grain = self.table.grain;
        if !grain.has_tables() {
            grain.rows(&chunk.schema, &[], None, &mut self.found);
            return Ok(());
        }
        self.column_verdicts = if grain == Grain::Column { self.filters.columns(&chunk.schema)? } else { None };
        if self.column_verdicts.as_ref().is_none_or(|verdicts| verdicts.contains(&true)) {
            self.tables = self.filters.tables(&chunk.schema)?;
            self.tables.reverse();
        }
        Ok(())
    }

    /// Finds the rows of some more tables of the schema.
    fn find_rows(&mut self) {
        self.found.drain(..self.taken);
        self.taken = 0;
        let schema = &self.chunks[self.chunk - 1].schema;
        let mut tables = self.tables.split_off(self.tables.len().saturating_sub(SLICE_TABLES));
        tables.reverse();
        let mask = self.column_verdicts.as_ref().map(|verdicts| ColumnMask::new(schema, verdicts));
        self.table.grain.rows(schema, &tables, mask.as_ref(), &mut self.found);
    }

    /// Gathers the columns of some of the pending rows.
    fn take_batch(&mut self, pending: usize) -> Result<RecordBatch> {
        let count = pending.min(BATCH_ROWS).min(self.remaining);
        self.remaining -= count;
        let sources = &self.found[self.taken..self.taken + count];
        self.taken += count;
        let chunk = &self.chunks[self.chunk - 1];
        let rows = Rows::new(&chunk.database, &chunk.schema, sources);
        let columns = self.projection.iter().map(|column| (self.table.columns[*column].gather)(&rows)).collect();
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns,
            &RecordBatchOptions::new().with_row_count(Some(rows.len())),
        )?)
    }
}
