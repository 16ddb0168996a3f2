//! The type of a column, or of a field in one: a type of PostgreSQL, a list, or a struct.
//!
//! | type | seen by clients as | Arrow type |
//! | --- | --- | --- |
//! | a scalar | itself | as [`crate::types::to_arrow`] says; `jsonb`, `uuid` and a `numeric` without precision are text |
//! | a list | the array of its innermost elements; of structs `jsonb[]` | List |
//! | a struct | `jsonb` | Struct |
//! | nothing known yet: only nulls, empty lists, empty objects | `jsonb` | text |
//!
//! Text in a struct that is really JSON or a `numeric` says so in its field's metadata, [`POSTGRESQL_TYPE`].

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use serde::{Deserialize, Serialize};

use super::path::write_step;
use crate::types::{BUILTIN_TYPES, PgType, oid, to_arrow};

/// The metadata of a field in a struct whose Arrow type does not tell its PostgreSQL type: OID and typmod, with a space between.
pub const POSTGRESQL_TYPE: &str = "postgresql_type";

/// The most digits that Arrow's decimals have.
const PRECISION_MAX: i32 = 76;

/// What clients can be promised of the digits of a `numeric` found in samples: as many as the narrower decimal has.
const PRECISION_NARROW: i32 = 38;

/// The most dimensions that an array has in PostgreSQL.
pub(crate) const DIMENSIONS_MAX: usize = 6;

/// The most digits of an `int8`.
const INT8_DIGITS: i32 = 19;

/// The types of PostgreSQL that values of documents can have, besides `numeric(p,s)`, `varchar(n)` and arrays.
const SCALARS: [u32; 15] = [
    oid::BOOL,
    oid::INT2,
    oid::INT4,
    oid::INT8,
    oid::FLOAT4,
    oid::FLOAT8,
    oid::NUMERIC,
    oid::TEXT,
    oid::VARCHAR,
    oid::BYTEA,
    oid::DATE,
    oid::TIMESTAMP,
    oid::TIMESTAMPTZ,
    oid::UUID,
    oid::JSONB,
];

/// The type of a column or field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum FieldType {
    /// Only nulls were seen. It is kept as `jsonb`, and any type can follow.
    Unknown,
    Scalar(PgType),
    List(Box<FieldType>),
    /// Fields in the order in which they were first seen. Without any it is an object of which nothing is known.
    Struct(Vec<(String, FieldType)>),
}

impl FieldType {
    pub const BOOL: FieldType = FieldType::Scalar(PgType::new(oid::BOOL));
    pub const INT8: FieldType = FieldType::Scalar(PgType::new(oid::INT8));
    pub const FLOAT8: FieldType = FieldType::Scalar(PgType::new(oid::FLOAT8));
    /// A `numeric` of any digits. Held as text.
    pub const NUMERIC: FieldType = FieldType::Scalar(PgType::new(oid::NUMERIC));
    pub const TEXT: FieldType = FieldType::Scalar(PgType::new(oid::TEXT));
    pub const BYTEA: FieldType = FieldType::Scalar(PgType::new(oid::BYTEA));
    pub const DATE: FieldType = FieldType::Scalar(PgType::new(oid::DATE));
    pub const TIMESTAMP: FieldType = FieldType::Scalar(PgType::new(oid::TIMESTAMP));
    pub const TIMESTAMPTZ: FieldType = FieldType::Scalar(PgType::new(oid::TIMESTAMPTZ));
    pub const JSONB: FieldType = FieldType::Scalar(PgType::new(oid::JSONB));

    pub fn list(item: FieldType) -> Self {
        FieldType::List(Box::new(item))
    }

    /// The narrowest `numeric` with so many digits before and behind the point that a sample can vouch for.
    pub(crate) fn numeric(whole: usize, scale: usize) -> Self {
        let (whole, scale) = (i32::try_from(whole).unwrap_or(i32::MAX / 2), i32::try_from(scale).unwrap_or(i32::MAX / 2));
        let precision = [PRECISION_NARROW, PRECISION_MAX].into_iter().find(|precision| whole + scale <= *precision);
        precision.map_or(FieldType::NUMERIC, |precision| FieldType::Scalar(PgType::numeric(precision, scale)))
    }

