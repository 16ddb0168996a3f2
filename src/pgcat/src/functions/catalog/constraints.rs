//! The SQL of constraints: `pg_get_constraintdef`.

use spi::Result;

use super::expressions::{expression, is_pretty};
use super::names::{Naming, integers};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] =
    &[ScalarEntry::new("pg_get_constraintdef", pg_get_constraintdef), ScalarEntry::new("pg_get_constraintdef_ext", pg_get_constraintdef)];

fn pg_get_constraintdef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (constraint, is_pretty) = (arguments.oid(0)?, is_pretty(arguments, 1)?);
    let row = context.catalog.by_oid(oid::PG_CONSTRAINT, constraint);
    Ok(row.and_then(|row| definition(&Naming::new(context), &row, is_pretty)).into())
}

fn definition(naming: &Naming<'_>, constraint: &CatalogRow<'_>, is_pretty: bool) -> Option<String> {
    let mut text = match constraint.char("contype")? {
        b'f' => foreign_key(naming, constraint)?,
        b'p' => format!("PRIMARY KEY {}", key(naming, constraint)?),
        b'u' => unique(naming, constraint)?,
        b'c' => check(constraint, is_pretty)?,
        b't' => "TRIGGER".to_owned(),
        // There is no place for an exclusion in the catalog, so it is as the source wrote it, with when it is checked.
        b'x' => return Some(naming.catalog.definition(oid::PG_CONSTRAINT, constraint.oid("oid")?)?.to_string()),
        _ => return None,
    };
    let is = |column| constraint.bool(column) == Some(true);
    if is("condeferrable") {
        text += " DEFERRABLE";
        if is("condeferred") {
            text += " INITIALLY DEFERRED";
        }
    }
    if !is("convalidated") {
        text += " NOT VALID";
    }
    Some(text)
}

fn foreign_key(naming: &Naming<'_>, constraint: &CatalogRow<'_>) -> Option<String> {
    let (table, referenced) = (constraint.oid("conrelid")?, constraint.oid("confrelid")?);
    let columns = |table, column| naming.columns(table, &integers(&constraint.get(column)));
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {}({})",
        columns(table, "conkey"),
        naming.relation(referenced, false)?,
        columns(referenced, "confkey")
    );
    text += match constraint.char("confmatchtype") {
        Some(b'f') => " MATCH FULL",
        Some(b'p') => " MATCH PARTIAL",
        _ => "",
    };
    if let Some(action) = action(constraint, "confupdtype") {
        text += &format!(" ON UPDATE {action}");
    }
    if let Some(action) = action(constraint, "confdeltype") {
        text += &format!(" ON DELETE {action}");
    }
    let set = columns(table, "confdelsetcols");
    if !set.is_empty() {
        text += &format!(" ({set})");
    }
    Some(text)
}

/// What is done with referring rows, where that is not nothing.
fn action(constraint: &CatalogRow<'_>, column: &str) -> Option<&'static str> {
    match constraint.char(column)? {
        b'r' => Some("RESTRICT"),
        b'c' => Some("CASCADE"),
        b'n' => Some("SET NULL"),
        b'd' => Some("SET DEFAULT"),
        _ => None,
    }
}

fn unique(naming: &Naming<'_>, constraint: &CatalogRow<'_>) -> Option<String> {
    let index = naming.catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[constraint.get("conindid")]);
    let is_strict = index.and_then(|index| index.bool("indnullsnotdistinct")) == Some(true);
    Some(format!("UNIQUE {}{}", if is_strict { "NULLS NOT DISTINCT " } else { "" }, key(naming, constraint)?))
}

/// The columns of a key, and those that its index carries besides.
fn key(naming: &Naming<'_>, constraint: &CatalogRow<'_>) -> Option<String> {
    let table = constraint.oid("conrelid")?;
    let mut text = format!("({})", naming.columns(table, &integers(&constraint.get("conkey"))));
    if let Some(index) = naming.catalog.find_one(oid::PG_INDEX, &["indexrelid"], &[constraint.get("conindid")]) {
        let (columns, keys) = (integers(&index.get("indkey")), index.int("indnkeyatts")? as usize);
        if keys < columns.len() {
            text += &format!(" INCLUDE ({})", naming.columns(table, &columns[keys..]));
        }
    }
    Some(text)
}

fn check(constraint: &CatalogRow<'_>, is_pretty: bool) -> Option<String> {
    let inherited = if constraint.bool("connoinherit") == Some(true) { " NO INHERIT" } else { "" };
    Some(format!("CHECK ({}){inherited}", expression(&constraint.text("conbin")?, is_pretty)))
}
