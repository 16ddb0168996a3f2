//! Prepared statements, of the extended protocol and of PREPARE, with the plans that they keep.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast;
use domain::catalog::Catalog;
use spi::{Code, Error, Result};

use crate::answer::Column;
use crate::parse::{Command, Statement};
use crate::plan_context::PlanContext;
use crate::planner::{self, Planned};

/// Drivers keep a few hundred. Each holds a syntax tree and a plan.
const STATEMENTS_MAX: usize = 10_000;

/// The prepared statements of a session, by name. The one without a name is the extended protocol's.
#[derive(Default)]
pub(crate) struct PreparedStatements {
    by_name: HashMap<String, Prepared>,
}

/// What a statement is before it is run.
pub(crate) struct Described {
    pub(crate) parameter_types: Vec<u32>,
    /// `None` where it gives no rows.
    pub(crate) columns: Option<Arc<[Column]>>,
    /// Only queries have one.
    pub(crate) plan: Option<Arc<Planned>>,
}

pub(crate) struct Prepared {
    pub(crate) statement: Statement,
    pub(crate) parameter_types: Vec<u32>,
    pub(crate) columns: Option<Arc<[Column]>>,
    /// Whether it was made by PREPARE.
    pub(crate) from_sql: bool,
    plan: Option<KeptPlan>,
}

/// A plan, and what it depends on.
struct KeptPlan {
    plan: Arc<Planned>,
    world: World,
}

/// What else than a statement's text decides about its plan.
#[derive(Clone)]
struct World {
    catalog: Arc<Catalog>,
    database: Arc<str>,
    search_path: Vec<String>,
    time_zone: String,
    /// Grants do not change the catalog.
    visible: domain::access::Visible,
}

impl Prepared {
    pub(crate) fn new(statement: Statement, described: Described, context: &PlanContext, from_sql: bool) -> Self {
        let Described { parameter_types, columns, plan } = described;
        let plan = plan.map(|plan| KeptPlan { plan, world: World::of(context) });
        Self { statement, parameter_types, columns, from_sql, plan }
    }

    /// The plan of a query: the one that was kept, or a new one where names may mean something else by now. Other commands have none.
    pub(crate) async fn plan(&mut self, context: &Arc<PlanContext>) -> Result<Option<Arc<Planned>>> {
        let Some(query) = self.query() else { return Ok(None) };
        if let Some(kept) = &self.plan
            && kept.world.is(context)
        {
            return Ok(Some(Arc::clone(&kept.plan)));
        }
        let plan = Arc::new(planner::plan(context, query, &self.statement.source, &self.parameter_types).await?);
        if self.columns.as_deref().is_some_and(|columns| *columns != *plan.columns) {
            return Err(Error::new(Code::Unsupported, "cached plan must not change result type")
                .detail("A table of the statement changed since it was prepared.")
                .hint("Prepare the statement again."));
        }
        self.plan = Some(KeptPlan { plan: Arc::clone(&plan), world: World::of(context) });
        Ok(Some(plan))
    }

    fn query(&self) -> Option<&ast::Statement> {
        match self.statement.command.as_ref() {
            Command::Query(query) => Some(query),
            _ => None,
        }
    }
}

impl World {
    fn of(context: &PlanContext) -> Self {
        let settings = context.settings.current();
        Self {
            catalog: Arc::clone(&context.catalog),
            database: Arc::clone(&context.database),
            search_path: settings.search_path(&context.role.name),
            time_zone: settings.time_zone(),
            visible: context.visible.clone(),
        }
    }

    fn is(&self, context: &PlanContext) -> bool {
        let settings = context.settings.current();
        Arc::ptr_eq(&self.catalog, &context.catalog)
            && self.database == context.database
            && self.search_path == settings.search_path(&context.role.name)
            && self.time_zone == settings.time_zone()
            && self.visible == context.visible
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
        self.by_name.insert(name.to_owned(), prepared);
        Ok(())
    }

    /// Gives whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.by_name.remove(name).is_some()
    }

    /// DEALLOCATE. Unlike the protocol's Close, it wants the statement to exist.
    pub(crate) fn deallocate(&mut self, name: &str) -> Result<()> {
        if self.remove(name) { Ok(()) } else { Err(missing(name)) }
    }

    pub(crate) fn clear(&mut self) {
        self.by_name.clear();
    }

    /// Kept plans are made again when they are next needed.
    pub(crate) fn forget_plans(&mut self) {
        self.by_name.values_mut().for_each(|prepared| prepared.plan = None);
    }
}

fn missing(name: &str) -> Error {
    let what = if name.is_empty() { "unnamed prepared statement".to_owned() } else { format!("prepared statement \"{name}\"") };
    Error::new(Code::UndefinedStatement, format!("{what} does not exist"))
}
