//! How a query is run: a tree of scans that fill registers, and above it what turns them into rows.
//!
//! A plan is made once, is never changed, and may be run by many at the same time; [`crate::execute`] keeps the state of each run.

mod access;
mod build;
mod conditions;
mod constants;
mod equality;
mod full_join;
mod group;
mod join;
mod order;
mod patterns;
mod registers;
mod select;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;

use crate::expr::{Expr, Subquery};
use crate::host::Host;
use crate::query::{Fill, FunctionScan, Grouping, OutputColumn, Query, Register, RelationScan, SetOperator, SetReturning, SortKey, Window};
use crate::rewrite::rewrite;
use crate::value::Field;

use build::Planner;
pub(crate) use equality::is_equality;
pub(crate) use walk::{STACK_PIECE, STACK_RED_ZONE};

/// The plan of a statement.
pub struct Plan {
    pub(crate) query: Arc<QueryPlan>,
    /// The query, where there is something in it that PostgreSQL computes before it runs it.
    pub(crate) constants: Option<Arc<Query>>,
    nested: Nested,
    is_unbounded: bool,
    is_volatile: bool,
}

/// The plans of the queries inside expressions, and of the bodies of functions in SQL, by the address of the [`Query`]. The expressions
/// of the plan hold these queries, so that an address belongs to one query as long as the plan lives.
type Nested = HashMap<usize, Arc<QueryPlan>>;

/// The plan of one query, which has a frame of its own.
pub struct QueryPlan {
    /// How many registers its frame has.
    pub(crate) registers: usize,
    pub(crate) ctes: Vec<Arc<QueryPlan>>,
    pub(crate) names: Vec<String>,
    pub(crate) root: Answer,
    /// The columns that are seen of its rows, as fields of a record.
    pub(crate) fields: Arc<[Field]>,
    /// The expression that it comes to where it is nothing but `SELECT expression`.
    pub(crate) plain: Option<Expr>,
    /// The queries around it whose WITH it reads: 0 is the one right around it.
    pub(crate) outer_ctes: Vec<usize>,
    /// The parameters that it reads, also in queries inside of it: of the statement, or of the function in SQL whose body it is part of.
    pub(crate) parameters: Vec<usize>,
    pub(crate) estimate: Estimate,
}

/// What is expected of a part of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// Rows that come out.
    pub rows: f64,
    /// Rows that are touched on the way.
    pub cost: f64,
}

/// What gives rows.
#[derive(Clone)]
pub(crate) enum Answer {
    Output(Arc<Output>),
    Values(Arc<Vec<Vec<Expr>>>),
    SetOperation(Arc<SetOperation>),
    RecursiveUnion(Arc<RecursiveUnion>),
    Distinct(Arc<Distinct>),
    Sort(Arc<Sort>),
    Limit(Arc<Limit>),
}

/// Expressions over the registers.
pub(crate) struct Output {
    pub input: Source,
    pub expressions: Vec<Expr>,
}

pub(crate) struct SetOperation {
    pub operator: SetOperator,
    pub all: bool,
    pub left: Arc<QueryPlan>,
    pub right: Arc<QueryPlan>,
}

pub(crate) struct RecursiveUnion {
    /// Its place among the WITH queries of the query around it.
    pub cte: usize,
    pub all: bool,
    pub first: Arc<QueryPlan>,
    pub step: Arc<QueryPlan>,
}

/// The first of the rows that are the same in these columns.
pub(crate) struct Distinct {
    pub input: Answer,
    pub columns: Vec<usize>,
}

pub(crate) struct Sort {
    pub input: Answer,
    pub keys: Vec<SortKey>,
    /// Where only the first rows are wanted: how many, behind how many that are left out.
    pub first: Option<(Expr, Option<Expr>)>,
}

pub(crate) struct Limit {
    pub input: Answer,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    /// Of `WITH TIES`: what the rows are sorted by.
    pub ties: Option<Vec<SortKey>>,
}

/// What fills registers, row by row.
#[derive(Clone)]
pub(crate) enum Source {
    /// One row without columns.
    One,
    Relation(Arc<RelationAccess>),
    Function(Arc<FunctionScan>),
    Query(Arc<QueryScan>),
    Cte(Arc<CteScan>),
    NestedLoop(Arc<NestedLoop>),
    HashJoin(Arc<HashJoin>),
    Filter(Arc<Filter>),
    Gate(Arc<Gate>),
    Group(Arc<Group>),
    Window(Arc<WindowScan>),
    ProjectSet(Arc<ProjectSet>),
}

/// Rows of a base relation: all, or those that are looked up.
pub(crate) struct RelationAccess {
    pub scan: RelationScan,
    pub lookup: Option<Lookup>,
    /// Registers that are filled before the conditions are looked at.
    pub early: Vec<Fill>,
    /// Registers that are filled for rows that fulfil them.
    pub late: Vec<Fill>,
    pub conditions: Vec<Expr>,
}

