//! A relation of the catalog as it is in one database: the rows that every database has, and behind them parts that are made of
//! something else, such as one for each schema.

use std::sync::{Arc, OnceLock};

use super::lookup::{Lookup, Lookups, read_through};
use super::schema::Schema;
use crate::relation::{Column, Index, Relation, Row, Rows};
use crate::statics::StaticRelation;
use crate::value::Value;

/// Rows of a relation that come from one place. They are numbered from 0 in each part.
pub(crate) trait Part: Send + Sync {
    /// At most 2^32.
    fn count(&self) -> Row;

    /// The value of a row in a column, which is a place in the relation's columns.
    fn value(&self, row: Row, column: usize) -> Value;

    /// The rows whose columns equal the key, where the part knows a quicker way than to keep the keys of all rows.
    fn find(&self, _columns: &[usize], _key: &[Value]) -> Option<Rows> {
        None
    }

    /// Whether the values of a column depend on anything but the schema of the part.
    fn looks_beyond_schema(&self, _column: usize) -> bool {
        false
    }
}

/// A row of a part that was found, or none.
pub(crate) fn found(row: Option<usize>) -> Rows {
    row.map_or(Rows::NONE, |row| Rows::one(row as Row))
}

/// A part, and the schema that it is made of, if it is one: that keeps what finds rows for later generations.
pub(crate) type SchemaPart = (Box<dyn Part>, Option<Arc<Schema>>);

type IsHidden = dyn Fn(&StaticRelation, Row) -> bool + Send + Sync;

/// A relation with rows of its own database. Nothing of it is made before it is looked at.
pub(crate) struct DynamicRelation {
    base: &'static Arc<StaticRelation>,
    /// Whether a row of the base is none of this database.
    is_hidden: Box<IsHidden>,
    make_parts: Box<dyn Fn() -> Vec<SchemaPart> + Send + Sync>,
    rows: OnceLock<AllRows>,
}

struct AllRows {
    /// Rows of the base that this database does not have: each less the number of hidden rows before it, sorted.
    hidden: Vec<Row>,
    /// The number of rows of the base that are left.
    base_count: Row,
    parts: Vec<Placed>,
    count: Row,
}

struct Placed {
    first: Row,
    part: Box<dyn Part>,
    /// What only holds for this generation.
    lookups: Lookups,
    schema: Option<Arc<Schema>>,
}

impl DynamicRelation {
    pub(crate) fn new(
        base: &'static Arc<StaticRelation>,
        is_hidden: impl Fn(&StaticRelation, Row) -> bool + Send + Sync + 'static,
        make_parts: impl Fn() -> Vec<SchemaPart> + Send + Sync + 'static,
    ) -> Self {
        Self { base, is_hidden: Box::new(is_hidden), make_parts: Box::new(make_parts), rows: OnceLock::new() }
    }

    fn rows(&self) -> &AllRows {
        self.rows.get_or_init(|| {
            let hidden = (0..self.base.count()).filter(|row| (self.is_hidden)(self.base, *row));
            let hidden: Vec<Row> = hidden.zip(0..).map(|(row, before)| row - before).collect();
            let base_count = self.base.count() - hidden.len() as Row;
            let mut count = base_count;
            let place = |(part, schema): SchemaPart| {
                let first = count;
                count += part.count();
                Placed { first, part, lookups: Lookups::default(), schema }
            };
            let parts = (self.make_parts)().into_iter().map(place).collect();
            AllRows { hidden, base_count, parts, count }
        })
    }

    fn find(&self, placed: &Placed, index: usize, key: &[Value]) -> Rows {
        let (part, indexes) = (placed.part.as_ref(), self.base.indexes());
        let columns = &indexes[index].columns;
        if let Some(rows) = part.find(columns, key) {
            return rows;
        }
        if let Some(rows) = read_through(part, columns, key) {
            return Rows::List(rows);
        }
        let lookups = match &placed.schema {
            Some(schema) if !columns.iter().any(|column| part.looks_beyond_schema(*column)) => schema.lookups(self.base.oid),
            _ => &placed.lookups,
        };
        Rows::List(lookups.get(index, indexes.len()).get_or_init(|| Lookup::make(part, columns)).find(part, columns, key))
    }
}

impl Relation for DynamicRelation {
    fn oid(&self) -> u32 {
        self.base.oid
    }

    fn name(&self) -> &str {
        self.base.name
    }

    fn columns(&self) -> &[Column] {
        &self.base.columns
    }

    fn count(&self) -> u64 {
        self.rows().count
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let rows = self.rows();
        if row < rows.base_count {
            return self.base.value(rows.base_row(row), column);
        }
        let placed = &rows.parts[rows.parts.partition_point(|placed| placed.first <= row) - 1];
        placed.part.value(row - placed.first, column)
    }

    fn indexes(&self) -> &[Index] {
        self.base.indexes()
    }

    fn lookup(&self, index: usize, key: &[Value]) -> Rows {
        let (rows, base) = (self.rows(), self.base.lookup(index, key));
        let mut found = match rows.hidden.is_empty() {
            true => base,
            false => list((0..base.len()).filter_map(|place| rows.shown_row(base.get(place)?)).collect()),
        };
        for placed in &rows.parts {
            let more = self.find(placed, index, key);
            if !more.is_empty() {
                found = join(found, moved(more, placed.first));
            }
        }
        found
    }
}

impl AllRows {
    /// The row of the base that a row is.
    fn base_row(&self, row: Row) -> Row {
        row + self.hidden.partition_point(|hidden| *hidden <= row) as Row
    }

    /// The row that a row of the base is, unless it is hidden.
    fn shown_row(&self, base_row: Row) -> Option<Row> {
        let (mut low, mut high) = (0, self.hidden.len());
        while low < high {
            let middle = (low + high) / 2;
            match (self.hidden[middle] + middle as Row).cmp(&base_row) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return None,
            }
        }
        Some(base_row - low as Row)
    }
}

fn moved(rows: Rows, by: Row) -> Rows {
    match rows {
        Rows::Range(range) => Rows::Range(range.start + by..range.end + by),
        Rows::List(rows) => list(rows.into_iter().map(|row| row + by).collect()),
    }
}

/// One row is a range.
fn list(rows: Vec<Row>) -> Rows {
    match rows[..] {
        [] => Rows::NONE,
        [row] => Rows::one(row),
        _ => Rows::List(rows),
    }
}

/// Rows and others with greater numbers.
fn join(rows: Rows, more: Rows) -> Rows {
    if rows.is_empty() {
        return more;
    }
    let all = |rows: Rows| -> Vec<Row> { (0..rows.len()).filter_map(|place| rows.get(place)).collect() };
    match (rows, more) {
        (Rows::Range(one), Rows::Range(other)) if one.end == other.start => Rows::Range(one.start..other.end),
        (rows, more) => {
            let mut rows = all(rows);
            rows.extend(all(more));
            Rows::List(rows)
        }
    }
}
