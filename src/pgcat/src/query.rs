//! A query with all names, types, operators and functions resolved: what the binder makes and the planner takes.
//!
//! The order of work inside one [`Select`]: `from` fills registers, `filter`, `grouping` (which fills the registers of keys and
//! aggregates), `having`, `windows` (each function into its register), `set_returning` (each into its register, those of a level in lockstep),
//! `output`, `distinct`. Then, for the whole query: `order_by`, `offset`, `limit`.

use std::sync::Arc;

use crate::expr::Expr;
use crate::function::{AggregateEntry, Function, Signature};
use crate::relation::Relation;
use crate::types::Type;

/// A register of the query's frame.
pub type Register = usize;

/// A whole query.
#[derive(Clone, Debug)]
pub struct Query {
    /// How many registers its frame has.
    pub registers: usize,
    /// Queries of its WITH, in order. Run when first read, and kept until the query begins anew.
    pub ctes: Vec<Cte>,
    pub body: Body,
    /// By columns of the body, hidden ones among them.
    pub order_by: Vec<SortKey>,
    pub offset: Option<Expr>,
    pub limit: Option<Expr>,
    /// `FETCH FIRST … WITH TIES`.
    pub with_ties: bool,
    /// What is seen of it. The body may give more columns behind these, for `order_by` only.
    pub columns: Vec<OutputColumn>,
    /// Whether it must be run anew each time although what it reads of the queries around it is the same.
    pub is_volatile: bool,
}

/// A column of a query's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: String,
    pub type_: Type,
    /// The table and column that it is taken from unchanged: (`pg_class.oid`, `attnum`).
    pub origin: Option<(u32, i16)>,
}

/// A query of a WITH clause.
#[derive(Clone, Debug)]
pub struct Cte {
    pub name: String,
    pub query: Arc<Query>,
    /// `WITH RECURSIVE` that reads itself: the query's body is a UNION of the first term and the recursive one.
    pub is_recursive: bool,
}

#[derive(Clone, Debug)]
pub enum Body {
    Select(Box<Select>),
    /// Rows of expressions, already of one type per column.
    Values(Vec<Vec<Expr>>),
    SetOperation(Box<SetOperation>),
}

/// UNION, INTERSECT and EXCEPT. Both sides give columns of the same types. Each side is a query with a frame of its own, on top of
/// the frame of the query that this is the body of.
#[derive(Clone, Debug)]
pub struct SetOperation {
    pub operator: SetOperator,
    pub all: bool,
    pub left: Query,
    pub right: Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug)]
pub struct Select {
    /// What stands in FROM, separated by commas; empty without FROM, which is one row without columns.
    pub from: Vec<From>,
    pub filter: Option<Expr>,
    pub grouping: Option<Grouping>,
    pub having: Option<Expr>,
    /// One per distinct window; the functions over it are computed together.
    pub windows: Vec<Window>,
    /// Levels of calls, the innermost first: those of one level run in lockstep, and may read the registers of the level before.
    pub set_returning: Vec<Vec<SetReturning>>,
    /// One per column of the answer, and for hidden sort keys behind them.
    pub output: Vec<Expr>,
    pub distinct: Distinct,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distinct {
    No,
    /// Rows whose visible columns are all the same are one row.
    All,
    /// `DISTINCT ON`: places in `output`; the first row of each, in the order of `order_by`, whose first keys they are.
    On(Vec<usize>),
}

/// One thing that rows come from.
#[derive(Clone, Debug)]
pub enum From {
    Relation(RelationScan),
    Function(FunctionScan),
    /// A query in FROM, or the text of a view. It may read registers of what stands before it at depth 1.
    Query {
        query: Arc<Query>,
        alias: String,
        registers: Vec<Fill>,
    },
    /// A query of a WITH clause: that of the query `levels` up from here (0 is the query whose FROM this is), by its place there.
    Cte {
        levels: usize,
        cte: usize,
        alias: String,
        registers: Vec<Fill>,
    },
    Join(Box<Join>),
}

/// A register that takes a column of what is scanned: its place there, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub column: usize,
    pub register: Register,
}

/// Rows of a base relation.
#[derive(Clone)]
pub struct RelationScan {
    pub relation: Arc<dyn Relation>,
    /// As the statement calls it.
    pub alias: String,
    pub registers: Vec<Fill>,
    /// Registers that take system columns.
    pub system: Vec<(SystemColumn, Register)>,
}

