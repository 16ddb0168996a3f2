//! How the rows of `pg_attribute` are numbered: relation by relation in the order of `pg_class`, and of each the system columns first.

use std::sync::atomic::{AtomicUsize, Ordering};

use spi::metadata::Relation;

use super::index_keys;
use super::layout::{Cells, columns, types};
use super::schema::{Class, Schema};

/// `ctid`, `xmin`, `cmin`, `xmax`, `cmax` and `tableoid` have the numbers -1 to -6.
pub(crate) const SYSTEM_COLUMNS: usize = 6;
/// What a sequence has as its row.
pub(crate) const SEQUENCE_COLUMNS: usize = 3;
/// `attnum` is an `int2`: of wider relations, the columns beyond are not in the catalog.
const COLUMNS_MAX: usize = i16::MAX as usize;

pub(crate) struct Attributes {
    /// The first row of each relation, and the number of all rows.
    firsts: Vec<u32>,
    /// The tables, sorted, whose numbers have gaps, as columns leave them that were dropped.
    gapped: Vec<u32>,
    /// The relation of the row that was last asked for: the next one is mostly of the same.
    last: AtomicUsize,
}

impl Attributes {
    pub(crate) fn new(schema: &Schema) -> Self {
        let (mut firsts, mut gapped, mut first) = (Vec::with_capacity(schema.class_count() + 1), Vec::new(), 0);
        for row in 0..schema.class_count() {
            firsts.push(first);
            let class = schema.class(row);
            if let Class::Table(table) = class
                && gapped_end(schema, table).is_some()
            {
                gapped.push(table as u32);
            }
            let numbers = match class {
                Class::Table(table) => gapped_end(schema, table).unwrap_or_else(|| schema.columns_of(table).len()),
                Class::Index(index) => index_keys::count(schema, index),
                Class::Sequence(_) => SEQUENCE_COLUMNS,
                Class::Composite(row) => schema.batch(Relation::Types).list_len(types::MEMBERS, row),
            };
            first += (system_columns(schema, class) + numbers.min(COLUMNS_MAX)) as u32;
        }
        firsts.push(first);
        Self { firsts, gapped, last: AtomicUsize::new(0) }
    }

    /// The number of all rows.
    pub(crate) fn count(&self) -> usize {
        self.firsts.last().map_or(0, |count| *count as usize)
    }

    /// The row of a relation in `pg_class` and the attribute's number, of a row.
    pub(crate) fn at(&self, schema: &Schema, row: usize) -> (usize, i16) {
        let mut class = self.last.load(Ordering::Relaxed);
        if !self.rows(class).contains(&(row as u64)) {
            class = self.firsts.partition_point(|first| *first as usize <= row) - 1;
            self.last.store(class, Ordering::Relaxed);
        }
        let place = row - self.firsts[class] as usize;
        let system = system_columns(schema, schema.class(class));
        // Both are far below 2^15.
        (class, if place < system { place as i16 - system as i16 } else { (place - system) as i16 + 1 })
    }

    /// The rows of a relation.
    pub(crate) fn rows(&self, class: usize) -> std::ops::Range<u64> {
        self.firsts[class].into()..self.firsts[class + 1].into()
    }

    /// The row of a relation's attribute.
    pub(crate) fn row(&self, schema: &Schema, class: usize, number: i16) -> Option<u64> {
        let rows = self.rows(class);
        let system = system_columns(schema, schema.class(class)) as i64;
        let place = if number < 0 { system + i64::from(number) } else { system + i64::from(number) - 1 };
        let row = u64::try_from(place).ok()? + rows.start;
        (number != 0 && row < rows.end && (number > 0) == (place >= system)).then_some(row)
    }

    /// The number of the last attribute of a relation, dropped ones counted as well.
    pub(crate) fn last_number(&self, schema: &Schema, class: usize) -> i64 {
        i64::from(self.firsts[class + 1] - self.firsts[class]) - system_columns(schema, schema.class(class)) as i64
    }

    /// The row of a table's column in the metadata; `None` where a column was dropped.
    pub(crate) fn column(&self, schema: &Schema, table: usize, number: i16) -> Option<usize> {
        let columns = schema.columns_of(table);
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        if self.gapped.binary_search(&(table as u32)).is_err() {
            return (place < columns.len()).then(|| columns.start + place);
        }
        let batch = schema.batch(Relation::Columns);
        let (mut low, mut high) = (columns.start, columns.end);
        while low < high {
            let middle = (low + high) / 2;
            match batch.integer(columns::ORDINAL, middle).cmp(&i32::from(number)) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The number of a table's column, which is the `place`-th of those that it has.
    pub(crate) fn number(&self, schema: &Schema, table: usize, place: usize) -> Option<i16> {
        if self.gapped.binary_search(&(table as u32)).is_err() {
            return i16::try_from(place + 1).ok();
        }
        let row = schema.columns_of(table).start + place;
        i16::try_from(schema.batch(Relation::Columns).integer(columns::ORDINAL, row)).ok()
    }
}

/// Views and composite types have none, nor have indexes.
fn system_columns(schema: &Schema, class: Class) -> usize {
    match class {
        Class::Table(table) if !schema.is_view(table) => SYSTEM_COLUMNS,
        Class::Sequence(_) => SYSTEM_COLUMNS,
        Class::Table(_) | Class::Index(_) | Class::Composite(_) => 0,
    }
}

/// The last number of a table whose numbers have gaps. Numbers that do not fit, or that are no numbers of PostgreSQL's, count as none:
/// then the columns are numbered as they come.
fn gapped_end(schema: &Schema, table: usize) -> Option<usize> {
    let (batch, rows) = (schema.batch(Relation::Columns), schema.columns_of(table));
    let last = usize::try_from(batch.integer(columns::ORDINAL, rows.clone().last()?)).ok()?;
    if last <= rows.len() || last > COLUMNS_MAX {
        return None;
    }
    let mut before = 0;
    let rise = rows.map(|row| batch.integer(columns::ORDINAL, row)).all(|ordinal| std::mem::replace(&mut before, ordinal) < ordinal);
    rise.then_some(last)
}
