//! `pg_trigger`: triggers. Where a trigger is no call of a function, as in sources whose triggers have a body, it has no function.

use spi::metadata::Relation;

use super::columns::pg_trigger as column;
use super::context::At;
use super::keys;
use super::layout::{Cells, triggers};
use super::part::{Part, found};
use super::pg_proc::is_trigger_function;
use super::type_name::TypeName;
use crate::relation::{Row, Rows};
use crate::types::oid;
use crate::value::Value;

/// The bits of `tgtype`. A trigger that acts neither before nor instead acts after.
const EACH_ROW: i64 = 1;
const BEFORE: i64 = 1 << 1;
const INSTEAD_OF: i64 = 1 << 6;

pub(crate) struct Triggers(pub(crate) At);

impl Part for Triggers {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Triggers) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Triggers);
        let table = batch.number(triggers::TABLE, row) as usize;
        let action = || batch.text(triggers::ACTION, row).unwrap_or_default();
        match column {
            column::OID => Value::oid(schema.object(Relation::Triggers, row)),
            column::TGRELID => Value::oid(schema.table_oid(table)),
            column::TGNAME => batch.text(triggers::NAME, row).into(),
            column::TGFOID => Value::oid(function(&self.0, action()).unwrap_or_default()),
            column::TGTYPE => Value::Int(self.bits(row)),
            column::TGENABLED => if batch.truth(triggers::ENABLED, row) { "O" } else { "D" }.into(),
            column::TGISINTERNAL | column::TGDEFERRABLE | column::TGINITDEFERRED => false.into(),
            column::TGNARGS => Value::Int(arguments(action()).len() as i64),
            column::TGATTR => {
                let numbers = keys::numbers(schema, table, &batch.list(triggers::COLUMNS, row));
                Value::vector(oid::INT2, numbers.into_iter().map(|number| Value::Int(number.into())).collect())
            }
            column::TGARGS => {
                // Each ends with a zero byte.
                let bytes: Vec<u8> =
                    arguments(action()).into_iter().flat_map(|argument| argument.into_bytes().into_iter().chain([0])).collect();
                Value::Bytes(bytes.into())
            }
            column::TGQUAL => batch.text(triggers::CONDITION, row).into(),
            column::TGOLDTABLE | column::TGNEWTABLE => Value::Null,
            _ => Value::Int(0),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        if columns == [column::OID] {
            return Some(found(schema.row_of(Relation::Triggers, key[0].as_oid()?)));
        }
        let [column::TGRELID] = columns else { return None };
        let table = schema.table_of_oid(key[0].as_oid()?);
        let rows = table.map(|table| schema.rows_of(Relation::Triggers, table)).unwrap_or_default();
        Some(Rows::Range(rows.start as Row..rows.end as Row))
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::TGRELID).then_some(&self.0)
    }
}

impl Triggers {
    fn bits(&self, row: usize) -> i64 {
        let batch = self.0.schema().batch(Relation::Triggers);
        let time = match batch.word(triggers::TIMING, row) {
            Some("BEFORE") => BEFORE,
            Some("INSTEAD OF") => INSTEAD_OF,
            _ => 0,
        };
        let event = |event: &str| match event {
            "INSERT" => 1 << 2,
            "DELETE" => 1 << 3,
            "UPDATE" => 1 << 4,
            "TRUNCATE" => 1 << 5,
            _ => 0,
        };
        let each_row = if batch.truth(triggers::FOR_EACH_ROW, row) { EACH_ROW } else { 0 };
        batch.list(triggers::EVENTS, row).into_iter().fold(time | each_row, |bits, name| bits | event(name))
    }
}

/// The function of `EXECUTE FUNCTION schema.name(…)`.
pub(crate) fn function(at: &At, action: &str) -> Option<u32> {
    let (name, _) = call(action)?;
    let name = TypeName::parse(name)?;
    let place = match &name.schema {
        Some(schema) => at.context.sibling(at.place, schema)?,
        None => at.place,
    };
    let schema = &at.context.schemas[place];
    let function = schema.routines(&name.name).find(|row| is_trigger_function(schema, *row))?;
    Some(schema.object(Relation::Routines, function))
}

/// The strings that the function is called with.
fn arguments(action: &str) -> Vec<String> {
    let Some((_, mut rest)) = call(action) else { return Vec::new() };
    let (mut arguments, mut argument) = (Vec::new(), String::new());
    // `'it''s', 'b'`: what lies between quotes, where two quotes are one.
    while let Some((_, inside)) = rest.split_once('\'') {
        let Some((part, behind)) = inside.split_once('\'') else { break };
        argument.push_str(part);
        if behind.starts_with('\'') {
            argument.push('\'');
        } else {
            arguments.push(std::mem::take(&mut argument));
        }
        rest = behind;
    }
    arguments
}

/// The name of the function, and what stands behind the parenthesis.
fn call(action: &str) -> Option<(&str, &str)> {
    let call = action.strip_prefix("EXECUTE FUNCTION ").or_else(|| action.strip_prefix("EXECUTE PROCEDURE "))?;
    let mut is_quoted = false;
    let open = call.find(|letter| {
        is_quoted ^= letter == '"';
        letter == '(' && !is_quoted
    })?;
    Some((&call[..open], &call[open + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_strings() {
        assert_eq!(arguments("EXECUTE FUNCTION s.\"f(\"('a', 'it''s', '')"), ["a", "it's", ""]);
        assert_eq!(call("EXECUTE PROCEDURE f()"), Some(("f", ")")));
        assert_eq!(call("BEGIN END"), None);
    }
}
