//! A table of a data source, as DataFusion plans with it.
//!
//! It has two forms. A statement is planned with a [`SourceTable`], which knows the columns and nothing of the source's state:
//! preparing a statement contacts nobody. When the statement runs, [`connect`] puts a [`ConnectedTable`] in its place, which
//! knows what the connector can do.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableScan, TableType};
use datafusion::physical_plan::ExecutionPlan;
use domain::catalog::Database;
use spi::connector::{Connector, ReadRequest, RowErrors};
use spi::metadata::{ColumnType, Relation, SchemaMetadata};
use spi::query::TableColumn;
use spi::top_n::TopN;
use spi::types::PgType;

use crate::planner::statement;
use crate::predicate;
use crate::scan::{self, Scan};

/// A table of a data source, of which only the metadata is known.
#[derive(Clone)]
pub(crate) struct SourceTable {
    database: Arc<Database>,
    schema: Arc<SchemaMetadata>,
    /// The table's row in the schema.
    table: usize,
    columns: SchemaRef,
    /// Of a view that the gateway runs: where its rows come from.
    rows: Option<Arc<LogicalPlan>>,
}

impl SourceTable {
    pub(crate) fn new(database: Arc<Database>, schema: Arc<SchemaMetadata>, table: usize) -> Self {
        let columns = Arc::new(Schema::new(schema.arrow_fields(table)));
        Self { database, schema, table, columns, rows: None }
    }

    /// The same, as a view of these rows.
    pub(crate) fn with_rows(&self, rows: LogicalPlan) -> Self {
        Self { rows: Some(Arc::new(rows)), ..self.clone() }
    }

    /// The query of a view that the gateway is to run.
    pub(crate) fn view_query(&self) -> Option<&str> {
        self.schema.view_query(self.table)
    }

    /// The name of its data source.
    pub(crate) fn source(&self) -> &str {
        &self.database.source.name
    }

    /// Schema and table, for people.
    pub(crate) fn quoted_name(&self) -> String {
        format!("\"{}.{}\"", self.schema.name, self.table_name())
    }

    fn table_name(&self) -> &str {
        self.schema.table_names().value(self.table)
    }

    /// The type of a column by its place, as PostgreSQL has it.
    pub(crate) fn pg_type(&self, column: usize) -> Option<PgType> {
        self.schema.columns_of(self.table).nth(column).map(|column| self.schema.column_type(column).pg)
    }

    fn row_estimate(&self) -> Option<i64> {
        let estimates = self.schema.column(Relation::Tables, "row_estimate").as_primitive::<Int64Type>();
        estimates.is_valid(self.table).then(|| estimates.value(self.table))
    }

    /// The columns with all that a source's dialect wants to know of them.
    fn query_columns(&self) -> Vec<TableColumn> {
        let column = |column: usize| {
            let ColumnType { arrow, pg, native } = self.schema.column_type(column);
            let (name, native_type) = (self.schema.column_name(column).to_owned(), native.clone());
            let collation = self.schema.column_collation(column).map(str::to_owned);
            TableColumn { name, data_type: arrow.clone(), pg_type: *pg, native_type, collation }
        };
        self.schema.columns_of(self.table).map(column).collect()
    }
}

/// Source, schema and table, for people who debug.
impl fmt::Debug for SourceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.database.source.name, self.schema.name, self.table_name())
    }
}

#[async_trait]
impl TableProvider for SourceTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Err(DataFusionError::Internal(format!("table {self:?} was scanned before its source was connected")))
    }
}

/// The plan with what views read in their places.
pub(crate) fn with_views(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let inlined = plan.transform_down_with_subqueries(|node| {
        let LogicalPlan::TableScan(scan) = &node else { return Ok(Transformed::no(node)) };
        let provider = source_as_provider(&scan.source)?;
        let Some(rows) = provider.downcast_ref::<SourceTable>().and_then(|table| table.rows.as_deref()) else {
            return Ok(Transformed::no(node));
        };
        let mut rows = LogicalPlanBuilder::from(rows.clone());
        if let Some(places) = &scan.projection {
            let columns: Vec<Expr> = places.iter().map(|place| Expr::Column(rows.schema().qualified_field(*place).into())).collect();
            rows = rows.project(columns)?;
        }
        // Views that it reads were put in their places when it was planned.
        Ok(Transformed::new(rows.alias(scan.table_name.clone())?.build()?, true, TreeNodeRecursion::Jump))
    })?;
    match inlined.transformed {
        // What a view computes may be known never to be NULL, which its columns are not.
        true => Ok(inlined.data.transform_up_with_subqueries(|node| node.recompute_schema().map(Transformed::yes))?.data),
        false => Ok(inlined.data),
    }
}

