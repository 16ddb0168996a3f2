//! What finds the rows of a part by a key.

use std::sync::OnceLock;

use super::part::Part;
use crate::catalog::oid;
use crate::relation::{Row, keys};
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

/// The lookups of the parts of a schema.
#[derive(Default)]
pub(crate) struct CatalogLookups([Lookups; CATALOGS.len()]);

/// The catalogs that have parts of schemas.
const CATALOGS: [u32; 15] = [
    oid::PG_ATTRDEF,
    oid::PG_ATTRIBUTE,
    oid::PG_CLASS,
    oid::PG_CONSTRAINT,
    oid::PG_DEPEND,
    oid::PG_DESCRIPTION,
    oid::PG_ENUM,
    oid::PG_INDEX,
    oid::PG_INHERITS,
    oid::PG_PARTITIONED_TABLE,
    oid::PG_PROC,
    oid::PG_REWRITE,
    oid::PG_SEQUENCE,
    oid::PG_TRIGGER,
    oid::PG_TYPE,
];

impl CatalogLookups {
    /// Those of a catalog, which is one of these.
    pub(crate) fn of(&self, catalog: u32) -> &Lookups {
        &self.0[CATALOGS.iter().position(|other| *other == catalog).unwrap_or_default()]
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
        let key = |row: u32| columns.iter().map(move |column| part.value(Row::from(row), *column));
        let mut hashes: Vec<(u64, u32)> = rows.filter_map(|row| Some((keys::hash(key(row))?, row))).collect();
        hashes.sort_unstable();
        Lookup::Hashes(hashes)
    }

    /// The rows of the part that have the key.
    pub(crate) fn find(&self, part: &dyn Part, columns: &[usize], key: &[Value]) -> Vec<Row> {
        let has_key = |row: &Row| equals(part, columns, *row, key);
        match self {
            Lookup::Numbers(numbers) => {
                let found = key[0].as_oid().into_iter().flat_map(|number| keys::find(numbers, number));
                found.map(Row::from).filter(has_key).collect()
            }
            Lookup::Hashes(hashes) => {
                let found = keys::hash(key).into_iter().flat_map(|hash| keys::find(hashes, hash));
                found.map(Row::from).filter(has_key).collect()
            }
        }
    }
}

/// The rows of a part that have the key, by reading all if there are few.
pub(crate) fn read_through(part: &dyn Part, columns: &[usize], key: &[Value]) -> Option<Vec<Row>> {
    (part.count() <= READ_THROUGH).then(|| (0..part.count()).filter(|row| equals(part, columns, *row, key)).collect())
}

/// Whether a row of a part has the key.
pub(crate) fn equals(part: &dyn Part, columns: &[usize], row: Row, key: &[Value]) -> bool {
    columns.iter().zip(key).all(|(column, value)| part.value(row, *column) == *value)
}
