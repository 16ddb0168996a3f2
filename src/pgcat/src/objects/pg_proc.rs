//! `pg_proc`: functions and procedures. `proargdefaults` is the defaults as the source writes them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::AsArray;
use arrow::datatypes::UInt32Type;
use spi::metadata::Relation;

use super::columns::pg_proc as column;
use super::context::{At, Used};
use super::layout::{Cells, parameters, routines};
use super::lookup::equals;
use super::names;
use super::part::{Part, found};
use super::roles::BOOTSTRAP_ROLE;
use super::routine_definition::RoutineDefinition;
use super::schema::Schema;
use crate::catalog::oid as catalog;
use crate::relation::{Relation as _, Row, Rows};
use crate::statics;
use crate::types::oid;
use crate::value::Value;

/// The language `internal`, whose functions have no text: for languages that PostgreSQL does not come with.
const INTERNAL_LANGUAGE: u32 = 12;

pub(crate) struct Routines(pub(crate) At);

impl Part for Routines {
    fn count(&self) -> Row {
        self.0.schema().len(Relation::Routines) as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (row, schema) = (row as usize, self.0.schema());
        let batch = schema.batch(Relation::Routines);
        match column {
            column::OID => Value::oid(schema.object(Relation::Routines, row)),
            column::PRONAME => batch.text(routines::NAME, row).into(),
            column::PRONAMESPACE => Value::oid(schema.oid()),
            column::PROOWNER => Value::oid(BOOTSTRAP_ROLE),
            column::PROLANG => Value::oid(language(batch.name(routines::LANGUAGE, row).unwrap_or_default())),
            column::PRORETTYPE => Value::oid(self.result(row).0),
            column::PRORETSET => self.result(row).1.into(),
            column::PROVARIADIC => Value::oid(self.variadic(row).and_then(|parameter| self.element(parameter)).unwrap_or_default()),
            column::PROSUPPORT => Value::Int(0),
            column::PRONARGS => Value::Int(self.inputs(row).count() as i64),
            column::PRONARGDEFAULTS => Value::Int(self.defaults(row).count() as i64),
            column::PROARGTYPES => Value::vector(oid::OID, self.inputs(row).map(|place| Value::oid(self.type_of(place).oid)).collect()),
            column::PROALLARGTYPES | column::PROARGMODES | column::PROARGNAMES | column::PROARGDEFAULTS => self.arguments(row, column),
            column::PROTRFTYPES | column::PROBIN | column::PROACL => Value::Null,
            column => self.defined(row, column),
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let own = Value::oid(self.0.schema().oid());
        match columns {
            [column::OID] => Some(found(self.0.schema().row_of(Relation::Routines, key[0].as_oid()?))),
            [column::PRONAMESPACE] => Some(if key[0] == own { Rows::Range(0..self.count()) } else { Rows::NONE }),
            [column::PRONAME] => {
                let rows = self.0.schema().routines(key[0].as_str()?);
                Some(Rows::Range(rows.start as Row..rows.end as Row))
            }
            [column::PRONAME, rest @ ..] => {
                let rows = self.0.schema().routines(key[0].as_str()?).map(|row| row as Row);
                Some(Rows::List(rows.filter(|row| equals(self, rest, *row, &key[1..])).collect()))
            }
            _ => None,
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::PRONAMESPACE).then_some(&self.0)
    }

    fn begin_with(&self, _column: usize, beginning: &str) -> Option<Rows> {
        let rows = names::beginning(self.0.schema().names(Relation::Routines), beginning);
        Some(Rows::Range(rows.start as Row..rows.end as Row))
    }
}

impl Routines {
    /// The rows of the parameters.
    fn parameters(&self, routine: usize) -> std::ops::Range<usize> {
        parameters_of(self.0.schema(), routine)
    }

    fn mode(&self, parameter: usize) -> &str {
        self.0.schema().batch(Relation::Parameters).word(parameters::MODE, parameter).unwrap_or_default()
    }

