//! `pg_type`: row types of tables, enumerations, domains and composite types, and the arrays over each.

use std::sync::Arc;

use spi::metadata::Relation;

use super::columns::pg_type as column;
use super::context::At;
use super::facts::{Facts, function};
use super::ids::{self, Dependent, dependent};
use super::layout::{Cells, tables, types};
use super::names;
use super::part::Part;
use crate::relation::{Row, Rows};
use crate::value::Value;

/// The tables in their order, then the types; of each the type itself and then its array.
pub(crate) struct Types(pub(crate) At);

/// What a type is made for.
#[derive(Clone, Copy)]
enum Of {
    Table(usize),
    User(usize),
}

impl Part for Types {
    fn count(&self) -> Row {
        let schema = self.0.schema();
        2 * (schema.len(Relation::Tables) + schema.len(Relation::Types)) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let schema = self.0.schema();
        let (place, is_array) = ((row / 2) as usize, row % 2 == 1);
        let of = match place.checked_sub(schema.len(Relation::Tables)) {
            None => Of::Table(place),
            Some(row) => Of::User(row),
        };
        match column {
            column::TYPNAMESPACE => return Value::oid(schema.oid()),
            column::TYPOWNER => {
                let owner = match of {
                    Of::Table(table) => schema.batch(Relation::Tables).name(tables::OWNER, table),
                    Of::User(_) => None,
                };
                return Value::oid(self.0.roles.owner(owner));
            }
            _ => {}
        }
        if is_array { self.array(of, column) } else { self.element(of, column) }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        let is_own = |key: &Value| *key == Value::oid(schema.oid());
        let one = |row: Option<Row>| row.map_or(Rows::NONE, Rows::one);
        // 0 is what many have that have no other, and a hash says nothing of what it stands for.
        let told = || key[0].as_oid().filter(|oid| *oid != 0 && !ids::is_hash(*oid));
        match columns {
            [column::TYPNAMESPACE] => Some(if is_own(&key[0]) { Rows::Range(0..self.count()) } else { Rows::NONE }),
            [column::TYPNAME] => Some(self.named(key[0].as_str()?)),
            [column::TYPNAME, column::TYPNAMESPACE] => Some(if is_own(&key[1]) { self.named(key[0].as_str()?) } else { Rows::NONE }),
            [column::OID] => Some(one(self.row(told()?))),
            [column::TYPELEM] => Some(one(self.row(told()?).filter(|row| row % 2 == 0).map(|row| row + 1))),
            [column::TYPARRAY] => Some(one(self.row(told()?).filter(|row| row % 2 == 1).map(|row| row - 1))),
            [column::TYPRELID] => Some(one(match ids::owner(told()?) {
                (table, None) => schema.row_of(Relation::Tables, table).map(|table| 2 * table as Row),
                (of, Some(Dependent::Relation)) => self.row(of).filter(|row| self.value(*row, column::TYPTYPE) == "c".into()),
                _ => None,
            })),
            _ => None,
        }
    }

    fn begin_with(&self, _column: usize, beginning: &str) -> Option<Rows> {
        let mut rows: Vec<Row> = self.places_beginning(beginning).map(|place| 2 * place as Row).collect();
        if let Some(element) = beginning.strip_prefix('_') {
            rows.extend(self.places_beginning(element).map(|place| 2 * place as Row + 1));
        }
        rows.sort_unstable();
        Some(Rows::List(rows))
    }

    fn looks_beyond_schema(&self, column: usize) -> bool {
        column == column::TYPBASETYPE
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::TYPNAMESPACE | column::TYPRELID | column::TYPARRAY | column::TYPELEM).then_some(&self.0)
    }
}

impl Types {
    /// The row of a type.
    fn row(&self, oid: u32) -> Option<Row> {
        let schema = self.0.schema();
        let user = |of| schema.row_of(Relation::Types, of).map(|row| schema.len(Relation::Tables) + row);
        let table = |of| schema.row_of(Relation::Tables, of);
        let row = match ids::owner(oid) {
            (of, None) => 2 * user(of)?,
            (of, Some(Dependent::RowType)) => 2 * table(of)?,
            (of, Some(Dependent::Array)) => 2 * table(of).or_else(|| user(of))? + 1,
            (_, Some(Dependent::Relation)) => return None,
        };
        Some(row as Row)
    }

    /// The types of a name: types themselves, and arrays, whose names may be those of their elements without the last letters.
    fn named(&self, name: &str) -> Rows {
        let schema = self.0.schema();
        let tables = schema.len(Relation::Tables);
        let places = |name: &str| [schema.metadata.table(name), schema.user_type(name).map(|row| tables + row)].into_iter().flatten();
        let mut rows: Vec<Row> = places(name).map(|place| 2 * place as Row).collect();
        if let Some(element) = name.strip_prefix('_') {
            let cut = (name.len() >= NAME_BYTES_MAX - 3).then(|| (0..self.count()).step_by(2));
            match cut {
                None => rows.extend(places(element).map(|place| 2 * place as Row + 1)),
                Some(all) => rows.extend(all.map(|row| row + 1).filter(|row| self.value(*row, column::TYPNAME).as_str() == Some(name))),
            }
        }
        rows.sort_unstable();
        Rows::List(rows)
    }

