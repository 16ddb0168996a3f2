//! Queries that a source answers whole, instead of giving the rows of its tables.
//!
//! The gateway gives a connector for an SQL database the largest part of a query that lies in it, as a tree of operators with
//! PostgreSQL's meaning. [`write()`] makes one statement of it in the source's [`Dialect`], or says that some part has no
//! form there that means exactly the same; the gateway then keeps that part for itself.

mod dialect;
mod select;
mod window;
mod write;

use arrow::datatypes::DataType;

pub use dialect::{Dialect, Parameter, Statement};
pub use window::{Bound, Frame, Window, WindowFunction};
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
    /// The columns of the left side and then those of the right. For [`JoinKind::Semi`] and [`JoinKind::Anti`] it is the left
    /// side alone, for [`JoinKind::Mark`] the left side and the mark. The condition is over both.
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
    /// The columns of the input, and then one for each function, computed of the rows around each row.
    Window {
        input: Box<Query>,
        functions: Vec<Window>,
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
    /// Where it is another one than text has there by default.
    pub collation: Option<String>,
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
    /// All rows of the left side, each with whether it has a match.
    Mark,
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
    /// From a character on, which is counted from 1: to the end, or so many.
    Substring,
    /// The first so many characters.
    Left,
    /// The last so many characters.
    Right,
    /// Without the blanks at both ends.
    Trim,
    /// Without the blanks at the start.
    TrimStart,
    /// Without the blanks at the end.
    TrimEnd,
    /// Every occurrence of the second argument replaced by the third.
    Replace,
    /// The character, from 1, where the second argument begins in the first; 0 where it is not in it.
    Position,
    Absolute,
    Floor,
    Ceiling,
    /// To so many digits behind the point; a half goes away from zero.
    Round,
    Coalesce,
    NullIf,
    /// Nulls are left out.
    Greatest,
    /// Nulls are left out.
    Least,
    /// A time, the second argument, cut to the unit that the first one names.
    DateTrunc,
    /// The field of a date or time, the second argument, that the first one names. It is a number.
    Extract,
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
    /// Rounded to the scale of its type, a half away from zero.
    Average,
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
            Query::Join { left, kind: JoinKind::Mark, .. } => [left.column_types(), vec![DataType::Boolean]].concat(),
            Query::Join { left, right, .. } => [left.column_types(), right.column_types()].concat(),
            Query::Aggregate { groups, aggregates, .. } => {
                let groups = groups.iter().map(|group| group.data_type.clone());
                groups.chain(aggregates.iter().map(|aggregate| aggregate.data_type.clone())).collect()
            }
            Query::Window { input, functions } => {
                let mut types = input.column_types();
                types.extend(functions.iter().map(|function| function.data_type.clone()));
                types
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

    /// The constant integer that it is.
    pub fn as_integer(&self) -> Option<i64> {
        match self.kind {
            ExprKind::Constant(Value::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// The constant text that it is.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Constant(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}
