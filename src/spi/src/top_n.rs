//! The first rows by one column, where a query with ORDER BY and LIMIT needs no others.

/// A permission to leave out rows of a read.
///
/// A row may be left out if, among the rows that the request asks for, at least [`rows`](Self::rows) come before it by this column alone.
/// Rows with the same value, and NULLs among themselves, do not come before each other: so rows that tie with the last one that is needed
/// are not left out.
///
/// The answer is the same then, whatever else the query sorts by, and whichever of equal rows it takes. Its order is first that of this
/// column. So a row of the answer has fewer than [`rows`](Self::rows) others before it, in that order and by this column, and is sent;
/// and those that are left out would have come after all of them.
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