/// How rows are found without reading all.
pub(crate) enum Lookup {
    /// By keys of an index, a place in [`crate::relation::Relation::indexes`]: by each combination of the values of its columns.
    Keys { index: usize, keys: Vec<Key> },
    /// By how the names in a column begin.
    Beginning { column: usize, pattern: Pattern },
}

/// What texts match.
#[derive(Clone)]
pub(crate) struct Pattern {
    /// `pg_proc.oid` of the function that says so, one of [`crate::functions::beginning`].
    pub function: u32,
    pub pattern: Expr,
}

/// The values that one column of an index is looked up by.
#[derive(Clone)]
pub(crate) enum Key {
    One(Expr),
    List(Vec<Expr>),
    /// The elements of an array.
    Elements(Expr),
    /// The first columns of the rows of a query.
    Rows(Box<Subquery>),
}

pub(crate) struct QueryScan {
    pub alias: String,
    pub query: Arc<QueryPlan>,
    pub registers: Vec<Fill>,
}

/// Rows of a WITH query, or, inside its own recursive term, of its working table.
pub(crate) struct CteScan {
    pub alias: String,
    pub levels: usize,
    pub cte: usize,
    pub is_working_table: bool,
    pub registers: Vec<Fill>,
}

/// For each row on the left all of the right, which is begun anew with the registers of the left.
pub(crate) struct NestedLoop {
    pub left: Source,
    pub right: Source,
    /// Where a row on the left without one on the right is kept: the registers of the right, which become null.
    pub nullable: Option<Vec<Register>>,
}

/// The right is read once and kept by its keys. Without keys, each row on the left meets all of the right.
pub(crate) struct HashJoin {
    pub kind: HashJoinKind,
    pub left: Source,
    pub right: Source,
    pub left_keys: Vec<Expr>,
    pub right_keys: Vec<Expr>,
    /// What pairs must fulfil besides, for the row on the left to have met one.
    pub conditions: Vec<Expr>,
    pub left_registers: Vec<Register>,
    pub right_registers: Vec<Register>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashJoinKind {
    Inner,
    Left,
    Full,
}

pub(crate) struct Filter {
    pub input: Source,
    pub conditions: Vec<Expr>,
}

/// Conditions that do not change while the input is read: without them, it is not read at all.
pub(crate) struct Gate {
    pub input: Source,
    pub conditions: Vec<Expr>,
}

pub(crate) struct Group {
    pub input: Source,
    pub grouping: Grouping,
}

pub(crate) struct WindowScan {
    pub input: Source,
    pub window: Window,
    /// The registers that are filled below.
    pub registers: Vec<Register>,
}

/// Set-returning functions of the select list that run in lockstep.
pub(crate) struct ProjectSet {
    pub input: Source,
    pub calls: Vec<SetReturning>,
}

/// Plans a query with all queries in it. The host is asked whether to stop every so often.
pub fn plan(query: &Query, host: &dyn Host) -> Result<Plan> {
    let mut query = query.clone();
    rewrite(&mut query);
    let plan = Plan::of(&query, host)?;
    Ok(Plan { constants: constants::has_any(&query).then(|| Arc::new(query)), ..plan })
}

impl Plan {
    /// The plan of a query that is rewritten, and in which nothing is left to compute before it is run.
    pub(crate) fn of(query: &Query, host: &dyn Host) -> Result<Plan> {
        let mut planner = Planner::new(host);
        let plan = planner.query(query);
        if let Some(error) = planner.failed {
            return Err(error);
        }
        let Planner { nested, is_unbounded, is_volatile, .. } = planner;
        Ok(Plan { query: plan, constants: None, nested, is_unbounded, is_volatile })
    }

    /// How many rows it is expected to touch. Where it [is unbounded](Plan::is_unbounded), that is a guess.
    pub fn cost(&self) -> f64 {
        self.query.estimate.cost
    }

    /// Whether it may take any time, whatever its cost is said to be: nothing tells how many rows a function that returns a set gives, in
    /// FROM or in the select list, nor how often a recursive query recurs, and a volatile function may wait, as `pg_sleep` does. Whoever
    /// must not wait runs such a plan elsewhere.
    pub fn is_unbounded(&self) -> bool {
        self.is_unbounded
    }

    /// Whether it calls functions that may answer differently each time.
    pub fn is_volatile(&self) -> bool {
        self.is_volatile
    }

    /// The plan of a query in an expression.
    pub(crate) fn nested(&self, query: &Arc<Query>) -> Option<&Arc<QueryPlan>> {
        self.nested.get(&address(query))
    }
}

impl Estimate {
    fn new(rows: f64, cost: f64) -> Self {
        Self { rows, cost }
    }
}

fn address(query: &Arc<Query>) -> usize {
    Arc::as_ptr(query) as usize
}

/// The columns of an answer as fields of a record.
fn fields(columns: &[OutputColumn]) -> Arc<[Field]> {
    let field =
        |column: &OutputColumn| Field { name: column.name.as_str().into(), type_oid: column.type_.oid, typmod: column.type_.typmod };
    columns.iter().map(field).collect()
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plan").field("estimate", &self.query.estimate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
