//! Whole queries in SQL Server's SQL, written so that they mean what they mean in PostgreSQL.
//!
//! - Text is the same when its code units and its length are. It is grouped by both, and never sorted: see `dialect.rs`.
//! - There are no truth values but those of `bit` columns: a condition that must be a value becomes a `CASE`, and a value that must be a
//!   condition is compared with 1.
//! - NULL sorts where PostgreSQL sorts it.
//! - What the server would round or decide otherwise stays at the gateway: averages, sums of floating-point numbers, division of
//!   decimals, patterns, whose brackets mean something here, and arithmetic whose result has no room.

use std::borrow::Cow;

use arrow::datatypes::{DataType, TimeUnit};
use spi::predicate::{Comparison, Value};
use spi::query::{AggregateFunction, Dialect, Expr, ExprKind, Function, Parameter, SortKey, TableColumn, WindowFunction};
use tiberius::ColumnData;
use tiberius::time::DateTimeOffset;

use crate::dialect::{BINARY, decimal_text, not_same_bytes, not_same_text, quoted, same_bytes, same_text, text_parameter};
use crate::moment;
use crate::types::Native;

/// The protocol allows 2,100, among them the statement itself and the list of parameters.
const PARAMETERS_MAX: usize = 2_000;

/// The most digits of a `decimal`.
const DIGITS_MAX: i16 = 38;

/// Digits of the longest integer.
const INTEGER_DIGITS: i16 = 19;

/// SQL Server's words.
pub(crate) struct Words;

impl Dialect for Words {
    fn name(&self, name: &str) -> String {
        quoted(name)
    }

    fn column(&self, column: &TableColumn, written: String) -> Option<String> {
        // A type that users made says nothing of its base.
        let native = Native::parse(&column.native_type)?;
        let value = native.value_of(&written);
        (native.data_type() == column.data_type).then(|| if column.data_type == DataType::Utf8 { bytewise(&value) } else { value })
    }

    fn parameter(&self, place: usize, data_type: &DataType) -> String {
        match data_type {
            DataType::Int16 | DataType::Int32 | DataType::Float32 | DataType::Decimal128(..) => {
                // Each has a name.
                format!("CONVERT({}, @P{place})", type_name(data_type).unwrap_or_default())
            }
            _ => format!("@P{place}"),
        }
    }

    fn takes(&self, value: &Value, data_type: &DataType) -> bool {
        bound(&Parameter { value: value.clone(), data_type: data_type.clone() }).is_some()
    }

    fn call(&self, function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
        let infix = |sign: &str| Some(format!("({} {sign} {})", written.first()?, written.get(1)?));
        let first = &arguments.first()?.data_type;
        let alike = arguments.iter().all(|argument| argument.data_type == *first);
        let (is_text, is_binary) = (alike && *first == DataType::Utf8, alike && *first == DataType::Binary);
        let comparable = alike && compares(first) || arguments.len() == 2 && has_common_decimal(first, &arguments[1].data_type);
        match function {
            Function::Equal if is_text => Some(format!("({})", equal_text(arguments.get(1)?, written.first()?, written.get(1)?))),
            Function::NotEqual if is_text => Some(not_same_text(bare(written.first()?), bare(written.get(1)?))),
            Function::Equal if is_binary => Some(format!("({})", same_bytes(written.first()?, written.get(1)?))),
            Function::NotEqual if is_binary => Some(not_same_bytes(written.first()?, written.get(1)?)),
            Function::In if is_text => {
                let left = written.first()?;
                let values = arguments.iter().zip(written).skip(1).map(|(value, right)| format!("({})", equal_text(value, left, right)));
                Some(format!("({})", values.collect::<Vec<_>>().join(" OR ")))
            }
            Function::In if alike && compares(first) => Some(format!("({} IN ({}))", written.first()?, written.get(1..)?.join(", "))),
            Function::IsNotDistinctFrom if comparable => Some(same_or_null(written.first()?, written.get(1)?)),
            Function::IsDistinctFrom if comparable => Some(format!("(NOT {})", same_or_null(written.first()?, written.get(1)?))),
            // Truth values are equal or not, but in no order.
            Function::Equal | Function::NotEqual if comparable => infix(function.comparison().map(Comparison::sign)?),
            _ if function.comparison().is_some() && comparable && *first != DataType::Boolean => {
                infix(function.comparison().map(Comparison::sign)?)
            }
            Function::Add | Function::Subtract | Function::Multiply => arithmetic(function, arguments, written, data_type),
            Function::Divide | Function::Modulo if is_integer(data_type) && alike && first == data_type && divides(arguments.get(1)?) => {
                Some(integers(if function == Function::Divide { "/" } else { "%" }, written, data_type)?)
            }
            // Of the longest type, or the server would cut it.
            Function::Concatenate if is_text => Some(format!("({} + {}){BINARY}", longest(written.first()?), longest(written.get(1)?))),
            Function::Absolute if matches!(data_type, DataType::Int32 | DataType::Int64) && first == data_type => {
                Some(format!("ABS({})", written.first()?))
            }
            Function::Coalesce if alike && first == data_type && compares_or_text(first) => {
                let values: Vec<String> = written.iter().map(|value| self.alternative(data_type, value.clone())).collect();
                Some(format!("COALESCE({})", values.join(", ")))
            }
            Function::NullIf if alike && first == data_type && compares(first) => Some(format!("NULLIF({})", written.join(", "))),
            _ => None,
        }
    }

