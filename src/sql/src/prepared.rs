//! Prepared statements, of the extended protocol and of PREPARE, with the plans that they keep.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::access::Visible;
use pgcat::host::PreparedStatement;
use spi::{Code, Error, Result};

use crate::answer::Column;
use crate::listed::Listed;
use crate::parse::{Command, Statement};
use crate::pg_catalog::POSTGRES_EPOCH;
use crate::plan::{self, Plan};
use crate::plan_context::PlanContext;
use crate::planner;
use crate::session::now;

/// Drivers keep a few hundred. Each holds a syntax tree and a plan.
const STATEMENTS_MAX: usize = 10_000;

/// Drivers that keep no statements prepare the same few texts again and again, one for each kind of row that a program reads.
const RECENT_MAX: usize = 32;

/// The prepared statements of a session, by name. The one without a name is the extended protocol's.
#[derive(Default)]
pub(crate) struct PreparedStatements {
    by_name: HashMap<String, Prepared>,
    /// Statements of the protocol that were closed or replaced, the last one last: they serve when the same text comes again.
    recent: VecDeque<Prepared>,
    listed: Listed<PreparedStatement>,
}

/// What a client sent to have a statement prepared.
#[derive(PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) text: String,
    /// The types that the client knows of its parameters.
    pub(crate) parameter_types: Vec<u32>,
}

/// What a statement is before it is run.
pub(crate) struct Described {
    pub(crate) parameter_types: Vec<u32>,
    /// `None` where it gives no rows.
    pub(crate) columns: Option<Arc<[Column]>>,
    /// Of the query in it, where there is one.
    pub(crate) plan: Option<Arc<Plan>>,
}

pub(crate) struct Prepared {
    pub(crate) statement: Statement,
    pub(crate) parameter_types: Vec<u32>,
    pub(crate) columns: Option<Arc<[Column]>>,
    plan: Option<KeptPlan>,
    /// None for a statement of PREPARE.
    request: Option<Request>,
}

/// A plan, and what it depends on.
struct KeptPlan {
    plan: Arc<Plan>,
    world: World,
}

/// What else than names and tables decides about a plan.
struct World {
    database: Arc<str>,
    time_zone: String,
    /// Grants do not change the catalog.
    visible: Visible,
}

impl Prepared {
    pub(crate) fn new(statement: Statement, described: Described, context: &PlanContext, request: Option<Request>) -> Self {
        let Described { parameter_types, columns, plan } = described;
        let plan = plan.map(|plan| KeptPlan { plan, world: World::of(context) });
        Self { statement, parameter_types, columns, plan, request }
    }

    fn described(&self, name: &str) -> PreparedStatement {
        PreparedStatement {
            name: name.to_owned(),
            statement: self.statement.source.0.to_string(),
            prepared_at: now() - POSTGRES_EPOCH,
            parameter_types: self.parameter_types.clone(),
            result_types: self.columns.as_ref().map(|columns| columns.iter().map(|column| column.pg_type.oid).collect()),
            from_sql: self.request.is_none(),
        }
    }

    /// Whether it has a plan that is still good.
    pub(crate) fn holds_for(&self, context: &PlanContext) -> bool {
        self.plan.as_ref().is_some_and(|kept| kept.plan.holds_for(context) && kept.world.is(context))
    }

    /// The plan of the statement's query: the one that was kept, or a new one where names may mean something else by now.
    pub(crate) async fn plan(&mut self, context: &Arc<PlanContext>) -> Result<Option<Arc<Plan>>> {
        let Some(query) = self.statement.command.query() else { return Ok(None) };
        if let Some(kept) = self.plan.as_ref().filter(|_| self.holds_for(context)) {
            return Ok(Some(Arc::clone(&kept.plan)));
        }
        let plan = Arc::new(plan::plan(context, query, &self.statement.source, &self.parameter_types).await?);
        let promised = self.columns.as_deref().filter(|_| matches!(*self.statement.command, Command::Query(_)));
        if promised.is_some_and(|columns| *columns != **plan.columns()) {
            return Err(planner::changed_result_type());
        }
        self.plan = Some(KeptPlan { plan: Arc::clone(&plan), world: World::of(context) });
        Ok(Some(plan))
    }
}

impl World {
    fn of(context: &PlanContext) -> Self {
        Self {
            database: Arc::clone(&context.database),
            time_zone: context.settings.current().time_zone(),
            visible: context.visible.clone(),
        }
    }

    fn is(&self, context: &PlanContext) -> bool {
        self.database == context.database && self.visible == context.visible && self.time_zone == context.settings.current().time_zone()
    }
}

impl PreparedStatements {
    pub(crate) fn get(&self, name: &str) -> Result<&Prepared> {
        self.by_name.get(name).ok_or_else(|| missing(name))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Result<&mut Prepared> {
        self.by_name.get_mut(name).ok_or_else(|| missing(name))
    }

    /// The unnamed statement replaces the one before; a name can be used once.
    pub(crate) fn insert(&mut self, name: &str, prepared: Prepared) -> Result<()> {
        if !name.is_empty() && self.by_name.contains_key(name) {
            return Err(Error::new(Code::DuplicateStatement, format!("prepared statement \"{name}\" already exists")));
        }
        if self.by_name.len() >= STATEMENTS_MAX {
            return Err(Error::new(Code::Limit, "too many prepared statements")
                .detail(format!("A session can have {STATEMENTS_MAX}."))
                .hint("DEALLOCATE those that are no longer needed."));
        }
        if !name.is_empty() {
            self.listed.insert(name, prepared.described(name));
        }
        self.by_name.insert(name.to_owned(), prepared);
        Ok(())
    }

    /// A statement that was made for the same request before.
    pub(crate) fn recall(&mut self, request: &Request) -> Option<Prepared> {
        let place = self.recent.iter().position(|prepared| prepared.request.as_ref() == Some(request))?;
        self.recent.remove(place)
    }

    /// Gives whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let removed = self.by_name.remove(name);
        self.listed.remove(name);
        let existed = removed.is_some();
        let is_reusable = |prepared: &Prepared| prepared.plan.as_ref().is_some_and(|kept| kept.plan.is_reusable());
        self.recent.extend(removed.filter(|prepared| prepared.request.is_some() && is_reusable(prepared)));
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        existed
    }

    /// DEALLOCATE. Unlike the protocol's Close, it wants the statement to exist.
    pub(crate) fn deallocate(&mut self, name: &str) -> Result<()> {
        if self.remove(name) { Ok(()) } else { Err(missing(name)) }
    }

    pub(crate) fn clear(&mut self) {
        self.by_name.clear();
        self.recent.clear();
        self.listed.retain(|_| false);
    }

    /// As `pg_prepared_statements` lists them.
    pub(crate) fn listed(&self) -> &Listed<PreparedStatement> {
        &self.listed
    }

    /// Kept plans are made again when they are next needed.
    pub(crate) fn forget_plans(&mut self) {
        self.recent.clear();
        self.by_name.values_mut().for_each(|prepared| prepared.plan = None);
    }
}

fn missing(name: &str) -> Error {
    let what = if name.is_empty() { "unnamed prepared statement".to_owned() } else { format!("prepared statement \"{name}\"") };
    Error::new(Code::UndefinedStatement, format!("{what} does not exist"))
}