    /// Reads a type as PostgreSQL writes it: `bigint`, `int8`, `numeric(12,2)`, `varchar(20)`, `text[]`. `None` for one that documents
    /// cannot have, or that has more dimensions than PostgreSQL has.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let (mut scalar, mut dimensions) = (lower.as_str(), 0);
        while let Some(item) = scalar.strip_suffix("[]") {
            (scalar, dimensions) = (item.trim_end(), dimensions + 1);
        }
        let scalar = FieldType::parse_scalar(scalar).filter(|_| dimensions <= DIMENSIONS_MAX)?;
        Some((0..dimensions).fold(scalar, |item, _| FieldType::list(item)))
    }

    fn parse_scalar(text: &str) -> Option<Self> {
        let (name, arguments) = match text.split_once('(') {
            Some((name, arguments)) => {
                let arguments = arguments.strip_suffix(')')?.split(',').map(|argument| argument.trim().parse::<i32>().ok());
                (name.trim_end(), arguments.collect::<Option<Vec<_>>>()?)
            }
            None => (text, Vec::new()),
        };
        let name = match name {
            "int" => "integer",
            "decimal" => "numeric",
            "timestamp" => "timestamp without time zone",
            other => other,
        };
        let builtin =
            BUILTIN_TYPES.iter().find(|builtin| SCALARS.contains(&builtin.oid) && [builtin.name, builtin.sql_name].contains(&name))?;
        let pg_type = match (builtin.oid, &arguments[..]) {
            (oid, []) => PgType::new(oid),
            (oid::VARCHAR, [length]) if *length > 0 => PgType::varchar(*length),
            (oid::NUMERIC, [precision @ 1..=PRECISION_MAX]) => PgType::numeric(*precision, 0),
            (oid::NUMERIC, [precision @ 1..=PRECISION_MAX, scale]) if (0..=*precision).contains(scale) => {
                PgType::numeric(*precision, *scale)
            }
            _ => return None,
        };
        Some(FieldType::Scalar(pg_type))
    }

    /// The type that an Arrow field has; `None` for one that no column of documents has. Text that does not say otherwise is text.
    pub(crate) fn of_field(field: &Field) -> Option<Self> {
        Some(match field.data_type() {
            DataType::List(item) => FieldType::list(FieldType::of_field(item)?),
            DataType::Struct(fields) => FieldType::Struct(
                fields.iter().map(|field| Some((field.name().clone(), FieldType::of_field(field)?))).collect::<Option<_>>()?,
            ),
            data_type => {
                let mark = field.metadata().get(POSTGRESQL_TYPE).and_then(|mark| mark.split_once(' '));
                let marked = mark.and_then(|(oid, typmod)| Some(PgType { oid: oid.parse().ok()?, typmod: typmod.parse().ok()? }));
                let pg_type = marked.unwrap_or_else(|| PgType::from_arrow(data_type));
                let has_type = SCALARS.contains(&pg_type.oid) && to_arrow(pg_type) == *data_type;
                has_type.then_some(FieldType::Scalar(pg_type))?
            }
        })
    }

    /// Whether values are kept as `jsonb` text.
    pub fn is_json(&self) -> bool {
        match self {
            FieldType::Unknown => true,
            FieldType::Scalar(pg_type) => pg_type.oid == oid::JSONB,
            FieldType::List(item) => item.is_open(),
            FieldType::Struct(fields) => fields.is_empty(),
        }
    }

    /// Whether nothing is known of it but lists and objects without content.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self, FieldType::Scalar(_)) && self.is_json()
    }

    /// The type that clients see.
    pub fn pg_type(&self) -> PgType {
        match self {
            _ if self.is_json() => PgType::new(oid::JSONB),
            FieldType::Scalar(pg_type) => *pg_type,
            FieldType::List(item) => {
                let item = item.pg_type();
                item.builtin().map_or(item, |builtin| PgType::new(builtin.array_oid))
            }
            FieldType::Unknown | FieldType::Struct(_) => PgType::new(oid::JSONB),
        }
    }

    /// The Arrow type of a column.
    pub fn data_type(&self) -> DataType {
        match self {
            _ if self.is_json() => DataType::Utf8,
            FieldType::Scalar(pg_type) => to_arrow(*pg_type),
            FieldType::List(item) => DataType::List(Arc::new(item.marked("item"))),
            FieldType::Struct(fields) => DataType::Struct(fields.iter().map(|(name, field)| field.marked(name)).collect::<Fields>()),
            FieldType::Unknown => DataType::Utf8,
        }
    }

    /// A field within another. It tells its PostgreSQL type where its Arrow type does not.
    fn marked(&self, name: &str) -> Field {
        let (data_type, pg_type) = (self.data_type(), self.pg_type());
        let is_told = data_type != DataType::Utf8 || pg_type.oid == oid::TEXT;
        let field = Field::new(name, data_type, true);
        if is_told {
            return field;
        }
        field.with_metadata([(POSTGRESQL_TYPE.to_owned(), format!("{} {}", pg_type.oid, pg_type.typmod))].into())
    }

    /// The narrowest type that holds all values of both.
    ///
    /// One exception: whole numbers and doubles meet in doubles, as if all whole numbers were exact in them. Where one is not, reading it
    /// is an error of its row.
    pub fn widened(self, other: FieldType) -> FieldType {
        use FieldType::{List, Scalar, Struct, Unknown};
        match (self, other) {
            (one, other) if one == other => one,
            (Unknown, one) | (one, Unknown) => one,
            (List(one), List(other)) => FieldType::list(one.widened(*other)),
            (Struct(one), Struct(other)) => Struct(widened_fields(one, other)),
            (Scalar(one), Scalar(other)) => widened_scalar(one, other),
            _ => FieldType::JSONB,
        }
    }
}

