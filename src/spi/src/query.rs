//! Queries that a source answers whole, instead of giving the rows of its tables.
//!
//! The gateway gives a connector for an SQL database the largest part of a query that lies in it, as a tree of operators with
//! PostgreSQL's meaning. [`write()`] makes one statement of it in the source's [`Dialect`], or says that some part has no
//! form there that means exactly the same; the gateway then keeps that part for itself.

mod dialect;
mod select;
mod write;

use arrow::datatypes::DataType;

pub use dialect::{Dialect, Parameter, Statement};
pub use write::write;

use crate::predicate::{Comparison, Value};
use crate::types::PgType;

/// Rows, by the operator that makes them. Columns have places instead of names; those of an operator's input come first to last.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// The rows of a table: these columns of it.
    Table {
        schema: String,
        table: String,
        columns: Vec<TableColumn>,
    },
    /// The rows for which the condition is true.
    Filter {
        input: Box<Query>,
        condition: Expr,
    },
    /// One column for each expression.
    Project {
        input: Box<Query>,
        expressions: Vec<Expr>,
    },
    /// The columns of the left side and then those of the right, or for [`JoinKind::Semi`] and [`JoinKind::Anti`] of the left
    /// alone. The condition is over both.
    Join {
        left: Box<Query>,
        right: Box<Query>,
        kind: JoinKind,
        condition: Option<Expr>,
    },
    /// One row for each group: the groups' expressions and then the aggregates. Without groups it is one row.
    Aggregate {
        input: Box<Query>,
        groups: Vec<Expr>,
        aggregates: Vec<Aggregate>,
    },
    /// The rows of all inputs, which have columns of the same types.
    UnionAll {
        inputs: Vec<Query>,
    },
    Sort {
        input: Box<Query>,
        keys: Vec<SortKey>,
    },
    /// At most `fetch` rows after the first `skip`.
    Limit {
        input: Box<Query>,
        skip: usize,
        fetch: Option<usize>,
    },
}

/// A column of a table, as the snapshot has it.
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    pub name: String,
    pub data_type: DataType,
    pub pg_type: PgType,
    /// The type as the source itself writes it.
    pub native_type: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// The rows of the left side that have a match.
    Semi,
    /// The rows of the left side that have none.
    Anti,
}

/// A value computed of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    /// The type that the gateway expects of it.
    pub data_type: DataType,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// The column at a place of the input, from 0.
    Column(usize),
    Constant(Value),
    Call(Function, Vec<Expr>),
    /// The value as the expression's type; PostgreSQL's cast.
    Cast(Box<Expr>),
    /// The result of the first condition that is true.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
}

/// Functions and operators, with PostgreSQL's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    IsDistinctFrom,
    IsNotDistinctFrom,
    And,
    Or,
    Not,
    IsNull,
    IsNotNull,
    /// The first argument is one of the others.
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    /// `||`.
    Concatenate,
    /// The second argument is the pattern; the escape character is the backslash.
    Like,
    /// In characters.
    CharacterLength,
    Absolute,
    Coalesce,
    NullIf,
}

impl Function {
    /// The comparison that it is; `None` for what never is one, and for those that treat null as a value.
    pub fn comparison(self) -> Option<Comparison> {
        Some(match self {
            Function::Equal => Comparison::Equal,
            Function::NotEqual => Comparison::NotEqual,
            Function::Less => Comparison::Less,
            Function::LessOrEqual => Comparison::LessOrEqual,
            Function::Greater => Comparison::Greater,
            Function::GreaterOrEqual => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }
}

/// An aggregate of the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub function: AggregateFunction,
    /// None for `count(*)`.
    pub argument: Option<Expr>,
    pub distinct: bool,
    pub data_type: DataType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    Count,
    Sum,
    Min,
    Max,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    pub expression: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

impl Query {
    /// The types of its columns.
    pub fn column_types(&self) -> Vec<DataType> {
        match self {
            Query::Table { columns, .. } => columns.iter().map(|column| column.data_type.clone()).collect(),
            Query::Filter { input, .. } | Query::Sort { input, .. } | Query::Limit { input, .. } => input.column_types(),
            Query::Project { expressions, .. } => expressions.iter().map(|expression| expression.data_type.clone()).collect(),
            Query::Join { left, kind: JoinKind::Semi | JoinKind::Anti, .. } => left.column_types(),
            Query::Join { left, right, .. } => [left.column_types(), right.column_types()].concat(),
            Query::Aggregate { groups, aggregates, .. } => {
                let groups = groups.iter().map(|group| group.data_type.clone());
                groups.chain(aggregates.iter().map(|aggregate| aggregate.data_type.clone())).collect()
            }
            Query::UnionAll { inputs } => inputs.first().map(Query::column_types).unwrap_or_default(),
        }
    }
}

impl Expr {
    pub fn column(place: usize, data_type: DataType) -> Self {
        Self { kind: ExprKind::Column(place), data_type }
    }

    pub fn constant(value: Value, data_type: DataType) -> Self {
        Self { kind: ExprKind::Constant(value), data_type }
    }

    pub fn call(function: Function, arguments: Vec<Expr>, data_type: DataType) -> Self {
        Self { kind: ExprKind::Call(function, arguments), data_type }
    }

    /// Whether it is the same for every row.
    pub fn is_constant(&self) -> bool {
        matches!(self.kind, ExprKind::Constant(_))
    }
}
