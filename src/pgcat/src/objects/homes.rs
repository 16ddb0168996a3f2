//! In which schema an object is, by its OID: a database may have thousands of schemas, and most searches are for one object.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::UInt32Type;
use spi::metadata::Relation;

use super::ids::{self, FIRST};
use super::schema::Schema;

/// The relations of a schema whose first column is an OID.
pub(crate) const NUMBERED: [Relation; 7] = [
    Relation::Tables,
    Relation::Constraints,
    Relation::Indexes,
    Relation::Routines,
    Relation::Types,
    Relation::Triggers,
    Relation::Sequences,
];

/// Where an object may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In no schema but that of this place.
    At(usize),
    Nowhere,
    /// The OID does not tell.
    Anywhere,
}

/// The schemas of OIDs. Objects are numbered as they are found, so those of a schema are mostly neighbours, and a few runs tell of all.
pub(crate) struct Homes {
    /// The first OID of each run and the place of its schema, sorted.
    runs: Vec<(u32, u32)>,
}

impl Homes {
    pub(crate) fn new(schemas: &[Arc<Schema>]) -> Self {
        let mut objects: Vec<(u32, u32)> = Vec::new();
        for (place, schema) in schemas.iter().enumerate() {
            let place = place as u32;
            objects.push((schema.oid(), place));
            for relation in NUMBERED {
                let numbers = schema.batch(relation).column(0).as_primitive::<UInt32Type>().values();
                objects.extend(numbers.iter().map(|number| (schema.ids.object(*number), place)));
            }
        }
        objects.sort_unstable();
        objects.dedup_by_key(|(_, place)| *place);
        Self { runs: objects }
    }

    /// Where the object of an OID is, or the object that it belongs to.
    pub(crate) fn of(&self, oid: u32) -> Home {
        let object = ids::owner(oid).0;
        if ids::is_marked(object) {
            return Home::Anywhere;
        }
        match self.runs.partition_point(|(first, _)| *first <= object) {
            0 => Home::Nowhere,
            place => Home::At(self.runs[place - 1].1 as usize),
        }
    }

    /// Where what refers to an OID is, if it is where the object is. What is PostgreSQL's or nothing, all schemas may refer to.
    pub(crate) fn of_reference(&self, oid: u32) -> Home {
        if ids::owner(oid).0 < FIRST { Home::Anywhere } else { self.of(oid) }
    }
}
