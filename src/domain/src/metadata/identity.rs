//! Persistent object ids: every schema, table, constraint, index, trigger, routine, type and sequence of a source has one for ever.
//!
//! An id is assigned when its identity is seen for the first time, kept from snapshot to snapshot, put aside when the
//! object vanishes and given back when an object of the same identity returns. No other object ever gets it.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use spi::metadata::{Relation, SchemaMetadata};
use spi::{Code, Error, Origin, Result};

use super::pairing::{Keys, Pair, pair, pair_relation};
use super::retired::{Identity, Kind, Retired};

/// Ids of users' objects begin where PostgreSQL's do: what is below belongs to the system catalogs.
pub(super) const FIRST_OID: u32 = 16384;
/// Clients hold OIDs in signed integers, so ids end below 2^31.
const OID_END: u32 = 1 << 31;

/// The relations whose rows have ids. Their first column is the id.
const RELATIONS: [(Relation, Kind); 7] = [
    (Relation::Tables, Kind::Table),
    (Relation::Constraints, Kind::Constraint),
    (Relation::Indexes, Kind::Index),
    (Relation::Routines, Kind::Routine),
    (Relation::Types, Kind::Type),
    (Relation::Triggers, Kind::Trigger),
    (Relation::Sequences, Kind::Sequence),
];

/// A schema of a snapshot that is being made.
pub(super) enum Candidate {
    /// The part of the source that was not harvested stays as it is.
    Kept(Arc<SchemaMetadata>),
    /// What a harvest found.
    Harvested(Box<SchemaMetadata>),
}

impl Candidate {
    pub(super) fn schema(&self) -> &SchemaMetadata {
        match self {
            Candidate::Kept(schema) => schema,
            Candidate::Harvested(schema) => schema,
        }
    }
}

/// Schemas with their ids, and where ids go on from there.
pub(super) struct Assigned {
    pub schemas: Vec<Candidate>,
    pub next_oid: u32,
    pub retired: RetiredChange,
}

pub(super) enum RetiredChange {
    Unchanged,
    /// As it is stored; `None` if nothing is retired any more.
    Changed(Option<Vec<u8>>),
}

/// Gives every object its id. Both lists are sorted by name. `retired` is only asked for where names appear or vanish.
pub(super) fn assign(
    previous: &[Arc<SchemaMetadata>],
    candidates: Vec<Candidate>,
    next_oid: u32,
    retired: impl Fn() -> Retired,
) -> Result<Assigned> {
    let mut ids = Ids { next_oid, read: retired, retired: None, vanished: Vec::new() };
    let pairs: Vec<Pair> =
        pair(previous.len(), candidates.len(), |old| previous[old].name.as_str(), |new| candidates[new].schema().name.as_str()).collect();
    let mut candidates: Vec<Option<Candidate>> = candidates.into_iter().map(Some).collect();
    let mut schemas = Vec::with_capacity(candidates.len());
    for pair in pairs {
        let (old, new) = match pair {
            Pair::Removed(old) => {
                ids.retire_schema(&previous[old]);
                continue;
            }
            Pair::Added(new) => (None, new),
            Pair::Both { old, new } => (Some(&*previous[old]), new),
        };
        // Every new row is in exactly one pair.
        schemas.extend(match candidates[new].take() {
            Some(Candidate::Harvested(schema)) => Some(Candidate::Harvested(Box::new(ids.assign_schema(old, *schema)?))),
            kept => kept,
        });
    }
    let retired = ids.retired_change()?;
    Ok(Assigned { schemas, next_oid: ids.next_oid, retired })
}

struct Ids<'a, F> {
    next_oid: u32,
    read: F,
    /// Read when first needed: most refreshes find the names of the last one.
    retired: Option<Retired>,
    vanished: Vec<(Identity<'a>, u32)>,
}

impl<'a, F: Fn() -> Retired> Ids<'a, F> {
    fn assign_schema(&mut self, old: Option<&'a SchemaMetadata>, mut schema: SchemaMetadata) -> Result<SchemaMetadata> {
        schema.oid = match old {
            Some(old) => old.oid,
            None => self.claim(schema_identity(&schema))?,
        };
        for (relation, kind) in RELATIONS {
            let oids = self.assign_relation(old, &schema, relation, kind)?;
            let batch = &schema.relations[relation as usize];
            let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
            columns[0] = Arc::new(UInt32Array::from(oids));
            schema.relations[relation as usize] = RecordBatch::try_new(batch.schema(), columns)?;
        }
        Ok(schema)
    }

    fn assign_relation(
        &mut self,
        old: Option<&'a SchemaMetadata>,
        new: &SchemaMetadata,
        relation: Relation,
        kind: Kind,
    ) -> Result<Vec<u32>> {
        let keys = Keys::of(new, relation);
        let identity = |row: usize| {
            let (owner, name) = keys.get(row);
            Identity { schema: new.name.as_str(), kind, owner, name }
        };
        let Some(old) = old else { return (0..keys.len()).map(|row| self.claim(identity(row))).collect() };
        let old_oids = old.numbers(relation, "oid").values();
        let mut oids = Vec::with_capacity(keys.len());
        for pair in pair_relation(old, new, relation) {
            match pair {
                Pair::Removed(row) => self.retire_row(old, relation, kind, row),
                Pair::Added(row) => oids.push(self.claim(identity(row))?),
                Pair::Both { old, .. } => oids.push(old_oids[old]),
            }
        }
        Ok(oids)
    }

    /// The id of an object that the snapshot before did not have.
    fn claim(&mut self, identity: Identity<'_>) -> Result<u32> {
        if let Some(oid) = self.retired.get_or_insert_with(&self.read).give_back(identity) {
            return Ok(oid);
        }
        if self.next_oid >= OID_END {
            return Err(Error::new(Code::Limit, "the data source has no object ids left")
                .detail(format!("Ids from {FIRST_OID} to {} were all given to objects, and an id is never given twice.", OID_END - 1))
                .hint("Register the source anew under another name.")
                .origin(Origin::Gateway));
        }
        self.next_oid += 1;
        Ok(self.next_oid - 1)
    }

    fn retire_schema(&mut self, schema: &'a SchemaMetadata) {
        self.vanished.push((schema_identity(schema), schema.oid));
        for (relation, kind) in RELATIONS {
            for row in 0..schema.relation(relation).num_rows() {
                self.retire_row(schema, relation, kind, row);
            }
        }
    }

    fn retire_row(&mut self, schema: &'a SchemaMetadata, relation: Relation, kind: Kind, row: usize) {
        let (owner, name) = Keys::of(schema, relation).get(row);
        self.vanished.push((Identity { schema: &schema.name, kind, owner, name }, schema.numbers(relation, "oid").value(row)));
    }

    fn retired_change(&mut self) -> Result<RetiredChange> {
        if self.vanished.is_empty() && self.retired.as_ref().is_none_or(|retired| !retired.has_returned()) {
            return Ok(RetiredChange::Unchanged);
        }
        let retired = self.retired.get_or_insert_with(&self.read);
        Ok(RetiredChange::Changed(retired.encode_with(&self.vanished)?))
    }
}

fn schema_identity(schema: &SchemaMetadata) -> Identity<'_> {
    Identity { schema: &schema.name, kind: Kind::Schema, owner: "", name: &schema.name }
}
