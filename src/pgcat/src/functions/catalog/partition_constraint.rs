//! What the rows of a partition fulfil: `pg_get_partition_constraintdef`.
//!
//! It is made from the bounds as `FOR VALUES` has them, for keys of one column or expression; for others there is none to show. Bounds
//! that are not in PostgreSQL's form, such as those of other sources, have none either.

use super::expressions::expressions;
use super::names::{Naming, integers};
use super::partitions::key_items;
use crate::catalog::oid;
use crate::types::oid as type_oid;
use crate::value::Value;

pub(super) fn of(naming: &Naming<'_>, table: u32) -> Option<String> {
    let catalog = naming.catalog;
    let class = catalog.by_oid(oid::PG_CLASS, table)?;
    if class.bool("relispartition") != Some(true) {
        return None;
    }
    let parent = catalog.find_one(oid::PG_INHERITS, &["inhrelid"], &[Value::oid(table)])?.oid("inhparent")?;
    let key = catalog.find_one(oid::PG_PARTITIONED_TABLE, &["partrelid"], &[Value::oid(parent)])?;
    let items = key_items(naming, parent, &key, true);
    let [item] = items.as_slice() else { return None };
    let number = integers(&key.get("partattrs")).first().copied();
    let type_ = number.and_then(|number| naming.attribute(parent, number)).and_then(|row| row.oid("atttypid")).unwrap_or(type_oid::TEXT);
    let bound = class.text("relpartbound")?;
    let bound = bound.strip_prefix("FOR VALUES ")?;
    if let Some(values) = bound.strip_prefix("IN ") {
        return list(naming, item, type_, expressions(inside(values)?));
    }
    let (from, to) = bound.strip_prefix("FROM ")?.split_once(" TO ")?;
    Some(range(naming, item, type_, inside(from)?, inside(to)?))
}

/// What is in the parentheses around all.
fn inside(text: &str) -> Option<&str> {
    text.trim().strip_prefix('(')?.strip_suffix(')')
}

fn range(naming: &Naming<'_>, item: &str, type_: u32, from: &str, to: &str) -> String {
    let mut conditions = vec![format!("({item} IS NOT NULL)")];
    if from != "MINVALUE" {
        conditions.push(format!("({item} >= {})", constant(naming, type_, from)));
    }
    if to != "MAXVALUE" {
        conditions.push(format!("({item} < {})", constant(naming, type_, to)));
    }
    match conditions.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", conditions.join(" AND ")),
    }
}

fn list(naming: &Naming<'_>, item: &str, type_: u32, values: Vec<&str>) -> Option<String> {
    let constants: Vec<String> = values.iter().filter(|value| **value != "NULL").map(|value| constant(naming, type_, value)).collect();
    let takes_null = constants.len() < values.len();
    let is_one = match constants.as_slice() {
        [] => None,
        [only] => Some(format!("({item} = {only})")),
        _ => Some(format!("({item} = ANY (ARRAY[{}]))", constants.join(", "))),
    };
    Some(match (takes_null, is_one) {
        (true, None) => format!("({item} IS NULL)"),
        (true, Some(is_one)) => format!("(({item} IS NULL) OR {is_one})"),
        (false, is_one) => format!("(({item} IS NOT NULL) AND {})", is_one?),
    })
}

/// A constant with its type, unless its form says it.
fn constant(naming: &Naming<'_>, type_: u32, text: &str) -> String {
    let says_type = match type_ {
        type_oid::INT4 | type_oid::BOOL => true,
        type_oid::NUMERIC => text.contains('.'),
        _ => false,
    };
    if says_type { text.to_owned() } else { format!("{}::{}", quoted(text), naming.type_name(type_, None)) }
}

/// Numbers other than whole ones of 32 bits are written as texts.
fn quoted(text: &str) -> String {
    if text.starts_with('\'') { text.to_owned() } else { format!("'{text}'") }
}
