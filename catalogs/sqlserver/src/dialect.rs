//! How names, constants and comparisons are written, so that they mean what they mean to PostgreSQL.
//!
//! SQL Server compares text by collations, most of which take upper for lower case, and in every one of them blanks at the end do not
//! count; nor do zeros at the end of bytes. So equality asks for equal code units and for equal lengths. Where an index may help, the
//! column's own collation narrows first: identical texts are equal in every collation. How texts are ordered is not asked: even a
//! binary collation puts characters beyond U+FFFF elsewhere, and takes the end of a text for a blank.

use std::borrow::Cow;

use spi::predicate::{Comparison, Value};
use spi::{Error, Result};
use tiberius::ColumnData;
use tiberius::time::DateTimeOffset;

use crate::moment;
use crate::types::Native;

/// By code units. Blanks at the end do not count here either.
pub(crate) const BINARY: &str = " COLLATE Latin1_General_100_BIN2";

/// The most digits of a `decimal`.
const DECIMAL_DIGITS_MAX: u32 = 38;

/// A statement in the making. Constants travel as parameters, `@P1` first.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) parameters: Vec<ColumnData<'static>>,
}

impl Sql {
    pub(crate) fn push(&mut self, text: &str) {
        self.text += text;
    }

    /// The name of a parameter.
    fn mark(&mut self, parameter: ColumnData<'static>) -> String {
        self.parameters.push(parameter);
        format!("@P{}", self.parameters.len())
    }
}

/// A name of any characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A text as a parameter.
pub(crate) fn text_parameter(text: &str) -> ColumnData<'static> {
    ColumnData::String(Some(Cow::Owned(text.to_owned())))
}

/// The text of a `sql_variant`, with all digits of numbers and moments. The server's own conversion would round a `float` to six digits
/// and cut a long text, which is an error here.
pub(crate) fn text_of(variant: &str) -> String {
    let base = format!("CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY({variant}, 'BaseType'))");
    format!(
        "CASE WHEN {base} = N'float' THEN CONVERT(nvarchar(60), CONVERT(float, {variant}), 3) \
         WHEN {base} = N'real' THEN CONVERT(nvarchar(60), CONVERT(real, {variant}), 3) \
         WHEN {base} IN (N'money', N'smallmoney') THEN CONVERT(nvarchar(60), CONVERT(decimal(19, 4), CONVERT(money, {variant}))) \
         WHEN {base} = N'datetime' THEN CONVERT(nvarchar(60), CONVERT(datetime, {variant}), 121) \
         WHEN {base} = N'smalldatetime' THEN CONVERT(nvarchar(60), CONVERT(smalldatetime, {variant}), 120) \
         WHEN {base} IN (N'binary', N'varbinary') THEN CONVERT(nvarchar(max), CONVERT(varbinary(8000), {variant}), 1) \
         WHEN {base} IN (N'char', N'varchar') AND DATALENGTH({variant}) > 4000 \
         THEN CONVERT(nvarchar(60), CONVERT(int, N'A sql_variant holds more than 4000 characters.')) \
         ELSE CONVERT(nvarchar(4000), {variant}) END"
    )
}

/// Whether [`write_comparison`] can say it exactly, whatever the column's native type.
pub(crate) fn is_exact_comparison(comparison: Comparison, value: &Value) -> bool {
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    match value {
        Value::Int(_) => true,
        Value::Float(value) => value.is_finite(),
        Value::Decimal { digits, scale } => *scale >= 0 && digits.unsigned_abs() < 10_u128.pow(DECIMAL_DIGITS_MAX),
        Value::Bool(_) | Value::Bytes(_) => equality,
        // No text that is read has a zero byte.
        Value::Text(text) => equality && !text.contains('\0'),
        Value::Date(days) => moment::date((*days).into()).is_some(),
        Value::Timestamp(micros) => moment::datetime2(*micros).is_some(),
        Value::Null => false,
    }
}

