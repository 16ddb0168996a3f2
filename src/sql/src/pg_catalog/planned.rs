//! A query of the catalog, bound and ready to be run any number of times.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use datafusion::sql::sqlparser::ast;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use pgcat::bind::{self, Bound};
use pgcat::catalog::Catalog;
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
use super::plans::Kept;
use super::tuples::{Tuples, World};
use crate::answer::{Batch, BatchStream, Column, Format};
use crate::parameters::Parameter;
use crate::parse::SourceText;
use crate::plan_context::PlanContext;
use crate::planner::deep::with_stack;

/// Rows that leave together: few enough to be soon there, enough to make the way of a batch cheap.
const BATCH_ROWS: usize = 1024;
/// How long rows are computed before some of them leave.
const SLICE: Duration = Duration::from_millis(5);
/// A query that is expected to touch more rows than this, or may touch any number, is computed on a thread of its own: other sessions
/// would wait for theirs meanwhile.
const LONG_COST: f64 = 20_000.0;
/// The largest answer that is remembered, in bytes. As many are remembered as plans are kept.
const ANSWER_MAX: usize = 1 << 20;

/// A query of the catalog that can be run any number of times.
pub(crate) struct Planned {
    pub(crate) columns: Arc<[Column]>,
    pub(crate) parameter_types: Vec<u32>,
    plan: Arc<Plan>,
    types: Vec<Type>,
    catalog: Arc<Catalog>,
    search_path: Vec<String>,
    /// How long the text was.
    statement_bytes: usize,
    is_shared: bool,
    /// The rows, where nothing but the catalog decides them and it takes long.
    answer: Mutex<Remembered>,
}

/// What is known of an answer.
#[derive(Default)]
enum Remembered {
    /// It is to be remembered.
    #[default]
    Awaited,
    Rows(Vec<Rows>),
    /// It is not to be remembered.
    Never,
}

/// Rows that leave together.
type Rows = Arc<Vec<Vec<Value>>>;

/// Binds a query. `parameter_types` are the OIDs that the client knows, with 0 for those that it does not.
pub(crate) fn plan(context: &Arc<PlanContext>, query: &ast::Query, source: &SourceText, parameter_types: &[u32]) -> Result<Arc<Planned>> {
    with_stack(source.0.len(), || plan_here(context, query, source, parameter_types))
}

fn plan_here(context: &Arc<PlanContext>, query: &ast::Query, source: &SourceText, parameter_types: &[u32]) -> Result<Arc<Planned>> {
    let catalogs = context.engine.catalogs();
    if let Some(planned) = catalogs.plans().find(context, query, source, parameter_types) {
        return Ok(planned);
    }
    let catalog = Arc::clone(&context.pg_catalog().catalog);
    let host = SessionHost::new(Arc::clone(context));
    let bound = bind::bind(&catalog, &host, query, &source.0, parameter_types)?;
    let planned = Planned::of(bound, Arc::clone(&catalog), &host, context, source)?;
    if host.was_asked() {
        return Ok(Arc::new(planned));
    }
    let planned = Arc::new(Planned { is_shared: true, answer: Mutex::default(), ..planned });
    Ok(catalogs.keep_plan(Kept::new(query, source, parameter_types, &planned), &catalog).unwrap_or(planned))
}

