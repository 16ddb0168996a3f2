//! How names, constants and comparisons are written for PostgreSQL, so that they mean what they mean to the gateway.
//!
//! The gateway orders text by its bytes in UTF-8 and takes two texts for equal when their bytes are. A column's collation may say
//! otherwise, so text is compared under the collation `C`, in a database of another encoding by its UTF-8 bytes; only equality under a
//! collation where equal means identical is left to the column's own collation, whose indexes then serve. Blanks at the end of a
//! `char(n)` mean nothing to PostgreSQL, and so in a comparison here.

use arrow::datatypes::{DataType, TimeUnit};
use spi::predicate::{Comparison, Value};
use spi::types::{PgType, oid};
use spi::{Error, Result};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, Postgres};

use crate::numeric;
use crate::types::Form;

/// Days from 1970-01-01 to 2000-01-01, from where PostgreSQL counts.
pub(crate) const EPOCH_DAYS: i32 = 10_957;

/// The same in microseconds.
pub(crate) const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// The dates that PostgreSQL has: Julian days from 0, up to the year 5874897 (`IS_VALID_DATE`), in days since 1970.
const DATES: std::ops::Range<i32> = -2_440_588..2_145_042_906;

/// The first timestamp that it has (`MIN_TIMESTAMP`), in microseconds since 1970. The last one lies beyond 64 bits of these.
const FIRST_TIMESTAMP: i64 = -210_866_803_200_000_000;

/// A column as comparisons see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand<'a> {
    pub(crate) name: &'a str,
    /// The OID of its type, below any domain.
    pub(crate) native_oid: u32,
    /// Whether texts that its collation calls equal are identical.
    pub(crate) deterministic: bool,
    /// Whether the database keeps text in UTF-8.
    pub(crate) unicode: bool,
}

/// A constant in binary form, bound as a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) oid: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A name of any characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column of the table that is read, which every statement calls `t`.
pub(crate) fn column(name: &str) -> String {
    format!("t.{}", quoted(name))
}

/// A column of that type in the form in which its values are wanted.
pub(crate) fn selected(name: &str, native_oid: u32, form: Form) -> String {
    let column = column(name);
    match form {
        Form::Binary => column,
        Form::Text => printed(&column, native_oid),
        // The text of an array holds each element as it is printed, which casting them one by one does not give.
        Form::TextArray => format!("{column}::text::text[]"),
    }
}

/// What the server prints for a value. Its cast does the same, except that it gives every `inet` a net mask.
fn printed(column: &str, native_oid: u32) -> String {
    match native_oid {
        oid::INET => format!("textin(inet_out({column}))"),
        _ => format!("{column}::text"),
    }
}

/// Whether PostgreSQL has the value. Zero bytes are in no text of it.
pub(crate) fn can_write(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal { .. } | Value::Bytes(_) => true,
        Value::Text(text) => !text.contains('\0'),
        Value::Date(days) => DATES.contains(days),
        Value::Timestamp(microseconds) => *microseconds >= FIRST_TIMESTAMP,
    }
}

