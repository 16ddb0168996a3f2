//! The SQL of triggers: `pg_get_triggerdef`.

use spi::Result;

use super::expressions::{expression, is_pretty};
use super::indexes::literal;
use super::names::{self, Naming, integers};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::resolve::quote_identifier;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] =
    &[ScalarEntry::new("pg_get_triggerdef", pg_get_triggerdef), ScalarEntry::new("pg_get_triggerdef_ext", pg_get_triggerdef)];

/// Bits of `pg_trigger.tgtype`. A trigger that acts neither before nor instead acts after.
const EACH_ROW: i64 = 1;
const BEFORE: i64 = 1 << 1;
const INSTEAD_OF: i64 = 1 << 6;
const UPDATE: i64 = 1 << 4;
const EVENTS: [(i64, &str); 4] = [(1 << 2, "INSERT"), (1 << 3, "DELETE"), (UPDATE, "UPDATE"), (1 << 5, "TRUNCATE")];

fn pg_get_triggerdef(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (trigger, is_pretty) = (arguments.oid(0)?, is_pretty(arguments, 1)?);
    let row = context.catalog.by_oid(oid::PG_TRIGGER, trigger);
    Ok(row.and_then(|row| definition(&Naming::new(context), &row, is_pretty)).into())
}

fn definition(naming: &Naming<'_>, trigger: &CatalogRow<'_>, is_pretty: bool) -> Option<String> {
    let (bits, table) = (trigger.int("tgtype")?, trigger.oid("tgrelid")?);
    let is_constraint = trigger.oid("tgconstraint").is_some_and(|constraint| constraint != 0);
    let mut text = format!(
        "CREATE {}TRIGGER {} {} {} ON {} ",
        if is_constraint { "CONSTRAINT " } else { "" },
        quote_identifier(&trigger.text("tgname")?),
        if bits & BEFORE != 0 {
            "BEFORE"
        } else if bits & INSTEAD_OF != 0 {
            "INSTEAD OF"
        } else {
            "AFTER"
        },
        events(naming, trigger, bits, table),
        naming.relation(table, !is_pretty)?
    );
    if is_constraint {
        if let Some(other) = trigger.oid("tgconstrrelid").and_then(|other| naming.relation(other, false)) {
            text += &format!("FROM {other} ");
        }
        text += if trigger.bool("tgdeferrable") == Some(true) { "DEFERRABLE INITIALLY " } else { "NOT DEFERRABLE INITIALLY " };
        text += if trigger.bool("tginitdeferred") == Some(true) { "DEFERRED " } else { "IMMEDIATE " };
    }
    text += &transition_tables(trigger);
    text += if bits & EACH_ROW != 0 { "FOR EACH ROW " } else { "FOR EACH STATEMENT " };
    if let Some(condition) = trigger.text("tgqual") {
        text += &format!("WHEN ({}) ", expression(&condition, is_pretty));
    }
    match naming.name(&names::FUNCTION, trigger.oid("tgfoid")?) {
        Some(function) => Some(format!("{text}EXECUTE FUNCTION {function}({})", arguments(trigger))),
        // Triggers of other sources have a body instead of a function.
        None => Some(text + &naming.catalog.definition(oid::PG_TRIGGER, trigger.oid("oid")?)?),
    }
}

fn events(naming: &Naming<'_>, trigger: &CatalogRow<'_>, bits: i64, table: u32) -> String {
    let columns = naming.columns(table, &integers(&trigger.get("tgattr")));
    let event = |(bit, name): &(i64, &str)| match *bit {
        UPDATE if !columns.is_empty() => format!("{name} OF {columns}"),
        _ => (*name).to_owned(),
    };
    let events: Vec<String> = EVENTS.iter().filter(|(bit, _)| bits & bit != 0).map(event).collect();
    events.join(" OR ")
}

fn transition_tables(trigger: &CatalogRow<'_>) -> String {
    let table = |column, word| trigger.text(column).map(|name| format!("{word} TABLE AS {} ", quote_identifier(&name)));
    let tables: String = [table("tgoldtable", "OLD"), table("tgnewtable", "NEW")].into_iter().flatten().collect();
    if tables.is_empty() { tables } else { format!("REFERENCING {tables}") }
}

/// The arguments of the trigger's function, which are stored with a zero byte behind each.
fn arguments(trigger: &CatalogRow<'_>) -> String {
    let Value::Bytes(bytes) = trigger.get("tgargs") else { return String::new() };
    let count = trigger.int("tgnargs").unwrap_or_default() as usize;
    let texts = bytes.split(|byte| *byte == 0).take(count).map(|argument| literal(&String::from_utf8_lossy(argument)));
    texts.collect::<Vec<String>>().join(", ")
}
