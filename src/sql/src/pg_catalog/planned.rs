//! A query of the catalog, bound and ready to be run any number of times.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use datafusion::sql::sqlparser::ast;
use futures::{StreamExt, stream};
use pgcat::bind;
use pgcat::execute::Execution;
use pgcat::function::Context;
use pgcat::host::Host;
use pgcat::io;
use pgcat::plan::Plan;
use pgcat::types::Type;
use pgcat::value::Value;
use spi::types::PgType;
use spi::{Code, Error, Result};

use super::host::SessionHost;
use super::tuples::{Tuples, World};
use crate::answer::{Batch, BatchStream, Column, Format};
use crate::parameters::Parameter;
use crate::parse::{self, Command, SourceText};
use crate::plan_context::PlanContext;
use crate::planner::deep::with_stack;

/// Rows that leave together: few enough to be soon there, enough to make the way of a batch cheap.
const BATCH_ROWS: usize = 1024;
/// How long rows are computed before some of them leave.
const SLICE: Duration = Duration::from_millis(5);
/// A query that is expected to touch more rows than this is computed on a thread of its own: some milliseconds, in which other
/// sessions would wait for theirs.
const LONG_COST: f64 = 20_000.0;

/// A query of the catalog that can be run any number of times.
pub(crate) struct Planned {
    pub(crate) columns: Arc<[Column]>,
    pub(crate) parameter_types: Vec<u32>,
    plan: Arc<Plan>,
    types: Vec<Type>,
    catalog: Arc<pgcat::catalog::Catalog>,
    /// The catalog of data sources that the query was bound for.
    sources: Arc<domain::catalog::Catalog>,
    search_path: Vec<String>,
    /// How long the text was.
    statement_bytes: usize,
}

/// Binds a query. `parameter_types` are the OIDs that the client knows, with 0 for those that it does not.
pub(crate) fn plan(context: &Arc<PlanContext>, query: &ast::Query, source: &SourceText, parameter_types: &[u32]) -> Result<Planned> {
    with_stack(source.0.len(), || plan_here(context, query, source, parameter_types))
}

fn plan_here(context: &Arc<PlanContext>, query: &ast::Query, source: &SourceText, parameter_types: &[u32]) -> Result<Planned> {
    let catalog = context.engine.catalogs().get(context)?;
    let host = SessionHost::new(Arc::clone(context));
    let bound = bind::bind(&catalog, &host, query, &source.0, parameter_types)?;
    let column = |column: &pgcat::query::OutputColumn| {
        let (table_oid, attribute_number) = column.origin.unwrap_or_default();
        // Clients are told of the type that a domain is over.
        let (oid, typmod) = catalog.base_type(column.type_.oid, column.type_.typmod);
        let pg_type = PgType { oid, typmod };
        Column { name: column.name.clone(), table_oid, attribute_number, pg_type, format: Format::Text }
    };
    Ok(Planned {
        columns: bound.query.columns.iter().map(column).collect(),
        parameter_types: bound.parameter_types.clone(),
        types: bound.query.columns.iter().map(|column| column.type_).collect(),
        plan: Arc::new(pgcat::plan::plan(&bound.query)),
        catalog,
        sources: Arc::clone(&context.catalog),
        search_path: context.search_path(),
        statement_bytes: source.0.len(),
    })
}

impl Planned {
    /// Whether the names of the query still mean what they meant when it was bound.
    pub(crate) fn holds_for(&self, context: &PlanContext) -> bool {
        Arc::ptr_eq(&self.sources, &context.catalog) && self.search_path == context.search_path()
    }

    /// The values of a Bind message.
    pub(crate) fn decode(&self, context: &Arc<PlanContext>, values: &[Option<Parameter>]) -> Result<Vec<Value>> {
        let host = SessionHost::new(Arc::clone(context));
        let context = Context { catalog: &self.catalog, host: &host };
        let decode = |(value, oid): (&Option<Parameter>, &u32)| match value {
            None => Ok(Value::Null),
            Some(Parameter { format: Format::Binary, bytes }) => io::receive(&context, *oid, -1, bytes),
            Some(Parameter { format: Format::Text, bytes }) => {
                let text = std::str::from_utf8(bytes);
                let text = text.map_err(|_| Error::new(Code::BadData, "invalid byte sequence for encoding \"UTF8\""))?;
                io::input(&context, *oid, -1, text)
            }
        };
        values.iter().zip(&self.parameter_types).map(decode).collect()
    }