    fn cast(&self, from: &Expr, written: &str, to: &DataType) -> Option<String> {
        let exact = match (&from.data_type, to) {
            (DataType::Int16, DataType::Int32 | DataType::Int64) | (DataType::Int32, DataType::Int64) => true,
            (DataType::Int16 | DataType::Int32, DataType::Float64) | (DataType::Float32, DataType::Float64) => true,
            (from, DataType::Decimal128(precision, scale)) if is_integer(from) => {
                *scale >= 0 && i16::from(*precision) - i16::from(*scale) >= INTEGER_DIGITS
            }
            (DataType::Decimal128(from_precision, from_scale), DataType::Decimal128(precision, scale)) => {
                scale >= from_scale && whole(*precision, *scale) >= whole(*from_precision, *from_scale)
            }
            (DataType::Date32, DataType::Timestamp(TimeUnit::Microsecond, None)) => true,
            _ => false,
        };
        exact.then(|| Some(format!("CONVERT({}, {written})", type_name(to)?)))?
    }

    fn aggregate(
        &self,
        function: AggregateFunction,
        argument: Option<(&Expr, &str)>,
        distinct: bool,
        data_type: &DataType,
    ) -> Option<String> {
        let Some((argument, written)) = argument else {
            return (function == AggregateFunction::Count).then(|| "COUNT_BIG(*)".to_owned());
        };
        let word = if distinct { "DISTINCT " } else { "" };
        match function {
            // With something that is no blank at its end, a text is counted with its blanks.
            AggregateFunction::Count if distinct && argument.data_type == DataType::Utf8 => {
                Some(format!("COUNT_BIG(DISTINCT ({} + N'.'){BINARY})", longest(written)))
            }
            AggregateFunction::Count => Some(format!("COUNT_BIG({word}{written})")),
            AggregateFunction::Sum => match (&argument.data_type, data_type) {
                (from, DataType::Int64) if is_integer(from) => Some(format!("SUM({word}CONVERT(bigint, {written}))")),
                (from, DataType::Decimal128(_, 0)) if is_integer(from) => {
                    Some(format!("CONVERT({}, SUM({word}CONVERT(decimal(38, 0), {written})))", type_name(data_type)?))
                }
                (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) if from == to => {
                    Some(format!("CONVERT({}, SUM({word}{written}))", type_name(data_type)?))
                }
                _ => None,
            },
            AggregateFunction::Min | AggregateFunction::Max if compares(&argument.data_type) && argument.data_type != DataType::Boolean => {
                Some(format!("{}({written})", if function == AggregateFunction::Min { "MIN" } else { "MAX" }))
            }
            _ => None,
        }
    }

    /// A frame is not written: what of it is the server's default depends on the function.
    fn window(&self, function: WindowFunction, _: &[Expr], _: &[String], over: &str, data_type: &DataType) -> Option<String> {
        let word = match function {
            WindowFunction::RowNumber => "ROW_NUMBER",
            WindowFunction::Rank => "RANK",
            WindowFunction::DenseRank => "DENSE_RANK",
            _ => return None,
        };
        // In a partition by text those that differ in blanks would be one.
        let fits = over.contains("ORDER BY ") && !over.contains(BINARY) && !over.contains(" BETWEEN ") && *data_type == DataType::Int64;
        fits.then(|| format!("{word}(){over}"))
    }

