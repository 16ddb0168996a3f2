//! `pg_constraint`: primary keys, unique, foreign key, check and exclusion constraints. `conbin` is the condition as the source writes it.

use spi::metadata::Relation;

use super::columns::pg_constraint as column;
use super::context::At;
use super::equality;
use super::keys;
use super::layout::{Cells, constraints};
use super::part::{Part, found};
use crate::relation::{Row, Rows};
use crate::types::oid;
use crate::value::Value;

pub(crate) struct Constraints(pub(crate) At);

impl Part for Constraints {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Constraints) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Constraints);
        let table = keys::table(schema, row);
        let letter = letter(batch.word(constraints::KIND, row).unwrap_or_default());
        match column {
            column::OID => Value::oid(schema.object(Relation::Constraints, row)),
            column::CONNAME => batch.text(constraints::NAME, row).into(),
            column::CONNAMESPACE => Value::oid(schema.oid()),
            column::CONTYPE => letter.into(),
            column::CONDEFERRABLE => batch.truth(constraints::DEFERRABLE, row).into(),
            column::CONDEFERRED => batch.truth(constraints::INITIALLY_DEFERRED, row).into(),
            column::CONVALIDATED | column::CONISLOCAL => true.into(),
            column::CONRELID => Value::oid(schema.table_oid(table)),
            column::CONINDID => Value::oid(self.index(row, letter)),
            column::CONNOINHERIT => (letter != "c").into(),
            column::CONKEY => {
                let numbers = keys::numbers(schema, table, &batch.list(constraints::COLUMNS, row));
                if numbers.is_empty() { Value::Null } else { array(numbers) }
            }
            column::CONBIN if letter == "c" => batch.text(constraints::EXPRESSION, row).into(),
            _ if letter == "f" => self.foreign(row, table, column),
            column => other(column),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        match columns {
            [column::OID] => Some(found(schema.row_of(Relation::Constraints, key[0].as_oid()?))),
            [column::CONNAMESPACE] => Some(if key[0] == Value::oid(schema.oid()) { Rows::Range(0..self.count()) } else { Rows::NONE }),
            [column::CONRELID] => {
                let table = schema.table_of_oid(key[0].as_oid()?);
                let rows = table.map(|table| schema.rows_of(Relation::Constraints, table)).unwrap_or_default();
                Some(Rows::Range(rows.start as Row..rows.end as Row))
            }
            _ => None,
        }
    }

    fn looks_beyond_schema(&self, column: usize) -> bool {
        matches!(column, column::CONFRELID | column::CONINDID)
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::CONRELID | column::CONNAMESPACE).then_some(&self.0)
    }
}

impl Constraints {
    fn index(&self, row: usize, letter: &str) -> u32 {
        let (context, place) = (&self.0.context, self.0.place);
        let index = match letter {
            "f" => keys::referenced_index(context, place, row),
            _ => keys::backing_index(self.0.schema(), row).map(|index| (place, index)),
        };
        index.map_or(0, |(place, index)| context.schemas[place].object(Relation::Indexes, index))
    }

    fn foreign(&self, row: usize, table: usize, column: usize) -> Value {
        let batch = self.0.schema().batch(Relation::Constraints);
        let referenced = keys::referenced_table(&self.0.context, self.0.place, row);
        let other_at = |place| At { place, ..self.0.clone() };
        match column {
            column::CONFRELID => Value::oid(referenced.map_or(0, |(place, table)| self.0.context.schemas[place].table_oid(table))),
            column::CONFUPDTYPE => action(batch.word(constraints::ON_UPDATE, row)).into(),
            column::CONFDELTYPE => action(batch.word(constraints::ON_DELETE, row)).into(),
            column::CONFMATCHTYPE => "s".into(),
            column::CONFKEY => {
                let Some((place, table)) = referenced else { return Value::Null };
                array(keys::numbers(&self.0.context.schemas[place], table, &batch.list(constraints::REFERENCED_COLUMNS, row)))
            }
            column::CONPFEQOP | column::CONPPEQOP | column::CONFFEQOP => {
                let Some((place, referenced_table)) = referenced else { return Value::Null };
                let bases = |at: &At, table, names: Vec<&str>| -> Vec<u32> {
                    let numbers = keys::numbers(at.schema(), table, &names);
                    numbers.into_iter().map(|number| keys::type_of(at, table, number).map_or(oid::TEXT, |used| used.base)).collect()
                };
                let own = bases(&self.0, table, batch.list(constraints::COLUMNS, row));
                let theirs = bases(&other_at(place), referenced_table, batch.list(constraints::REFERENCED_COLUMNS, row));
                let operators = theirs.iter().zip(&own).map(|(theirs, own)| match column {
                    column::CONPFEQOP => equality::operator(*theirs, *own),
                    column::CONPPEQOP => equality::operator(*theirs, *theirs),
                    _ => equality::operator(*own, *own),
                });
                Value::array(oid::OID, operators.map(Value::oid).collect())
            }
            column => self::other(column),
        }
    }
}

fn other(column: usize) -> Value {
    match column {
        column::CONFUPDTYPE | column::CONFDELTYPE | column::CONFMATCHTYPE => " ".into(),
        column::CONTYPID | column::CONINDID | column::CONPARENTID | column::CONFRELID | column::CONINHCOUNT => Value::Int(0),
        _ => Value::Null,
    }
}

fn array(numbers: Vec<i16>) -> Value {
    Value::array(oid::INT2, numbers.into_iter().map(|number| Value::Int(number.into())).collect())
}

/// `pg_constraint.contype`.
fn letter(kind: &str) -> &'static str {
    match kind {
        "PRIMARY KEY" => "p",
        "UNIQUE" => "u",
        "FOREIGN KEY" => "f",
        "EXCLUDE" => "x",
        _ => "c",
    }
}

/// `pg_constraint.confupdtype` and `confdeltype`.
fn action(words: Option<&str>) -> &'static str {
    match words {
        Some("RESTRICT") => "r",
        Some("CASCADE") => "c",
        Some("SET NULL") => "n",
        Some("SET DEFAULT") => "d",
        _ => "a",
    }
}
