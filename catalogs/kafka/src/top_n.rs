//! Which messages of a topic are enough, where only the first rows by `_offset` are wanted.
//!
//! A partition has each offset once. So once it has given as many rows as are wanted, each of its messages that come after those in the
//! order may be left out. Messages of other partitions with the same offset tie with its own; they are counted with their own partition,
//! and so none is left out for another one that ties with it.

use spi::connector::ReadRequest;

use crate::layout::OFFSET;

/// Which rows of each partition are enough. All rows of a message have its offset, so they are given together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    All,
    /// So many of those with the lowest offsets.
    First(usize),
    /// So many of those with the highest offsets.
    Last(usize),
}

impl Enough {
    pub(crate) fn of(request: &ReadRequest) -> Self {
        match &request.top_n {
            // It is never NULL.
            Some(top_n) if top_n.column == OFFSET && top_n.descending => Enough::Last(top_n.rows),
            Some(top_n) if top_n.column == OFFSET => Enough::First(top_n.rows),
            _ => Enough::All,
        }
    }

    /// Whether a partition that has given so many rows, the first or the last of which it was asked, has given enough.
    pub(crate) fn is_reached(self, rows: usize) -> bool {
        match self {
            Enough::All => false,
            Enough::First(wanted) | Enough::Last(wanted) => rows >= wanted,
        }
    }

    /// How many offsets of a partition to read at first. Of the last rows it is those that would be enough if no offset were empty; the
    /// steps that follow, further back, are twice as long as the one before.
    pub(crate) fn first_step(self) -> i64 {
        match self {
            Enough::All | Enough::First(_) => i64::MAX,
            Enough::Last(wanted) => i64::try_from(wanted).unwrap_or(i64::MAX).max(1),
        }
    }
}
