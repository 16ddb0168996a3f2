//! Object ids over random histories of a source: refreshes of the whole and of parts, restarts, vanishing and returning.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use spi::Code;
use spi::connector::Scope;
use spi::metadata::{Relation, SchemaMetadata};
use store::Digest;

use super::estate::{Estate, Table};
use crate::metadata::manifest::Chunk;
use crate::metadata::pairing::Keys;
use crate::metadata::prepare::{Base, Blob, Prepared, prepare};
use crate::metadata::{Difference, chunk, identity};

const RELATIONS: [Relation; 7] = [
    Relation::Tables,
    Relation::Constraints,
    Relation::Indexes,
    Relation::Routines,
    Relation::Types,
    Relation::Triggers,
    Relation::Sequences,
];

/// Schema, relation, owner and name; a schema itself has no relation.
type Name = (String, Option<usize>, String, String);

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_id_stays_with_its_name_and_goes_to_no_other(steps in prop::collection::vec((estate(), scope(), any::<bool>()), 1..12)) {
        let (mut base, mut now) = (blank(identity::FIRST_OID), Estate::default());
        let (mut ids, mut owners): (HashMap<Name, u32>, HashMap<u32, Name>) = Default::default();
        for (newer, scope, restart) in steps {
            let scope = if base.must_advance { Scope::default() } else { scope };
            now = now.updated(&newer, &scope);
            let before = objects(&base.schemas);
            let (next, found) = refreshed(base, &newer, &scope);
            base = next;
            prop_assert_eq!(found, counted(&before, &objects(&base.schemas)));
            if restart {
                base = restarted(base);
            }
            prop_assert_eq!(objects(&base.schemas), objects(&harvested(&now).schemas));
            let current = identified(&base.schemas);
            prop_assert_eq!(current.iter().map(|(_, oid)| *oid).collect::<HashSet<_>>().len(), current.len());
            for (name, oid) in current {
                prop_assert!(oid >= identity::FIRST_OID && oid < base.next_oid);
                prop_assert_eq!(*ids.entry(name.clone()).or_insert(oid), oid, "{:?}", &name);
                prop_assert_eq!(owners.entry(oid).or_insert(name.clone()), &name);
            }
            // What was just seen is nothing new.
            prop_assert!(prepare(&base, now.harvest(), &Scope::default()).expect("a comparison").is_none());
        }
    }

    #[test]
    fn a_part_harvested_alone_gives_the_same_bytes_as_the_whole(before in estate(), newer in estate(), scope in scope()) {
        let (part, _) = refreshed(harvested(&before), &newer, &scope);
        let (whole, _) = refreshed(harvested(&before), &before.updated(&newer, &scope), &Scope::default());
        prop_assert_eq!(part.chunks, whole.chunks);
    }
}

#[test]
fn used_up_ids_are_an_error_and_not_a_repetition() {
    let estate = Estate::default().with("s", "a", &["x"]);
    // A schema, a table, a constraint, an index and a trigger.
    assert!(prepare(&blank((1 << 31) - 5), estate.harvest(), &Scope::default()).is_ok());
    let error = prepare(&blank((1 << 31) - 4), estate.harvest(), &Scope::default()).err().expect("too few ids");
    assert_eq!((error.code, error.message.as_str()), (Code::Limit, "the data source has no object ids left"));
}

