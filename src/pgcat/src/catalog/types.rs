//! What `pg_type` says about types, as the evaluator needs it.

use crate::catalog::{Catalog, oid};
use crate::types::{TypeInfo, TypeKind};
use crate::value::Value;

/// `array_subscript_handler`, which only true arrays have as their `typsubscript`.
const ARRAY_SUBSCRIPT_HANDLER: u32 = 6179;

/// The OIDs below are of what every database has. Source: PostgreSQL's `FirstNormalObjectId`.
const FIRST_NORMAL_OID: u32 = 16384;

impl Catalog {
    /// A type by its OID.
    pub fn type_info(&self, type_oid: u32) -> Option<TypeInfo> {
        if type_oid < FIRST_NORMAL_OID {
            return self.remembered.types.get(&type_oid, || self.read_type(type_oid));
        }
        self.read_type(type_oid)
    }

    fn read_type(&self, type_oid: u32) -> Option<TypeInfo> {
        let row = self.by_oid(oid::PG_TYPE, type_oid)?;
        let kind = match row.char("typtype")? {
            b'c' => TypeKind::Composite,
            b'd' => TypeKind::Domain,
            b'e' => TypeKind::Enum,
            b'm' => TypeKind::Multirange,
            b'p' => TypeKind::Pseudo,
            b'r' => TypeKind::Range,
            _ => TypeKind::Base,
        };
        Some(TypeInfo {
            oid: type_oid,
            name: row.text("typname")?,
            namespace: row.oid("typnamespace")?,
            length: row.int("typlen")? as i16,
            kind,
            category: row.char("typcategory")?,
            is_preferred: row.bool("typispreferred")?,
            delimiter: row.char("typdelim")?,
            relation: row.oid("typrelid")?,
            element: row.oid("typelem")?,
            array: row.oid("typarray")?,
            is_array: row.oid("typsubscript") == Some(ARRAY_SUBSCRIPT_HANDLER),
            base: row.oid("typbasetype")?,
            base_typmod: row.int("typtypmod")? as i32,
            collation: row.oid("typcollation")?,
        })
    }

    /// The type of a name in a namespace.
    pub fn type_named(&self, namespace: u32, name: &str) -> Option<u32> {
        self.find_one(oid::PG_TYPE, &["typname", "typnamespace"], &[name.into(), Value::oid(namespace)])?.oid("oid")
    }

    /// A type with its domains taken away: its OID, and the modifier that the last domain gives.
    pub fn base_type(&self, type_oid: u32, typmod: i32) -> (u32, i32) {
        let (mut found, mut modifier) = (type_oid, typmod);
        while let Some(info) = self.type_info(found).filter(|info| info.kind == TypeKind::Domain) {
            (found, modifier) = (info.base, info.base_typmod);
        }
        (found, modifier)
    }
}