    fn group_key(&self, data_type: &DataType, written: &str) -> Option<String> {
        match data_type {
            DataType::Utf8 => Some(bytewise(written)),
            // Zero has two forms, which are one group here and two there.
            DataType::Float32 | DataType::Float64 => None,
            other => compares(other).then(|| written.to_owned()),
        }
    }

    fn group_tail(&self, data_type: &DataType, written: &str) -> Option<String> {
        (*data_type == DataType::Utf8).then(|| format!("DATALENGTH({})", bare(written)))
    }

    fn alternative(&self, data_type: &DataType, written: String) -> String {
        if *data_type == DataType::Utf8 { bytewise(&written) } else { written }
    }

    /// NULL comes first in an ascending order, and last in a descending one. Text and bytes are not sorted.
    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String> {
        let order = if key.descending { "DESC" } else { "ASC" };
        // A constant would be taken for the place of a column.
        let sorts = compares(&key.expression.data_type) && !key.expression.is_constant();
        sorts.then(|| match (key.descending, key.nulls_first) {
            (false, true) | (true, false) => format!("{written} {order}"),
            (_, nulls_first) => {
                let (null, other) = if nulls_first { (0, 1) } else { (1, 0) };
                format!("CASE WHEN {written} IS NULL THEN {null} ELSE {other} END, {written} {order}")
            }
        })
    }

    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String> {
        match fetch {
            // The server has no word for none.
            Some(0) => None,
            Some(fetch) => Some(format!("OFFSET {skip} ROWS FETCH NEXT {fetch} ROWS ONLY")),
            None => Some(format!("OFFSET {skip} ROWS")),
        }
    }

    fn any_order(&self) -> Option<&str> {
        Some("(SELECT NULL)")
    }

    fn condition(&self, value: String) -> String {
        format!("({value} = 1)")
    }

    fn truth(&self, condition: String) -> String {
        format!("CONVERT(bit, CASE WHEN {condition} THEN 1 WHEN NOT {condition} THEN 0 END)")
    }

    fn boolean(&self, value: bool) -> String {
        if value { "(1 = 1)".to_owned() } else { "(1 = 0)".to_owned() }
    }

    fn null(&self, data_type: &DataType) -> Option<String> {
        Some(format!("CONVERT({}, NULL)", type_name(data_type)?))
    }

    fn has_full_join(&self) -> bool {
        true
    }

    fn parameters_max(&self) -> usize {
        PARAMETERS_MAX
    }
}

/// A parameter as it is bound: decimals as their text, the others in binary. `None` where it has no such form.
pub(crate) fn bound(parameter: &Parameter) -> Option<ColumnData<'static>> {
    let Parameter { value, data_type } = parameter;
    match (value, data_type) {
        (Value::Int(number), data_type) if is_integer(data_type) => Some(ColumnData::I64(Some(*number))),
        (Value::Float(number), DataType::Float32 | DataType::Float64) => number.is_finite().then_some(ColumnData::F64(Some(*number))),
        (Value::Decimal { digits, scale }, DataType::Decimal128(precision, 0..=38)) if i16::from(*precision) <= DIGITS_MAX => {
            Some(text_parameter(&decimal_text(*digits, u32::try_from(*scale).ok()?)))
        }
        (Value::Text(text), DataType::Utf8) => (!text.contains('\0')).then(|| text_parameter(text)),
        (Value::Bytes(bytes), DataType::Binary) => Some(ColumnData::Binary(Some(Cow::Owned(bytes.clone())))),
        (Value::Date(days), DataType::Date32) => Some(ColumnData::Date(Some(moment::date((*days).into())?))),
        (Value::Timestamp(micros), DataType::Timestamp(_, None)) => Some(ColumnData::DateTime2(Some(moment::datetime2(*micros)?))),
        (Value::Timestamp(micros), DataType::Timestamp(_, Some(_))) => {
            Some(ColumnData::DateTimeOffset(Some(DateTimeOffset::new(moment::datetime2(*micros)?, 0))))
        }
        _ => None,
    }
}

