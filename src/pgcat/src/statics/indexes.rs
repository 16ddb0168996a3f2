//! What the static relations can be searched by.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::relations::{StaticRelation, relation};
use crate::catalog::oid;
use crate::relation::{Index, Relation, Row};
use crate::value::Value;

/// Columns by which clients look for rows although PostgreSQL has no index on them.
const MORE: &[(u32, &str)] = &[
    (oid::PG_ATTRIBUTE, "atttypid"),
    (oid::PG_CLASS, "relnamespace"),
    (oid::PG_CLASS, "reltype"),
    (oid::PG_CONSTRAINT, "confrelid"),
    (oid::PG_CONSTRAINT, "conindid"),
    (oid::PG_CONSTRAINT, "connamespace"),
    (oid::PG_DEPEND, "objid"),
    (oid::PG_DEPEND, "refobjid"),
    (oid::PG_PROC, "pronamespace"),
    (oid::PG_TYPE, "typarray"),
    (oid::PG_TYPE, "typbasetype"),
    (oid::PG_TYPE, "typelem"),
    (oid::PG_TYPE, "typnamespace"),
    (oid::PG_TYPE, "typrelid"),
];

/// The indexes of a relation: first PostgreSQL's own, then the beginnings of their columns, then the others.
pub(super) fn of(relation: &StaticRelation) -> Vec<Index> {
    let own = OWN.get(&relation.oid).map(Vec::as_slice).unwrap_or_default();
    let beginnings = own.iter().flat_map(|index| (1..index.columns.len()).rev().map(|count| beginning(index, count)));
    let more = MORE.iter().filter(|(oid, _)| *oid == relation.oid).filter_map(|(_, column)| {
        let name = format!("{}_{column}_index", relation.name).into();
        Some(Index { name, columns: vec![relation.column(column)?], unique: false })
    });
    let mut indexes: Vec<Index> = Vec::new();
    for index in own.iter().cloned().chain(beginnings).chain(more) {
        if !indexes.iter().any(|other| other.columns == index.columns) {
            indexes.push(index);
        }
    }
    indexes
}

fn beginning(index: &Index, columns: usize) -> Index {
    Index { name: index.name.clone(), columns: index.columns[..columns].to_vec(), unique: false }
}

/// What `pg_index` says of each relation, by the OID of the index.
static OWN: LazyLock<HashMap<u32, Vec<Index>>> = LazyLock::new(|| own().unwrap_or_default());

fn own() -> Option<HashMap<u32, Vec<Index>>> {
    let (pg_index, names) = (relation(oid::PG_INDEX)?, names()?);
    let column = |name| pg_index.column(name);
    let (oid, table, unique, key) = (column("indexrelid")?, column("indrelid")?, column("indisunique")?, column("indkey")?);
    let mut found: HashMap<u32, Vec<Index>> = HashMap::new();
    for row in 0..pg_index.count() {
        let (Some(oid), Some(table)) = (pg_index.value(row, oid).as_oid(), pg_index.value(row, table).as_oid()) else { continue };
        let Value::Array(key) = pg_index.value(row, key) else { continue };
        let name = names.get(&oid).cloned().unwrap_or_default();
        // Attribute numbers begin with 1.
        let columns = key.values.iter().filter_map(|number| usize::try_from(number.as_int()? - 1).ok()).collect();
        let unique = pg_index.value(row, unique) == Value::Bool(true);
        found.entry(table).or_default().push(Index { name, columns, unique });
    }
    Some(found)
}

/// The names of the relations of `pg_class`, by OID.
fn names() -> Option<HashMap<u32, Arc<str>>> {
    let pg_class = relation(oid::PG_CLASS)?;
    let (oid, name) = (pg_class.column("oid")?, pg_class.column("relname")?);
    let named = |row: Row| match pg_class.value(row, name) {
        Value::Text(name) => Some((pg_class.value(row, oid).as_oid()?, name)),
        _ => None,
    };
    Some((0..pg_class.count()).filter_map(named).collect())
}
