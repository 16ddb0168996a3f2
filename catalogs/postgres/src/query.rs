//! Whole queries in PostgreSQL's SQL. Most of them mean here what they mean to the gateway; what does not is not written.
//!
//! - Text is equal, grouped and sorted by its bytes. A database's own collation takes no two texts for equal, so rows are grouped under
//!   it; a column with another one is taken out of it, since that may. A comparison with a constant also asks in the column's own collation, so that
//!   an index can serve; texts of equal bytes are equal in every collation.
//! - Types that the gateway reads as text are text here too. A `char(n)` has the blanks that it is read with, wherever something is
//!   computed of it; it is grouped and answered as it is stored.
//! - An average has the gateway's 16 digits behind the point, rounded once: PostgreSQL's own has as many as it takes to have 16 in all.
//! - What is rounded differently (sums and averages of floating-point numbers, division of decimals), and what depends on a locale
//!   (upper and lower case), stays at the gateway.

mod function;

use arrow::datatypes::{DataType, TimeUnit};
use spi::predicate::{Comparison, Value};
use spi::query::{AggregateFunction, Dialect, Expr, Function, SortKey, TableColumn, WindowFunction};
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
            (DataType::Utf8, oid::TEXT | oid::VARCHAR) if is_plain_text(&column.native_type) => Some(match column.collation {
                None => written,
                Some(_) => format!("({})", bytewise(&written)),
            }),
            (DataType::Utf8, oid::BPCHAR) => {
                let length = column.pg_type.character_maximum_length()?.to_string();
                // A domain has its own collation.
                let is_plain = column.collation.is_none() && column.native_type.starts_with("character(");
                Some(if is_plain { padded(&written, &length) } else { padded(&format!("({})", bytewise(&written)), &length) })
            }
            (DataType::Utf8, _) => Some(format!("({})", bytewise(&format!("{written}::text")))),
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
                let (column, as_column) = indexed(left);
                Some(format!("({column} = {right}{as_column} AND {} = {right})", bytewise(left)))
            }
            Function::In if comparable && is_text => {
                let (left, list) = (written.first()?, written.get(1..)?);
                let (column, as_column) = indexed(left);
                let as_columns: Vec<String> = list.iter().map(|value| format!("{value}{as_column}")).collect();
                Some(format!("({column} IN ({}) AND {} IN ({}))", as_columns.join(", "), bytewise(left), list.join(", ")))
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
            _ => function::written(function, arguments, written, data_type),
        }
    }

    fn cast(&self, from: &Expr, written: &str, to: &DataType) -> Option<String> {
        let exact = match (&from.data_type, to) {
            (DataType::Int16, DataType::Int32 | DataType::Int64) | (DataType::Int32, DataType::Int64) => true,
            (from, DataType::Float64 | DataType::Decimal128(..)) if is_integer(from) => true,
            (DataType::Float32, DataType::Float64) => true,
            // Both round a half away from zero, and fail where the number does not fit.
            (DataType::Decimal128(..), DataType::Decimal128(..) | DataType::Int16 | DataType::Int32 | DataType::Int64) => true,
            (DataType::Date32, DataType::Timestamp(TimeUnit::Microsecond, None)) => true,
            (from, DataType::Utf8) if is_integer(from) => true,
            // Computed numbers may have fewer digits behind the point than their type says.
            (DataType::Decimal128(..), DataType::Utf8) => return Some(format!("{written}::{}::text", type_name(&from.data_type))),
            // The gateway counts days from here.
            (DataType::Date32, DataType::Int32) => return Some(format!("({written} - '1970-01-01'::date)")),
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
        aggregated(function, argument, if distinct { "DISTINCT " } else { "" }, "", data_type)
    }

    fn window(&self, function: WindowFunction, arguments: &[Expr], written: &[String], over: &str, data_type: &DataType) -> Option<String> {
        let word = match function {
            WindowFunction::Aggregate(function) => {
                let argument = arguments.first().zip(written.first().map(String::as_str));
                return aggregated(function, argument, "", over, data_type).map(|written| format!("({written})"));
            }
            WindowFunction::RowNumber => "row_number",
            WindowFunction::Rank => "rank",
            WindowFunction::DenseRank => "dense_rank",
            WindowFunction::Lag => "lag",
            WindowFunction::Lead => "lead",
            WindowFunction::FirstValue => "first_value",
            WindowFunction::LastValue => "last_value",
        };
        Some(match (written, arguments) {
            ([], _) => format!("({word}(){over})"),
            ([value], _) => format!("({word}({value}){over})"),
            ([value, _], [_, rows]) => format!("({word}({value}, {}){over})", rows.as_integer()?),
            _ => return None,
        })
    }

    fn group_key(&self, data_type: &DataType, written: &str) -> Option<String> {
        match data_type {
            // Blanks at the end are the same for equal ones.
            DataType::Utf8 => Some(unpadded(written).map_or(written, |(column, _)| column).to_owned()),
            // Zero has two forms, which are one group here and two there.
            DataType::Float32 | DataType::Float64 => None,
            other => compares(other).then(|| written.to_owned()),
        }
    }

    fn group_value(&self, written: &str, key: String) -> String {
        match unpadded(written) {
            Some((_, length)) => padded(&key, length),
            None => key,
        }
    }

    /// A `char(n)` is sent with its blanks.
    fn output(&self, _: &DataType, written: String) -> String {
        unpadded(&written).map(|(column, _)| column.to_owned()).unwrap_or(written)
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

    fn has_full_join(&self) -> bool {
        true
    }

    fn parameters_max(&self) -> usize {
        PARAMETERS_MAX
    }
}

/// An aggregate, of a group or of a window: then `over` follows each call.
fn aggregated(
    function: AggregateFunction,
    argument: Option<(&Expr, &str)>,
    distinct: &str,
    over: &str,
    data_type: &DataType,
) -> Option<String> {
    let Some((argument, written)) = argument else {
        return (function == AggregateFunction::Count).then(|| format!("count(*){over}"));
    };
    match function {
        AggregateFunction::Count => Some(format!("count({distinct}{written}){over}")),
        AggregateFunction::Sum if is_integer(data_type) || matches!(data_type, DataType::Decimal128(..)) => {
            Some(format!("(sum({distinct}{written}){over})::{}", type_name(data_type)))
        }
        AggregateFunction::Average => {
            let DataType::Decimal128(_, scale) = data_type else { return None };
            // The quotient is cut after one digit more than is wanted, which is enough to round by.
            let (unit, digits) = (format!("1e{}", scale + 1), type_name(data_type));
            let quotient = format!("div((sum({distinct}{written}){over})::numeric * {unit}, count({distinct}{written}){over})");
            Some(format!("round({quotient} * 1e-{}, {scale})::{digits}", scale + 1))
        }
        AggregateFunction::Min | AggregateFunction::Max if compares(&argument.data_type) && argument.data_type != DataType::Boolean => {
            let word = if function == AggregateFunction::Min { "min" } else { "max" };
            let written = if argument.data_type == DataType::Utf8 { bytewise(written) } else { written.to_owned() };
            // There is neither of bytes before version 18.
            (argument.data_type != DataType::Binary).then(|| format!("{word}({written}){over}"))
        }
        _ => None,
    }
}

/// A `char(n)` as text with its blanks, which PostgreSQL forgets on the way.
fn padded(column: &str, length: &str) -> String {
    format!("rpad({column}::text, {length})")
}

/// The `char(n)` and its length, if that is all that was written.
fn unpadded(written: &str) -> Option<(&str, &str)> {
    let (column, length) = written.strip_prefix("rpad(")?.strip_suffix(')')?.rsplit_once("::text, ")?;
    length.bytes().all(|byte| byte.is_ascii_digit()).then_some((column, length))
}

/// The cast of a `char(n)` to text, which cuts off its blanks; as nothing else is written.
const UNPADDED: &str = "::bpchar::text";

/// What an index may be on: the text, or the `char(n)` that it was, and the cast of a constant to its type.
fn indexed(written: &str) -> (&str, &str) {
    written.strip_suffix(UNPADDED).map_or((written, ""), |column| (column, "::bpchar"))
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
        assert_eq!(sum(DataType::Decimal128(22, 2)).as_deref(), Some("(sum(a))::numeric(22,2)"));
        assert_eq!(sum(DataType::Int64).as_deref(), Some("(sum(a))::bigint"));
        assert_eq!(sum(DataType::Float64), None);
        let column = |pg_type: PgType, native_type: &str, collation: Option<&str>| {
            let (name, native_type, collation) = ("c".to_owned(), native_type.to_owned(), collation.map(str::to_owned));
            let column = TableColumn { name, data_type: DataType::Utf8, pg_type, native_type, collation };
            Words.column(&column, "t.c".to_owned())
        };
        assert_eq!(column(PgType::varchar(9), "character varying(9)", None).as_deref(), Some("t.c"));
        assert_eq!(column(PgType::varchar(9), "character varying(9)", Some("ci")).as_deref(), Some("(t.c COLLATE \"C\")"));
        assert_eq!(column(PgType::new(oid::TEXT), "crm.status", None).as_deref(), Some("(t.c::text COLLATE \"C\")"));
        assert_eq!(column(PgType::bpchar(5), "character(5)", None).as_deref(), Some("rpad(t.c::text, 5)"));
        assert_eq!(column(PgType::bpchar(5), "character(5)", Some("ci")).as_deref(), Some("rpad((t.c COLLATE \"C\")::text, 5)"));
    }

    #[test]
    fn a_padded_column_is_compared_without_its_blanks_and_found_by_an_index() {
        let constant = Expr::constant(Value::Text("x".to_owned()), DataType::Utf8);
        let trimmed = Words.call(Function::TrimEnd, &[expr(DataType::Utf8)], &["rpad(t.c::text, 5)".to_owned()], &DataType::Utf8);
        let trimmed = trimmed.expect("a function");
        assert_eq!(trimmed, "t.c::bpchar::text");
        let call = |function| {
            Words.call(function, &[expr(DataType::Utf8), constant.clone()], &[trimmed.clone(), "$1".to_owned()], &DataType::Boolean)
        };
        let exact = "t.c::bpchar::text COLLATE \"C\"";
        assert_eq!(call(Function::Equal), Some(format!("(t.c = $1::bpchar AND {exact} = $1)")));
        assert_eq!(call(Function::In), Some(format!("(t.c IN ($1::bpchar) AND {exact} IN ($1))")));
        assert_eq!(call(Function::Less), Some(format!("({exact} < $1 COLLATE \"C\")")));
    }

    #[test]
    fn an_average_is_rounded_once() {
        let amount = expr(DataType::Decimal128(12, 2));
        let average = |data_type| Words.aggregate(AggregateFunction::Average, Some((&amount, "a")), false, &data_type);
        assert_eq!(
            average(DataType::Decimal128(38, 16)).as_deref(),
            Some("round(div((sum(a))::numeric * 1e17, count(a)) * 1e-17, 16)::numeric(38,16)")
        );
        assert_eq!(average(DataType::Float64), None);
    }

    #[test]
    fn a_padded_column_is_grouped_and_answered_as_it_is() {
        let key = Words.group_key(&DataType::Utf8, "rpad(t.c::text, 5)").expect("a key");
        assert_eq!(key, "t.c");
        let value = Words.group_value("rpad(t.c::text, 5)", "t2.c0".to_owned());
        assert_eq!(value, "rpad(t2.c0::text, 5)");
        assert_eq!(Words.output(&DataType::Utf8, value), "t2.c0");
        assert_eq!(Words.output(&DataType::Utf8, "(rpad(t.c::text, 5) || 'x')".to_owned()), "(rpad(t.c::text, 5) || 'x')");
    }

    #[test]
    fn window_functions_have_their_types() {
        let number = expr(DataType::Int32);
        let window = |function, arguments: &[Expr], written: &[String], data_type| {
            Words.window(function, arguments, written, " OVER w", &data_type).expect("a function")
        };
        let sum = WindowFunction::Aggregate(AggregateFunction::Sum);
        assert_eq!(window(sum, std::slice::from_ref(&number), &["a".to_owned()], DataType::Int64), "((sum(a) OVER w)::bigint)");
        assert_eq!(window(WindowFunction::RowNumber, &[], &[], DataType::Int64), "(row_number() OVER w)");
        let two = Expr::constant(Value::Int(2), DataType::Int64);
        let written = ["a".to_owned(), "$1".to_owned()];
        assert_eq!(window(WindowFunction::Lag, &[number, two], &written, DataType::Int32), "(lag(a, 2) OVER w)");
    }
}