/// The OIDs of the data sources that a plan reads, each once.
pub(crate) fn sources_of(plan: &LogicalPlan) -> DataFusionResult<Vec<u32>> {
    let mut oids = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(table) = source_as_provider(&scan.source)?.downcast_ref::<SourceTable>()
            && !oids.contains(&table.database.source.oid)
        {
            oids.push(table.database.source.oid);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(oids)
}

/// A table of a data source by its names.
pub(crate) struct Named {
    pub(crate) source_oid: u32,
    pub(crate) source: Arc<str>,
    pub(crate) schema: Arc<str>,
    pub(crate) table: Arc<str>,
}

/// The tables of data sources that a plan reads, as often as it does.
pub(crate) fn tables_of(plan: &LogicalPlan) -> DataFusionResult<Vec<Named>> {
    let mut tables = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(table) = source_as_provider(&scan.source)?.downcast_ref::<SourceTable>()
        {
            tables.push(Named {
                source_oid: table.database.source.oid,
                source: table.database.source.name.as_str().into(),
                schema: table.schema.name.as_str().into(),
                table: table.table_name().into(),
            });
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(tables)
}

/// The plan with the connectors of its data sources, by their OIDs.
pub(crate) fn connect(plan: LogicalPlan, connectors: &HashMap<u32, Arc<dyn Connector>>) -> DataFusionResult<LogicalPlan> {
    let connected = plan.transform_down_with_subqueries(|node| {
        let LogicalPlan::TableScan(mut scan) = node else { return Ok(Transformed::no(node)) };
        let provider = source_as_provider(&scan.source)?;
        let connected = provider.downcast_ref::<SourceTable>().and_then(|table| {
            let connector = Arc::clone(connectors.get(&table.database.source.oid)?);
            Some(ConnectedTable {
                source: table.database.source.name.as_str().into(),
                schema: table.schema.name.as_str().into(),
                table: table.table_name().into(),
                columns: Arc::clone(&table.columns),
                query_columns: table.query_columns(),
                row_estimate: table.row_estimate(),
                recipe: table.schema.recipe(table.table).map(Arc::from),
                top_n: None,
                connector,
            })
        });
        match connected {
            Some(table) => {
                scan.source = provider_as_source(Arc::new(table));
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            None => Ok(Transformed::no(LogicalPlan::TableScan(scan))),
        }
    })?;
    Ok(connected.data)
}

/// A table of a data source that can be read now.
#[derive(Clone)]
pub(crate) struct ConnectedTable {
    pub(crate) source: Arc<str>,
    pub(crate) schema: Arc<str>,
    pub(crate) table: Arc<str>,
    pub(crate) columns: SchemaRef,
    query_columns: Vec<TableColumn>,
    /// How many rows the source says that there are, about.
    pub(crate) row_estimate: Option<i64>,
    recipe: Option<Arc<str>>,
    /// Which of its rows are enough for the plan that it is in.
    top_n: Option<TopN>,
    pub(crate) connector: Arc<dyn Connector>,
}

/// The table that a scan reads, if it is one of a data source.
pub(crate) fn connected(scan: &TableScan) -> Option<Arc<dyn TableProvider>> {
    source_as_provider(&scan.source).ok().filter(|provider| provider.is::<ConnectedTable>())
}

impl ConnectedTable {
    /// The same, where only the first rows by a column are wanted.
    pub(crate) fn with_top_n(&self, top_n: TopN) -> Self {
        Self { top_n: Some(top_n), ..self.clone() }
    }

    /// Columns as a query of the source has them: these, or all.
    pub(crate) fn query_columns(&self, projection: Option<&[usize]>) -> Vec<TableColumn> {
        match projection {
            Some(projection) => projection.iter().map(|place| self.query_columns[*place].clone()).collect(),
            None => self.query_columns.clone(),
        }
    }

    /// What is read for a scan.
    ///
    /// A connector that reads files may leave out files by the filters, and all are applied again; of the others, those that come here
    /// were all accepted.
    pub(crate) fn request(
        &self,
        projection: Option<&[usize]>,
        filters: &[Expr],
        limit: Option<usize>,
        user: String,
    ) -> DataFusionResult<ReadRequest> {
        let columns = match projection {
            Some(projection) => Arc::new(self.columns.project(projection)?),
            None => Arc::clone(&self.columns),
        };
        Ok(ReadRequest {
            schema: self.schema.to_string(),
            table: self.table.to_string(),
            columns: columns.fields().iter().cloned().collect(),
            predicates: filters.iter().filter_map(predicate::translate).collect(),
            limit,
            top_n: self.top_n.clone(),
            recipe: self.recipe.clone(),
            user,
            row_errors: RowErrors::default(),
        })
    }
}

/// Source, schema and table, for people who debug.
impl fmt::Debug for ConnectedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.source, self.schema, self.table)
    }
}

#[async_trait]
impl TableProvider for ConnectedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Exact where the connector says so. Conditions on files are given to the scan and applied again above it: the scan skips
    /// files and row groups by them, and Parquet takes them over where it can.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match predicate::translate(filter) {
            _ if self.connector.reads_files() => TableProviderFilterPushDown::Inexact,
            Some(predicate) if self.connector.applies(&predicate) => TableProviderFilterPushDown::Exact,
            _ => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let request = self.request(projection.map(Vec::as_slice), filters, limit, statement::user(session))?;
        let columns = Arc::new(Schema::new(request.columns.clone()));
        let scan = Scan { source: Arc::clone(&self.source), connector: Arc::clone(&self.connector), request, columns };
        scan::plan(session, scan, filters).await
    }
}

#[cfg(test)]
pub(crate) mod testing;
