//! What differs between two snapshots of a source.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DynComparator, make_comparator};
use arrow::buffer::ScalarBuffer;
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Int8Type, Int32Type};
use serde::{Deserialize, Serialize};
use spi::Result;
use spi::metadata::{ColumnType, Relation, SchemaMetadata};

use super::pairing::{Pair, pair, pair_relation};

/// How many objects were added, changed and removed: schemas, tables, routines, types and sequences. A table has changed
/// if anything that belongs to it has: its columns, constraints, indexes, triggers, partitions or options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
}

/// The relations whose rows belong to a table, sorted by it.
const OF_TABLES: [Relation; 6] =
    [Relation::Views, Relation::Constraints, Relation::Indexes, Relation::Partitions, Relation::TableOptions, Relation::Triggers];
/// Columns that say where a row is, not what it says.
const PLACES: [&str; 4] = ["oid", "table", "routine", "first_column"];
/// The column that is a place in the schema's list of types.
const TYPE: &str = "type";

/// What only says why columns are as they are. Every sample says it a little differently.
const EVIDENCE: [&str; 7] = ["sampled", "present", "nulls", "types", "conflict", "confidence", "known"];

/// Whether two schemas are the same in every respect, ids included, but for the evidence for columns.
pub(super) fn is_same(left: &SchemaMetadata, right: &SchemaMetadata) -> bool {
    (&left.name, left.oid, &left.owner, &left.comment) == (&right.name, right.oid, &right.owner, &right.comment)
        && left.column_types == right.column_types
        && left.relations.iter().zip(&right.relations).all(|(left, right)| {
            left.num_rows() == right.num_rows()
                && left
                    .schema_ref()
                    .fields()
                    .iter()
                    .zip(left.columns())
                    .zip(right.columns())
                    .all(|((field, left), right)| EVIDENCE.contains(&field.name().as_str()) || is_same_array(left, right))
        })
}

/// Dictionaries are compared as they are first, because comparing them value by value is fifty times slower.
fn is_same_array(left: &ArrayRef, right: &ArrayRef) -> bool {
    let is_packed_alike = match (left.data_type(), right.data_type()) {
        (DataType::Dictionary(key, _), DataType::Dictionary(other, _)) if key == other && **key == DataType::Int32 => {
            let (left, right) = (left.as_dictionary::<Int32Type>(), right.as_dictionary::<Int32Type>());
            left.keys() == right.keys() && left.values() == right.values()
        }
        (DataType::Dictionary(key, _), DataType::Dictionary(other, _)) if key == other && **key == DataType::Int8 => {
            let (left, right) = (left.as_dictionary::<Int8Type>(), right.as_dictionary::<Int8Type>());
            left.keys() == right.keys() && left.values() == right.values()
        }
        _ => false,
    };
    is_packed_alike || left == right
}

/// Counts what differs. Both lists are sorted by name; a schema that both share costs nothing.
pub(super) fn difference(old: &[Arc<SchemaMetadata>], new: &[Arc<SchemaMetadata>]) -> Result<Difference> {
    let mut difference = Difference::default();
    for pair in pair(old.len(), new.len(), |row| old[row].name.as_str(), |row| new[row].name.as_str()) {
        match pair {
            Pair::Added(row) => difference.added += new[row].objects() as u64,
            Pair::Removed(row) => difference.removed += old[row].objects() as u64,
            Pair::Both { old: left, new: right } if Arc::ptr_eq(&old[left], &new[right]) => {}
            Pair::Both { old: left, new: right } => compare(&old[left], &new[right], &mut difference)?,
        }
    }
    Ok(difference)
}

