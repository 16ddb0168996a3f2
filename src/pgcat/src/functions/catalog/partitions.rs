//! Partitioned tables: their keys, and how they and their partitions make a tree.

use spi::Result;

use super::expressions::{expression, expressions, is_call};
use super::indexes::comparison;
use super::names::{Naming, integers};
use super::partition_constraint;
use super::records::{Columns, rows};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid as type_oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_get_partkeydef", pg_get_partkeydef),
    ScalarEntry::new("pg_get_partition_constraintdef", pg_get_partition_constraintdef),
    ScalarEntry::new("pg_partition_root", pg_partition_root),
];

pub const SETS: &[SetEntry] =
    &[SetEntry::new("pg_partition_tree", pg_partition_tree), SetEntry::new("pg_partition_ancestors", pg_partition_ancestors)];

fn pg_get_partkeydef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let table = arguments.oid(0)?;
    let row = context.catalog.find_one(oid::PG_PARTITIONED_TABLE, &["partrelid"], &[Value::oid(table)]);
    Ok(row.and_then(|row| key(&Naming::new(context), table, &row)).into())
}

/// `RANGE (a, lower(b) COLLATE "C")`.
fn key(naming: &Naming<'_>, table: u32, row: &CatalogRow<'_>) -> Option<String> {
    let strategy = match row.char("partstrat")? {
        b'h' => "HASH",
        b'l' => "LIST",
        _ => "RANGE",
    };
    let (collations, classes) = (integers(&row.get("partcollation")), integers(&row.get("partclass")));
    let at = |numbers: &[i64], place: usize| numbers.get(place).copied().unwrap_or_default() as u32;
    let items: Vec<String> = key_items(naming, table, row, false)
        .into_iter()
        .zip(integers(&row.get("partattrs")))
        .enumerate()
        .map(|(place, (item, number))| {
            let attribute = naming.attribute(table, number);
            item + &comparison(naming, attribute.as_ref(), at(&collations, place), at(&classes, place))
        })
        .collect();
    Some(format!("{strategy} ({})", items.join(", ")))
}

/// The columns and expressions of a key.
pub(super) fn key_items(naming: &Naming<'_>, table: u32, row: &CatalogRow<'_>, is_bare: bool) -> Vec<String> {
    let texts = row.text("partexprs").unwrap_or_default();
    let mut expressions = expressions(&texts).into_iter();
    let item = |number: i64| match number {
        0 => {
            let text = expression(expressions.next()?, false);
            Some(if is_bare || is_call(&text) { text.into_owned() } else { format!("({text})") })
        }
        _ => naming.column(table, number),
    };
    integers(&row.get("partattrs")).into_iter().filter_map(item).collect()
}

fn pg_get_partition_constraintdef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(partition_constraint::of(&Naming::new(context), arguments.oid(0)?).into())
}

/// The partitioned table that a partition belongs to.
pub(super) fn parent(context: &Context<'_>, table: u32) -> Option<u32> {
    let row = context.catalog.by_oid(oid::PG_CLASS, table)?;
    if row.bool("relispartition") != Some(true) {
        return None;
    }
    context.catalog.find_one(oid::PG_INHERITS, &["inhrelid"], &[Value::oid(table)])?.oid("inhparent")
}

/// Whether a relation is in a tree of partitions: a partition, or what can have some.
fn is_in_tree(context: &Context<'_>, table: u32) -> bool {
    context
        .catalog
        .by_oid(oid::PG_CLASS, table)
        .is_some_and(|row| row.bool("relispartition") == Some(true) || matches!(row.char("relkind"), Some(b'p' | b'I')))
}

/// A relation and what it is a partition of, the root last.
fn ancestors(context: &Context<'_>, table: u32) -> Vec<u32> {
    let mut found = vec![table];
    while let Some(above) = found.last().and_then(|last| parent(context, *last)).filter(|above| !found.contains(above)) {
        found.push(above);
    }
    found
}

fn pg_partition_root(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let table = arguments.oid(0)?;
    if !is_in_tree(context, table) {
        return Ok(Value::Null);
    }
    Ok(ancestors(context, table).last().map_or(Value::Null, |root| Value::oid(*root)))
}

fn pg_partition_ancestors(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let table = arguments.oid(0)?;
    let found = if is_in_tree(context, table) { ancestors(context, table) } else { Vec::new() };
    Ok(Box::new(found.into_iter().map(|table| Ok(Value::oid(table)))))
}

const TREE: Columns =
    &[("relid", type_oid::REGCLASS), ("parentrelid", type_oid::REGCLASS), ("isleaf", type_oid::BOOL), ("level", type_oid::INT4)];

/// A relation and all partitions below it, level by level.
fn pg_partition_tree(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let root = arguments.oid(0)?;
    let mut found: Vec<(u32, i64)> = if is_in_tree(context, root) { vec![(root, 0)] } else { Vec::new() };
    let mut next = 0;
    while let Some((table, level)) = found.get(next).copied() {
        next += 1;
        for row in context.catalog.find(oid::PG_INHERITS, &["inhparent"], &[Value::oid(table)]) {
            if let Some(below) = row.oid("inhrelid").filter(|below| !found.iter().any(|(other, _)| other == below)) {
                found.push((below, level + 1));
            }
        }
    }
    let row = |(table, level): (u32, i64)| {
        let kind = context.catalog.by_oid(oid::PG_CLASS, table).and_then(|row| row.char("relkind"));
        let above = parent(context, table).map_or(Value::Null, Value::oid);
        vec![Value::oid(table), above, (!matches!(kind, Some(b'p' | b'I'))).into(), Value::Int(level)]
    };
    Ok(rows(TREE, found.into_iter().map(row).collect()))
}
