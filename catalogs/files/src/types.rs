//! Types that the operator gives in the option `types`, and values of partition folders in the type of their column.

use std::collections::BTreeMap;

use arrow::compute::kernels::cast_utils::Parser;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit};
use spi::predicate::Value;
use spi::types::{BUILTIN_TYPES, PgType, oid, to_arrow};
use spi::{Code, Error, Result};

use crate::inference::timestamp_micros;

/// The types in which text of a file can be read.
const READABLE: [u32; 11] = [
    oid::BOOL,
    oid::INT2,
    oid::INT4,
    oid::INT8,
    oid::FLOAT4,
    oid::FLOAT8,
    oid::DATE,
    oid::TIME,
    oid::TIMESTAMP,
    oid::TIMESTAMPTZ,
    oid::TEXT,
];

/// The most digits of a `numeric(p,s)`: what 128 bits hold.
const PRECISION_MAX: i32 = 38;

/// The option `types`, with the Arrow type for each name.
pub(crate) fn parse(types: &BTreeMap<String, String>) -> Result<BTreeMap<String, DataType>> {
    types.iter().map(|(column, name)| Ok((column.clone(), parse_type(column, name)?))).collect()
}

fn parse_type(column: &str, name: &str) -> Result<DataType> {
    let lower = name.trim().to_ascii_lowercase();
    let lower = if lower == "int" { "integer" } else { lower.as_str() };
    let builtin = BUILTIN_TYPES.iter().find(|builtin| READABLE.contains(&builtin.oid) && [builtin.name, builtin.sql_name].contains(&lower));
    let pg_type = builtin.map(|builtin| PgType::new(builtin.oid)).or_else(|| parse_numeric(lower));
    pg_type.map(to_arrow).ok_or_else(|| {
        Error::new(Code::InvalidArgument, format!("option \"types\" gives column \"{column}\" the unknown type \"{name}\"")).hint(
            "Known types: boolean, smallint, integer, bigint, real, double precision, numeric(p,s), date, time, timestamp, timestamptz, text.",
        )
    })
}

/// `numeric(p)` or `numeric(p,s)`. Without a precision it has no fixed form in which it could be read.
fn parse_numeric(name: &str) -> Option<PgType> {
    let arguments = name.strip_prefix("numeric").or_else(|| name.strip_prefix("decimal"))?;
    let arguments = arguments.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    ((1..=PRECISION_MAX).contains(&precision) && (0..=precision).contains(&scale)).then(|| PgType::numeric(precision, scale))
}

/// The value that a partition folder says, in the type of its column; `None` if it is not of that type.
pub(crate) fn partition_value(text: Option<&str>, data_type: &DataType) -> Option<Value> {
    let Some(text) = text else { return Some(Value::Null) };
    let integer = |max: i64| Int64Type::parse(text).filter(|value| (-max - 1..=max).contains(value)).map(Value::Int);
    match data_type {
        DataType::Boolean => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
        DataType::Int16 => integer(i64::from(i16::MAX)),
        DataType::Int32 => integer(i64::from(i32::MAX)),
        DataType::Int64 => integer(i64::MAX),
        DataType::Float32 | DataType::Float64 => Float64Type::parse(text).map(Value::Float),
        DataType::Date32 => Date32Type::parse(text).map(Value::Date),
        DataType::Timestamp(TimeUnit::Microsecond, _) => timestamp_micros(text).map(Value::Timestamp),
        DataType::Utf8 => Some(Value::Text(text.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_types_that_text_can_be_read_as() {
        for (name, data_type) in [
            ("TEXT", DataType::Utf8),
            ("int", DataType::Int32),
            ("int8", DataType::Int64),
            ("Double Precision", DataType::Float64),
            ("numeric(12, 2)", DataType::Decimal128(12, 2)),
            ("decimal(5)", DataType::Decimal128(5, 0)),
            ("timestamp with time zone", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ] {
            assert_eq!(parse_type("s.t.c", name).expect(name), data_type);
        }
        for name in ["numeric", "numeric(39,0)", "numeric(3,4)", "bytea", "integer[]", "jsonb", "txt"] {
            let error = parse_type("s.t.c", name).expect_err(name);
            assert_eq!(error.message, format!("option \"types\" gives column \"s.t.c\" the unknown type \"{name}\""));
        }
    }

    #[test]
    fn partition_values_have_the_type_of_their_column() {
        for (text, data_type, value) in [
            (Some("7"), DataType::Int64, Some(Value::Int(7))),
            (Some("07"), DataType::Int16, Some(Value::Int(7))),
            (Some("40000"), DataType::Int16, None),
            (Some("x"), DataType::Int64, None),
            (Some("True"), DataType::Boolean, Some(Value::Bool(true))),
            (Some("1970-01-03"), DataType::Date32, Some(Value::Date(2))),
            (Some("1970-01-01 00:00:01"), DataType::Timestamp(TimeUnit::Microsecond, None), Some(Value::Timestamp(1_000_000))),
            (Some("x"), DataType::Utf8, Some(Value::Text("x".to_owned()))),
            (Some("1.5"), DataType::Decimal128(3, 1), None),
            (None, DataType::Int64, Some(Value::Null)),
        ] {
            assert_eq!(partition_value(text, &data_type), value, "{text:?} as {data_type}");
        }
    }
}
