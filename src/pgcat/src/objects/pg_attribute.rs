//! `pg_attribute`: the columns of tables, views, indexes, sequences and composite types.
//!
//! Columns keep the places that the source says. Where one is missing, as after a dropped column, there is a row that says so, as in
//! PostgreSQL.

use std::borrow::Cow;
use std::sync::Arc;

use spi::metadata::Relation;
use spi::types::PgType;

use super::columns::pg_attribute as column;
use super::context::{At, Child, Used, used};
use super::index_keys::{self, Key};
use super::index_method;
use super::layout::{Cells, columns, types};
use super::part::Part;
use super::pg_type::NAME_BYTES_MAX;
use super::schema::{Class, Schema};
use crate::bind::{UNNAMED, figure_column_name};
use crate::parse;
use crate::relation::{Row, Rows};
use crate::types::oid;
use crate::value::Value;

pub(crate) struct AttributeRows(pub(crate) At);

impl Part for AttributeRows {
    fn count(&self) -> Row {
        self.0.schema().attributes().count() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let (class_row, number) = schema.attributes().at(schema, row as usize);
        let class = schema.class(class_row);
        match column {
            column::ATTRELID => return Value::oid(schema.class_oid(class)),
            column::ATTNUM => return Value::Int(number.into()),
            _ => {}
        }
        match class {
            _ if number < 0 => system(number, column),
            Class::Table(table) => match schema.attributes().column(schema, table, number) {
                Some(row) => self.table_column(table, row, column),
                None => dropped(number, column),
            },
            Class::Index(index) => self.index_column(index, number, column),
            Class::Sequence(_) => sequence_column(number, column),
            Class::Composite(row) => self.field(row, number, column),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        match columns {
            [column::ATTRELID, rest @ ..] => {
                let Some(class) = schema.class_row_of(key[0].as_oid()?) else { return Some(Rows::NONE) };
                match rest {
                    [] => Some(Rows::Range(schema.attributes().rows(class))),
                    [column::ATTNUM] => {
                        let number = i16::try_from(key[1].as_int()?).ok();
                        let row = number.and_then(|number| schema.attributes().row(schema, class, number));
                        Some(row.map_or(Rows::NONE, Rows::one))
                    }
                    [column::ATTNAME] => Some(self.named(class, key[1].as_str()?)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Types may be of another schema.
    fn looks_beyond_schema(&self, column: usize) -> bool {
        column == column::ATTTYPID
    }

    fn home(&self, column: usize) -> Option<&At> {
        (column == column::ATTRELID).then_some(&self.0)
    }
}

impl AttributeRows {
    /// The columns of a relation that have a name: one, or two where the source allows a name of a system column.
    fn named(&self, class: usize, name: &str) -> Rows {
        let rows = self.0.schema().attributes().rows(class);
        Rows::List(rows.filter(|row| self.value(*row, column::ATTNAME).as_str() == Some(name)).collect())
    }

    fn table_column(&self, table: usize, row: usize, column: usize) -> Value {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Columns);
        let type_of = || &self.0.context.column_types(self.0.place)[batch.integer(columns::TYPE, row) as usize];
        let generated = || batch.word(columns::GENERATED, row);
        match column {
            column::ATTNAME => batch.name(columns::NAME, row).into(),
            column::ATTNOTNULL => (!batch.truth(columns::NULLABLE, row)).into(),
            column::ATTHASDEF => has_default(schema, row).into(),
            column::ATTIDENTITY => match generated() {
                Some("identity always") => "a".into(),
                Some("identity by default") => "d".into(),
                _ => "".into(),
            },
            // PostgreSQL 16 knows stored ones only, and clients of that version no other letter.
            column::ATTGENERATED => if matches!(generated(), Some("stored" | "virtual")) { "s" } else { "" }.into(),
            column::ATTCOLLATION => Value::oid(collation(schema, row, type_of())),
            // What a query gives was not declared.
            column::ATTNDIMS if matches!(schema.table_kind(table), "view" | "materialized view") => Value::Int(0),
            // A partition has its columns from its table.
            column::ATTISLOCAL => self.partition_of(table).is_none().into(),
            column::ATTINHCOUNT => Value::Int(self.partition_of(table).is_some().into()),
            column => of_type(type_of(), column),
        }
    }

    fn partition_of(&self, table: usize) -> Option<Child> {
        self.0.context.child(self.0.place, table)
    }

    fn index_column(&self, index: usize, number: i16, column: usize) -> Value {
        let keys = index_keys::keys(&self.0, index);
        let Some(key) = keys.get(number as usize - 1) else { return dropped(number, column) };
        match column {
            column::ATTNAME => index_column_name(&keys, number as usize - 1).into(),
            column::ATTCOLLATION => Value::oid(if key.is_carried { 0 } else { key.collation }),
            column::ATTOPTIONS if !key.class_parameters.is_empty() => {
                Value::array(oid::TEXT, key.class_parameters.iter().map(|parameter| parameter.as_str().into()).collect())
            }
            column::ATTNDIMS => Value::Int(key.used.dimensions),
            column => of_type(index_method::stored(key.operator_class, &key.used).as_ref().unwrap_or(&key.used), column),
        }
    }

    fn field(&self, row: usize, number: i16, column: usize) -> Value {
        let members = self.0.schema().batch(Relation::Types).list(types::MEMBERS, row);
        let Some(member) = members.get(number as usize - 1) else { return dropped(number, column) };
        let (name, used) = self.0.context.field(self.0.place, member);
        match column {
            column::ATTNAME => name.into(),
            column => of_type(&used, column),
        }
    }
}

/// What every sequence has as its row.
fn sequence_column(number: i16, column: usize) -> Value {
    let (name, type_oid) = match number {
        1 => ("last_value", oid::INT8),
        2 => ("log_cnt", oid::INT8),
        _ => ("is_called", oid::BOOL),
    };
    match column {
        column::ATTNAME => name.into(),
        column::ATTNOTNULL => true.into(),
        column => of_type(&used(PgType::new(type_oid), 0), column),
    }
}

/// Whether a column has a row in `pg_attrdef`: also what generates it stands there, except a sequence of an identity.
pub(crate) fn has_default(schema: &Schema, row: usize) -> bool {
    let batch = schema.batch(Relation::Columns);
    batch.name(columns::DEFAULT, row).is_some() && !batch.word(columns::GENERATED, row).is_some_and(|word| word.starts_with("identity"))
}

/// The collation of a column: that of its type, or another of PostgreSQL's that the source names.
pub(crate) fn collation(schema: &Schema, row: usize, used: &Used) -> u32 {
    if used.facts.collation == 0 {
        return 0;
    }
    schema.metadata.column_collation(row).and_then(super::collations::named).unwrap_or(used.facts.collation)
}

/// An index's column has the name of the table's column; an expression that which it would have in a select list, or `expr`. Later ones
/// of the same name are numbered, and their names cut where they become too long.
fn index_column_name(keys: &[Key], place: usize) -> String {
    let mut names: Vec<String> = Vec::with_capacity(place + 1);
    for key in &keys[..=place] {
        let own = base_name(key);
        let mut name = own.clone().into_owned();
        let mut number = 0;
        while names.contains(&name) {
            number += 1;
            let digits = number.to_string();
            name = format!("{}{digits}", &own[..own.floor_char_boundary(NAME_BYTES_MAX - digits.len())]);
        }
        names.push(name);
    }
    names.pop().unwrap_or_default()
}

fn base_name(key: &Key) -> Cow<'_, str> {
    if key.number != 0 {
        return key.text.as_str().into();
    }
    let figured = parse::expression(&key.text).ok().map(|expression| figure_column_name(&expression));
    figured.filter(|name| name != UNNAMED).map_or("expr".into(), Cow::Owned)
}

/// `ctid` and the others that every table has.
fn system(number: i16, column: usize) -> Value {
    let (name, type_oid) = match number {
        -1 => ("ctid", oid::TID),
        -2 => ("xmin", oid::XID),
        -3 => ("cmin", oid::CID),
        -4 => ("xmax", oid::XID),
        -5 => ("cmax", oid::CID),
        _ => ("tableoid", oid::OID),
    };
    match column {
        column::ATTNAME => name.into(),
        column::ATTNOTNULL => true.into(),
        column::ATTSTATTARGET => Value::Int(0),
        column => of_type(&used(PgType::new(type_oid), 0), column),
    }
}

/// What is left of a column that was dropped.
fn dropped(number: i16, column: usize) -> Value {
    match column {
        column::ATTNAME => format!("........pg.dropped.{number}........").into(),
        column::ATTTYPID => Value::Int(0),
        column::ATTISDROPPED => true.into(),
        column::ATTSTATTARGET => Value::Int(0),
        column::ATTCOLLATION => Value::Int(0),
        column => of_type(&used(PgType::new(0), 0), column),
    }
}

/// What follows from the type, or is alike for all columns.
fn of_type(used: &Used, column: usize) -> Value {
    let facts: &Arc<_> = &used.facts;
    match column {
        column::ATTTYPID => Value::oid(used.oid),
        column::ATTLEN => facts.length.clone(),
        column::ATTCACHEOFF | column::ATTSTATTARGET => Value::Int(-1),
        column::ATTTYPMOD => Value::Int(used.typmod.into()),
        column::ATTNDIMS => Value::Int(used.dimensions),
        column::ATTBYVAL => facts.by_value.clone(),
        column::ATTALIGN => facts.align.clone(),
        column::ATTSTORAGE => facts.storage.clone(),
        column::ATTCOMPRESSION | column::ATTIDENTITY | column::ATTGENERATED => "".into(),
        column::ATTNOTNULL | column::ATTHASDEF | column::ATTHASMISSING | column::ATTISDROPPED => false.into(),
        column::ATTISLOCAL => true.into(),
        column::ATTINHCOUNT => Value::Int(0),
        column::ATTCOLLATION => Value::oid(facts.collation),
        _ => Value::Null,
    }
}