/// Appends `column <comparison> value`, for which [`is_exact_comparison`] said yes.
pub(crate) fn write_comparison(sql: &mut Sql, column: &str, native: &Native, comparison: Comparison, value: &Value) -> Result<()> {
    let compared = native.value_of(column);
    let sign = comparison.sign();
    let written = match value {
        Value::Text(text) => {
            let mark = sql.mark(text_parameter(text));
            let narrowing = if native.is_compared() { format!("{column} = {mark} AND ") } else { String::new() };
            match comparison {
                Comparison::NotEqual => not_same_text(&compared, &mark),
                _ => format!("({narrowing}{})", same_text(&compared, &mark)),
            }
        }
        Value::Bytes(bytes) => {
            let mark = sql.mark(ColumnData::Binary(Some(Cow::Owned(bytes.clone()))));
            match comparison {
                Comparison::NotEqual => not_same_bytes(&compared, &mark),
                _ => format!("({})", same_bytes(&compared, &mark)),
            }
        }
        Value::Bool(truth) => format!("{compared} = {}", i32::from(*truth == (comparison == Comparison::Equal))),
        Value::Decimal { digits, scale } => decimal_comparison(sql, &compared, native, comparison, *digits, *scale)?,
        other => format!("{compared} {sign} {}", sql.mark(parameter(other, native)?)),
    };
    sql.push(&written);
    Ok(())
}

/// Appends `column IN (values)`; each is one for whose equality [`is_exact_comparison`] said yes.
pub(crate) fn write_in(sql: &mut Sql, column: &str, native: &Native, values: &[Value]) -> Result<()> {
    if values.iter().all(|value| matches!(value, Value::Int(_) | Value::Float(_) | Value::Date(_) | Value::Timestamp(_))) {
        let marks: Vec<String> = values.iter().map(|value| Ok(sql.mark(parameter(value, native)?))).collect::<Result<_>>()?;
        sql.push(&format!("{} IN ({})", native.value_of(column), marks.join(", ")));
        return Ok(());
    }
    for (place, value) in values.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { " OR " });
        write_comparison(sql, column, native, Comparison::Equal, value)?;
    }
    sql.push(")");
    Ok(())
}

/// That two texts are the same, neither of them longer by blanks.
pub(crate) fn same_text(left: &str, right: &str) -> String {
    format!("{left}{BINARY} = {right} AND DATALENGTH({left}) = DATALENGTH({right})")
}

pub(crate) fn not_same_text(left: &str, right: &str) -> String {
    format!("({left}{BINARY} <> {right} OR DATALENGTH({left}) <> DATALENGTH({right}))")
}

/// That two strings of bytes are the same, neither of them longer by zeros.
pub(crate) fn same_bytes(left: &str, right: &str) -> String {
    format!("{left} = {right} AND DATALENGTH({left}) = DATALENGTH({right})")
}

pub(crate) fn not_same_bytes(left: &str, right: &str) -> String {
    format!("({left} <> {right} OR DATALENGTH({left}) <> DATALENGTH({right}))")
}

