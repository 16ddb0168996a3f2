//! What stands in a CALL as an argument: a literal, perhaps with a cast, or a parameter.

use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{Expr, TypedString, UnaryOperator, Value};
use spi::types::{PgType, oid};
use spi::{Code, Error};

use super::Refusal;
use crate::parse::fold;
use crate::settings::parse_bool;
use crate::{moment, output};

/// A value, of the few types that arguments have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Null,
    /// Text, or a literal whose type is for its argument to say.
    Text(String),
    /// As it is written, with its sign.
    Number(String),
    Boolean(bool),
    /// In microseconds since 1970 UTC.
    Moment(i64),
}

impl Constant {
    pub(super) fn type_name(&self) -> String {
        match self {
            Constant::Null => "unknown",
            Constant::Text(_) => "text",
            Constant::Number(digits) if digits.parse::<i32>().is_ok() => "integer",
            Constant::Number(digits) if digits.parse::<i64>().is_ok() => "bigint",
            Constant::Number(_) => "numeric",
            Constant::Boolean(_) => "boolean",
            Constant::Moment(_) => "timestamp with time zone",
        }
        .to_owned()
    }
}

/// The value of an argument. `values` are those of `$1`, `$2`, ….
pub(super) fn read(expr: &Expr, values: &[ScalarValue], time_zone: &str) -> Result<Constant, Refusal> {
    match expr {
        Expr::Nested(inner) => read(inner, values, time_zone),
        Expr::Value(value) => literal(&value.value, values),
        Expr::UnaryOp { op: op @ (UnaryOperator::Minus | UnaryOperator::Plus), expr } => match read(expr, values, time_zone)? {
            Constant::Number(digits) => Ok(Constant::Number(signed(&digits, *op == UnaryOperator::Minus))),
            Constant::Null => Ok(Constant::Null),
            _ => Err(Refusal::NoConstant),
        },
        Expr::Cast { expr, data_type, .. } => cast(read(expr, values, time_zone)?, output::pg_type(data_type), time_zone),
        Expr::TypedString(TypedString { data_type, value, .. }) => {
            cast(literal(&value.value, values)?, output::pg_type(data_type), time_zone)
        }
        Expr::Identifier(ident) => {
            let name = fold(ident);
            Err(Refusal::Other(
                Error::new(Code::UndefinedColumn, format!("column \"{name}\" does not exist"))
                    .hint(format!("Text is written in single quotes: '{}'.", name.replace('\'', "''"))),
            ))
        }
        _ => Err(Refusal::NoConstant),
    }
}

fn literal(value: &Value, values: &[ScalarValue]) -> Result<Constant, Refusal> {
    Ok(match value {
        Value::Null => Constant::Null,
        Value::Boolean(value) => Constant::Boolean(*value),
        Value::Number(digits, _) => Constant::Number(digits.clone()),
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) | Value::UnicodeStringLiteral(text) => {
            Constant::Text(text.clone())
        }
        Value::DollarQuotedString(quoted) => Constant::Text(quoted.value.clone()),
        Value::Placeholder(written) => {
            let number = number(written).ok_or(Refusal::NoConstant)?;
            let value = number.checked_sub(1).and_then(|index| values.get(index));
            scalar(value.ok_or_else(|| Refusal::Other(no_parameter(number)))?)?
        }
        _ => return Err(Refusal::NoConstant),
    })
}

fn signed(digits: &str, negative: bool) -> String {
    match (digits.strip_prefix('-'), negative) {
        (Some(positive), true) => positive.to_owned(),
        (None, true) => format!("-{digits}"),
        (_, false) => digits.to_owned(),
    }
}

/// A parameter's value, as it was decoded.
fn scalar(value: &ScalarValue) -> Result<Constant, Refusal> {
    if value.is_null() {
        return Ok(Constant::Null);
    }
    if let Some(Some(text)) = value.try_as_str() {
        return Ok(Constant::Text(text.to_owned()));
    }
    let data_type = value.data_type();
    Ok(match value {
        ScalarValue::Boolean(Some(value)) => Constant::Boolean(*value),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => Constant::Moment(*micros),
        value if data_type.is_numeric() => Constant::Number(value.to_string()),
        _ => return Err(Refusal::Type(PgType::from_arrow(&data_type).format())),
    })
}

