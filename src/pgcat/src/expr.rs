//! Expressions with all names, types, operators and functions resolved.
//!
//! A query keeps the values of the row at hand in registers, one frame of them per query; a query inside another finds the frames of
//! those around it below its own.

mod same;
pub mod walk;

use std::sync::Arc;

use crate::function::Function;
use crate::query::Query;
use crate::types::Type;
use crate::value::{Field, Value};

/// An expression with its type.
#[derive(Clone, Debug)]
pub struct Typed {
    pub expr: Expr,
    pub type_: Type,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Constant(Value),
    /// `$1` is 0. Of the statement, or inside a function in SQL of the function.
    Parameter(usize),
    /// A register: of this query's frame at depth 0, of the query around it at 1, and so on.
    Column {
        depth: usize,
        register: usize,
    },
    Call(Box<Call>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Of a record, `is_row`: whether all its fields are null (or all are not).
    IsNull {
        operand: Box<Expr>,
        negated: bool,
        is_row: bool,
    },
    /// `IS [NOT] TRUE`, `FALSE` and, for `None`, `UNKNOWN`.
    IsTruth {
        operand: Box<Expr>,
        truth: Option<bool>,
        negated: bool,
    },
    /// Both sides are already coerced; `equal` compares them.
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        equal: Arc<Function>,
        negated: bool,
    },
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Coalesce(Vec<Expr>),
    /// The left value, or null if `equal` says that both are the same.
    NullIf {
        left: Box<Expr>,
        right: Box<Expr>,
        equal: Arc<Function>,
    },
    /// GREATEST and LEAST, nulls left out.
    Extreme {
        type_oid: u32,
        operands: Vec<Expr>,
        greatest: bool,
    },
    /// `ARRAY[…]`. Where `nested`, the items are arrays and become one of one dimension more.
    Array {
        element: u32,
        items: Vec<Expr>,
        nested: bool,
    },
    /// `ROW(…)`, and the row of a relation as a value.
    Row {
        type_oid: u32,
        fields: Arc<[Field]>,
        items: Vec<Expr>,
    },
    /// `(record).field`, by its place.
    Field {
        record: Box<Expr>,
        field: usize,
    },
    /// `array[1][2]`, or a part of it where one of them is a slice.
    Subscript {
        array: Box<Expr>,
        subscripts: Vec<Subscript>,
    },
    /// `left operator ANY (array)` and ALL.
    Quantified {
        left: Box<Expr>,
        operator: Arc<Function>,
        array: Box<Expr>,
        all: bool,
    },
    /// `(a, b) < (c, d)`: pairs with the operator that decides each. For `=` and `<>` all, for the others the first that differ.
    CompareRows(Box<CompareRows>),
    Subquery(Box<Subquery>),
    /// A cast that is not a call of a function.
    Convert {
        operand: Box<Expr>,
        conversion: Conversion,
    },
    /// CURRENT_TIMESTAMP and its kin, which have no entry in `pg_proc`.
    Now(Now),
}

/// A call of a function, or of an operator's function.
#[derive(Clone, Debug)]
pub struct Call {
    pub function: Arc<Function>,
    pub arguments: Vec<Expr>,
    /// Where in the statement's text the function or operator stands, from 1 in characters, for errors.
    pub position: Option<usize>,
}

#[derive(Clone, Debug)]
pub enum Subscript {
    Index(Expr),
    Slice { lower: Option<Expr>, upper: Option<Expr> },
}

#[derive(Clone, Debug)]
pub struct CompareRows {
    pub operator: RowOperator,
    pub left: Vec<Expr>,
    pub right: Vec<Expr>,
    /// `=` of each pair.
    pub equal: Vec<Arc<Function>>,
    /// The operator itself for each pair; empty for `=` and `<>`.
    pub compare: Vec<Arc<Function>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A query inside an expression.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// Its place among the sub-queries of the whole statement, under which its state is kept while the statement runs.
    pub id: usize,
    pub kind: SubqueryKind,
    pub query: Arc<Query>,
    /// The registers of the queries around it that it reads, as (depth seen from the expression that holds it, register): its answer is the
    /// same as long as they are, unless it is volatile.
    pub outer: Vec<(usize, usize)>,
    pub is_volatile: bool,
}

#[derive(Clone, Debug)]
pub enum SubqueryKind {
    /// One value; null without a row; 21000 with several.
    Scalar,
    Exists,
    /// `ARRAY(SELECT …)` with elements of this type.
    Array {
        element: u32,
    },
    /// `left = ANY (SELECT …)` and `IN`, and ALL. One operator per column of the row.
    Quantified {
        left: Vec<Expr>,
        operators: Vec<Arc<Function>>,
        row_operator: RowOperator,
        all: bool,
    },
}

/// A cast without a function of its own.
#[derive(Clone, Debug)]
pub enum Conversion {
    /// The same representation: nothing is computed, for example `varchar` to `text`.
    Relabel,
    /// By the text of the value: output of the first type, input of the second.
    Text { from: Type, to: Type },
    /// Each element of an array by a cast of its own; the cast reads its operand as `Expr::Parameter(0)`.
    Elements(Box<ElementCast>),
    /// A length or precision is enforced, for example `varchar(3)`; `explicit` casts cut, others refuse.
    Modifier { type_: Type, explicit: bool },
    /// The conditions of a domain are checked.
    Domain { domain: u32 },
    /// Fields of a record become those of a composite type.
    Record { to: u32 },
}

#[derive(Clone, Debug)]
pub struct ElementCast {
    pub element: u32,
    pub cast: Expr,
}

/// Moments that the SQL standard writes without parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    CurrentDate,
    CurrentTime { precision: Option<i32> },
    CurrentTimestamp { precision: Option<i32> },
    LocalTime { precision: Option<i32> },
    LocalTimestamp { precision: Option<i32> },
}

impl Typed {
    pub fn new(expr: Expr, type_: Type) -> Self {
        Self { expr, type_ }
    }
}