fn compare(old: &SchemaMetadata, new: &SchemaMetadata, difference: &mut Difference) -> Result<()> {
    difference.changed += u64::from((&old.owner, &old.comment) != (&new.owner, &new.comment));

    let tables = Rows::new(old, new, Relation::Tables)?;
    let columns = Rows::new(old, new, Relation::Columns)?;
    let mut belonging = OF_TABLES.iter().map(|relation| Belonging::new(old, new, *relation, "table")).collect::<Result<Vec<_>>>()?;
    count(pair_relation(old, new, Relation::Tables), difference, |left, right| {
        let mut is_same = tables.is_same(left, right) && columns.is_same_range(old.columns_of(left), new.columns_of(right));
        for relation in &mut belonging {
            // Not short-circuited: each of them walks along with the tables.
            is_same &= relation.is_same(left, right);
        }
        is_same
    });

    let routines = Rows::new(old, new, Relation::Routines)?;
    let mut parameters = Belonging::new(old, new, Relation::Parameters, "routine")?;
    count(pair_relation(old, new, Relation::Routines), difference, |left, right| {
        parameters.is_same(left, right) && routines.is_same(left, right)
    });

    for relation in [Relation::Types, Relation::Sequences] {
        let rows = Rows::new(old, new, relation)?;
        count(pair_relation(old, new, relation), difference, |left, right| rows.is_same(left, right));
    }
    Ok(())
}

fn count(pairs: impl Iterator<Item = Pair>, difference: &mut Difference, mut is_same: impl FnMut(usize, usize) -> bool) {
    for pair in pairs {
        match pair {
            Pair::Added(_) => difference.added += 1,
            Pair::Removed(_) => difference.removed += 1,
            Pair::Both { old, new } => difference.changed += u64::from(!is_same(old, new)),
        }
    }
}

/// Compares rows of one relation in two snapshots by what they say.
struct Rows {
    columns: Vec<DynComparator>,
    types: Option<Types>,
}

/// Types are compared by what they are: their places differ as soon as another column has a new type.
struct Types {
    old: ScalarBuffer<i32>,
    new: ScalarBuffer<i32>,
    /// For each type of the old snapshot its place in the new one.
    place: Vec<Option<i32>>,
}

impl Rows {
    fn new(old: &SchemaMetadata, new: &SchemaMetadata, relation: Relation) -> Result<Self> {
        let (left, right) = (old.relation(relation), new.relation(relation));
        let mut columns = Vec::new();
        for (index, field) in relation.layout().fields().iter().enumerate() {
            if !PLACES.contains(&field.name().as_str()) && field.name() != TYPE {
                columns.push(make_comparator(left.column(index), right.column(index), SortOptions::default())?);
            }
        }
        let places: HashMap<&ColumnType, i32> = new.column_types.iter().zip(0..).collect();
        let types = relation.layout().column_with_name(TYPE).map(|_| Types {
            old: old.integers(relation, TYPE).values().clone(),
            new: new.integers(relation, TYPE).values().clone(),
            place: old.column_types.iter().map(|column_type| places.get(column_type).copied()).collect(),
        });
        Ok(Self { columns, types })
    }

    fn is_same(&self, old: usize, new: usize) -> bool {
        let same_type = |types: &Types| types.place[types.old[old] as usize] == Some(types.new[new]);
        self.types.as_ref().is_none_or(same_type) && self.columns.iter().all(|compare| compare(old, new).is_eq())
    }

    fn is_same_range(&self, old: Range<usize>, new: Range<usize>) -> bool {
        old.len() == new.len() && old.zip(new).all(|(old, new)| self.is_same(old, new))
    }
}

/// Compares the rows that belong to an owner. Owners are asked for in rising order, so each list is walked once.
struct Belonging {
    rows: Rows,
    old: Walk,
    new: Walk,
}

impl Belonging {
    fn new(old: &SchemaMetadata, new: &SchemaMetadata, relation: Relation, owner: &str) -> Result<Self> {
        let walk = |schema: &SchemaMetadata| Walk { owners: schema.numbers(relation, owner).values().clone(), at: 0 };
        Ok(Self { rows: Rows::new(old, new, relation)?, old: walk(old), new: walk(new) })
    }

    fn is_same(&mut self, old: usize, new: usize) -> bool {
        let (old, new) = (self.old.next(old), self.new.next(new));
        self.rows.is_same_range(old, new)
    }
}

struct Walk {
    owners: ScalarBuffer<u32>,
    at: usize,
}

impl Walk {
    /// The rows of an owner.
    fn next(&mut self, owner: usize) -> Range<usize> {
        let owner = owner as u32;
        let from = self.at + self.owners[self.at..].iter().take_while(|other| **other < owner).count();
        self.at = from + self.owners[from..].iter().take_while(|other| **other == owner).count();
        from..self.at
    }
}