fn widened_fields(mut one: Vec<(String, FieldType)>, other: Vec<(String, FieldType)>) -> Vec<(String, FieldType)> {
    for (name, field) in other {
        match one.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = std::mem::replace(known, FieldType::Unknown).widened(field),
            None => one.push((name, field)),
        }
    }
    one
}

fn widened_scalar(one: PgType, other: PgType) -> FieldType {
    let (low, high) = if one.oid <= other.oid { (one, other) } else { (other, one) };
    match (low.oid, high.oid) {
        (_, oid::JSONB) => FieldType::JSONB,
        (oid::INT8, oid::FLOAT8) => FieldType::FLOAT8,
        (oid::INT8 | oid::NUMERIC, oid::NUMERIC) => match (digits(low), digits(high)) {
            (Some((whole, scale)), Some((other_whole, other_scale))) => {
                FieldType::numeric(whole.max(other_whole) as usize, scale.max(other_scale) as usize)
            }
            _ => FieldType::NUMERIC,
        },
        (oid::FLOAT8, oid::NUMERIC) => FieldType::NUMERIC,
        (oid::DATE, oid::TIMESTAMP) => FieldType::TIMESTAMP,
        _ => FieldType::TEXT,
    }
}

/// The most digits before and behind the point of a whole number or `numeric(p,s)`.
fn digits(pg_type: PgType) -> Option<(i32, i32)> {
    match pg_type.oid {
        oid::INT8 => Some((INT8_DIGITS, 0)),
        _ => pg_type.numeric_precision_scale().map(|(precision, scale)| (precision - scale, scale)),
    }
}

/// As PostgreSQL writes it; of a struct its fields: `struct(a bigint, b text)[]`.
impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            _ if self.is_open() => f.write_str("jsonb"),
            FieldType::Unknown => f.write_str("jsonb"),
            FieldType::Scalar(pg_type) => f.write_str(&pg_type.format()),
            FieldType::List(item) => write!(f, "{item}[]"),
            FieldType::Struct(fields) => {
                f.write_str("struct(")?;
                for (place, (name, field)) in fields.iter().enumerate() {
                    let mut step = String::new();
                    write_step(name, &mut step);
                    write!(f, "{}{step} {field}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A type in JSON: the text of a scalar, `{"list": …}`, `{"struct": [[name, …], …]}`, or null where nothing is known.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Unknown(()),
    Scalar(String),
    List { list: Box<Written> },
    Struct { r#struct: Vec<(String, Written)> },
}

impl From<FieldType> for Written {
    fn from(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Unknown => Written::Unknown(()),
            FieldType::Scalar(pg_type) => Written::Scalar(pg_type.format()),
            FieldType::List(item) => Written::List { list: Box::new((*item).into()) },
            FieldType::Struct(fields) => {
                Written::Struct { r#struct: fields.into_iter().map(|(name, field)| (name, field.into())).collect() }
            }
        }
    }
}

impl TryFrom<Written> for FieldType {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Ok(match written {
            Written::Unknown(()) => FieldType::Unknown,
            Written::Scalar(text) => FieldType::parse(&text)
                .filter(|parsed| !matches!(parsed, FieldType::List(_)))
                .ok_or_else(|| format!("unknown type \"{text}\""))?,
            Written::List { list } => FieldType::list((*list).try_into()?),
            Written::Struct { r#struct: fields } => {
                FieldType::Struct(fields.into_iter().map(|(name, field)| Ok((name, field.try_into()?))).collect::<Result<_, String>>()?)
            }
        })
    }
}

#[cfg(test)]
mod tests;