/// The columns that every table has, with their `attnum`s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemColumn {
    Ctid = -1,
    Xmin = -2,
    Cmin = -3,
    Xmax = -4,
    Cmax = -5,
    Tableoid = -6,
}

/// Rows of functions, side by side: `ROWS FROM (…)` and the single function. They may read registers of what stands before them.
#[derive(Clone, Debug)]
pub struct FunctionScan {
    pub alias: String,
    pub functions: Vec<TableFunction>,
    /// Takes the number of the row, from 1.
    pub ordinality: Option<Register>,
}

/// A function in FROM.
#[derive(Clone, Debug)]
pub struct TableFunction {
    /// Where it returns a set, a call of it; else any expression, which gives one row.
    pub expr: TableExpr,
    /// Whether its value is a record whose fields are the columns; else the value is the only column.
    pub is_record: bool,
    pub registers: Vec<Fill>,
}

#[derive(Clone, Debug)]
pub enum TableExpr {
    Set { function: Arc<Function>, arguments: Vec<Expr> },
    Single(Expr),
}

#[derive(Clone, Debug)]
pub struct Join {
    pub kind: JoinKind,
    pub left: From,
    pub right: From,
    /// `None` for CROSS JOIN. USING and NATURAL are equalities here; their merged columns are COALESCE of both where they are read.
    pub on: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

/// GROUP BY, or aggregates without it, which make one group of all rows.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// Each key with the register that holds it behind the grouping.
    pub keys: Vec<(Expr, Register)>,
    /// Which keys each grouping set has, as places in `keys`; a plain GROUP BY has one set of all of them, and aggregates without
    /// GROUP BY one set of none. Keys that a set has not are null.
    pub sets: Vec<Vec<usize>>,
    pub aggregates: Vec<AggregateCall>,
    /// `GROUPING(a, b)`: the keys, and the register that takes the bits.
    pub grouping_calls: Vec<(Vec<usize>, Register)>,
}

/// An aggregate over the rows of each group.
#[derive(Clone)]
pub struct AggregateCall {
    pub name: Arc<str>,
    pub entry: AggregateEntry,
    pub signature: Signature,
    pub arguments: Vec<Expr>,
    /// How many of the first arguments are the same for all rows of a group: those in front of WITHIN GROUP.
    pub direct: usize,
    pub distinct: bool,
    /// `ORDER BY` inside the call, by expressions over the rows.
    pub order_by: Vec<(Expr, SortOrder)>,
    pub filter: Option<Expr>,
    /// Takes the value.
    pub register: Register,
}

/// Functions over one window.
#[derive(Clone, Debug)]
pub struct Window {
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<(Expr, SortOrder)>,
    pub functions: Vec<WindowCall>,
}

#[derive(Clone)]
pub struct WindowCall {
    pub function: WindowFunction,
    pub signature: Signature,
    pub arguments: Vec<Expr>,
    pub filter: Option<Expr>,
    pub frame: Frame,
    pub register: Register,
}

#[derive(Clone)]
pub enum WindowFunction {
    Aggregate(AggregateEntry),
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

/// The rows around the row at hand that a window function sees.
#[derive(Clone, Debug)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: Bound,
    pub end: Bound,
    pub exclusion: Exclusion,
    /// Whether days and months of distances are counted in the session's time zone.
    pub is_zoned: bool,
}

/// EXCLUDE: which rows of a frame are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exclusion {
    #[default]
    None,
    CurrentRow,
    /// The row at hand and its peers.
    Group,
    /// The peers of the row at hand.
    Ties,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Clone, Debug)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

/// A set-returning function in the select list.
#[derive(Clone, Debug)]
pub struct SetReturning {
    pub function: Arc<Function>,
    pub arguments: Vec<Expr>,
    pub register: Register,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// A column of the body, from 0.
    pub column: usize,
    pub order: SortOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    pub descending: bool,
    pub nulls_first: bool,
}

impl std::fmt::Debug for RelationScan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RelationScan").field("relation", &self.relation.name()).field("registers", &self.registers).finish()
    }
}

impl std::fmt::Debug for AggregateCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, arguments, register, .. } = self;
        formatter.debug_struct("AggregateCall").field("name", name).field("arguments", arguments).field("register", register).finish()
    }
}

impl std::fmt::Debug for WindowCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WindowCall").field("arguments", &self.arguments).field("register", &self.register).finish()
    }
}
