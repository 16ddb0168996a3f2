//! GROUP BY of a table in a source that speaks no SQL, but makes groups of its rows.
//!
//! The source's groups are put together here, as [`Grouping`] wants it. A source that finds, when it is asked, that its groups would not be
//! exactly those of the rows, says so; the rows are then read and aggregated here.

use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, Result, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, TableScan, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream};
use futures::TryStreamExt;
use spi::connector::{Connector, ReadRequest};
use spi::grouping::{Grouping, Measure};
use spi::query::AggregateFunction;
use spi::{Code, Error};

use super::aggregate;
use super::steps::Steps;
use crate::planner::statement;
use crate::scan::external;
use crate::source_table::{self, ConnectedTable};

/// The aggregate in two steps, the first of which the source of its table does; `None` where it does not.
pub(super) fn plan(node: &Aggregate) -> Result<Option<LogicalPlan>> {
    let calls: Vec<Expr> = node.aggr_expr.iter().map(|call| call.clone().unalias()).collect();
    let Some(steps) = Steps::of(&calls, node.input.schema()) else { return Ok(None) };
    let below = Aggregate::try_new(Arc::clone(&node.input), node.group_expr.clone(), steps.below.clone())?;
    let Some(table) = GroupedTable::of(below, &steps)? else { return Ok(None) };
    let projected_schema = Arc::clone(table.below.schema());
    let first = LogicalPlan::TableScan(TableScan {
        table_name: TableReference::bare(table.source.as_ref()),
        source: provider_as_source(Arc::new(table)),
        projection: None,
        projected_schema,
        filters: Vec::new(),
        fetch: None,
        statistics_requests: Default::default(),
    });
    steps.above(steps.named(first)?, node.group_expr.clone(), node).map(Some)
}

/// The rows of an aggregate that a source answers, as a table.
struct GroupedTable {
    source: Arc<str>,
    connector: Arc<dyn Connector>,
    /// What is read, by nobody yet.
    request: ReadRequest,
    grouping: Grouping,
    /// The same work, done here.
    below: LogicalPlan,
}

impl GroupedTable {
    fn of(below: Aggregate, steps: &Steps) -> Result<Option<Self>> {
        let scan = match below.input.as_ref() {
            LogicalPlan::SubqueryAlias(alias) => alias.input.as_ref(),
            other => other,
        };
        let LogicalPlan::TableScan(scan) = scan else { return Ok(None) };
        let Some(provider) = source_table::connected(scan) else { return Ok(None) };
        let Some(table) = provider.downcast_ref::<ConnectedTable>() else { return Ok(None) };
        // Groups of some of the rows are not those that are wanted.
        if scan.fetch.is_some() || table.connector.reads_files() || table.connector.dialect().is_some() {
            return Ok(None);
        }
        let request = table.request(scan.projection.as_deref(), &unnormalize_cols(scan.filters.clone()), None, String::new())?;
        let Some(grouping) = grouping(&below, steps, &request.columns) else { return Ok(None) };
        Ok(table.connector.groups(&request, &grouping).then(|| Self {
            source: Arc::clone(&table.source),
            connector: Arc::clone(&table.connector),
            request,
            grouping,
            below: LogicalPlan::Aggregate(below),
        }))
    }
}

/// The aggregate in the words of connectors; `None` where they have none for it.
fn grouping(below: &Aggregate, steps: &Steps, columns: &[FieldRef]) -> Option<Grouping> {
    let schema = below.input.schema();
    let keys: Vec<usize> = below.group_expr.iter().map(|key| place(key, schema)).collect::<Option<_>>()?;
    let measures: Vec<Measure> = steps.below.iter().map(|call| measure(call, schema)).collect::<Option<_>>()?;
    let measured = measures.iter().zip(&steps.below).map(|(measure, call)| {
        let data_type = match measure {
            Measure::Min(place) | Measure::Max(place) => columns[*place].data_type().clone(),
            Measure::Rows | Measure::Count(_) | Measure::Sum(_) => DataType::Int64,
        };
        Arc::new(Field::new(call.schema_name().to_string(), data_type, true))
    });
    let columns = keys.iter().map(|key| Arc::clone(&columns[*key])).chain(measured).collect();
    Some(Grouping { keys, measures, columns })
}

