//! DataFusion's only way in: a query is resolved, rewritten, planned, and run.
//!
//! Planning contacts nobody: it knows tables from the catalog that the statement pins. Connectors are asked for when the
//! plan runs, and what they read, they read while their rows are taken. Only the columns of queries in a data source's own language
//! are asked of the source before.

mod aggregates;
mod arrays;
mod branches;
mod casts;
pub(crate) mod deep;
mod forms;
mod json;
mod kept;
mod literals;
mod names;
pub(crate) mod operators;
mod padded;
mod parameters;
mod provider;
mod quantified;
mod relations;
mod results;
mod row_search;
mod shared;
pub(crate) mod statement;
mod subqueries;
mod views;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use chrono::DateTime;
use datafusion::common::{ParamValues, Result as DataFusionResult, ScalarValue};
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion::sql::sqlparser::ast;
use domain::catalog::Catalog;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use spi::connector::Connector;
use spi::{Code, Error, Result};

use crate::answer::Column;
use crate::error::from_datafusion;
use crate::insert::{self, Rows, Target};
use crate::native;
use crate::output;
use crate::parse::SourceText;
use crate::pg_catalog;
use crate::plan_context::PlanContext;
use crate::pushdown;
use crate::resolve::{self, Relations};
use crate::scan;
use crate::source_table;
pub(crate) use aggregates::{AVERAGED, ROUNDED_AVERAGE};
pub(crate) use casts::conversion;
use kept::Kept;
use parameters::ParameterTypes;
use provider::Provider;
pub(crate) use shared::shared_state;
use statement::{About, Statement};

/// Rows as DataFusion computes them. Dropping the stream cancels the work behind it.
pub(crate) type RecordStream = BoxStream<'static, Result<RecordBatch>>;

/// A query that can be run any number of times.
pub(crate) struct Planned {
    /// Where its rows are to be added, if it is that of an INSERT.
    pub(crate) target: Option<Target>,
    /// The columns of its rows.
    pub(crate) columns: Arc<[Column]>,
    /// The OIDs of its parameters' types.
    pub(crate) parameter_types: Vec<u32>,
    /// Whether tables of data sources are among what it reads, beside those of the gateway itself.
    pub(crate) reads_sources: bool,
    /// With types that fit, unless it has parameters: those of their values decide then.
    plan: LogicalPlan,
    /// The types of the parameters that the plan was made for.
    value_types: Vec<DataType>,
    /// What of the planning serves all runs.
    kept: Kept,
    /// How long the text was.
    statement_bytes: usize,
    /// The catalog that its names were looked up in.
    catalog: Arc<Catalog>,
    search_path: Vec<String>,
}

/// Plans a query. `statement` is [`ast::Statement::Query`] or [`ast::Statement::Insert`], `source` the text that its places refer to;
/// `parameter_types` are the OIDs that the client knows, with 0 for those that it does not.
///
/// The future is on the heap: planning keeps much, and every caller would carry it along.
pub(crate) fn plan<'a>(
    ctx: &'a Arc<PlanContext>,
    statement: &'a ast::Statement,
    source: &'a SourceText,
    parameter_types: &'a [u32],
) -> BoxFuture<'a, Result<Planned>> {
    Box::pin(plan_here(ctx, statement, source, parameter_types))
}

async fn plan_here(ctx: &Arc<PlanContext>, statement: &ast::Statement, source: &SourceText, parameter_types: &[u32]) -> Result<Planned> {
    let resolved = deep::with_stack(source.0.len(), || resolve(ctx, statement, source, parameter_types))?;
    let Resolved { mut target, rows, mut relations, natives } = resolved;
    views::plan(ctx, &mut relations)?;
    native::describe(ctx, natives, source, &mut relations).await?;
    deep::with_stack(source.0.len(), || {
        let shared = ctx.engine.planning();
        let Rows { query, parameter_types, untyped } = rows;
        let made = plan_query(shared, &statement_of(ctx, false), query, &relations, source, &parameter_types)?;
        let plan = match &mut target {
            Some(target) => insert::assign(made.plan, &made.columns, &untyped, target)?,
            None => made.plan,
        };
        Ok(Planned {
            columns: if target.is_some() { [].into() } else { made.columns },
            target,
            parameter_types: made.parameter_types,
            reads_sources: !source_table::sources_of(&plan).map_err(from_datafusion)?.is_empty(),
            plan,
            value_types: made.value_types,
            kept: Kept::default(),
            statement_bytes: source.0.len(),
            catalog: Arc::clone(&ctx.catalog),
            search_path: ctx.search_path(),
        })
    })
}

