//! The ids of objects that have vanished, kept so that an object that returns under its name gets its id back.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, LargeStringArray, RecordBatch, UInt8Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt8Type, UInt32Type};
use spi::Result;

use super::ipc;

/// How many vanished objects of a source are remembered: twice the largest estate that we measure, and about 100 MB while a
/// refresh looks into them. Beyond that the ids that were given first are forgotten, never given to another object.
const RETIRED_MAX: usize = 2_000_000;

/// The kinds of objects that have an id. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Kind {
    Schema = 0,
    Table = 1,
    Constraint = 2,
    Index = 3,
    Routine = 4,
    Type = 5,
    Trigger = 6,
    Sequence = 7,
}

/// What an object is known by. An id belongs to one identity for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity<'a> {
    pub schema: &'a str,
    pub kind: Kind,
    /// The table of a constraint, index or trigger, the name of a routine; else empty.
    pub owner: &'a str,
    /// The object's name; the specific name of a routine.
    pub name: &'a str,
}

/// Identities without an object, sorted, with their ids.
pub(super) struct Retired {
    batch: RecordBatch,
    /// Rows whose object has returned.
    returned: HashSet<usize>,
}

impl Retired {
    pub(super) fn empty() -> Self {
        Self { batch: RecordBatch::new_empty(layout()), returned: HashSet::new() }
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        Ok(Self { batch: ipc::read_batch(bytes, layout())?, returned: HashSet::new() })
    }

    /// Whether the id of any object was given back.
    pub(super) fn has_returned(&self) -> bool {
        !self.returned.is_empty()
    }

    /// The id of an object that has returned, from now on no longer retired.
    pub(super) fn give_back(&mut self, identity: Identity<'_>) -> Option<u32> {
        let first = self.first_at_least(identity);
        let row =
            (first..self.batch.num_rows()).take_while(|row| self.identity(*row) == identity).find(|row| !self.returned.contains(row))?;
        self.returned.insert(row);
        Some(self.oid(row))
    }

    /// What stays retired, and `vanished` with it, as it is stored. `None` if that is nothing.
    pub(super) fn encode_with(&self, vanished: &[(Identity<'_>, u32)]) -> Result<Option<Vec<u8>>> {
        let rows = (0..self.batch.num_rows()).filter(|row| !self.returned.contains(row));
        let mut all: Vec<(Identity<'_>, u32)> = rows.map(|row| (self.identity(row), self.oid(row))).collect();
        all.extend_from_slice(vanished);
        if all.len() > RETIRED_MAX {
            all.sort_unstable_by_key(|(_, oid)| std::cmp::Reverse(*oid));
            all.truncate(RETIRED_MAX);
        }
        all.sort_unstable();
        if all.is_empty() {
            return Ok(None);
        }
        let text = |of: fn(&Identity<'_>) -> String| -> ArrayRef {
            Arc::new(LargeStringArray::from_iter_values(all.iter().map(|(identity, _)| of(identity))))
        };
        let columns: Vec<ArrayRef> = vec![
            text(|identity| identity.schema.to_owned()),
            Arc::new(UInt8Array::from_iter_values(all.iter().map(|(identity, _)| identity.kind as u8))),
            text(|identity| identity.owner.to_owned()),
            text(|identity| identity.name.to_owned()),
            Arc::new(UInt32Array::from_iter_values(all.iter().map(|(_, oid)| *oid))),
        ];
        ipc::write_batch(&RecordBatch::try_new(layout(), columns)?).map(Some)
    }

    fn first_at_least(&self, identity: Identity<'_>) -> usize {
        let (mut low, mut high) = (0, self.batch.num_rows());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.identity(middle) < identity { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn identity(&self, row: usize) -> Identity<'_> {
        let text = |column: usize| self.batch.column(column).as_string::<i64>().value(row);
        let kind = match self.batch.column(1).as_primitive::<UInt8Type>().value(row) {
            0 => Kind::Schema,
            1 => Kind::Table,
            2 => Kind::Constraint,
            3 => Kind::Index,
            4 => Kind::Routine,
            5 => Kind::Type,
            6 => Kind::Trigger,
            _ => Kind::Sequence,
        };
        Identity { schema: text(0), kind, owner: text(2), name: text(3) }
    }

    fn oid(&self, row: usize) -> u32 {
        self.batch.column(4).as_primitive::<UInt32Type>().value(row)
    }
}

fn layout() -> SchemaRef {
    static LAYOUT: LazyLock<SchemaRef> = LazyLock::new(|| {
        let column = |name: &str, data_type: DataType| Field::new(name, data_type, false);
        Arc::new(Schema::new(vec![
            column("schema", DataType::LargeUtf8),
            column("kind", DataType::UInt8),
            column("owner", DataType::LargeUtf8),
            column("name", DataType::LargeUtf8),
            column("oid", DataType::UInt32),
        ]))
    });
    Arc::clone(&LAYOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Identity<'_> {
        Identity { schema: "s", kind: Kind::Table, owner: "", name }
    }

    #[test]
    fn an_id_is_given_back_once_and_only_to_its_identity() {
        let bytes = Retired::empty().encode_with(&[(table("b"), 7), (table("a"), 5), (table("b"), 9)]).expect("bytes").expect("rows");
        let mut retired = Retired::decode(&bytes).expect("what was written");
        assert_eq!(retired.give_back(Identity { kind: Kind::Index, ..table("a") }), None);
        assert_eq!(retired.give_back(table("b")), Some(7));
        assert_eq!(retired.give_back(table("b")), Some(9));
        assert_eq!(retired.give_back(table("b")), None);
        assert!(retired.has_returned());

        let bytes = retired.encode_with(&[(table("c"), 11)]).expect("bytes").expect("rows");
        let mut retired = Retired::decode(&bytes).expect("what was written");
        assert_eq!([table("a"), table("b"), table("c")].map(|identity| retired.give_back(identity)), [Some(5), None, Some(11)]);
        assert!(retired.encode_with(&[]).expect("bytes").is_none());
    }
}
