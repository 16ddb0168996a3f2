//! Queries as wholes: their clauses, whatever their bodies are.

use std::collections::BTreeSet;
use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned};

use super::scope::Scope;
use super::{Binder, Place};
use crate::query::{Query, Register};

/// The registers of queries around a query that it reads: the place of the scope, and the register.
pub(super) type Outer = BTreeSet<(usize, Register)>;

/// The clauses of a query, those of parentheses around its body among them.
pub(super) struct Clauses<'q> {
    pub(super) with: Vec<&'q ast::With>,
    pub(super) body: &'q ast::SetExpr,
    pub(super) order_by: Option<&'q ast::OrderBy>,
    pub(super) limit: Option<&'q ast::LimitClause>,
    pub(super) fetch: Option<&'q ast::Fetch>,
    pub(super) locks: &'q [ast::LockClause],
}

/// A register of a query around an expression that is read in it: how many queries up from the expression, and which.
type OuterRead = (usize, Register);

impl Binder<'_> {
    /// A query inside of an expression, and the registers around it that it reads: how many queries up from the expression, and which.
    pub(crate) fn nested_query(&mut self, query: &ast::Query) -> Result<(Arc<Query>, Vec<OuterRead>)> {
        if self.scope().place == Some(Place::ExecuteArgument) {
            return Err(self.error_at(Error::new(Code::Unsupported, "cannot use subquery in EXECUTE parameter"), query.span()));
        }
        let (query, outer) = self.inner_query(query, true)?;
        // What reads something of the queries around it has such queries around it.
        let outer = outer.into_iter().map(|(scope, register)| (self.scopes.len() - 1 - scope, register));
        Ok((Arc::new(query), outer.collect()))
    }

    /// A query inside of what is being bound, and what it reads of the queries around it. Where `settle`, unknown literals in its answer
    /// are text.
    pub(super) fn inner_query(&mut self, query: &ast::Query, settle: bool) -> Result<(Query, Outer)> {
        self.inner(&Clauses::of(query)?, settle)
    }

    /// The same of one side of a set operation.
    pub(super) fn inner_side(&mut self, side: &ast::SetExpr, settle: bool) -> Result<(Query, Outer)> {
        self.inner(&Clauses::of_side(side)?, settle)
    }

    fn inner(&mut self, clauses: &Clauses<'_>, settle: bool) -> Result<(Query, Outer)> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            self.scopes.push(Scope::default());
            let bound = self.query(clauses, settle);
            let outer = self.scopes.pop().map(|scope| scope.outer).unwrap_or_default();
            Ok((bound?, outer))
        })
    }

    fn query(&mut self, clauses: &Clauses<'_>, settle: bool) -> Result<Query> {
        for with in &clauses.with {
            self.with(with)?;
        }
        let mut bound = match clauses.body {
            ast::SetExpr::Select(select) => self.select(select, clauses, settle)?,
            ast::SetExpr::Values(values) => self.values(values, clauses, settle)?,
            ast::SetExpr::SetOperation { op, set_quantifier, left, right } => {
                self.set_operation(*op, *set_quantifier, left, right, clauses)?
            }
            ast::SetExpr::Table(table) => {
                let query = table_query(table);
                let select = match query.body.as_ref() {
                    ast::SetExpr::Select(select) => select,
                    _ => return Err(Error::internal("TABLE is no select")),
                };
                self.select(select, clauses, settle)?
            }
            ast::SetExpr::Insert(_) | ast::SetExpr::Update(_) | ast::SetExpr::Delete(_) | ast::SetExpr::Merge(_) => {
                return Err(Error::new(Code::Unsupported, "statements in WITH that change data are not supported"));
            }
            ast::SetExpr::Query(_) => return Err(Error::internal("parentheses around a query")),
        };
        bound.ctes = self.finished_ctes();
        bound.registers = self.scope().registers.len();
        bound.is_volatile = self.scope().is_volatile || bound.has_volatile();
        Ok(bound)
    }
}