/// A statement whose names are resolved.
struct Resolved {
    target: Option<Target>,
    rows: Rows,
    relations: Relations,
    /// What the data sources are to be asked for the columns of.
    natives: Vec<native::Call>,
}

fn resolve(ctx: &Arc<PlanContext>, statement: &ast::Statement, source: &SourceText, parameter_types: &[u32]) -> Result<Resolved> {
    let (target, mut rows) = match statement {
        ast::Statement::Query(query) => {
            (None, Rows { query: query.as_ref().clone(), parameter_types: parameter_types.to_vec(), untyped: Vec::new() })
        }
        ast::Statement::Insert(insert) => {
            let mut target = Target::resolve(ctx, insert, source)?;
            let rows = insert::rows(insert.source.as_deref(), &mut target, parameter_types, source)?;
            (Some(target), rows)
        }
        _ => return Err(Error::new(Code::Unsupported, "only queries and INSERT can be planned")),
    };
    rows.query = rewritten(ctx.engine.planning(), &rows.query);
    pg_catalog::name_types_of_values(ctx, &mut rows.query);
    let relations = resolve::resolve(ctx, &rows.query, source)?;
    let natives = native::take(&mut rows.query, source)?;
    Ok(Resolved { target, rows, relations, natives })
}

impl Planned {
    /// Whether the names of the statement still mean what they meant when it was planned.
    pub(crate) fn holds_for(&self, ctx: &PlanContext) -> bool {
        Arc::ptr_eq(&self.catalog, &ctx.catalog) && self.search_path == ctx.search_path()
    }

    /// The tables of data sources that the query reads.
    pub(crate) fn source_tables(&self) -> Result<Vec<source_table::Named>> {
        source_table::tables_of(&self.plan).map_err(from_datafusion)
    }

    /// The rows, computed as they are taken. Dropping the stream ends the work.
    pub(crate) async fn execute(&self, ctx: &Arc<PlanContext>, values: Vec<ScalarValue>) -> Result<RecordStream> {
        let statement = statement_of(ctx, false);
        let kept = self.kept.with_values(&statement, self, &values);
        if let Some(plan) = deep::steps_with_stack(self.statement_bytes, kept).await.map_err(from_datafusion)? {
            return stream(&statement, &plan);
        }
        let connectors = self.connectors(ctx).await?;
        deep::steps_with_stack(self.statement_bytes, run(&statement, self.plan.clone(), values, &connectors)).await
    }

    /// The plan's tree, as EXPLAIN shows it. With `analyze` the query is run to its end first, and the tree says what it took.
    pub(crate) async fn explain(
        &self,
        ctx: &Arc<PlanContext>,
        values: Vec<ScalarValue>,
        analyze: bool,
        verbose: bool,
    ) -> Result<Vec<String>> {
        let statement = statement_of(ctx, !analyze);
        let connectors = self.connectors(ctx).await?;
        let plan = physical(&statement, self.plan.clone(), values, &connectors);
        let plan = deep::steps_with_stack(self.statement_bytes, plan).await?;
        if analyze {
            let mut rows = stream(&statement, &plan)?;
            while rows.try_next().await?.is_some() {}
        }
        let shown = match analyze {
            true => DisplayableExecutionPlan::with_metrics(plan.as_ref()),
            false => DisplayableExecutionPlan::new(plan.as_ref()),
        };
        Ok(shown.indent(verbose).to_string().lines().map(str::to_owned).collect())
    }

    /// The connectors of all data sources that the query reads. That one of them cannot be read now is an error of running it.
    async fn connectors(&self, ctx: &PlanContext) -> Result<HashMap<u32, Arc<dyn Connector>>> {
        let services = ctx.services();
        let mut connectors = HashMap::new();
        for oid in source_table::sources_of(&self.plan).map_err(from_datafusion)? {
            connectors.insert(oid, services.connectors.get(&services.store.replica(), oid).await?);
        }
        Ok(connectors)
    }
}

/// The client was told of other columns than the statement would give by now.
pub(crate) fn changed_result_type() -> Error {
    Error::new(Code::Unsupported, "cached plan must not change result type")
        .detail("A table of the statement changed since it was prepared.")
        .hint("Prepare the statement again.")
}

fn statement_of(ctx: &Arc<PlanContext>, only_explained: bool) -> Statement {
    let about = About { ctx: Some(Arc::clone(ctx)), only_explained };
    let now = DateTime::from_timestamp_micros(ctx.transaction_started_at).unwrap_or_default();
    Statement::new(ctx.engine.planning(), about, ctx.settings.current().time_zone(), now)
}