    /// Parameters that a call gives values to.
    fn inputs(&self, routine: usize) -> impl Iterator<Item = usize> {
        self.parameters(routine).filter(|parameter| self.mode(*parameter) != "OUT")
    }

    fn defaults(&self, routine: usize) -> impl Iterator<Item = &str> {
        let batch = self.0.schema().batch(Relation::Parameters);
        self.inputs(routine).filter_map(|parameter| batch.text(parameters::DEFAULT, parameter))
    }

    fn type_of(&self, parameter: usize) -> &Used {
        let place = self.0.schema().batch(Relation::Parameters).integer(parameters::TYPE, parameter) as usize;
        &self.0.context.routine_types(self.0.place)[place]
    }

    /// The parameter that takes any number of values, which is the last one with values.
    fn variadic(&self, routine: usize) -> Option<usize> {
        self.definition(routine).is_variadic.then(|| self.inputs(routine).last()).flatten()
    }

    /// The type of each of these values.
    fn element(&self, parameter: usize) -> Option<u32> {
        let schema = self.0.schema();
        let place = schema.batch(Relation::Parameters).integer(parameters::TYPE, parameter) as usize;
        match schema.metadata.column_types[place].native.as_str() {
            "anyarray" => Some(oid::ANYELEMENT),
            "anycompatiblearray" => Some(oid::ANYCOMPATIBLE),
            "\"any\"" => Some(oid::ANY),
            array => Some(self.0.context.known_type(self.0.place, array.strip_suffix("[]")?)?.oid),
        }
    }

    fn definition(&self, routine: usize) -> RoutineDefinition<'_> {
        RoutineDefinition::parse(self.0.schema().batch(Relation::Routines).text(routines::DEFINITION, routine).unwrap_or_default())
    }

    /// The type of the result, and whether that is a set.
    fn result(&self, routine: usize) -> (u32, bool) {
        let batch = self.0.schema().batch(Relation::Routines);
        let outputs: Vec<usize> = self.parameters(routine).filter(|parameter| self.mode(*parameter) != "IN").collect();
        let Some(name) = batch.text(routines::RETURN_TYPE, routine) else {
            return (if outputs.is_empty() { oid::VOID } else { oid::RECORD }, false);
        };
        if name.starts_with("TABLE(") {
            return (if let [output] = outputs[..] { self.type_of(output).oid } else { oid::RECORD }, true);
        }
        match name.strip_prefix("SETOF ") {
            Some(element) => (self.0.context.named_type(self.0.place, element).oid, true),
            None => (self.0.context.named_type(self.0.place, name).oid, false),
        }
    }

    /// Null where all parameters are inputs, or where none has a name or a default.
    fn arguments(&self, routine: usize, column: usize) -> Value {
        let batch = self.0.schema().batch(Relation::Parameters);
        let mut all = self.parameters(routine);
        let variadic = self.variadic(routine);
        let only_inputs = variadic.is_none() && all.clone().all(|parameter| self.mode(parameter) == "IN");
        let table =
            self.0.schema().batch(Relation::Routines).text(routines::RETURN_TYPE, routine).unwrap_or_default().starts_with("TABLE(");
        let name = |parameter| batch.text(parameters::NAME, parameter);
        match column {
            column::PROALLARGTYPES if !only_inputs => {
                Value::array(oid::OID, all.map(|place| Value::oid(self.type_of(place).oid)).collect())
            }
            column::PROARGMODES if !only_inputs => {
                let letter = |parameter| match self.mode(parameter) {
                    "OUT" if table => "t",
                    "OUT" => "o",
                    "INOUT" => "b",
                    _ if variadic == Some(parameter) => "v",
                    _ => "i",
                };
                Value::array(oid::CHAR, all.map(|parameter| letter(parameter).into()).collect())
            }
            column::PROARGNAMES if all.any(|parameter| name(parameter).is_some()) => {
                let names = self.parameters(routine).map(|parameter| name(parameter).unwrap_or_default().into());
                Value::array(oid::TEXT, names.collect())
            }
            column::PROARGDEFAULTS if self.defaults(routine).next().is_some() => {
                self.defaults(routine).collect::<Vec<_>>().join(", ").into()
            }
            _ => Value::Null,
        }
    }

