//! From the arguments of a CALL to the struct that a procedure takes.
//!
//! No error repeats a value: it may be a secret, or one in the wrong place.

mod constant;

use std::cell::Cell;

use constant::{Constant, parameter};
use datafusion::common::ScalarValue;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess};
use serde_json::Value;
use spi::options::{self, Options, did_you_mean};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use crate::parse::CallArgument;
use crate::settings::parse_bool;
use crate::{moment, row};

/// How many parameters a statement can have: their count is 16 bits wide on the wire.
const PARAMETERS_MAX: usize = u16::MAX as usize;

/// An argument of a procedure.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) pg_type: PgType,
    pub(crate) required: bool,
    /// What holds when it is not given; `None` where nothing does.
    pub(crate) default: Option<Value>,
    /// Masked wherever it would be shown.
    pub(crate) secret: bool,
    pub(crate) description: String,
}

/// The arguments that a struct declares, in its order.
pub(crate) fn of<A: JsonSchema>() -> Vec<Argument> {
    let specs = options::describe::<A>();
    let argument = |(column, spec): (row::Column, options::OptionSpec)| Argument {
        name: column.name,
        pg_type: column.pg_type,
        required: spec.required,
        default: spec.default,
        secret: spec.secret,
        description: column.description,
    };
    row::columns::<A>().into_iter().zip(specs).map(argument).collect()
}

impl Argument {
    /// As a statement would declare it: `test boolean DEFAULT true`.
    pub(crate) fn declaration(&self) -> String {
        let declared = format!("{} {}", self.name, self.pg_type.format());
        if self.required { declared } else { format!("{declared} DEFAULT {}", self.default_sql()) }
    }

    /// What holds when it is not given, as a statement would write it.
    pub(crate) fn default_sql(&self) -> String {
        match &self.default {
            None => "NULL".to_owned(),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
            Some(Value::String(text)) => format!("'{}'", text.replace('\'', "''")),
            Some(value) => format!("'{}'", value.to_string().replace('\'', "''")),
        }
    }
}

/// The types of `$1`, `$2`, … in a call: as declared, as a cast says, or as the argument has it that they are given for.
pub(crate) fn parameter_types(procedure: &str, known: &[Argument], given: &[CallArgument], declared: &[u32]) -> Result<Vec<u32>> {
    let mut types = declared.to_vec();
    for (argument, given) in assign(procedure, known, given)? {
        let Some((number, cast)) = parameter(&given.value) else { continue };
        if !(1..=PARAMETERS_MAX).contains(&number) {
            return Err(constant::no_parameter(number).position(given.position));
        }
        if types.len() < number {
            types.resize(number, 0);
        }
        if types[number - 1] == 0 {
            types[number - 1] = cast.unwrap_or(argument.pg_type.oid);
        }
    }
    // A parameter that stands nowhere can be anything.
    Ok(types.into_iter().map(|oid| if oid == 0 { oid::TEXT } else { oid }).collect())
}

/// The values of a call by the names of the arguments, each of its argument's type. What is left out, or NULL where that means the
/// same, is not among them. `values` are those of `$1`, `$2`, ….
pub(crate) fn bind(
    procedure: &str,
    known: &[Argument],
    given: &[CallArgument],
    values: &[ScalarValue],
    time_zone: &str,
) -> Result<Options> {
    let mut bound = Options::new();
    for (argument, given) in assign(procedure, known, given)? {
        let place = Place { procedure, argument };
        let constant = constant::read(&given.value, values, time_zone);
        let value =
            constant.and_then(|constant| place.value(constant, time_zone)).map_err(|refusal| refusal.error(&place, given.position))?;
        if let Some(value) = value {
            bound.insert(argument.name.clone(), value);
        }
    }
    Ok(bound)
}