/// A number as the server reads it.
pub(crate) fn decimal_text(digits: i128, scale: u32) -> String {
    let decimals = scale as usize;
    let text = format!("{:0width$}", digits.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = text.split_at(text.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if digits < 0 { "-" } else { "" })
}

/// A comparison with a decimal, in the column's own type: of two types the server would make a third one, and round to it.
fn decimal_comparison(sql: &mut Sql, column: &str, native: &Native, comparison: Comparison, digits: i128, scale: i8) -> Result<String> {
    let Some((precision, own)) = native.pg_type().numeric_precision_scale() else { return Err(mismatch(native)) };
    let (limit, fitted) = (10_i128.pow(precision.unsigned_abs().min(DECIMAL_DIGITS_MAX)), Fitted::new(digits, scale, own));
    let (always, never) = (format!("{column} IS NOT NULL"), "1 = 0".to_owned());
    let Fitted { floor, exact } = match fitted {
        Some(fitted) if fitted.floor.abs() < limit => fitted,
        // Beyond all values that the column can hold.
        _ => {
            let holds = match comparison {
                Comparison::Equal => false,
                Comparison::NotEqual => true,
                Comparison::Less | Comparison::LessOrEqual => digits > 0,
                Comparison::Greater | Comparison::GreaterOrEqual => digits < 0,
            };
            return Ok(if holds { always } else { never });
        }
    };
    let sign = match comparison {
        _ if exact => comparison.sign(),
        Comparison::Equal => return Ok(never),
        Comparison::NotEqual => return Ok(always),
        Comparison::Less | Comparison::LessOrEqual => Comparison::LessOrEqual.sign(),
        Comparison::Greater | Comparison::GreaterOrEqual => Comparison::Greater.sign(),
    };
    let mark = sql.mark(text_parameter(&decimal_text(floor, own.unsigned_abs())));
    Ok(format!("{column} {sign} CONVERT(decimal({precision}, {own}), {mark})"))
}

/// A number with other digits after the point.
struct Fitted {
    /// The largest such number that is not above it.
    floor: i128,
    exact: bool,
}

impl Fitted {
    fn new(digits: i128, scale: i8, wanted: i32) -> Option<Self> {
        let more = wanted - i32::from(scale);
        let factor = 10_i128.checked_pow(more.unsigned_abs())?;
        Some(match more {
            0.. => Self { floor: digits.checked_mul(factor)?, exact: true },
            _ => Self { floor: digits.div_euclid(factor), exact: digits % factor == 0 },
        })
    }
}

/// The constant, as a column of the type is compared with it.
fn parameter(value: &Value, native: &Native) -> Result<ColumnData<'static>> {
    let is_zoned = native.name == "datetimeoffset";
    let parameter = match value {
        Value::Int(number) => Some(ColumnData::I64(Some(*number))),
        Value::Float(number) => Some(ColumnData::F64(Some(*number))),
        Value::Date(days) => moment::date((*days).into()).map(|date| ColumnData::Date(Some(date))),
        Value::Timestamp(micros) => moment::datetime2(*micros).map(|moment| match is_zoned {
            true => ColumnData::DateTimeOffset(Some(DateTimeOffset::new(moment, 0))),
            false => ColumnData::DateTime2(Some(moment)),
        }),
        _ => None,
    };
    parameter.ok_or_else(|| mismatch(native))
}