    /// What the routine's definition says.
    fn defined(&self, routine: usize, column: usize) -> Value {
        let batch = self.0.schema().batch(Relation::Routines);
        let definition = self.definition(routine);
        let language = batch.name(routines::LANGUAGE, routine).unwrap_or_default();
        // PostgreSQL prints no definition of an aggregate, and of every other function that is its own.
        let is_aggregate = language == "internal" && batch.text(routines::DEFINITION, routine).is_none();
        // As PostgreSQL expects of a function that says nothing of it.
        const ROWS: f64 = 1000.0;
        let cost = if matches!(language, "internal" | "c") { 1.0 } else { 100.0 };
        match column {
            column::PROKIND => match batch.word(routines::KIND, routine) {
                Some("PROCEDURE") => "p".into(),
                _ if is_aggregate => "a".into(),
                _ if definition.is_window => "w".into(),
                _ => "f".into(),
            },
            column::PROSECDEF => definition.is_security_definer.into(),
            column::PROLEAKPROOF => definition.is_leakproof.into(),
            column::PROISSTRICT => definition.is_strict.into(),
            column::PROVOLATILE if is_aggregate => "i".into(),
            column::PROVOLATILE => definition.volatility.into(),
            column::PROPARALLEL => definition.parallel.into(),
            column::PROCOST => Value::Float(definition.cost.unwrap_or(cost)),
            column::PROROWS if self.result(routine).1 => Value::Float(definition.rows.unwrap_or(ROWS)),
            column::PROROWS => Value::Float(0.0),
            column::PROSRC if is_aggregate => "aggregate_dummy".into(),
            column::PROSRC => if definition.is_sql_body { "" } else { definition.body }.into(),
            column::PROCONFIG if !definition.settings.is_empty() => {
                Value::array(oid::TEXT, definition.settings.into_iter().map(Value::from).collect())
            }
            column::PROSQLBODY if definition.is_sql_body => definition.body.into(),
            _ => Value::Null,
        }
    }
}

/// The rows of a routine's parameters, which are sorted by their routine.
pub(crate) fn parameters_of(schema: &Schema, routine: usize) -> std::ops::Range<usize> {
    let owners = schema.batch(Relation::Parameters).column(parameters::ROUTINE).as_primitive::<UInt32Type>().values();
    let routine = routine as u32;
    owners.partition_point(|other| *other < routine)..owners.partition_point(|other| *other <= routine)
}

/// Whether a routine is what triggers call.
pub(crate) fn is_trigger_function(schema: &Schema, routine: usize) -> bool {
    schema.batch(Relation::Routines).text(routines::RETURN_TYPE, routine) == Some("trigger")
}

/// The language of a name; sources write it in any case.
fn language(name: &str) -> u32 {
    LANGUAGES.get(name.to_ascii_lowercase().as_str()).copied().unwrap_or(INTERNAL_LANGUAGE)
}

static LANGUAGES: LazyLock<HashMap<Arc<str>, u32>> = LazyLock::new(|| languages().unwrap_or_default());

fn languages() -> Option<HashMap<Arc<str>, u32>> {
    let languages = statics::relation(catalog::PG_LANGUAGE)?;
    let (language, name) = (languages.column("oid")?, languages.column("lanname")?);
    let named = |row| match languages.value(row, name) {
        Value::Text(name) => Some((name, languages.value(row, language).as_oid()?)),
        _ => None,
    };
    Some((0..languages.count()).filter_map(named).collect())
}