/// A constant of a whole query; `None` where its type is none that PostgreSQL is sent. All integers travel as the longest.
pub(crate) fn parameter(value: &Value, data_type: &DataType) -> Option<Constant> {
    let oid = match (value, data_type) {
        (Value::Bool(_), DataType::Boolean) => oid::BOOL,
        (Value::Int(_), DataType::Int16 | DataType::Int32 | DataType::Int64) => oid::INT8,
        (Value::Float(_), DataType::Float32 | DataType::Float64) => oid::FLOAT8,
        (Value::Decimal { .. }, DataType::Decimal128(..)) => oid::NUMERIC,
        (Value::Text(_), DataType::Utf8) => oid::TEXT,
        (Value::Bytes(_), DataType::Binary) => oid::BYTEA,
        (Value::Date(_), DataType::Date32) => oid::DATE,
        (Value::Timestamp(_), DataType::Timestamp(TimeUnit::Microsecond, None)) => oid::TIMESTAMP,
        (Value::Timestamp(_), DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => oid::TIMESTAMPTZ,
        _ => return None,
    };
    Some(Constant { oid, bytes: encoded(value, oid).ok()? })
}

/// `column <comparison> value`, its constant added to the others.
pub(crate) fn comparison(operand: Operand<'_>, comparison: Comparison, value: &Value, constants: &mut Vec<Constant>) -> Result<String> {
    let written = Written::new(operand, comparison, value)?;
    constants.push(Constant { oid: written.oid, bytes: encoded(value, operand.native_oid)? });
    Ok(format!("{} {} ${}", written.column, comparison.sign(), constants.len()))
}

/// `column = ANY (values)`, the values one constant.
pub(crate) fn any_of(operand: Operand<'_>, values: &[Value], constants: &mut Vec<Constant>) -> Result<String> {
    let Some(first) = values.first() else { return Ok("false".to_owned()) };
    let written = Written::new(operand, Comparison::Equal, first)?;
    let elements: Vec<Vec<u8>> = values.iter().map(|value| encoded(value, operand.native_oid)).collect::<Result<_>>()?;
    constants.push(array(written.oid, &elements)?);
    Ok(format!("{} = ANY (${})", written.column, constants.len()))
}

/// The left side of a comparison, and the type of the constant on its right.
struct Written {
    column: String,
    oid: u32,
}

impl Written {
    fn new(operand: Operand<'_>, comparison: Comparison, value: &Value) -> Result<Self> {
        let column = column(operand.name);
        let (column, oid) = match (value, operand.native_oid) {
            // Integers of different widths compare across, by the indexes of either.
            (Value::Int(_), oid::INT2 | oid::INT4 | oid::INT8) => (column, oid::INT8),
            (Value::Int(_), oid::OID) => (format!("{column}::int8"), oid::INT8),
            (Value::Float(_), oid::FLOAT4 | oid::FLOAT8) => (column, oid::FLOAT8),
            (Value::Decimal { .. }, oid::NUMERIC) => (column, oid::NUMERIC),
            (Value::Bool(_), oid::BOOL) => (column, oid::BOOL),
            (Value::Bytes(_), oid::BYTEA) => (column, oid::BYTEA),
            (Value::Date(_), oid::DATE) => (column, oid::DATE),
            (Value::Timestamp(_), native @ (oid::TIMESTAMP | oid::TIMESTAMPTZ)) => (column, native),
            (Value::Text(_), native) => text_operand(operand, comparison, native, column),
            _ => return Err(Error::internal(format!("column \"{}\" was compared with a value that is not of its type", operand.name))),
        };
        Ok(Self { column, oid })
    }
}

fn text_operand(operand: Operand<'_>, comparison: Comparison, native: u32, column: String) -> (String, u32) {
    let own_collation = matches!(comparison, Comparison::Equal | Comparison::NotEqual) && operand.deterministic;
    let orders = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    match native {
        oid::TEXT | oid::VARCHAR if own_collation => (column, oid::TEXT),
        oid::BPCHAR if own_collation => (column, oid::BPCHAR),
        // The cast drops the blanks at the end of a `char(n)`, and `encoded` those of the constant.
        _ if orders && !operand.unicode => (format!("convert_to({}, 'UTF8')", printed(&column, native)), oid::BYTEA),
        _ => (format!("{} COLLATE \"C\"", printed(&column, native)), oid::TEXT),
    }
}

/// The binary form of a value, for a column of that type.
fn encoded(value: &Value, native_oid: u32) -> Result<Vec<u8>> {
    Ok(match value {
        Value::Bool(truth) => vec![u8::from(*truth)],
        Value::Int(number) => number.to_be_bytes().to_vec(),
        Value::Float(number) => number.to_be_bytes().to_vec(),
        Value::Decimal { digits, scale } => numeric::encoded(*digits, *scale),
        Value::Text(text) if native_oid == oid::BPCHAR => text.trim_end_matches(' ').as_bytes().to_vec(),
        Value::Text(text) => text.as_bytes().to_vec(),
        Value::Bytes(bytes) => bytes.clone(),
        Value::Date(days) => (days - EPOCH_DAYS).to_be_bytes().to_vec(),
        Value::Timestamp(microseconds) => (microseconds - EPOCH_MICROSECONDS).to_be_bytes().to_vec(),
        Value::Null => return Err(Error::internal("a predicate compares with null")),
    })
}

/// An array of one dimension, none of its elements null.
fn array(element_oid: u32, elements: &[Vec<u8>]) -> Result<Constant> {
    let Some(array) = PgType::new(element_oid).builtin() else {
        return Err(Error::internal(format!("no array over type {element_oid} is known")));
    };
    // Dimensions, whether there are nulls, the element's type, the length, the first index.
    let header = [1, 0, element_oid as i32, elements.len() as i32, 1];
    let mut bytes: Vec<u8> = header.iter().flat_map(|number| number.to_be_bytes()).collect();
    for element in elements {
        bytes.extend((element.len() as i32).to_be_bytes());
        bytes.extend(element);
    }
    Ok(Constant { oid: array.array_oid, bytes })
}

impl sqlx::Type<Postgres> for Constant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::TEXT))
    }
}

impl Encode<'_, Postgres> for Constant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(native_oid: u32, deterministic: bool, unicode: bool, word: Comparison, value: Value) -> String {
        let operand = Operand { name: "c\"", native_oid, deterministic, unicode };
        comparison(operand, word, &value, &mut Vec::new()).expect("a comparison")
    }

    #[test]
    fn text_compares_by_its_bytes() {
        let text = || Value::Text("x".to_owned());
        for (native, deterministic, unicode, word, expected) in [
            (oid::TEXT, true, true, Comparison::Equal, "t.\"c\"\"\" = $1"),
            (oid::TEXT, false, true, Comparison::Equal, "t.\"c\"\"\"::text COLLATE \"C\" = $1"),
            (oid::TEXT, true, true, Comparison::Less, "t.\"c\"\"\"::text COLLATE \"C\" < $1"),
            (oid::TEXT, true, false, Comparison::Less, "convert_to(t.\"c\"\"\"::text, 'UTF8') < $1"),
            (oid::BPCHAR, true, true, Comparison::NotEqual, "t.\"c\"\"\" <> $1"),
            (oid::UUID, true, true, Comparison::Equal, "t.\"c\"\"\"::text COLLATE \"C\" = $1"),
        ] {
            assert_eq!(written(native, deterministic, unicode, word, text()), expected);
        }
    }

    #[test]
    fn values_beyond_the_range_are_not_written() {
        assert!(can_write(&Value::Date(-2_440_588)) && !can_write(&Value::Date(-2_440_589)));
        assert!(can_write(&Value::Date(2_145_042_905)) && !can_write(&Value::Date(2_145_042_906)));
        assert!(can_write(&Value::Timestamp(i64::MAX)) && !can_write(&Value::Timestamp(i64::MIN)));
        assert!(!can_write(&Value::Text("a\0".to_owned())));
    }
}