/// A value of another type, as far as that makes sense for an argument. Types without a meaning here are refused by their names.
fn cast(constant: Constant, pg_type: Option<PgType>, time_zone: &str) -> Result<Constant, Refusal> {
    let Some(pg_type) = pg_type else { return Err(Refusal::NoConstant) };
    let other_type = || Refusal::Type(pg_type.format());
    let other_form = |what: &str| Refusal::Other(Error::new(Code::InvalidText, format!("invalid input syntax for type {what}")));
    Ok(match (pg_type.oid, constant) {
        (_, Constant::Null) => Constant::Null,
        (oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::JSON | oid::JSONB | oid::UNKNOWN, Constant::Text(text)) => {
            Constant::Text(text)
        }
        (oid::TEXT | oid::VARCHAR, Constant::Number(digits)) => Constant::Text(digits),
        (oid::TEXT | oid::VARCHAR, Constant::Boolean(value)) => Constant::Text(value.to_string()),
        (oid::BOOL, Constant::Boolean(value)) => Constant::Boolean(value),
        (oid::BOOL, Constant::Text(text)) => Constant::Boolean(parse_bool(text.trim()).ok_or_else(|| other_form("boolean"))?),
        (oid::INT2 | oid::INT4 | oid::INT8, Constant::Number(digits) | Constant::Text(digits)) => {
            let number: i64 = digits.trim().parse().map_err(|_| other_form(&pg_type.format()))?;
            let fits = match pg_type.oid {
                oid::INT2 => i16::try_from(number).is_ok(),
                oid::INT4 => i32::try_from(number).is_ok(),
                _ => true,
            };
            if fits { Constant::Number(number.to_string()) } else { return Err(Refusal::Range(pg_type)) }
        }
        (oid::TIMESTAMPTZ, Constant::Text(text)) => Constant::Moment(moment::parse(&text, time_zone)?),
        // As PostgreSQL does where a time with a zone is wanted: without one it is meant in the session's.
        (oid::TIMESTAMP | oid::DATE, Constant::Text(text)) => Constant::Moment(moment::parse(&text, time_zone)?),
        (oid::TIMESTAMPTZ | oid::TIMESTAMP, Constant::Moment(micros)) => Constant::Moment(micros),
        _ => return Err(other_type()),
    })
}

/// The number of the parameter that an argument is, and the type that a cast gives it.
pub(super) fn parameter(expr: &Expr) -> Option<(usize, Option<u32>)> {
    match expr {
        Expr::Nested(inner) => parameter(inner),
        Expr::Cast { expr, data_type, .. } => {
            let (number, inner) = parameter(expr)?;
            Some((number, inner.or_else(|| output::pg_type(data_type).map(|pg_type| pg_type.oid))))
        }
        Expr::Value(value) => match &value.value {
            Value::Placeholder(written) => number(written).map(|number| (number, None)),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn no_parameter(number: usize) -> Error {
    Error::new(Code::UndefinedParameter, format!("there is no parameter ${number}"))
}

fn number(placeholder: &str) -> Option<usize> {
    placeholder.strip_prefix('$')?.parse().ok()
}

/// The type of an argument as an error lists it, before anything is known of what it is for.
pub(super) fn type_as_written(expr: &Expr) -> String {
    if let Expr::Cast { data_type, .. } | Expr::TypedString(TypedString { data_type, .. }) = expr {
        return output::pg_type(data_type).map_or_else(|| data_type.to_string().to_lowercase(), PgType::format);
    }
    match read(expr, &[], "UTC") {
        // PostgreSQL does not decide on the type of a literal in quotes before it knows what it is for.
        Ok(Constant::Text(_)) | Err(_) => "unknown".to_owned(),
        Ok(constant) => constant.type_name(),
    }
}
