//! The collations of PostgreSQL by their names.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::catalog::oid;
use crate::relation::Relation;
use crate::statics::relation;
use crate::value::Value;

/// The collation of a name; `None` where PostgreSQL has none of that name, as for those of other kinds of sources.
pub(crate) fn named(name: &str) -> Option<u32> {
    NAMED.get(name).copied()
}

static NAMED: LazyLock<HashMap<Arc<str>, u32>> = LazyLock::new(|| all().unwrap_or_default());

fn all() -> Option<HashMap<Arc<str>, u32>> {
    let collations = relation(oid::PG_COLLATION)?;
    let (collation, name) = (collations.column("oid")?, collations.column("collname")?);
    let named = |row| match collations.value(row, name) {
        Value::Text(name) => Some((name, collations.value(row, collation).as_oid()?)),
        _ => None,
    };
    Some((0..collations.count()).filter_map(named).collect())
}