/// Text that is compared by its code units.
fn bytewise(written: &str) -> String {
    format!("{}{BINARY}", bare(written))
}

fn bare(written: &str) -> &str {
    written.strip_suffix(BINARY).unwrap_or(written)
}

/// Text of the longest type.
fn longest(written: &str) -> String {
    format!("CONVERT(nvarchar(max), {})", bare(written))
}

/// That two texts are the same. Where one is a constant, the column's own collation narrows first, for an index.
fn equal_text(right: &Expr, left: &str, written: &str) -> String {
    let (bare_left, written) = (bare(left), bare(written));
    let narrowing = if right.is_constant() && bare_left != left { format!("{bare_left} = {written} AND ") } else { String::new() };
    format!("{narrowing}{}", same_text(bare_left, written))
}

/// That two values are equal, or both are NULL.
fn same_or_null(left: &str, right: &str) -> String {
    format!("(EXISTS (SELECT {left} INTERSECT SELECT {right}))")
}

/// Integers in their own type, whose end is an error as in PostgreSQL; decimals as long as no digit is lost.
fn arithmetic(function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
    let sign = match function {
        Function::Add => "+",
        Function::Subtract => "-",
        _ => "*",
    };
    let [left, right] = arguments else { return None };
    match (&left.data_type, &right.data_type, data_type) {
        (one, other, result) if is_integer(result) && one == result && other == result => integers(sign, written, result),
        (DataType::Decimal128(p1, s1), DataType::Decimal128(p2, s2), DataType::Decimal128(precision, scale)) => {
            let (digits, decimals) = match function {
                Function::Multiply => (i16::from(*p1) + i16::from(*p2) + 1, i16::from(*s1) + i16::from(*s2)),
                _ => {
                    let decimals = (*s1).max(*s2);
                    (whole(*p1, *s1).max(whole(*p2, *s2)) + i16::from(decimals) + 1, decimals.into())
                }
            };
            let fits = digits <= DIGITS_MAX && i16::from(*scale) == decimals && i16::from(*precision) <= DIGITS_MAX;
            fits.then(|| Some(format!("CONVERT({}, {} {sign} {})", type_name(data_type)?, written.first()?, written.get(1)?)))?
        }
        _ => None,
    }
}

/// Arithmetic in a type: a `tinyint` would end at 255.
fn integers(sign: &str, written: &[String], data_type: &DataType) -> Option<String> {
    let name = type_name(data_type)?;
    Some(format!("(CONVERT({name}, {}) {sign} CONVERT({name}, {}))", written.first()?, written.get(1)?))
}

/// Whether dividing by the number means the same here: the smallest integer has no quotient by -1, and nothing has one by 0.
fn divides(divisor: &Expr) -> bool {
    matches!(divisor.kind, ExprKind::Constant(Value::Int(number)) if number != 0 && number != -1)
}

/// Whether values of the type compare and sort here as they do at the gateway.
fn compares(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, _)
    )
}

fn compares_or_text(data_type: &DataType) -> bool {
    compares(data_type) || *data_type == DataType::Utf8
}

/// Whether the server finds a type for two decimals that has all digits of both.
fn has_common_decimal(one: &DataType, other: &DataType) -> bool {
    match (one, other) {
        (DataType::Decimal128(p1, s1), DataType::Decimal128(p2, s2)) => {
            whole(*p1, *s1).max(whole(*p2, *s2)) + i16::from((*s1).max(*s2)) <= DIGITS_MAX
        }
        _ => false,
    }
}

/// Digits before the point.
fn whole(precision: u8, scale: i8) -> i16 {
    i16::from(precision) - i16::from(scale)
}

fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int16 | DataType::Int32 | DataType::Int64)
}

/// The type that a conversion names.
fn type_name(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Boolean => "bit".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "float".to_owned(),
        DataType::Decimal128(precision @ 1..=38, scale @ 0..=38) => format!("decimal({precision}, {scale})"),
        DataType::Utf8 => "nvarchar(max)".to_owned(),
        DataType::Binary => "varbinary(max)".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "datetime2(6)".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "datetimeoffset(6)".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
