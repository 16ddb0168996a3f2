//! Groups of a table's rows that the source makes, where it speaks no SQL but can count.

use arrow::datatypes::FieldRef;

/// What is wanted of rows of which only groups are: `GROUP BY` of plain columns.
///
/// The gateway puts groups of the same keys together. So a source may answer with several groups of one key, as it does where it tells
/// values apart that are one value of the column, and with none where there are no rows.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// The columns whose values make a group, by their places in the request's columns. Without any, all rows are one group.
    pub keys: Vec<usize>,
    /// What is wanted to know of each group.
    pub measures: Vec<Measure>,
    /// The columns of the answer: those of the keys, and then one for each measure.
    pub columns: Vec<FieldRef>,
}

/// What is wanted to know of the rows of a group. A column is named by its place in the request's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How many there are, as a 64-bit integer.
    Rows,
    /// In how many of them the column is not NULL, as a 64-bit integer.
    Count(usize),
    /// The sum of the column's integers, as a 64-bit integer; NULL where all are NULL.
    Sum(usize),
    /// The least value of the column as PostgreSQL compares, text by its bytes; NULL where all are NULL.
    Min(usize),
    /// The greatest, likewise.
    Max(usize),
}