/// The query in forms that DataFusion reads, its output columns not named yet.
fn rewritten(shared: &SessionState, query: &ast::Query) -> ast::Query {
    let mut query = query.clone();
    let is_scalar = |name: &str| shared.scalar_functions().contains_key(name) && !shared.table_functions().contains_key(name);
    forms::rewrite(&mut query, &is_scalar);
    query
}

/// What planning makes of a query.
struct Made {
    columns: Arc<[Column]>,
    parameter_types: Vec<u32>,
    value_types: Vec<DataType>,
    plan: LogicalPlan,
}

fn plan_query(
    shared: &SessionState,
    statement: &Statement,
    mut query: ast::Query,
    relations: &Relations,
    source: &SourceText,
    given: &[u32],
) -> Result<Made> {
    relations::rewrite(&mut query, relations)?;
    let mut types = ParameterTypes::of_statement(&query, given)?;
    let names = output::rename(&mut query)?;
    results::rewrite(&mut query);
    quantified::rewrite(&mut query);
    row_search::rewrite(&mut query);
    casts::rewrite(&mut query);
    literals::type_integers(&mut query);
    let locate = |error| locate(from_datafusion(error), &query, source);
    let provider = Provider { shared, relations, options: datafusion::optimizer::OptimizerConfig::options(statement) };
    let mut plan = to_plan(&provider, &query, &types).map_err(locate)?;
    if types.complete(&plan).map_err(from_datafusion)? {
        plan = to_plan(&provider, &query, &types).map_err(locate)?;
    }
    // DataFusion could create tables and write files. Nobody may, through whatever form of a query.
    let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    only_queries.verify_plan(&plan).map_err(|_| Error::new(Code::Unsupported, "only queries can be run"))?;

    let analyzed = statement.analyze(plan.clone()).map_err(locate)?;
    let columns = output::columns(&plan, &analyzed, &names, relations).into();
    let plan = source_table::with_views(if types.is_empty() { analyzed } else { plan }).map_err(from_datafusion)?;
    Ok(Made { columns, parameter_types: types.oids(given), value_types: types.known(), plan })
}

fn to_plan(provider: &Provider<'_>, query: &ast::Query, types: &ParameterTypes) -> DataFusionResult<LogicalPlan> {
    let planner = SqlToRel::new_with_options(provider, ParserOptions::from(&provider.options.sql_parser));
    let mut context = PlannerContext::new().with_prepare_param_data_types(types.fields());
    planner.sql_statement_to_plan_with_context(ast::Statement::Query(Box::new(query.clone())), &mut context)
}

async fn run(
    statement: &Statement,
    plan: LogicalPlan,
    values: Vec<ScalarValue>,
    connectors: &HashMap<u32, Arc<dyn Connector>>,
) -> Result<RecordStream> {
    let plan = physical(statement, plan, values, connectors).await?;
    stream(statement, &plan)
}

fn stream(statement: &Statement, plan: &Arc<dyn ExecutionPlan>) -> Result<RecordStream> {
    let context = datafusion::catalog::Session::task_ctx(statement);
    let batches = execute_stream(Arc::clone(plan), context).map_err(from_datafusion)?;
    Ok(batches.map_err(from_datafusion).boxed())
}

async fn physical(
    statement: &Statement,
    mut plan: LogicalPlan,
    values: Vec<ScalarValue>,
    connectors: &HashMap<u32, Arc<dyn Connector>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let made = async {
        if !values.is_empty() {
            plan = statement.analyze(plan.with_param_values(ParamValues::from(values))?)?;
        }
        let optimized = statement.optimized(source_table::connect(plan, connectors)?)?;
        let optimized = if statement.pushes_down() { pushdown::push_down(optimized)? } else { optimized };
        executable(statement, &optimized).await
    };
    made.await.map_err(from_datafusion)
}

/// How an optimized plan is executed.
async fn executable(statement: &Statement, plan: &LogicalPlan) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let physical = scan::name_sources(statement.physical(plan).await?)?;
    if deep::is_deep(plan)? { deep::with_stack_for_rows(physical) } else { Ok(physical) }
}

/// Says where in the text the name stands that an error complains about.
fn locate(error: Error, query: &ast::Query, source: &SourceText) -> Error {
    match names::position(&error, query) {
        Some(place) if error.position.is_none() => error.position(source.character(place)),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
