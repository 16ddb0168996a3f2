//! Whole queries in PostgreSQL's SQL. Most of them mean here what they mean to the gateway; what does not is not written.
//!
//! - Text is equal, grouped and sorted by its bytes. A comparison with a constant also asks in the column's own collation, so that
//!   an index can serve; texts of equal bytes are equal in every collation.
//! - Types that the gateway reads as text are text here too. A `char(n)` has the blanks that it is read with.
//! - What is rounded differently (averages, sums of floating-point numbers, division of decimals), and what depends on a locale
//!   (upper and lower case), stays at the gateway.

use arrow::datatypes::{DataType, TimeUnit};
use spi::predicate::{Comparison, Value};
use spi::query::{AggregateFunction, Dialect, Expr, Function, SortKey, TableColumn};
use spi::types::{PgType, oid};

use crate::dialect;

/// The protocol counts parameters with 16 bits; a statement of a thousand is planned in milliseconds.
const PARAMETERS_MAX: usize = 1_000;

/// PostgreSQL's words.
pub(crate) struct Words;

impl Dialect for Words {
    fn name(&self, name: &str) -> String {
        dialect::quoted(name)
    }

    fn column(&self, column: &TableColumn, written: String) -> Option<String> {
        let PgType { oid, .. } = column.pg_type;
        match (&column.data_type, oid) {
            (DataType::Utf8, oid::TEXT | oid::VARCHAR) if is_plain_text(&column.native_type) => Some(written),
            (DataType::Utf8, oid::BPCHAR) => {
                let length = column.pg_type.character_maximum_length()?;
                Some(format!("rpad({written}::text, {length})"))
            }
            (DataType::Utf8, _) => Some(format!("{written}::text")),
            (DataType::Int64, oid::OID) => Some(format!("{written}::int8")),
            (DataType::List(_), _) => None,
            _ => Some(written),
        }
    }

    fn parameter(&self, place: usize, data_type: &DataType) -> String {
        match data_type {
            DataType::Decimal128(..) => format!("${place}::numeric"),
            DataType::Int16 | DataType::Int32 => format!("${place}::bigint::{}", type_name(data_type)),
            DataType::Float32 => format!("${place}::double precision::real"),
            other => format!("${place}::{}", type_name(other)),
        }
    }

    fn takes(&self, value: &Value, data_type: &DataType) -> bool {
        dialect::can_write(value) && dialect::parameter(value, data_type).is_some()
    }

    fn call(&self, function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
        let infix = |sign: &str| Some(format!("({} {sign} {})", written.first()?, written.get(1)?));
        let comparable = arguments.iter().all(|argument| compares(&argument.data_type));
        let is_text = arguments.iter().any(|argument| argument.data_type == DataType::Utf8);
        match function {
            Function::Equal if comparable && is_text && arguments.iter().any(Expr::is_constant) => {
                let (left, right) = (written.first()?, written.get(1)?);
                Some(format!("({left} = {right} AND {} = {right})", bytewise(left)))
            }
            Function::In if comparable && is_text => {
                let (left, list) = (written.first()?, written.get(1..)?.join(", "));
                Some(format!("({left} IN ({list}) AND {} IN ({list}))", bytewise(left)))
            }
            Function::In if comparable => Some(format!("({} IN ({}))", written.first()?, written.get(1..)?.join(", "))),
            _ if comparison(function).is_some() && comparable => {
                let sign = comparison(function)?;
                match is_text {
                    true => Some(format!("({} {sign} {})", bytewise(written.first()?), bytewise(written.get(1)?))),
                    false => infix(sign),
                }
            }
            Function::Add | Function::Subtract | Function::Multiply => {
                let sign = if function == Function::Add {
                    "+"
                } else if function == Function::Subtract {
                    "-"
                } else {
                    "*"
                };
                match data_type {
                    DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Float64 if same_types(arguments, data_type) => {
                        infix(sign)
                    }
                    DataType::Decimal128(..) => Some(format!("{}::{}", infix(sign)?, type_name(data_type))),
                    _ => None,
                }
            }
            Function::Divide | Function::Modulo if is_integer(data_type) && same_types(arguments, data_type) => {
                infix(if function == Function::Divide { "/" } else { "%" })
            }
            Function::Concatenate if arguments.iter().all(|argument| argument.data_type == DataType::Utf8) => infix("||"),
            Function::Like if arguments.iter().all(|argument| argument.data_type == DataType::Utf8) => {
                Some(format!("({} LIKE {})", bytewise(written.first()?), written.get(1)?))
            }
            Function::CharacterLength if is_text => Some(format!("length({})", written.first()?)),
            Function::Absolute if is_integer(data_type) => Some(format!("abs({})", written.first()?)),
            Function::Coalesce if same_types(arguments, data_type) => Some(format!("coalesce({})", written.join(", "))),
            Function::NullIf if same_types(arguments, data_type) && comparable && !is_text => {
                Some(format!("nullif({})", written.join(", ")))
            }
            _ => None,
        }
    }