/// Bound arguments as the procedure's struct.
pub(crate) fn read<A: DeserializeOwned + JsonSchema>(procedure: &str, bound: Options) -> Result<A> {
    let current = Cell::new(0);
    let names: Vec<String> = bound.keys().cloned().collect();
    let reader = Reader { bound: bound.into_iter(), current: &current, value: None };
    A::deserialize(MapAccessDeserializer::new(reader)).map_err(|_| {
        // Types are right already: what is left are numbers below zero, and objects whose values are of the wrong type.
        let name = names.get(current.get().wrapping_sub(1)).map_or("", String::as_str);
        let error = Error::new(Code::InvalidArgument, format!("argument \"{name}\" of procedure \"{procedure}\" has an unusable value"));
        match of::<A>().into_iter().find(|argument| argument.name == name) {
            Some(argument) => error.hint(argument.description),
            None => error,
        }
    })
}

/// Given arguments as an error lists them: `unknown, test => boolean`.
pub(crate) fn types_as_written(given: &[CallArgument]) -> String {
    let one = |argument: &CallArgument| match &argument.name {
        Some(name) => format!("{name} => {}", constant::type_as_written(&argument.value)),
        None => constant::type_as_written(&argument.value),
    };
    given.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Which given argument is which: first by place, then by name. The parser has seen to that order.
fn assign<'a>(procedure: &str, known: &'a [Argument], given: &'a [CallArgument]) -> Result<Vec<(&'a Argument, &'a CallArgument)>> {
    let mut assigned: Vec<(&Argument, &CallArgument)> = Vec::new();
    for (place, one) in given.iter().enumerate() {
        let argument = match &one.name {
            None => known.get(place).ok_or_else(|| too_many(procedure, known, given).position(one.position))?,
            Some(name) => known
                .iter()
                .find(|argument| argument.name == *name)
                .ok_or_else(|| no_argument(procedure, known, name).position(one.position))?,
        };
        if assigned.iter().any(|(earlier, _)| earlier.name == argument.name) {
            return Err(Error::new(Code::Syntax, format!("argument name \"{}\" used more than once", argument.name)).position(one.position));
        }
        assigned.push((argument, one));
    }
    match known.iter().find(|argument| argument.required && !assigned.iter().any(|(given, _)| given.name == argument.name)) {
        Some(missing) => Err(mismatch(procedure, known, format!("procedure \"{procedure}\" needs argument \"{}\"", missing.name))),
        None => Ok(assigned),
    }
}

fn too_many(procedure: &str, known: &[Argument], given: &[CallArgument]) -> Error {
    let (count, plural) = (known.len(), if known.len() == 1 { "" } else { "s" });
    mismatch(procedure, known, format!("procedure \"{procedure}\" takes at most {count} argument{plural}, not {}", given.len()))
}

fn no_argument(procedure: &str, known: &[Argument], name: &str) -> Error {
    let error = mismatch(procedure, known, format!("procedure \"{procedure}\" has no argument \"{name}\""));
    let names: Vec<&str> = known.iter().map(|argument| argument.name.as_str()).collect();
    match (did_you_mean(name, &names), error.hint.clone()) {
        (Some(near), Some(hint)) => error.hint(format!("Did you mean \"{near}\"? {hint}")),
        _ => error,
    }
}

/// PostgreSQL's code for a call that no procedure fits, and the one that was meant.
fn mismatch(procedure: &str, known: &[Argument], message: String) -> Error {
    let declared: Vec<String> = known.iter().map(Argument::declaration).collect();
    Error::new(Code::UndefinedFunction, message).hint(format!("It is {procedure}({}).", declared.join(", ")))
}

/// Which argument of which procedure a value is for.
struct Place<'a> {
    procedure: &'a str,
    argument: &'a Argument,
}

impl Place<'_> {
    /// The value as the argument's type has it; `None` if that is as if it was not given.
    fn value(&self, constant: Constant, time_zone: &str) -> Result<Option<Value>, Refusal> {
        let value = match (self.argument.pg_type.oid, constant) {
            (_, Constant::Null) if self.argument.required || self.argument.default.is_some() => return Err(Refusal::Null),
            (_, Constant::Null) => return Ok(None),
            (oid::TEXT, Constant::Text(text)) => text.into(),
            (oid::JSONB, Constant::Text(text)) => object(&text)?,
            (oid::BOOL, Constant::Boolean(value)) => value.into(),
            (oid::BOOL, Constant::Text(text)) => parse_bool(text.trim()).ok_or(Refusal::Form)?.into(),
            (oid::INT8, Constant::Number(digits)) => integer(&digits, self.argument.pg_type)?,
            (oid::INT8, Constant::Text(text)) => match text.trim().parse::<f64>() {
                Ok(_) => integer(text.trim(), self.argument.pg_type)?,
                Err(_) => return Err(Refusal::Form),
            },
            (oid::TIMESTAMPTZ, Constant::Moment(micros)) => micros.into(),
            (oid::TIMESTAMPTZ, Constant::Text(text)) => moment::parse(&text, time_zone)?.into(),
            (_, other) => return Err(Refusal::Type(other.type_name())),
        };
        Ok(Some(value))
    }
}