impl<'q> Clauses<'q> {
    /// Of one side of a set operation, which has clauses of its own in parentheses.
    fn of_side(side: &'q ast::SetExpr) -> Result<Self> {
        match side {
            ast::SetExpr::Query(query) => Self::of(query),
            body => Ok(Self { with: Vec::new(), body, order_by: None, limit: None, fetch: None, locks: &[] }),
        }
    }

    /// PostgreSQL gives a query in parentheses the clauses behind them.
    fn of(query: &'q ast::Query) -> Result<Self> {
        let own = Self {
            with: query.with.iter().collect(),
            body: &query.body,
            order_by: query.order_by.as_ref(),
            limit: query.limit_clause.as_ref(),
            fetch: query.fetch.as_ref(),
            locks: &query.locks,
        };
        let ast::SetExpr::Query(inner) = query.body.as_ref() else { return Ok(own) };
        let inner = Clauses::of(inner)?;
        let twice = |clause: &str| Err(Error::new(Code::Syntax, format!("multiple {clause} clauses not allowed")));
        if own.order_by.is_some() && inner.order_by.is_some() {
            return twice("ORDER BY");
        }
        if own.has_limit() && inner.has_limit() {
            return twice("LIMIT");
        }
        if !own.with.is_empty() && !inner.with.is_empty() {
            return twice("WITH");
        }
        Ok(Self {
            with: own.with.into_iter().chain(inner.with).collect(),
            body: inner.body,
            order_by: own.order_by.or(inner.order_by),
            limit: own.limit.or(inner.limit),
            fetch: own.fetch.or(inner.fetch),
            locks: if own.locks.is_empty() { inner.locks } else { own.locks },
        })
    }

    fn has_limit(&self) -> bool {
        self.fetch.is_some() || self.limit.is_some()
    }

    /// Refuses FOR UPDATE and its kin where rows of the answer are not rows of tables. Elsewhere they lock nothing here: nobody else can
    /// change the catalog that a statement reads.
    pub(super) fn check_locks(&self, obstacle: Option<&str>) -> Result<()> {
        match (self.locks.first(), obstacle) {
            (Some(lock), Some(obstacle)) => {
                let kind = match lock.lock_type {
                    ast::LockType::Share => "SHARE",
                    ast::LockType::Update => "UPDATE",
                };
                Err(Error::new(Code::Unsupported, format!("FOR {kind} is not allowed with {obstacle}")))
            }
            _ => Ok(()),
        }
    }
}

/// A body of a query as a query of its own.
pub(super) fn query_of(body: &ast::SetExpr) -> ast::Query {
    match body {
        ast::SetExpr::Query(query) => query.as_ref().clone(),
        _ => ast::Query {
            with: None,
            body: Box::new(body.clone()),
            order_by: None,
            limit_clause: None,
            fetch: None,
            locks: Vec::new(),
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators: Vec::new(),
        },
    }
}

/// `SELECT * FROM` something.
pub(super) fn select_all(from: ast::TableFactor) -> ast::Query {
    let select = ast::Select {
        select_token: ast::helpers::attached_token::AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![ast::SelectItem::Wildcard(ast::WildcardAdditionalOptions::default())],
        exclude: None,
        into: None,
        from: vec![ast::TableWithJoins { relation: from, joins: Vec::new() }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: ast::GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: ast::SelectFlavor::Standard,
    };
    query_of(&ast::SetExpr::Select(Box::new(select)))
}

/// `SELECT * FROM (query) AS alias`.
pub(super) fn select_all_of(query: ast::Query, alias: &str) -> ast::Query {
    let name = ast::Ident::with_quote('"', alias);
    let alias = ast::TableAlias { explicit: true, name, columns: Vec::new(), at: None };
    select_all(ast::TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None })
}

/// `TABLE name`.
fn table_query(table: &ast::Table) -> ast::Query {
    let names = [&table.schema_name, &table.table_name].into_iter().flatten().map(ast::Ident::new);
    let name = ast::ObjectName::from(names.collect::<Vec<_>>());
    select_all(ast::TableFactor::Table {
        name,
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    })
}