fn mismatch(native: &Native) -> Error {
    Error::internal(format!("a column of type {} was compared with a value that is not of its type", native.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(native: &str, comparison: Comparison, value: Value) -> String {
        let mut sql = Sql::default();
        write_comparison(&mut sql, "[c]", &Native::parse(native).expect("a type"), comparison, &value).expect("a comparison");
        let parameters = sql.parameters.iter().map(|parameter| match parameter {
            ColumnData::String(Some(text)) => text.to_string(),
            ColumnData::I64(Some(number)) => number.to_string(),
            other => format!("{other:?}").split('(').next().unwrap_or_default().to_owned(),
        });
        let parameters: Vec<String> = parameters.collect();
        format!("{} <- {}", sql.text, parameters.join(", "))
    }

    #[test]
    fn names_cannot_end_early() {
        assert_eq!(quoted("a]b["), "[a]]b[]");
    }

    #[test]
    fn text_is_the_same_with_its_blanks() {
        let text = || Value::Text("x".to_owned());
        let same = |value: &str| format!("{value} COLLATE Latin1_General_100_BIN2 = @P1 AND DATALENGTH({value}) = DATALENGTH(@P1)");
        assert_eq!(written("nvarchar(9)", Comparison::Equal, text()), format!("([c] = @P1 AND {}) <- x", same("[c]")));
        let converted = "CONVERT(nvarchar(9), [c])";
        assert_eq!(written("varchar(9)", Comparison::Equal, text()), format!("([c] = @P1 AND {}) <- x", same(converted)));
        let guid = "LOWER(CONVERT(nvarchar(36), [c]))";
        assert_eq!(written("uniqueidentifier", Comparison::Equal, text()), format!("({}) <- x", same(guid)));
        assert_eq!(
            written("nvarchar(9)", Comparison::NotEqual, text()),
            "([c] COLLATE Latin1_General_100_BIN2 <> @P1 OR DATALENGTH([c]) <> DATALENGTH(@P1)) <- x"
        );
        for order in [Comparison::Less, Comparison::GreaterOrEqual] {
            assert!(!is_exact_comparison(order, &text()) && !is_exact_comparison(order, &Value::Bytes(vec![1])));
        }
        assert!(!is_exact_comparison(Comparison::Equal, &Value::Text("a\0".to_owned())));
    }

    #[test]
    fn decimals_are_compared_in_the_columns_type() {
        let price = |comparison, digits, scale| written("decimal(5,2)", comparison, Value::Decimal { digits, scale });
        let own = |sign: &str, text: &str| format!("[c] {sign} CONVERT(decimal(5, 2), @P1) <- {text}");
        assert_eq!(price(Comparison::Equal, 5, 0), own("=", "5.00"));
        assert_eq!(price(Comparison::Less, 1230, 3), own("<", "1.23"));
        assert_eq!(price(Comparison::Less, 1239, 3), own("<=", "1.23"));
        assert_eq!(price(Comparison::GreaterOrEqual, -1239, 3), own(">", "-1.24"));
        assert_eq!(price(Comparison::Equal, 1239, 3), "1 = 0 <- ");
        assert_eq!(price(Comparison::NotEqual, 1239, 3), "[c] IS NOT NULL <- ");
        assert_eq!(price(Comparison::Less, 100_000, 2), "[c] IS NOT NULL <- ");
        assert_eq!(price(Comparison::Less, -100_000, 2), "1 = 0 <- ");
        assert_eq!(price(Comparison::Greater, i128::MAX / 2, 0), "1 = 0 <- ");
        let money = Value::Decimal { digits: 5, scale: 2 };
        assert_eq!(written("money", Comparison::Equal, money), "CONVERT(decimal(19, 4), [c]) = CONVERT(decimal(19, 4), @P1) <- 0.0500");
    }

    #[test]
    fn other_values_compare_as_they_are_read() {
        assert_eq!(written("int", Comparison::Less, Value::Int(5)), "[c] < @P1 <- 5");
        assert_eq!(written("bit", Comparison::NotEqual, Value::Bool(true)), "[c] = 0 <- ");
        assert_eq!(written("datetime", Comparison::Equal, Value::Timestamp(0)), "CONVERT(datetime2(3), [c]) = @P1 <- DateTime2");
        assert_eq!(written("datetimeoffset(7)", Comparison::Less, Value::Timestamp(0)), "[c] < @P1 <- DateTimeOffset");
        assert_eq!(
            written("varbinary(9)", Comparison::Equal, Value::Bytes(vec![1])),
            "([c] = @P1 AND DATALENGTH([c]) = DATALENGTH(@P1)) <- Binary"
        );
        let mut sql = Sql::default();
        let native = Native::parse("nchar(1)").expect("a type");
        write_in(&mut sql, "[c]", &native, &[Value::Text("a".to_owned()), Value::Text("b".to_owned())]).expect("a list");
        assert!(sql.text.starts_with("(([c] = @P1 AND ") && sql.text.contains(") OR ([c] = @P2 AND ") && sql.parameters.len() == 2);
        let mut sql = Sql::default();
        write_in(&mut sql, "[c]", &Native::parse("int").expect("a type"), &[Value::Int(1), Value::Int(2)]).expect("a list");
        assert_eq!(sql.text, "[c] IN (@P1, @P2)");
    }
}
