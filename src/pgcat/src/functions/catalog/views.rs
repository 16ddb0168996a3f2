//! The SQL of views and rules: `pg_get_viewdef` and `pg_get_ruledef`.
//!
//! The views of PostgreSQL have their texts in both forms; those of data sources have one text, in the source's own dialect. Neither is
//! broken into lines anew, so the forms with a width give the form for people.

use spi::Result;

use super::expressions::is_pretty;
use super::lookup;
use super::names::Naming;
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::resolve::quote_identifier;
use crate::statics;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_get_viewdef", of_oid),
    ScalarEntry::new("pg_get_viewdef_ext", of_oid),
    ScalarEntry::new("pg_get_viewdef_wrap", of_oid_wrapped),
    ScalarEntry::new("pg_get_viewdef_name", of_name),
    ScalarEntry::new("pg_get_viewdef_name_ext", of_name),
    ScalarEntry::new("pg_get_ruledef", pg_get_ruledef),
    ScalarEntry::new("pg_get_ruledef_ext", pg_get_ruledef),
];

fn of_oid(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(definition(context, arguments.oid(0)?, is_pretty(arguments, 1)?).into())
}

fn of_oid_wrapped(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(definition(context, arguments.oid(0)?, true).into())
}

fn of_name(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let view = lookup::relation(context, arguments.text(0)?)?;
    Ok(definition(context, view, is_pretty(arguments, 1)?).into())
}

/// The query of a view; null for what is none.
fn definition(context: &Context<'_>, view: u32, is_pretty: bool) -> Option<String> {
    if let Some(text) = statics::view_definition(view, is_pretty) {
        return Some(text.to_owned());
    }
    let key = [Value::oid(view), "_RETURN".into()];
    let rule = context.catalog.find_one(oid::PG_REWRITE, &["ev_class", "rulename"], &key)?;
    let text = rule.text("ev_action")?;
    Some(if text.trim_end().ends_with(';') { text.to_string() } else { format!("{text};") })
}

fn pg_get_ruledef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (rule, is_pretty) = (arguments.oid(0)?, is_pretty(arguments, 1)?);
    if let Some(definition) = statics::rule_definition(rule) {
        return Ok(definition.text(is_pretty).into());
    }
    let row = context.catalog.by_oid(oid::PG_REWRITE, rule);
    Ok(row.and_then(|row| view_rule(context, &row, is_pretty)).into())
}

/// The rule that makes a relation a view.
fn view_rule(context: &Context<'_>, rule: &CatalogRow<'_>, is_pretty: bool) -> Option<String> {
    let (name, view) = (rule.text("rulename")?, rule.oid("ev_class")?);
    let relation = Naming::new(context).relation(view, !is_pretty)?;
    let query = definition(context, view, is_pretty)?;
    Some(format!("CREATE RULE {} AS\n    ON SELECT TO {relation} DO INSTEAD {query}", quote_identifier(&name)))
}