fn integer(digits: &str, pg_type: PgType) -> Result<Value, Refusal> {
    let whole = digits.strip_prefix(['-', '+']).unwrap_or(digits).bytes().all(|byte| byte.is_ascii_digit());
    match (whole, digits.parse::<i64>()) {
        (_, Ok(number)) => Ok(number.into()),
        (true, Err(_)) => Err(Refusal::Range(pg_type)),
        (false, Err(_)) => Err(Refusal::Type("numeric".to_owned())),
    }
}

/// All our `jsonb` arguments are objects.
fn object(text: &str) -> Result<Value, Refusal> {
    // The library's messages say what it expected where, and never what it found.
    let value: Value = serde_json::from_str(text).map_err(|error| Refusal::Json(error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(Refusal::NoObject) }
}

/// Why a value cannot be that of an argument.
#[derive(Debug)]
enum Refusal {
    Null,
    /// It is of this other type.
    Type(String),
    /// The text is not of the type's form.
    Form,
    /// A number does not fit the type.
    Range(PgType),
    /// The text is no JSON, for this reason.
    Json(String),
    NoObject,
    Infinite,
    /// It is neither a literal nor a parameter.
    NoConstant,
    /// What was written is an error whatever it is for.
    Other(Error),
}

impl Refusal {
    fn error(self, place: &Place<'_>, position: usize) -> Error {
        let Place { procedure, argument } = place;
        let which = format!("argument \"{}\" of procedure \"{procedure}\"", argument.name);
        let pg_type = argument.pg_type.format();
        let bad = |what: String| Error::new(Code::InvalidArgument, format!("{which} {what}")).hint(argument.description.clone());
        let of_argument = format!("It is the value of {which}.");
        let error = match self {
            Refusal::Null => bad("must not be null".to_owned()),
            Refusal::Type(other) => bad(format!("must be of type {pg_type}, not {other}")),
            Refusal::NoObject => bad("must be a JSON object".to_owned()),
            Refusal::Infinite => bad("must be a finite time".to_owned()),
            Refusal::Form => Error::new(Code::InvalidText, format!("invalid input syntax for type {pg_type}")).detail(of_argument),
            Refusal::Json(reason) => Error::new(Code::InvalidText, "invalid input syntax for type json")
                .detail(format!("{of_argument} The parser says: {reason}.")),
            Refusal::Range(pg_type) => {
                Error::new(Code::OutOfRange, format!("value is out of range for type {}", pg_type.format())).detail(of_argument)
            }
            Refusal::NoConstant => {
                Error::new(Code::Unsupported, format!("{which} must be a constant")).hint("Write a literal, or a parameter such as $1.")
            }
            Refusal::Other(error) => error,
        };
        error.position(position)
    }
}

impl From<moment::Refused> for Refusal {
    fn from(refused: moment::Refused) -> Self {
        match refused {
            moment::Refused::Form => Refusal::Form,
            moment::Refused::Infinite => Refusal::Infinite,
        }
    }
}

/// Bound arguments as serde reads them, counting how far it has come.
struct Reader<'a> {
    bound: serde_json::map::IntoIter,
    /// How many were read, the one that is being read included.
    current: &'a Cell<usize>,
    value: Option<Value>,
}

impl<'de> MapAccess<'de> for Reader<'_> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let Some((name, value)) = self.bound.next() else { return Ok(None) };
        self.current.set(self.current.get() + 1);
        self.value = Some(value);
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        seed.deserialize(self.value.take().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
