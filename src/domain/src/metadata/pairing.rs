//! Which object of one snapshot is which object of another: a merge of two sorted lists of names.
//!
//! Nothing is hashed and no name is copied, so that a refresh of a million objects that finds nothing new costs two walks.

use std::cmp::Ordering;

use arrow::array::{StringArray, UInt32Array};
use spi::metadata::{Relation, SchemaMetadata};

/// What tells an object from the others of its schema and kind: its owner's name, where it has one, and its own.
pub(super) type Key<'a> = (&'a str, &'a str);

/// The keys of one relation, in its order.
pub(super) enum Keys<'a> {
    /// Tables, types and sequences are known by their name.
    Named(&'a StringArray),
    /// Constraints, indexes and triggers belong to a table.
    Owned { tables: &'a UInt32Array, table_names: &'a StringArray, names: &'a StringArray },
    /// Routines of one name are told apart by their specific name.
    Overloaded { names: &'a StringArray, specific_names: &'a StringArray },
}

impl<'a> Keys<'a> {
    /// The keys of a relation whose rows have ids.
    pub(super) fn of(schema: &'a SchemaMetadata, relation: Relation) -> Self {
        let names = schema.text(relation, "name");
        match relation {
            Relation::Constraints | Relation::Indexes | Relation::Triggers => {
                Self::Owned { tables: schema.numbers(relation, "table"), table_names: schema.table_names(), names }
            }
            Relation::Routines => Self::Overloaded { names, specific_names: schema.text(relation, "specific_name") },
            _ => Self::Named(names),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Keys::Named(names) | Keys::Owned { names, .. } | Keys::Overloaded { names, .. } => arrow::array::Array::len(*names),
        }
    }

    pub(super) fn get(&self, row: usize) -> Key<'a> {
        match self {
            Keys::Named(names) => ("", names.value(row)),
            Keys::Owned { tables, table_names, names } => (table_names.value(tables.value(row) as usize), names.value(row)),
            Keys::Overloaded { names, specific_names } => (names.value(row), specific_names.value(row)),
        }
    }
}

/// A row of the old list, of the new one, or of both, where they have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    Removed(usize),
    Added(usize),
    Both { old: usize, new: usize },
}

/// Merges two sorted lists of keys, in the order of the keys. Where a key repeats, the first goes with the first.
pub(super) fn pair<K: Ord>(
    old_len: usize,
    new_len: usize,
    old_key: impl Fn(usize) -> K,
    new_key: impl Fn(usize) -> K,
) -> impl Iterator<Item = Pair> {
    let (mut old, mut new) = (0, 0);
    std::iter::from_fn(move || {
        let order = match (old < old_len, new < new_len) {
            (false, false) => return None,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => old_key(old).cmp(&new_key(new)),
        };
        let pair = match order {
            Ordering::Less => Pair::Removed(old),
            Ordering::Greater => Pair::Added(new),
            Ordering::Equal => Pair::Both { old, new },
        };
        old += usize::from(order.is_le());
        new += usize::from(order.is_ge());
        Some(pair)
    })
}

/// Merges the same relation of two snapshots of a schema.
pub(super) fn pair_relation<'a>(old: &'a SchemaMetadata, new: &'a SchemaMetadata, relation: Relation) -> impl Iterator<Item = Pair> + 'a {
    let (old, new) = (Keys::of(old, relation), Keys::of(new, relation));
    pair(old.len(), new.len(), move |row| old.get(row), move |row| new.get(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_in_the_order_of_the_keys() {
        let (old, new) = (["a", "b", "c", "c"], ["b", "c", "d"]);
        let pairs: Vec<_> = pair(old.len(), new.len(), |row| old[row], |row| new[row]).collect();
        assert_eq!(
            pairs,
            [Pair::Removed(0), Pair::Both { old: 1, new: 0 }, Pair::Both { old: 2, new: 1 }, Pair::Removed(3), Pair::Added(2),]
        );
    }
}