    /// The rows, computed as they are taken.
    pub(crate) fn execute(&self, context: &Arc<PlanContext>, values: Vec<Value>) -> Result<BatchStream> {
        let (is_long, bytes) = (self.plan.cost() > LONG_COST, self.statement_bytes);
        let (execution, world) = self.begin(context, values);
        let abandoned = Abandoned(Arc::clone(&world.abandoned));
        let batches = stream::try_unfold((execution, false, abandoned), move |(execution, ended, abandoned)| {
            let world = Arc::clone(&world);
            async move {
                if ended {
                    return Ok(None);
                }
                let (execution, rows, ended) = match is_long {
                    true => tokio::task::spawn_blocking(move || some_rows(execution, bytes)).await.map_err(stopped)??,
                    false => some_rows(execution, bytes)?,
                };
                Ok((!rows.is_empty()).then(|| (Batch::Tuples(Tuples::new(rows, &world)), (execution, ended, abandoned))))
            }
        });
        Ok(batches.boxed())
    }

    /// The plan's tree, as EXPLAIN shows it. With `analyze` the query is run to its end first.
    pub(crate) fn explain(&self, context: &Arc<PlanContext>, values: Vec<Value>, analyze: bool) -> Result<Vec<String>> {
        let mut lines = self.with_world(context, |world| pgcat::explain::explain(&self.plan, world))?;
        if analyze {
            lines.push(format!("Actual Rows: {}", self.rows(context, values)?.len()));
        }
        Ok(lines)
    }

    fn begin(&self, context: &Arc<PlanContext>, values: Vec<Value>) -> (Execution, Arc<World>) {
        let host = SessionHost::new(Arc::clone(context));
        let abandoned = host.abandoned();
        let host: Arc<dyn Host> = Arc::new(host);
        let world = World { types: self.types.clone(), catalog: Arc::clone(&self.catalog), host: Arc::clone(&host), abandoned };
        let execution = || Execution::new(Arc::clone(&self.plan), Arc::clone(&self.catalog), host, values);
        (with_stack(self.statement_bytes, execution), Arc::new(world))
    }

    /// Does something with what values mean.
    pub(super) fn with_world<T>(&self, context: &Arc<PlanContext>, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let host = SessionHost::new(Arc::clone(context));
        work(&Context { catalog: &self.catalog, host: &host })
    }

    /// All rows at once, for queries that have few.
    pub(super) fn rows(&self, context: &Arc<PlanContext>, values: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        let (mut execution, _) = self.begin(context, values);
        let mut rows = Vec::new();
        while let Some(row) = with_stack(self.statement_bytes, || execution.next())? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Says that nobody wants the rows any more, when the stream of them is dropped.
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The next rows, and whether they are the last ones.
fn some_rows(execution: Execution, statement_bytes: usize) -> Result<(Execution, Vec<Vec<Value>>, bool)> {
    with_stack(statement_bytes, || rows_of_a_slice(execution))
}

fn rows_of_a_slice(mut execution: Execution) -> Result<(Execution, Vec<Vec<Value>>, bool)> {
    let began = Instant::now();
    let mut rows = Vec::new();
    while rows.len() < BATCH_ROWS {
        match execution.next()? {
            Some(row) => rows.push(row),
            None => return Ok((execution, rows, true)),
        }
        // Looking at the clock for every row would take as long as many rows do.
        if rows.len() % 64 == 0 && began.elapsed() > SLICE {
            break;
        }
    }
    Ok((execution, rows, false))
}

fn stopped(error: tokio::task::JoinError) -> Error {
    Error::internal("a query of the catalog ended before its rows").detail(format!("{error}.")).cause(error)
}

/// The values of EXECUTE's arguments, in the types of the parameters.
pub(crate) fn evaluate(context: &Arc<PlanContext>, arguments: &[ast::Expr], types: &[u32]) -> Result<Vec<Value>> {
    if arguments.is_empty() {
        return Ok(Vec::new());
    }
    let written: Vec<String> = arguments.iter().map(ast::Expr::to_string).collect();
    let text = format!("SELECT {}", written.join(", "));
    let row = || {
        let statements = parse::script(&text)?;
        let Some(Command::Query(query)) = statements.first().map(|only| only.command.as_ref()) else {
            return Err(Error::internal("arguments are not expressions"));
        };
        let ast::Statement::Query(query) = query.as_ref() else { return Err(Error::internal("arguments are not expressions")) };
        let planned = plan(context, query, &SourceText(text.as_str().into()), &[])?;
        let row = planned.rows(context, Vec::new())?.pop().ok_or_else(|| Error::internal("arguments have no values"))?;
        let host = SessionHost::new(Arc::clone(context));
        let world = Context { catalog: &planned.catalog, host: &host };
        let value = |((value, column), oid): ((Value, &Column), &u32)| match value {
            Value::Null => Ok(Value::Null),
            value if column.pg_type.oid == *oid => Ok(value),
            value => io::input(&world, *oid, -1, &io::output(&world, column.pg_type.oid, &value)?),
        };
        row.into_iter().zip(planned.columns.iter()).zip(types).map(value).collect()
    };
    // Its places mean nothing to the client, whose statement is another text.
    row().map_err(|error: Error| Error { position: None, ..error })
}