    /// The tables and types whose names begin so.
    fn places_beginning(&self, beginning: &str) -> impl Iterator<Item = usize> {
        let schema = self.0.schema();
        let tables = schema.len(Relation::Tables);
        let types = names::beginning(schema.names(Relation::Types), beginning);
        names::beginning(schema.names(Relation::Tables), beginning).chain(types.map(move |row| tables + row))
    }

    fn oid(&self, of: Of) -> u32 {
        match of {
            Of::Table(table) => dependent(self.0.schema().table_oid(table), Dependent::RowType),
            Of::User(row) => self.0.schema().object(Relation::Types, row),
        }
    }

    fn array_oid(&self, of: Of) -> u32 {
        let schema = self.0.schema();
        dependent(
            match of {
                Of::Table(table) => schema.table_oid(table),
                Of::User(row) => schema.object(Relation::Types, row),
            },
            Dependent::Array,
        )
    }

    fn name(&self, of: Of) -> &str {
        let schema = self.0.schema();
        let name = match of {
            Of::Table(table) => schema.batch(Relation::Tables).text(tables::NAME, table),
            Of::User(row) => schema.batch(Relation::Types).text(types::NAME, row),
        };
        name.unwrap_or_default()
    }

    fn facts(&self, of: Of) -> Arc<Facts> {
        match of {
            Of::Table(_) => Arc::new(Facts::of_row(self.array_oid(of))),
            Of::User(row) => self.0.context.user_facts(self.0.place, row),
        }
    }

    /// `c`, `d` or `e`.
    fn letter(&self, of: Of) -> u8 {
        match of {
            Of::Table(_) => b'c',
            Of::User(row) => match self.0.schema().type_kind(row) {
                "domain" => b'd',
                "enum" => b'e',
                _ => b'c',
            },
        }
    }

    fn element(&self, of: Of, column: usize) -> Value {
        use function::*;
        let schema = self.0.schema();
        let by_kind = |composite: u32, domain: u32, label: u32| {
            Value::oid(match self.letter(of) {
                b'd' => domain,
                b'e' => label,
                _ => composite,
            })
        };
        match column {
            column::OID => Value::oid(self.oid(of)),
            column::TYPNAME => self.name(of).into(),
            column::TYPTYPE => char::from(self.letter(of)).to_string().into(),
            column::TYPRELID => Value::oid(match of {
                Of::Table(table) => schema.table_oid(table),
                Of::User(_) if self.letter(of) == b'c' => dependent(self.oid(of), Dependent::Relation),
                Of::User(_) => 0,
            }),
            column::TYPARRAY => Value::oid(self.array_oid(of)),
            column::TYPINPUT => by_kind(RECORD_IN, DOMAIN_IN, ENUM_IN),
            column::TYPRECEIVE => by_kind(RECORD_RECV, DOMAIN_RECV, ENUM_RECV),
            column::TYPBASETYPE | column::TYPTYPMOD | column::TYPNDIMS => match of {
                Of::User(row) if self.letter(of) == b'd' => {
                    let base = self.0.context.domain_base(self.0.place, row);
                    match column {
                        column::TYPBASETYPE => Value::oid(base.oid),
                        column::TYPTYPMOD => Value::Int(base.typmod.into()),
                        _ => Value::Int(base.dimensions),
                    }
                }
                _ => other(column),
            },
            column => of_facts(&self.facts(of), column),
        }
    }

    fn array(&self, of: Of, column: usize) -> Value {
        use function::*;
        match column {
            column::OID => Value::oid(self.array_oid(of)),
            column::TYPNAME => array_name(self.name(of)).into(),
            column::TYPTYPE => "b".into(),
            column::TYPSUBSCRIPT => Value::oid(ARRAY_SUBSCRIPT_HANDLER),
            column::TYPELEM => Value::oid(self.oid(of)),
            column::TYPINPUT => Value::oid(ARRAY_IN),
            column::TYPRECEIVE => Value::oid(ARRAY_RECV),
            column::TYPANALYZE => Value::oid(ARRAY_TYPANALYZE),
            column => of_facts(&Facts::of_array(&self.facts(of)), column),
        }
    }
}

/// How long names may be.
pub(super) const NAME_BYTES_MAX: usize = 63;

/// As `makeArrayTypeName` makes it: no longer than a name may be.
fn array_name(element: &str) -> String {
    format!("_{}", &element[..element.floor_char_boundary(NAME_BYTES_MAX - 1)])
}

fn of_facts(facts: &Facts, column: usize) -> Value {
    match column {
        column::TYPLEN => facts.length.clone(),
        column::TYPBYVAL => facts.by_value.clone(),
        column::TYPCATEGORY => facts.category.clone(),
        column::TYPDELIM => facts.delimiter.clone(),
        column::TYPOUTPUT => facts.output.clone(),
        column::TYPSEND => facts.send.clone(),
        column::TYPALIGN => facts.align.clone(),
        column::TYPSTORAGE => facts.storage.clone(),
        column::TYPCOLLATION => Value::oid(facts.collation),
        column => other(column),
    }
}

/// What is alike for all types.
fn other(column: usize) -> Value {
    match column {
        column::TYPISPREFERRED | column::TYPNOTNULL => false.into(),
        column::TYPISDEFINED => true.into(),
        column::TYPTYPMOD => Value::Int(-1),
        column::TYPDEFAULTBIN | column::TYPDEFAULT | column::TYPACL => Value::Null,
        _ => Value::Int(0),
    }
}
