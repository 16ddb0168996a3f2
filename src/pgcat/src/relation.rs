//! What a relation of the catalog is to the evaluator: numbered rows, columns that are made on demand, and indexes.

pub(crate) mod keys;

use std::ops::Range;
use std::sync::Arc;

use crate::types::Type;
use crate::value::Value;

/// The number of a row in its relation, from 0 without gaps. It holds for one generation of the catalog.
pub type Row = u64;

/// A base relation of the catalog, at one moment. It is shared by all statements, so it answers from `&self` and never waits.
pub trait Relation: Send + Sync {
    /// `pg_class.oid`.
    fn oid(&self) -> u32;

    fn name(&self) -> &str;

    /// In the order of `attnum`, which begins with 1.
    fn columns(&self) -> &[Column];

    /// How many rows there are: numbers below are rows.
    fn count(&self) -> u64;

    /// The value of a row in a column, which is a place in `columns`.
    fn value(&self, row: Row, column: usize) -> Value;

    /// What can be looked up without reading all rows.
    fn indexes(&self) -> &[Index];

    /// The rows whose columns of an index, which is a place in `indexes`, equal the key. A key holds no null; its values are of the
    /// columns' types. Rows come in the order of their numbers.
    fn lookup(&self, index: usize, key: &[Value]) -> Rows;

    /// How many rows a key of an index is expected to have, where it has any.
    fn rows_per_key(&self, index: usize) -> f64 {
        self.indexes()[index].rows_per_key(self.count())
    }

    /// Columns of names, as places in `columns`, whose rows can be found by how those begin.
    fn columns_by_beginning(&self) -> &[usize] {
        &[]
    }

    /// The rows whose names in such a column begin so, and perhaps others, in the order of their numbers.
    fn begin_with(&self, _column: usize, _beginning: &str) -> Rows {
        Rows::Range(0..self.count())
    }
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: Arc<str>,
    pub type_: Type,
    pub not_null: bool,
}

/// Columns by whose values rows are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// As PostgreSQL calls it, or the like.
    pub name: Arc<str>,
    /// Places in [`Relation::columns`].
    pub columns: Vec<usize>,
    /// Whether a key has at most one row.
    pub unique: bool,
}

impl Index {
    /// How many rows of `count` a key is thought to have where nothing else is known: few, and fewer with more columns.
    pub fn rows_per_key(&self, count: u64) -> f64 {
        if self.unique { 1.0 } else { (count as f64).powf(0.3 / self.columns.len() as f64).max(1.0) }
    }
}

/// Rows that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Neighbours, such as the columns of a table.
    Range(Range<Row>),
    List(Vec<Row>),
}

impl Rows {
    pub const NONE: Rows = Rows::Range(0..0);

    pub fn one(row: Row) -> Self {
        Rows::Range(row..row + 1)
    }

    pub fn len(&self) -> usize {
        match self {
            Rows::Range(range) => (range.end - range.start) as usize,
            Rows::List(list) => list.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, place: usize) -> Option<Row> {
        match self {
            Rows::Range(range) => Some(range.start + place as u64).filter(|row| *row < range.end),
            Rows::List(list) => list.get(place).copied(),
        }
    }

    pub fn first(&self) -> Option<Row> {
        self.get(0)
    }
}
