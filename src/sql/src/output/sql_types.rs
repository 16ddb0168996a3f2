//! Types as SQL writes them, in PostgreSQL's and in Arrow's terms.

use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field, FieldRef};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::sql::sqlparser::ast::{ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};
use spi::types::{BUILTIN_TYPES, PgType, oid, to_arrow};
use spi::{Code, Error};

use crate::parse::fold;

/// Precision and scale in which values of a plain `numeric` are computed.
///
/// A deviation from PostgreSQL, whose `numeric` has no fixed scale; Arrow's decimals need one.
const NUMERIC: ArrowType = ArrowType::Decimal128(38, 10);

/// The type that a cast or a typed literal names; `None` where metagate has no such type.
pub(crate) fn pg_type(data_type: &DataType) -> Option<PgType> {
    Some(match data_type {
        DataType::Bool | DataType::Boolean => PgType::new(oid::BOOL),
        DataType::Bytea => PgType::new(oid::BYTEA),
        DataType::SmallInt(None) | DataType::Int2(None) => PgType::new(oid::INT2),
        // `Int32` stands for no type that one can write: it is how integer literals are planned.
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) | DataType::Int32 => PgType::new(oid::INT4),
        DataType::BigInt(None) | DataType::Int8(None) => PgType::new(oid::INT8),
        DataType::Real | DataType::Float4 => PgType::new(oid::FLOAT4),
        DataType::DoublePrecision | DataType::Float8 | DataType::Double(ExactNumberInfo::None) => PgType::new(oid::FLOAT8),
        DataType::Float(ExactNumberInfo::Precision(1..=24)) => PgType::new(oid::FLOAT4),
        DataType::Float(ExactNumberInfo::None | ExactNumberInfo::Precision(25..=53)) => PgType::new(oid::FLOAT8),
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(*info)?,
        DataType::Text => PgType::new(oid::TEXT),
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => match length {
            Some(length) => PgType::varchar(self::length(*length)?),
            None => PgType::new(oid::VARCHAR),
        },
        DataType::Char(length) | DataType::Character(length) => match length {
            Some(length) => PgType::bpchar(self::length(*length)?),
            None => PgType::bpchar(1),
        },
        DataType::Date => PgType::new(oid::DATE),
        DataType::Time(precision, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            PgType { oid: oid::TIME, typmod: precision.map_or(-1, |precision| precision.min(6) as i32) }
        }
        DataType::Timestamp(precision, zone) => PgType {
            oid: match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => oid::TIMESTAMP,
                TimezoneInfo::Tz | TimezoneInfo::WithTimeZone => oid::TIMESTAMPTZ,
            },
            typmod: precision.map_or(-1, |precision| precision.min(6) as i32),
        },
        DataType::Interval { .. } => PgType::new(oid::INTERVAL),
        DataType::JSON => PgType::new(oid::JSON),
        DataType::JSONB => PgType::new(oid::JSONB),
        DataType::Uuid => PgType::new(oid::UUID),
        DataType::Custom(name, modifiers) if modifiers.is_empty() => {
            let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(fold).collect();
            match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [name] | ["pg_catalog", name] => builtin(name)?,
                _ => return None,
            }
        }
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => {
            let element = pg_type(element)?;
            PgType::new(element.builtin().filter(|builtin| builtin.array_oid != 0)?.array_oid)
        }
        _ => return None,
    })
}

fn numeric(info: ExactNumberInfo) -> Option<PgType> {
    match info {
        ExactNumberInfo::None => Some(PgType::new(oid::NUMERIC)),
        ExactNumberInfo::Precision(precision) => Some(PgType::numeric(i32::try_from(precision).ok()?, 0)),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            Some(PgType::numeric(i32::try_from(precision).ok()?, i32::try_from(scale).ok()?))
        }
    }
}

fn length(length: CharacterLength) -> Option<i32> {
    match length {
        CharacterLength::IntegerLength { length, .. } => i32::try_from(length).ok(),
        CharacterLength::Max => None,
    }
}

/// A type by its `typname`, as in `'x'::name`. Pseudo-types cannot be cast to.
fn builtin(name: &str) -> Option<PgType> {
    let (name, array) = match name.strip_prefix('_') {
        Some(element) => (element, true),
        None => (name, false),
    };
    let builtin = BUILTIN_TYPES.iter().find(|builtin| builtin.name == name)?;
    let castable = !matches!(builtin.oid, oid::UNKNOWN | oid::RECORD | oid::VOID | oid::REGPROC);
    castable.then_some(PgType::new(if array { builtin.array_oid } else { builtin.oid }))
}

/// The Arrow type in which a PostgreSQL type is computed.
pub(crate) fn arrow_type(pg_type: PgType) -> ArrowType {
    match pg_type {
        PgType { oid: oid::NUMERIC, typmod: -1 } => NUMERIC,
        other => to_arrow(other),
    }
}

/// Where a cast says which of PostgreSQL's types it means, if Arrow's type does not say it.
const MARK: &str = "postgresql_type";

fn marked(pg_type: PgType) -> Field {
    let arrow = arrow_type(pg_type);
    let is_marked = matches!(pg_type.oid, oid::UUID | oid::JSON | oid::JSONB) || (arrow.is_temporal() && pg_type.typmod >= 0);
    let field = Field::new("", arrow, true);
    if is_marked { field.with_metadata([(MARK.to_owned(), format!("{} {}", pg_type.oid, pg_type.typmod))].into()) } else { field }
}

/// The type that a cast means, from the field that it was planned with.
pub(crate) fn cast_target(field: &Field) -> PgType {
    let mark = field.metadata().get(MARK).and_then(|mark| mark.split_once(' '));
    match mark.map(|(oid, typmod)| (oid.parse(), typmod.parse())) {
        Some((Ok(oid), Ok(typmod))) => PgType { oid, typmod },
        _ => PgType::from_arrow(field.data_type()),
    }
}

/// Gives DataFusion the types that SQL names.
#[derive(Debug)]
pub(crate) struct Types;

impl TypePlanner for Types {
    fn plan_type_field(&self, data_type: &DataType) -> Result<Option<FieldRef>, DataFusionError> {
        match pg_type(data_type) {
            // A field without a name and metadata is what DataFusion takes for "just this type".
            Some(pg_type) => Ok(Some(Arc::new(marked(pg_type)))),
            None => {
                let name = data_type.to_string().to_lowercase();
                let error = Error::new(Code::UndefinedObject, format!("type \"{name}\" does not exist"));
                Err(DataFusionError::External(Box::new(error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    #[test]
    fn types_are_postgresqls() {
        for (written, formatted, arrow) in [
            ("int", "integer", ArrowType::Int32),
            ("INT8", "bigint", ArrowType::Int64),
            ("varchar(20)", "character varying(20)", ArrowType::Utf8),
            ("numeric(10,2)", "numeric(10,2)", ArrowType::Decimal128(10, 2)),
            ("numeric", "numeric", NUMERIC),
            ("pg_catalog.int4", "integer", ArrowType::Int32),
            ("float(24)", "real", ArrowType::Float32),
            ("oid", "oid", ArrowType::Int64),
            ("text[]", "text[]", ArrowType::new_list(ArrowType::Utf8, true)),
            ("uuid", "uuid", ArrowType::Utf8),
            ("interval", "interval", ArrowType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano)),
        ] {
            let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(written).and_then(|mut parser| parser.parse_data_type());
            let pg_type = pg_type(&parsed.expect("a type")).expect("a known type");
            assert_eq!((pg_type.format().as_str(), arrow_type(pg_type)), (formatted, arrow), "{written}");
        }
    }
}