impl Planned {
    fn of(bound: Bound, catalog: Arc<Catalog>, host: &SessionHost, context: &PlanContext, source: &SourceText) -> Result<Self> {
        let column = |column: &pgcat::query::OutputColumn| {
            let (table_oid, attribute_number) = column.origin.unwrap_or_default();
            // Clients are told of the type that a domain is over.
            let (oid, typmod) = catalog.base_type(column.type_.oid, column.type_.typmod);
            let pg_type = PgType { oid, typmod };
            Column { name: column.name.clone(), table_oid, attribute_number, pg_type, format: Format::Text }
        };
        Ok(Planned {
            columns: bound.query.columns.iter().map(column).collect(),
            types: bound.query.columns.iter().map(|column| column.type_).collect(),
            plan: Arc::new(pgcat::plan::plan(&bound.query, host)?),
            parameter_types: bound.parameter_types,
            catalog,
            search_path: context.search_path(),
            statement_bytes: source.0.len(),
            is_shared: false,
            answer: Mutex::new(Remembered::Never),
        })
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Whether another one is bound to the same catalog, by the same search path.
    pub(super) fn means_the_same(&self, other: &Planned) -> bool {
        self.is_bound_to(&other.catalog, &other.search_path)
    }

    /// Forgets the answer, for good.
    pub(super) fn forget_answer(&self) {
        let _forgotten = std::mem::replace(&mut *self.answer(), Remembered::Never);
    }

    #[cfg(test)]
    pub(crate) fn remembers(&self) -> bool {
        matches!(*self.answer(), Remembered::Rows(_))
    }

    /// Every change is one assignment, so a panic elsewhere does no harm.
    fn answer(&self) -> MutexGuard<'_, Remembered> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it means the same in every session with the same catalog and search path. A literal such as `'now'` or a date may not.
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether the names of the query still mean what they meant when it was bound.
    pub(crate) fn holds_for(&self, context: &PlanContext) -> bool {
        self.is_bound_to(&context.pg_catalog().catalog, &context.search_path())
    }

    pub(super) fn is_bound_to(&self, catalog: &Arc<Catalog>, search_path: &[String]) -> bool {
        Arc::ptr_eq(&self.catalog, catalog) && self.search_path == search_path
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
    pub(crate) fn execute(self: &Arc<Self>, context: &Arc<PlanContext>, values: Vec<Value>) -> BatchStream {
        self.tuples(context, values).map_ok(Batch::Tuples).boxed()
    }

    /// The rows, as the catalog's values.
    pub(super) fn tuples(
        self: &Arc<Self>,
        context: &Arc<PlanContext>,
        values: Vec<Value>,
    ) -> impl Stream<Item = Result<Tuples>> + Send + use<> {
        let host = Arc::new(SessionHost::new(Arc::clone(context)));
        let world = World { types: self.types.clone(), catalog: Arc::clone(&self.catalog), host: Arc::clone(&host) as Arc<dyn Host> };
        let remembered = match &*self.answer() {
            Remembered::Rows(rows) => Some(rows.clone()),
            _ => None,
        };
        let rows = match remembered {
            Some(rows) => stream::iter(rows.into_iter().map(Ok)).left_stream(),
            None => self.compute(host, values).right_stream(),
        };
        let world = Arc::new(world);
        rows.map_ok(move |rows| Tuples::new(rows, &world))
    }

    fn compute(self: &Arc<Self>, host: Arc<SessionHost>, values: Vec<Value>) -> impl Stream<Item = Result<Rows>> + Send + use<> {
        let is_long = self.plan.is_unbounded() || self.plan.cost() > LONG_COST;
        let is_lasting = self.is_shared && is_long && values.is_empty() && !self.plan.is_volatile();
        let bytes = self.statement_bytes;
        let guard = Abandoned(host.abandoned());
        let session = Arc::clone(&host) as Arc<dyn Host>;
        let execution = || Execution::new(Arc::clone(&self.plan), Arc::clone(&self.catalog), session, values);
        let execution = with_stack(bytes, execution);
        let answer = is_lasting.then(|| Answer::new(Arc::clone(self), host));
        stream::try_unfold((execution, false, guard, answer), move |(execution, ended, guard, mut answer)| async move {
            if ended {
                return Ok(None);
            }
            let (execution, rows, ended) = match is_long {
                true => tokio::task::spawn_blocking(move || some_rows(execution, bytes)).await.map_err(stopped)??,
                false => some_rows(execution, bytes)?,
            };
            let rows = Arc::new(rows);
            answer = answer.and_then(|answer| answer.with(&rows, ended));
            Ok((!rows.is_empty()).then_some((rows, (execution, ended, guard, answer))))
        })
    }

    /// The plan's tree, as EXPLAIN shows it. With `analyze` the query is run to its end first.
    pub(crate) async fn explain(self: &Arc<Self>, context: &Arc<PlanContext>, values: Vec<Value>, analyze: bool) -> Result<Vec<String>> {
        let mut lines = {
            let host = SessionHost::new(Arc::clone(context));
            pgcat::explain::explain(&self.plan, &Context { catalog: &self.catalog, host: &host })?
        };
        if analyze {
            let rows = self.tuples(context, values).try_fold(0, async |rows, tuples| Ok(rows + tuples.num_rows())).await?;
            lines.push(format!("Actual Rows: {rows}"));
        }
        Ok(lines)
    }
}

/// An answer that is to be remembered, as far as it is computed.
struct Answer {
    planned: Arc<Planned>,
    host: Arc<SessionHost>,
    rows: Vec<Rows>,
    bytes: usize,
}

impl Answer {
    fn new(planned: Arc<Planned>, host: Arc<SessionHost>) -> Self {
        Self { planned, host, rows: Vec::new(), bytes: 0 }
    }

    /// With more rows. Nothing is left where it must not be remembered, and where it is.
    fn with(mut self, rows: &Rows, ended: bool) -> Option<Self> {
        self.bytes += rows.iter().map(|row| size_of_val(row) + row.iter().map(Value::size).sum::<usize>()).sum::<usize>();
        if self.bytes > ANSWER_MAX || self.host.was_asked() {
            return None;
        }
        self.rows.extend((!rows.is_empty()).then(|| Arc::clone(rows)));
        if !ended {
            return Some(self);
        }
        let mut answer = self.planned.answer();
        if matches!(*answer, Remembered::Awaited) {
            *answer = Remembered::Rows(std::mem::take(&mut self.rows));
        }
        None
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

/// The OIDs of types that a statement names.
pub(crate) fn type_oids(context: &Arc<PlanContext>, written: &[ast::DataType]) -> Result<Vec<u32>> {
    let catalog = &context.pg_catalog().catalog;
    let host = SessionHost::new(Arc::clone(context));
    written.iter().map(|written| bind::bind_type(catalog, &host, written)).collect()
}

/// The values of EXECUTE's arguments, in the types of the parameters.
pub(crate) async fn evaluate(context: &Arc<PlanContext>, arguments: &[ast::Expr], source: &SourceText, types: &[u32]) -> Result<Arguments> {
    let catalog = Arc::clone(&context.pg_catalog().catalog);
    let planned = with_stack(source.0.len(), || {
        let host = SessionHost::new(Arc::clone(context));
        let bound = bind::bind_arguments(&catalog, &host, arguments, &source.0, types)?;
        Planned::of(bound, catalog, &host, context, source).map(Arc::new)
    })?;
    let mut rows = std::pin::pin!(planned.tuples(context, Vec::new()));
    rows.try_next().await?.map(Arguments).ok_or_else(|| Error::internal("arguments have no values"))
}

/// One row of values.
pub(crate) struct Arguments(Tuples);

impl Arguments {
    pub(crate) fn values(&self) -> Vec<Value> {
        self.0.row(0).to_vec()
    }

    /// The texts of the values; `None` is null.
    pub(crate) fn texts(&self) -> Result<Vec<Option<String>>> {
        (0..self.0.num_columns()).map(|column| self.0.text(0, column)).collect()
    }
}
