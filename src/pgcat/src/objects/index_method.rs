//! The access methods of indexes, and the operator classes by which they order or hash columns.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use spi::types::PgType;

use super::context::{Used, used};
use crate::catalog::oid;
use crate::relation::Relation;
use crate::statics::relation;
use crate::types::oid as type_oid;
use crate::value::Value;

const BTREE: u32 = 403;
const HASH: u32 = 405;

/// The access method of a name, or that which methods of other sources are likened to: trees to B-trees, full-text indexes to GIN,
/// and those of places to GiST.
pub(crate) fn oid(method: &str) -> u32 {
    const GIST: u32 = 783;
    const GIN: u32 = 2742;
    const SPGIST: u32 = 4000;
    const BRIN: u32 = 3580;
    match method.to_ascii_lowercase().as_str() {
        "hash" => HASH,
        "gist" | "rtree" | "spatial" => GIST,
        "gin" | "fulltext" => GIN,
        "spgist" => SPGIST,
        "brin" => BRIN,
        _ => BTREE,
    }
}

/// The operator class that a column of a type has by default, or that of the type which it is coerced to. Where a source indexes what
/// PostgreSQL could not, it is the oldest of the method.
pub(crate) fn default_class(method: u32, type_oid: u32, category: u8) -> u32 {
    let find = |key| DEFAULT_CLASSES.get(&(method, key)).copied();
    let likened = match (type_oid, category) {
        (type_oid::VARCHAR, _) => type_oid::TEXT,
        (_, b'A') => type_oid::ANYARRAY,
        (_, b'E') => type_oid::ANYENUM,
        (_, b'C') => type_oid::RECORD,
        (_, b'R') => type_oid::ANYRANGE,
        (_, b'S') => type_oid::TEXT,
        _ => 0,
    };
    find(type_oid).or_else(|| find(likened)).or_else(|| oldest_class(method)).unwrap_or_default()
}

fn oldest_class(method: u32) -> Option<u32> {
    DEFAULT_CLASSES.iter().filter(|((other, _), _)| *other == method).map(|(_, class)| *class).min()
}

/// By access method and type.
static DEFAULT_CLASSES: LazyLock<HashMap<(u32, u32), u32>> = LazyLock::new(|| default_classes().unwrap_or_default());

fn default_classes() -> Option<HashMap<(u32, u32), u32>> {
    let classes = relation(oid::PG_OPCLASS)?;
    let place = |name| classes.column(name);
    let (class, method, input, is_default) = (place("oid")?, place("opcmethod")?, place("opcintype")?, place("opcdefault")?);
    let defaults = (0..classes.count()).filter(|row| classes.value(*row, is_default) == Value::Bool(true));
    let entry = |row| {
        let number = |column| classes.value(row, column).as_oid();
        Some(((number(method)?, number(input)?), number(class)?))
    };
    Some(defaults.filter_map(entry).collect())
}

/// What an index with the operator class keeps of a column, where that is not the column's own type.
pub(crate) fn stored(class: u32, used: &Used) -> Option<Used> {
    let stored = match STORED.get(&class).copied()? {
        type_oid::ANYELEMENT => PgType::new(used.oid).element()?.oid,
        stored => stored,
    };
    (stored != used.oid).then(|| self::used(PgType::new(stored), 0))
}

/// The types that operator classes keep instead of the columns' own.
static STORED: LazyLock<HashMap<u32, u32>> = LazyLock::new(|| stored_types().unwrap_or_default());

fn stored_types() -> Option<HashMap<u32, u32>> {
    let classes = relation(oid::PG_OPCLASS)?;
    let (class, key) = (classes.column("oid")?, classes.column("opckeytype")?);
    let number = |row, column| classes.value(row, column).as_oid();
    Some((0..classes.count()).filter_map(|row| Some((number(row, class)?, number(row, key).filter(|key| *key != 0)?))).collect())
}

/// The operator class of a name.
pub(crate) fn named_class(method: u32, name: &str) -> Option<u32> {
    NAMED_CLASSES.get(&(method, name.into())).copied()
}

/// By access method and name.
static NAMED_CLASSES: LazyLock<HashMap<(u32, Arc<str>), u32>> = LazyLock::new(|| named_classes().unwrap_or_default());

fn named_classes() -> Option<HashMap<(u32, Arc<str>), u32>> {
    let classes = relation(oid::PG_OPCLASS)?;
    let place = |name| classes.column(name);
    let (class, method, name) = (place("oid")?, place("opcmethod")?, place("opcname")?);
    let entry = |row| match classes.value(row, name) {
        Value::Text(name) => Some(((classes.value(row, method).as_oid()?, name), classes.value(row, class).as_oid()?)),
        _ => None,
    };
    Some((0..classes.count()).filter_map(entry).collect())
}
