//! The triggers of the tables, without those by which the server keeps foreign keys.

use spi::Result;
use spi::metadata::{Harvest, TriggerRow, TriggerTiming};

use super::statement::{Found, Statements, names};
use super::tables::Tables;

/// The condition is stored as an expression over two rows, which the server prints only as part of the whole definition.
const STATEMENT: &str = "SELECT t.tgrelid, t.tgname::text, t.tgtype, \
     ARRAY(SELECT (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = t.tgattr[place]) \
     FROM generate_subscripts(t.tgattr, 1) place ORDER BY place), \
     pg_get_triggerdef(t.oid), t.tgenabled IN ('O', 'A'), d.description \
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
     LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0 \
     WHERE NOT t.tgisinternal AND c.relnamespace = ANY ($1) AND ($2::text IS NULL OR c.relname = $2)";

/// The bits of `pg_trigger.tgtype`. A trigger that acts neither before nor instead acts after.
const EACH_ROW: i16 = 1;
const BEFORE: i16 = 1 << 1;
const EVENTS: [(i16, &str); 4] = [(1 << 2, "INSERT"), (1 << 4, "UPDATE"), (1 << 3, "DELETE"), (1 << 5, "TRUNCATE")];
const INSTEAD_OF: i16 = 1 << 6;

/// Pushes the triggers of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    statements.each(STATEMENT, |found| push_trigger(found, tables, harvest)).await
}

fn push_trigger(found: &Found<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some(table) = tables.get(&found.oid(0)?) else { return Ok(()) };
    let bits: i16 = found.get(2)?;
    let columns: Vec<String> = found.get(3)?;
    let definition = Definition::of(found.get(4)?);
    harvest.trigger(TriggerRow {
        schema: &table.schema,
        table: &table.name,
        name: found.get(1)?,
        timing: timing(bits),
        events: &events(bits),
        columns: &names(&columns),
        for_each_row: bits & EACH_ROW != 0,
        condition: definition.condition,
        action: definition.action,
        enabled: found.get(5)?,
        comment: found.get(6)?,
    })
}

fn timing(bits: i16) -> TriggerTiming {
    match (bits & BEFORE != 0, bits & INSTEAD_OF != 0) {
        (true, _) => TriggerTiming::Before,
        (_, true) => TriggerTiming::InsteadOf,
        _ => TriggerTiming::After,
    }
}

fn events(bits: i16) -> Vec<&'static str> {
    EVENTS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, event)| *event).collect()
}

/// The parts of `CREATE TRIGGER … WHEN (condition) EXECUTE FUNCTION …`, as the server prints it.
#[derive(Debug, PartialEq)]
struct Definition<'a> {
    condition: Option<&'a str>,
    action: &'a str,
}

impl<'a> Definition<'a> {
    fn of(text: &'a str) -> Self {
        let (head, action) = split_outside_quotes(text, " EXECUTE ").unwrap_or(("", text));
        // The first one: a condition may itself have cases.
        let condition = split_outside_quotes(head, " WHEN (").map(|(_, condition)| condition.strip_suffix(')').unwrap_or(condition));
        Self { condition, action: action.trim_start() }
    }
}

/// The text before the first such keyword, and what follows: for ` EXECUTE ` from the keyword on, for ` WHEN (` after it. The server
/// writes nothing but keywords in capitals outside of quotes, and a quote within quotes twice.
fn split_outside_quotes<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let mut quote = None;
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') if text[place..].starts_with(keyword) => {
                let rest = if keyword.ends_with('(') { place + keyword.len() } else { place };
                return Some((&text[..place], &text[rest..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_split_at_its_own_keywords_only() {
        let plain = "CREATE TRIGGER t BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg()";
        assert_eq!(Definition::of(plain), Definition { condition: None, action: "EXECUTE FUNCTION crm.trg()" });
        let text = "CREATE TRIGGER \" WHEN (\"\" EXECUTE \" AFTER UPDATE ON t FOR EACH ROW \
             WHEN ((CASE WHEN (old.a = ' EXECUTE ') THEN 1 ELSE 2 END = 1)) EXECUTE PROCEDURE f('it''s EXECUTE ')";
        let condition = Some("(CASE WHEN (old.a = ' EXECUTE ') THEN 1 ELSE 2 END = 1)");
        assert_eq!(Definition::of(text), Definition { condition, action: "EXECUTE PROCEDURE f('it''s EXECUTE ')" });
    }

    #[test]
    fn bits_are_times_and_events() {
        assert_eq!((timing(7), events(7)), (TriggerTiming::Before, vec!["INSERT"]));
        assert_eq!((timing(0x51), events(0x51)), (TriggerTiming::InsteadOf, vec!["UPDATE"]));
        assert_eq!((timing(0x20), events(0x3c)), (TriggerTiming::After, vec!["INSERT", "UPDATE", "DELETE", "TRUNCATE"]));
    }
}