fn measure(call: &Expr, schema: &DFSchema) -> Option<Measure> {
    let Expr::AggregateFunction(call) = call else { return None };
    let function = aggregate::function(&call.func)?;
    let arguments = &call.params.args;
    if aggregate::counts_rows(function, arguments) {
        return Some(Measure::Rows);
    }
    let [argument] = arguments.as_slice() else { return None };
    match function {
        AggregateFunction::Count => place(argument, schema).map(Measure::Count),
        AggregateFunction::Min => place(argument, schema).map(Measure::Min),
        AggregateFunction::Max => place(argument, schema).map(Measure::Max),
        AggregateFunction::Sum => {
            // In a wider type, which is that of the sum.
            let summed = match argument {
                Expr::Cast(cast) => cast.expr.as_ref(),
                other => other,
            };
            let place = place(summed, schema)?;
            let is_integer = |data_type: &DataType| matches!(data_type, DataType::Int16 | DataType::Int32 | DataType::Int64);
            is_integer(schema.field(place).data_type()).then_some(Measure::Sum(place))
        }
        AggregateFunction::Average => None,
    }
}

/// The place of a column.
pub(super) fn place(column: &Expr, schema: &DFSchema) -> Option<usize> {
    let Expr::Column(column) = column else { return None };
    schema.maybe_index_of_column(column)
}

impl fmt::Debug for GroupedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "groups of {}.{}.{}", self.source, self.request.schema, self.request.table)
    }
}

#[async_trait]
impl TableProvider for GroupedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.below.schema().inner())
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(&self, session: &dyn Session, _: Option<&Vec<usize>>, _: &[Expr], _: Option<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let otherwise = session.create_physical_plan(&self.below).await?;
        let properties = PlanProperties::new(
            EquivalenceProperties::new(self.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Arc::new(SourceGroupsExec {
            source: Arc::clone(&self.source),
            connector: Arc::clone(&self.connector),
            request: ReadRequest { user: statement::user(session), ..self.request.clone() },
            grouping: self.grouping.clone(),
            otherwise: Arc::new(CoalescePartitionsExec::new(otherwise)),
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }
}

/// Has a source make groups of a table's rows.
struct SourceGroupsExec {
    source: Arc<str>,
    connector: Arc<dyn Connector>,
    request: ReadRequest,
    grouping: Grouping,
    /// Makes them here. It is no child: it runs only where the source cannot answer.
    otherwise: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl ExecutionPlan for SourceGroupsExec {
    fn name(&self) -> &str {
        "SourceGroupsExec"
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

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (connector, request, grouping) = (Arc::clone(&self.connector), self.request.clone(), self.grouping.clone());
        let (source, schema, otherwise) = (Arc::clone(&self.source), self.schema(), Arc::clone(&self.otherwise));
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let columns = grouping.columns.clone();
        let groups = async move {
            match connector.read_groups(request, grouping).await.map_err(external)? {
                Some(groups) => {
                    let groups = fit(&groups, &columns, &schema, &source)?;
                    let stream = futures::stream::once(async { Ok(groups) });
                    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)) as SendableRecordBatchStream)
                }
                None => otherwise.execute(0, context),
            }
        };
        let groups = futures::stream::once(groups).try_flatten().inspect_ok(move |batch: &RecordBatch| {
            metrics.record_output(batch.num_rows());
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), groups)))
    }
}

/// The source's groups with the types that the plan expects; other columns than were asked for would be a wrong answer.
fn fit(groups: &RecordBatch, asked: &[FieldRef], wanted: &SchemaRef, source: &str) -> Result<RecordBatch> {
    let found = groups.schema();
    if !found.fields().iter().map(|field| field.data_type()).eq(asked.iter().map(|field| field.data_type())) {
        let message = format!("data source \"{source}\" answered with other columns than it was asked for");
        return Err(external(Error::source(Code::BadData, source, message)));
    }
    let columns = groups.columns().iter().zip(wanted.fields()).map(|(column, field)| cast(column, field.data_type()));
    let options = RecordBatchOptions::new().with_row_count(Some(groups.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(wanted), columns.collect::<std::result::Result<_, _>>()?, &options)?)
}

impl DisplayAs for SourceGroupsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, request, grouping, .. } = self;
        let columns: Vec<&str> = grouping.columns.iter().map(|column| column.name().as_str()).collect();
        let (keys, measures) = columns.split_at(grouping.keys.len());
        write!(f, "SourceGroups: source={source}, table={}.{}", request.schema, request.table)?;
        write!(f, ", keys=[{}], measures=[{}]", keys.join(", "), measures.join(", "))?;
        let filters: Vec<String> = request.predicates.iter().map(crate::predicate::display).collect();
        if !filters.is_empty() {
            write!(f, ", filters=[{}]", filters.join(", "))?;
        }
        match self.connector.explain_groups(request, grouping) {
            Some(text) => write!(f, ", request={text}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SourceGroupsExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}
