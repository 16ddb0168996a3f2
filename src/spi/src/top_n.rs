//! The first rows by one column, where a query needs no others: what is left for a source to know of ORDER BY with LIMIT.

/// A permission to leave out rows of a read.
///
/// A row may be left out if, among the rows that the request asks for, at least [`rows`](Self::rows) come before it by this column alone.
/// Rows with the same value, and NULLs among themselves, do not come before each other: so rows that tie with the last one that is needed
/// are not left out.
///
/// That makes every answer right that the query could have, whatever else it sorts by. Its order is that of this column first; so fewer
/// than [`rows`](Self::rows) rows come before each row of its answer, by this column or at all. And of what is left out nothing is missed,
/// because enough that comes before it is there.
///
/// It is never more than a permission: the gateway sorts what is sent, and takes the first rows of it. A source may do nothing about it,
/// send the rows in any order, and more of them than are needed. One that orders values otherwise than PostgreSQL does, or text otherwise
/// than by its bytes, leaves out nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopN {
    /// How many rows the query takes, with those that its OFFSET skips.
    pub rows: usize,
    /// One of the request's columns.
    pub column: String,
    /// The greatest values come first.
    pub descending: bool,
    /// NULLs come before all values, else after them.
    pub nulls_first: bool,
}
