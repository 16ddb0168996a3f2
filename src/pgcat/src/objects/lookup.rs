//! What finds the rows of a part by a key.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use super::part::Part;
use crate::relation::Row;
use crate::value::Value;

/// Parts of so many rows are read through: that is quicker than to make anything.
const READ_THROUGH: Row = 16;

/// Keys with their rows, sorted: a search is a binary one.
pub(crate) enum Lookup {
    /// Of one column of numbers, such as OIDs. The first and the last tell whether a search is worth it.
    Numbers(Vec<(u32, u32)>),
    /// Of anything, by hash.
    Hashes(Vec<(u64, u32)>),
}

/// One for each index of a relation, made when something is first looked up by it.
#[derive(Default)]
pub(crate) struct Lookups(OnceLock<Box<[OnceLock<Lookup>]>>);

impl Lookups {
    /// The lookup of an index, of which there are `count`.
    pub(crate) fn get(&self, index: usize, count: usize) -> &OnceLock<Lookup> {
        &self.0.get_or_init(|| (0..count).map(|_| OnceLock::new()).collect())[index]
    }
}

impl Lookup {
    /// Reads all rows of the part. Rows with a null in one of the columns equal no key, and are left out.
    pub(crate) fn make(part: &dyn Part, columns: &[usize]) -> Self {
        // The rows of a part are counted in 32 bits, as those of a schema's metadata.
        let rows = 0..part.count() as u32;
        if let [column] = columns
            && matches!(part.value(0, *column), Value::Int(_))
        {
            let number = |row: u32| Some((part.value(Row::from(row), *column).as_oid()?, row));
            let mut numbers: Vec<(u32, u32)> = rows.filter_map(number).collect();
            numbers.sort_unstable();
            return Lookup::Numbers(numbers);
        }
        let mut hashes: Vec<(u64, u32)> = rows.filter_map(|row| Some((hash_of(part, columns, Row::from(row))?, row))).collect();
        hashes.sort_unstable();
        Lookup::Hashes(hashes)
    }

    /// The rows of the part that have the key.
    pub(crate) fn find(&self, part: &dyn Part, columns: &[usize], key: &[Value]) -> Vec<Row> {
        let rows: Vec<Row> = match self {
            Lookup::Numbers(numbers) => key[0].as_oid().map(|number| same(numbers, number)).unwrap_or_default(),
            Lookup::Hashes(hashes) => same(hashes, hash(key)),
        };
        rows.into_iter().filter(|row| equals(part, columns, *row, key)).collect()
    }
}

/// The rows of a part that have the key, by reading all if there are few.
pub(crate) fn read_through(part: &dyn Part, columns: &[usize], key: &[Value]) -> Option<Vec<Row>> {
    (part.count() <= READ_THROUGH).then(|| (0..part.count()).filter(|row| equals(part, columns, *row, key)).collect())
}

fn equals(part: &dyn Part, columns: &[usize], row: Row, key: &[Value]) -> bool {
    columns.iter().zip(key).all(|(column, value)| part.value(row, *column) == *value)
}

/// The rows of a key, in their order.
fn same<T: Ord + Copy>(sorted: &[(T, u32)], key: T) -> Vec<Row> {
    match (sorted.first(), sorted.last()) {
        (Some((first, _)), Some((last, _))) if *first <= key && key <= *last => {}
        _ => return Vec::new(),
    }
    let first = sorted.partition_point(|(other, _)| *other < key);
    sorted[first..].iter().take_while(|(other, _)| *other == key).map(|(_, row)| Row::from(*row)).collect()
}

fn hash_of(part: &dyn Part, columns: &[usize], row: Row) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for column in columns {
        let value = part.value(row, *column);
        if value.is_null() {
            return None;
        }
        add(&value, &mut hasher);
    }
    Some(hasher.finish())
}

fn hash(key: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.iter().for_each(|value| add(value, &mut hasher));
    hasher.finish()
}

/// Values of the types that indexes are on have hashes; others share one, which is slow but right.
fn add(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Bool(truth) => truth.hash(hasher),
        Value::Int(number) => number.hash(hasher),
        Value::Text(text) => text.hash(hasher),
        Value::Array(array) => array.values.iter().for_each(|value| add(value, hasher)),
        _ => {}
    }
}