    fn cast(&self, from: &Expr, written: &str, to: &DataType) -> Option<String> {
        let exact = match (&from.data_type, to) {
            (DataType::Int16, DataType::Int32 | DataType::Int64) | (DataType::Int32, DataType::Int64) => true,
            (from, DataType::Float64 | DataType::Decimal128(..)) if is_integer(from) => true,
            (DataType::Float32, DataType::Float64) => true,
            (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) => to >= from,
            (DataType::Date32, DataType::Timestamp(TimeUnit::Microsecond, None)) => true,
            _ => false,
        };
        exact.then(|| format!("{written}::{}", type_name(to)))
    }

    fn aggregate(
        &self,
        function: AggregateFunction,
        argument: Option<(&Expr, &str)>,
        distinct: bool,
        data_type: &DataType,
    ) -> Option<String> {
        let distinct = if distinct { "DISTINCT " } else { "" };
        let Some((argument, written)) = argument else {
            return (function == AggregateFunction::Count).then(|| "count(*)".to_owned());
        };
        match function {
            AggregateFunction::Count => Some(format!("count({distinct}{written})")),
            AggregateFunction::Sum if is_integer(data_type) || matches!(data_type, DataType::Decimal128(..)) => {
                Some(format!("sum({distinct}{written})::{}", type_name(data_type)))
            }
            AggregateFunction::Min | AggregateFunction::Max if compares(&argument.data_type) && argument.data_type != DataType::Boolean => {
                let word = if function == AggregateFunction::Min { "min" } else { "max" };
                let written = if argument.data_type == DataType::Utf8 { bytewise(written) } else { written.to_owned() };
                // There is neither of bytes before version 18.
                (argument.data_type != DataType::Binary).then(|| format!("{word}({written})"))
            }
            _ => None,
        }
    }

    fn group_key(&self, data_type: &DataType, written: &str) -> Option<String> {
        match data_type {
            DataType::Utf8 => Some(bytewise(written)),
            // Zero has two forms, which are one group here and two there.
            DataType::Float32 | DataType::Float64 => None,
            other => compares(other).then(|| written.to_owned()),
        }
    }

    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String> {
        let data_type = &key.expression.data_type;
        let written = if *data_type == DataType::Utf8 { bytewise(written) } else { written.to_owned() };
        let order = if key.descending { "DESC" } else { "ASC" };
        let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
        compares(data_type).then(|| format!("{written} {order} NULLS {nulls}"))
    }

    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String> {
        Some(match fetch {
            Some(fetch) if skip == 0 => format!("LIMIT {fetch}"),
            Some(fetch) => format!("LIMIT {fetch} OFFSET {skip}"),
            None => format!("OFFSET {skip}"),
        })
    }

    fn boolean(&self, value: bool) -> String {
        value.to_string()
    }

