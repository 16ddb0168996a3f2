//! The whole declaration of a function or procedure: `pg_get_functiondef`.

use spi::{Code, Error, Result};

use super::indexes::literal;
use super::names::{self, Naming, texts};
use super::routines::{Shown, parameters, result};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::resolve::quote_identifier;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("pg_get_functiondef", pg_get_functiondef)];

/// OIDs of `pg_language`. Source: PostgreSQL 16.
const INTERNAL: u32 = 12;
const C: u32 = 13;

fn pg_get_functiondef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let Some(row) = context.catalog.by_oid(oid::PG_PROC, arguments.oid(0)?) else { return Ok(Value::Null) };
    if row.char("prokind") == Some(b'a') {
        let name = row.text("proname").unwrap_or_default();
        return Err(Error::new(Code::WrongObject, format!("\"{name}\" is an aggregate function")));
    }
    Ok(definition(&Naming::new(context), &row).into())
}

fn definition(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Option<String> {
    let is_function = row.char("prokind") != Some(b'p');
    let routine = row.oid("oid")?;
    let head = format!(
        "CREATE OR REPLACE {} {}(",
        if is_function { "FUNCTION" } else { "PROCEDURE" },
        naming.full_name(&names::FUNCTION, routine)?
    );
    // A source like PostgreSQL says it all itself, unless the schema has another name here.
    if let Some(written) = naming.catalog.definition(oid::PG_PROC, routine).filter(|text| text.starts_with(&head)) {
        return Some(written.to_string());
    }
    let mut text = format!("{head}{})\n", parameters(naming, row, Shown::WithDefaults));
    if let Some(result) = result(naming, row) {
        text += &format!(" RETURNS {result}\n");
    }
    let language = naming.catalog.by_oid(oid::PG_LANGUAGE, row.oid("prolang")?)?.text("lanname")?;
    text += &format!(" LANGUAGE {}\n", quote_identifier(&language));
    let properties = properties(naming, row);
    if !properties.is_empty() {
        text += &format!(" {}\n", properties.join(" "));
    }
    for setting in texts(&row.get("proconfig")) {
        text += &setting_clause(&setting);
    }
    match row.text("prosqlbody") {
        Some(body) => text += &body,
        None => text += &body(row, is_function)?,
    }
    Some(text + "\n")
}

/// What is not as PostgreSQL takes it to be where nothing is said.
fn properties(naming: &Naming<'_>, row: &CatalogRow<'_>) -> Vec<String> {
    let is = |column| row.bool(column) == Some(true);
    let mut found = Vec::new();
    let mut say = |condition: bool, words: &str| {
        if condition {
            found.push(words.to_owned());
        }
    };
    say(row.char("prokind") == Some(b'w'), "WINDOW");
    say(row.char("provolatile") == Some(b'i'), "IMMUTABLE");
    say(row.char("provolatile") == Some(b's'), "STABLE");
    say(row.char("proparallel") == Some(b's'), "PARALLEL SAFE");
    say(row.char("proparallel") == Some(b'r'), "PARALLEL RESTRICTED");
    say(is("proisstrict"), "STRICT");
    say(is("prosecdef"), "SECURITY DEFINER");
    say(is("proleakproof"), "LEAKPROOF");
    let usual_cost = if matches!(row.oid("prolang"), Some(INTERNAL | C)) { 1.0 } else { 100.0 };
    if let Some(cost) = float(row, "procost").filter(|cost| *cost != usual_cost) {
        found.push(format!("COST {cost}"));
    }
    if let Some(rows) = float(row, "prorows").filter(|rows| *rows != 0.0 && *rows != 1000.0) {
        found.push(format!("ROWS {rows}"));
    }
    if let Some(support) = row.oid("prosupport").filter(|support| *support != 0)
        && let Some(name) = naming.name(&names::FUNCTION, support)
    {
        found.push(format!("SUPPORT {name}"));
    }
    found
}

fn float(row: &CatalogRow<'_>, column: &str) -> Option<f64> {
    match row.get(column) {
        Value::Float(number) => Some(number),
        _ => None,
    }
}

/// Settings whose values are lists of names: `GUC_LIST_QUOTE` in PostgreSQL 16.
const LISTS: [&str; 5] =
    ["local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces"];

/// `name=value` as `SET name TO 'value'`.
fn setting_clause(setting: &str) -> String {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    let is_list = LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
    let value = if is_list {
        let items = value.split(',').map(|item| literal(&item.trim().trim_matches('"').replace("\"\"", "\"")));
        items.collect::<Vec<String>>().join(", ")
    } else {
        literal(value)
    };
    format!(" SET {} TO {value}\n", quote_identifier(name))
}

/// The body in dollar quotes that it does not hold itself.
fn body(row: &CatalogRow<'_>, is_function: bool) -> Option<String> {
    let source = row.text("prosrc")?;
    if let Some(library) = row.text("probin") {
        return Some(format!("AS {}, {}", literal(&library), literal(&source)));
    }
    let mut quote = (if is_function { "$function" } else { "$procedure" }).to_owned();
    while source.contains(&quote) {
        quote.push('x');
    }
    Some(format!("AS {quote}${source}{quote}$"))
}
