//! Window functions: values computed for each row of the rows around it.

use arrow::datatypes::DataType;

use super::{AggregateFunction, Expr, SortKey};

/// A function of the rows of a row's partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub function: WindowFunction,
    /// None for those that take none, and for `count(*)`. Offsets are constants.
    pub arguments: Vec<Expr>,
    pub partition: Vec<Expr>,
    pub order: Vec<SortKey>,
    /// The rows that it is computed of; `None` for the functions that have no such choice.
    pub frame: Option<Frame>,
    pub data_type: DataType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    Aggregate(AggregateFunction),
    RowNumber,
    Rank,
    DenseRank,
    /// The value, and how many rows before.
    Lag,
    /// The value, and how many rows after.
    Lead,
    FirstValue,
    LastValue,
}

/// The rows from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether rows are counted. If not, rows that are equal by the order are in the frame together, and no bound has a number.
    pub by_rows: bool,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(u64),
    CurrentRow,
    Following(u64),
    UnboundedFollowing,
}

impl Frame {
    /// As every dialect writes it.
    pub(super) fn text(&self) -> String {
        let unit = if self.by_rows { "ROWS" } else { "RANGE" };
        format!("{unit} BETWEEN {} AND {}", self.start.text(), self.end.text())
    }
}

impl Bound {
    fn text(self) -> String {
        match self {
            Bound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
            Bound::Preceding(rows) => format!("{rows} PRECEDING"),
            Bound::CurrentRow => "CURRENT ROW".to_owned(),
            Bound::Following(rows) => format!("{rows} FOLLOWING"),
            Bound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
        }
    }
}
