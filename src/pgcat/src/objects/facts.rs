//! What `pg_type` says about a type that columns of that type repeat.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::columns::pg_type;
use crate::catalog::{PG_CATALOG, oid};
use crate::relation::{Relation, Row};
use crate::statics::{StaticRelation, relation};
use crate::types::DEFAULT_COLLATION;
use crate::value::Value;

#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) length: Value,
    pub(crate) by_value: Value,
    pub(crate) align: Value,
    pub(crate) storage: Value,
    pub(crate) category: Value,
    pub(crate) delimiter: Value,
    pub(crate) collation: u32,
    /// The OID of the array over it, or 0.
    pub(crate) array: u32,
    pub(crate) output: Value,
    pub(crate) send: Value,
}

/// The functions by which types are read and written. Source: PostgreSQL 16, `pg_proc.dat`.
pub(crate) mod function {
    pub(crate) const ARRAY_IN: u32 = 750;
    pub(crate) const ARRAY_OUT: u32 = 751;
    pub(crate) const ARRAY_RECV: u32 = 2400;
    pub(crate) const ARRAY_SEND: u32 = 2401;
    pub(crate) const ARRAY_TYPANALYZE: u32 = 3816;
    pub(crate) const ARRAY_SUBSCRIPT_HANDLER: u32 = 6179;
    pub(crate) const DOMAIN_IN: u32 = 2597;
    pub(crate) const DOMAIN_RECV: u32 = 2598;
    pub(crate) const ENUM_IN: u32 = 3506;
    pub(crate) const ENUM_OUT: u32 = 3507;
    pub(crate) const ENUM_RECV: u32 = 3532;
    pub(crate) const ENUM_SEND: u32 = 3533;
    pub(crate) const RECORD_IN: u32 = 2290;
    pub(crate) const RECORD_OUT: u32 = 2291;
    pub(crate) const RECORD_RECV: u32 = 2402;
    pub(crate) const RECORD_SEND: u32 = 2403;
}

impl Facts {
    /// Of an enumeration.
    pub(crate) fn of_enum(array: u32) -> Self {
        use function::{ENUM_OUT, ENUM_SEND};
        Self::user(4, true, "i", "p", "E", array, (ENUM_OUT, ENUM_SEND))
    }

    /// Of a composite type, or the row type of a relation.
    pub(crate) fn of_row(array: u32) -> Self {
        use function::{RECORD_OUT, RECORD_SEND};
        Self::user(-1, false, "d", "x", "C", array, (RECORD_OUT, RECORD_SEND))
    }

    /// Of the array over a type.
    pub(crate) fn of_array(element: &Facts) -> Self {
        use function::{ARRAY_OUT, ARRAY_SEND};
        let align = if element.align.as_str() == Some("d") { "d" } else { "i" };
        let array = Self::user(-1, false, align, "x", "A", 0, (ARRAY_OUT, ARRAY_SEND));
        Self { collation: element.collation, delimiter: element.delimiter.clone(), ..array }
    }

    fn user(length: i64, by_value: bool, align: &str, storage: &str, category: &str, array: u32, out: (u32, u32)) -> Self {
        Self {
            length: Value::Int(length),
            by_value: by_value.into(),
            align: align.into(),
            storage: storage.into(),
            category: category.into(),
            delimiter: ",".into(),
            collation: 0,
            array,
            output: Value::oid(out.0),
            send: Value::oid(out.1),
        }
    }
}

/// The facts of a type that every database has.
pub(crate) fn builtin(type_oid: u32) -> Option<&'static Arc<Facts>> {
    BUILTIN.get(&type_oid)
}

/// The facts of `text`.
pub(crate) fn text() -> Arc<Facts> {
    match builtin(crate::types::oid::TEXT) {
        Some(facts) => Arc::clone(facts),
        // Not reached: every PostgreSQL has it.
        None => Arc::new(Facts { collation: DEFAULT_COLLATION, ..Facts::of_enum(0) }),
    }
}

/// A type of `pg_catalog` by its name there.
pub(crate) fn builtin_named(name: &str) -> Option<u32> {
    NAMED.get(name).copied()
}

static BUILTIN: LazyLock<HashMap<u32, Arc<Facts>>> = LazyLock::new(|| {
    let Some(types) = relation(oid::PG_TYPE) else { return HashMap::new() };
    (0..types.count()).filter_map(|row| Some((types.value(row, pg_type::OID).as_oid()?, Arc::new(facts(types, row))))).collect()
});

static NAMED: LazyLock<HashMap<Arc<str>, u32>> = LazyLock::new(|| {
    let Some(types) = relation(oid::PG_TYPE) else { return HashMap::new() };
    let named = |row| match (types.value(row, pg_type::TYPNAME), types.value(row, pg_type::TYPNAMESPACE).as_oid()) {
        (Value::Text(name), Some(PG_CATALOG)) => Some((name, types.value(row, pg_type::OID).as_oid()?)),
        _ => None,
    };
    (0..types.count()).filter_map(named).collect()
});

fn facts(types: &StaticRelation, row: Row) -> Facts {
    let value = |column| types.value(row, column);
    Facts {
        length: value(pg_type::TYPLEN),
        by_value: value(pg_type::TYPBYVAL),
        align: value(pg_type::TYPALIGN),
        storage: value(pg_type::TYPSTORAGE),
        category: value(pg_type::TYPCATEGORY),
        delimiter: value(pg_type::TYPDELIM),
        collation: value(pg_type::TYPCOLLATION).as_oid().unwrap_or_default(),
        array: value(pg_type::TYPARRAY).as_oid().unwrap_or_default(),
        output: value(pg_type::TYPOUTPUT),
        send: value(pg_type::TYPSEND),
    }
}