    fn null(&self, data_type: &DataType) -> Option<String> {
        compares(data_type).then(|| format!("NULL::{}", type_name(data_type)))
    }

    /// PostgreSQL has it for some conditions only.
    fn has_full_join(&self) -> bool {
        false
    }

    fn parameters_max(&self) -> usize {
        PARAMETERS_MAX
    }
}

/// Text that is compared by its bytes.
fn bytewise(written: &str) -> String {
    const COLLATION: &str = " COLLATE \"C\"";
    if written.ends_with(COLLATION) { written.to_owned() } else { format!("{written}{COLLATION}") }
}

/// Whether values of the type compare here as they do at the gateway.
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
            | DataType::Utf8
            | DataType::Binary
            | DataType::Date32
            | DataType::Timestamp(TimeUnit::Microsecond, _)
    )
}

fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int16 | DataType::Int32 | DataType::Int64)
}

fn same_types(arguments: &[Expr], data_type: &DataType) -> bool {
    arguments.iter().all(|argument| argument.data_type == *data_type)
}

/// Whether a column of the native type is stored as the text that is read.
fn is_plain_text(native_type: &str) -> bool {
    native_type == "text" || native_type.starts_with("character varying")
}

/// The comparison of two values, or of two that may be null.
fn comparison(function: Function) -> Option<&'static str> {
    match function {
        Function::IsDistinctFrom => Some("IS DISTINCT FROM"),
        Function::IsNotDistinctFrom => Some("IS NOT DISTINCT FROM"),
        other => other.comparison().map(Comparison::sign),
    }
}

/// The type as a cast names it.
fn type_name(data_type: &DataType) -> String {
    PgType::from_arrow(data_type).format()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expr(data_type: DataType) -> Expr {
        Expr::column(0, data_type)
    }

    #[test]
    fn text_is_compared_by_its_bytes_and_found_by_an_index() {
        let constant = Expr::constant(Value::Text("x".to_owned()), DataType::Utf8);
        let written = ["a".to_owned(), "$1::text".to_owned()];
        let call = |function, right: &Expr| Words.call(function, &[expr(DataType::Utf8), right.clone()], &written, &DataType::Boolean);
        assert_eq!(call(Function::Equal, &constant).as_deref(), Some("(a = $1::text AND a COLLATE \"C\" = $1::text)"));
        assert_eq!(call(Function::Equal, &expr(DataType::Utf8)).as_deref(), Some("(a COLLATE \"C\" = $1::text COLLATE \"C\")"));
        assert_eq!(call(Function::Less, &constant).as_deref(), Some("(a COLLATE \"C\" < $1::text COLLATE \"C\")"));
        assert_eq!(call(Function::NullIf, &constant), None);
    }

    #[test]
    fn results_have_the_gateways_types() {
        let amount = expr(DataType::Decimal128(12, 2));
        let sum = |data_type| Words.aggregate(AggregateFunction::Sum, Some((&amount, "a")), false, &data_type);
        assert_eq!(sum(DataType::Decimal128(22, 2)).as_deref(), Some("sum(a)::numeric(22,2)"));
        assert_eq!(sum(DataType::Int64).as_deref(), Some("sum(a)::bigint"));
        assert_eq!(sum(DataType::Float64), None);
        let column = |pg_type: PgType, native_type: &str| {
            let column = TableColumn { name: "c".to_owned(), data_type: DataType::Utf8, pg_type, native_type: native_type.to_owned() };
            Words.column(&column, "t.c".to_owned())
        };
        assert_eq!(column(PgType::varchar(9), "character varying(9)").as_deref(), Some("t.c"));
        assert_eq!(column(PgType::new(oid::TEXT), "crm.status").as_deref(), Some("t.c::text"));
        assert_eq!(column(PgType::bpchar(5), "character(5)").as_deref(), Some("rpad(t.c::text, 5)"));
    }
}