fn estate() -> impl Strategy<Value = Estate> {
    let table = (prop::collection::btree_map("[a-c]", 1..4i32, 0..4), prop::collection::btree_set("k[1-3]", 0..3));
    let table = table.prop_map(|(columns, keys)| Table { columns, keys });
    let tables = prop::collection::btree_map("t[1-4]", table, 0..4);
    (prop::collection::btree_map("[p-s]", tables, 0..4), prop::collection::btree_set("[p-s]", 0..4)).prop_map(|(schemas, mut furnished)| {
        furnished.retain(|schema| schemas.contains_key(schema));
        Estate { schemas, furnished }
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        2 => Just(Scope::default()),
        1 => "[p-s]".prop_map(|schema| Scope { schema: Some(schema), table: None }),
        1 => ("[p-s]", "t[1-4]").prop_map(|(schema, table)| Scope { schema: Some(schema), table: Some(table) }),
    ]
}

fn blank(next_oid: u32) -> Base {
    Base { must_advance: true, schemas: Vec::new(), chunks: Vec::new(), next_oid, retired: None, retired_content: None }
}

/// The first snapshot.
fn harvested(estate: &Estate) -> Base {
    refreshed(blank(identity::FIRST_OID), estate, &Scope::default()).0
}

/// The next snapshot as what the one after it is built on, and what is different in it.
fn refreshed(base: Base, newer: &Estate, scope: &Scope) -> (Base, Difference) {
    let mut harvest = spi::metadata::Harvest::new();
    newer.push(scope, &mut harvest).expect("a harvest");
    let Some(prepared) = prepare(&base, harvest, scope).expect("a comparison") else { return (base, Difference::default()) };
    let Prepared { schemas, chunks, retired, next_oid, difference } = prepared;
    let chunks = schemas.iter().zip(chunks).map(|(schema, chunk)| match chunk {
        Blob::Stored(chunk) => chunk,
        Blob::New(content) => Chunk { schema: schema.name.clone(), oid: schema.oid, blob: Digest::of(&content), tables: 0, columns: 0 },
    });
    let chunks = chunks.collect();
    let (retired, retired_content) = match retired {
        Blob::Stored(None) => (None, None),
        Blob::Stored(digest) => (digest, base.retired_content),
        Blob::New(content) => (Some(Digest::of(&content)), Some(content)),
    };
    (Base { must_advance: false, schemas, chunks, next_oid, retired, retired_content }, difference)
}

/// What is left when everything is read back from its bytes.
fn restarted(base: Base) -> Base {
    let reread = |schema: &Arc<SchemaMetadata>| Arc::new(chunk::decode(&chunk::encode(schema).expect("bytes")).expect("what was written"));
    Base { schemas: base.schemas.iter().map(reread).collect(), ..base }
}

fn identified(schemas: &[Arc<SchemaMetadata>]) -> Vec<(Name, u32)> {
    let mut all = Vec::new();
    for schema in schemas {
        all.push(((schema.name.clone(), None, String::new(), String::new()), schema.oid));
        for relation in RELATIONS {
            let keys = Keys::of(schema, relation);
            all.extend(schema.numbers(relation, "oid").values().iter().enumerate().map(|(row, oid)| {
                let (owner, name) = keys.get(row);
                ((schema.name.clone(), Some(relation as usize), owner.to_owned(), name.to_owned()), *oid)
            }));
        }
    }
    all
}

/// Every object with what is known of it, ids left out.
fn objects(schemas: &[Arc<SchemaMetadata>]) -> BTreeMap<(String, &'static str, String), Vec<String>> {
    let mut all = BTreeMap::new();
    for schema in schemas {
        all.insert((schema.name.clone(), "schema", String::new()), Vec::new());
        for (kind, relation) in [("routine", Relation::Routines), ("type", Relation::Types), ("sequence", Relation::Sequences)] {
            let names = schema.text(relation, "name").iter().flatten();
            all.extend(names.map(|name| ((schema.name.clone(), kind, name.to_owned()), Vec::new())));
        }
        for (table, name) in schema.table_names().iter().flatten().enumerate() {
            let columns =
                schema.columns_of(table).map(|column| format!("{} {}", schema.column_name(column), schema.column_type(column).native));
            let named = |relation: Relation| {
                schema.rows_of(relation, table).map(move |row| format!("{relation:?} {}", schema.text(relation, "name").value(row)))
            };
            let facts =
                columns.chain(named(Relation::Constraints)).chain(named(Relation::Indexes)).chain(named(Relation::Triggers)).collect();
            all.insert((schema.name.clone(), "table", name.to_owned()), facts);
        }
    }
    all
}

fn counted<K: Ord>(before: &BTreeMap<K, Vec<String>>, after: &BTreeMap<K, Vec<String>>) -> Difference {
    let count =
        |one: &BTreeMap<K, Vec<String>>, other: &BTreeMap<K, Vec<String>>| one.keys().filter(|key| !other.contains_key(key)).count();
    let changed = before.iter().filter(|(key, facts)| after.get(key).is_some_and(|newer| newer != *facts)).count();
    Difference { added: count(after, before) as u64, changed: changed as u64, removed: count(before, after) as u64 }
}
