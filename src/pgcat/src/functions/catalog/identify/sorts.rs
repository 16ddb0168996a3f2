//! What sort of object the row of a catalog is.

use super::super::names::{self, Kind};
use super::Address;
use crate::catalog::{Catalog, oid};

/// A catalog of objects that have a name and no schema: its column with the name.
pub(super) struct Named {
    pub catalog: u32,
    pub column: &'static str,
    pub sort: &'static str,
}

/// Catalogs that only functions about objects in general know. Source: PostgreSQL 16.
const PG_EXTENSION: u32 = 3079;
const PG_EVENT_TRIGGER: u32 = 3466;
const PG_PUBLICATION: u32 = 6104;
const PG_SUBSCRIPTION: u32 = 6100;

pub(super) const NAMED: [Named; 11] = [
    Named { catalog: oid::PG_NAMESPACE, column: "nspname", sort: "schema" },
    Named { catalog: oid::PG_DATABASE, column: "datname", sort: "database" },
    Named { catalog: oid::PG_AUTHID, column: "rolname", sort: "role" },
    Named { catalog: oid::PG_LANGUAGE, column: "lanname", sort: "language" },
    Named { catalog: oid::PG_AM, column: "amname", sort: "access method" },
    Named { catalog: oid::PG_TABLESPACE, column: "spcname", sort: "tablespace" },
    Named { catalog: oid::PG_FOREIGN_DATA_WRAPPER, column: "fdwname", sort: "foreign-data wrapper" },
    Named { catalog: oid::PG_FOREIGN_SERVER, column: "srvname", sort: "server" },
    Named { catalog: PG_EXTENSION, column: "extname", sort: "extension" },
    Named { catalog: PG_PUBLICATION, column: "pubname", sort: "publication" },
    Named { catalog: PG_EVENT_TRIGGER, column: "evtname", sort: "event trigger" },
];

/// Objects that have a schema, and nothing besides to tell them apart.
pub(super) const QUALIFIED: [(&Kind, &str); 7] = [
    (&names::COLLATION, "collation"),
    (&names::CONVERSION, "conversion"),
    (&names::STATISTICS, "statistics object"),
    (&names::TS_CONFIGURATION, "text search configuration"),
    (&names::TS_DICTIONARY, "text search dictionary"),
    (&names::TS_PARSER, "text search parser"),
    (&names::TS_TEMPLATE, "text search template"),
];

/// The sort of an object, as statements about it would say; for what is not there that of its catalog.
pub(super) fn of(catalog: &Catalog, address: Address) -> Option<&'static str> {
    if let Some(named) = NAMED.iter().find(|named| named.catalog == address.class) {
        return Some(named.sort);
    }
    if let Some((_, sort)) = QUALIFIED.iter().find(|(kind, _)| kind.catalog == address.class) {
        return Some(sort);
    }
    let row = catalog.by_oid(address.class, address.object);
    let letter = |column| row.as_ref().and_then(|row| row.char(column));
    Some(match address.class {
        oid::PG_CLASS if address.column != 0 => match letter("relkind") {
            Some(b'v') => "view column",
            Some(b'm') => "materialized view column",
            Some(b'f') => "foreign table column",
            Some(b'c') => "composite type column",
            Some(b'i' | b'I') => "index column",
            _ => "table column",
        },
        oid::PG_CLASS => letter("relkind").map_or("relation", relation),
        oid::PG_PROC => match letter("prokind") {
            None => "routine",
            Some(b'a') => "aggregate",
            Some(b'p') => "procedure",
            Some(_) => "function",
        },
        oid::PG_CONSTRAINT => match row.and_then(|row| row.oid("contypid")) {
            Some(1..) => "domain constraint",
            _ => "table constraint",
        },
        oid::PG_TYPE => "type",
        oid::PG_ATTRDEF => "default value",
        oid::PG_REWRITE => "rule",
        oid::PG_TRIGGER => "trigger",
        oid::PG_CAST => "cast",
        oid::PG_OPERATOR => "operator",
        oid::PG_OPCLASS => "operator class",
        oid::PG_OPFAMILY => "operator family",
        PG_SUBSCRIPTION => "subscription",
        _ => return None,
    })
}

/// The sort of a relation by its kind.
pub(super) fn relation(kind: u8) -> &'static str {
    match kind {
        b'i' | b'I' => "index",
        b'S' => "sequence",
        b't' => "toast table",
        b'v' => "view",
        b'm' => "materialized view",
        b'c' => "composite type",
        b'f' => "foreign table",
        _ => "table",
    }
}
