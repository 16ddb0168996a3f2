//! Whole queries in MySQL's SQL, written so that they mean what they mean in PostgreSQL.
//!
//! - Text is compared, grouped and sorted by the bytes of its UTF-8 form, whose order is that of code points. A column that is equal
//!   to a constant is also compared in its own collation, so that an index can serve.
//! - NULL sorts where PostgreSQL sorts it.
//! - An average has the gateway's 16 digits behind the point, of a quotient with more than decide how it is rounded.
//! - What the server would round, clamp, or answer with NULL instead of an error stays at the gateway: division by what may be zero,
//!   sums and averages of floating-point numbers, and arithmetic that can leave its type.
//!
//! One exception remains: a text that CONCAT or REPLACE makes longer than the server's `max_allowed_packet`, 16 MiB and more by default,
//! is NULL there. How long texts are is not known when the statement is written.

mod function;

use arrow::datatypes::{DataType, TimeUnit};
use spi::predicate::{Comparison, Value};
use spi::query::{AggregateFunction, Dialect, Expr, ExprKind, Function, Parameter, SortKey, TableColumn, WindowFunction};

use crate::dialect::quoted;
use crate::moment::{date_text, timestamp_text};
use crate::types::is_geometry;

/// The protocol counts parameters with 16 bits; a statement of a thousand is planned in milliseconds.
const PARAMETERS_MAX: usize = 1_000;

/// The most decimals of a `decimal`.
const DECIMALS_MAX: i8 = 30;

/// Digits of the longest integer.
const INTEGER_DIGITS: u8 = 19;

/// "To the end" in a LIMIT, as the manual writes it.
const ALL_ROWS: &str = "18446744073709551615";

/// MySQL's words.
pub(crate) struct Words;

impl Dialect for Words {
    fn name(&self, name: &str) -> String {
        quoted(name)
    }

    fn column(&self, column: &TableColumn, written: String) -> Option<String> {
        let native = column.native_type.to_ascii_lowercase();
        let name = native.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        match name {
            // Compared as a document unless it is converted.
            "json" | "uuid" | "inet4" | "inet6" => Some(format!("CAST({written} AS CHAR)")),
            // Takes the constants 0 to 99 for years of this and the last century.
            "year" => Some(format!("CAST({written} AS SIGNED)")),
            "bit" if column.data_type == DataType::Boolean => Some(format!("({written} = 1)")),
            name if name == "bit" || is_geometry(name) => None,
            _ => Some(written),
        }
    }

    fn parameter(&self, _: usize, data_type: &DataType) -> String {
        match data_type {
            DataType::Date32 => "CAST(? AS DATE)".to_owned(),
            DataType::Timestamp(..) => "CAST(? AS DATETIME(6))".to_owned(),
            DataType::Decimal128(precision, scale) => format!("CAST(? AS DECIMAL({precision}, {scale}))"),
            _ => "?".to_owned(),
        }
    }

    fn takes(&self, value: &Value, data_type: &DataType) -> bool {
        bound(&Parameter { value: value.clone(), data_type: data_type.clone() }).is_some()
    }

    fn call(&self, function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
        let comparable = arguments.iter().all(|argument| compares(&argument.data_type));
        let is_text = arguments.iter().any(|argument| argument.data_type == DataType::Utf8);
        let is_fine = arguments.iter().any(has_fraction_of_second);
        let exact = |place: usize| {
            let written = written.get(place)?;
            Some(match () {
                () if is_text => bytewise(written),
                // MySQL would round the constant to the digits of the column.
                () if is_fine && !arguments[place].is_constant() => format!("CAST({written} AS DATETIME(6))"),
                () => written.clone(),
            })
        };
        match function {
            Function::Equal if is_text && arguments.get(1).is_some_and(is_ascii) => {
                Some(format!("({} = {} AND {} = {})", written.first()?, written.get(1)?, exact(0)?, exact(1)?))
            }
            Function::In if comparable => {
                let list: Vec<String> = (1..written.len()).map(exact).collect::<Option<_>>()?;
                let exactly = format!("({} IN ({}))", exact(0)?, list.join(", "));
                Some(match is_text && arguments[1..].iter().all(is_ascii) {
                    true => format!("({} IN ({}) AND {exactly})", written.first()?, written.get(1..)?.join(", ")),
                    false => exactly,
                })
            }
            Function::IsDistinctFrom if comparable => Some(format!("(NOT ({} <=> {}))", exact(0)?, exact(1)?)),
            _ if comparison(function).is_some() && comparable => Some(format!("({} {} {})", exact(0)?, comparison(function)?, exact(1)?)),
            Function::Add | Function::Multiply if is_exact_decimal(arguments, data_type) => {
                let (left, right) = (longest(arguments.first()?, written.first()?)?, longest(arguments.get(1)?, written.get(1)?)?);
                Some(format!("({left} {} {right})", if function == Function::Add { "+" } else { "*" }))
            }
            Function::Concatenate if arguments.iter().all(|argument| argument.data_type == DataType::Utf8) => {
                let parts: Vec<String> = written.iter().map(|part| unicode(part)).collect();
                Some(format!("CONCAT({})", parts.join(", ")))
            }
            // In this collation it compares code points. The session has no other meaning for a backslash.
            Function::Like if is_text => {
                Some(format!("({} COLLATE utf8mb4_bin LIKE {} ESCAPE '\\')", unicode(written.first()?), written.get(1)?))
            }
            Function::Coalesce if arguments.iter().all(|argument| argument.data_type == *data_type) => {
                let values: Vec<String> = written.iter().map(|value| self.alternative(data_type, value.clone())).collect();
                Some(format!("COALESCE({})", values.join(", ")))
            }
            Function::NullIf if comparable && arguments.iter().all(|argument| argument.data_type == *data_type) => {
                Some(format!("NULLIF({}, {})", exact(0)?, exact(1)?))
            }
            _ => function::written(function, arguments, written, data_type),
        }
    }

    fn cast(&self, from: &Expr, written: &str, to: &DataType) -> Option<String> {
        match (&from.data_type, to) {
            // Integers are computed with as the longest anyway.
            (DataType::Int16, DataType::Int32 | DataType::Int64) | (DataType::Int32, DataType::Int64) => Some(written.to_owned()),
            (DataType::Int16 | DataType::Int32 | DataType::Int64, DataType::Decimal128(precision, scale)) => {
                let fits = i16::from(*precision) - i16::from(*scale) >= i16::from(INTEGER_DIGITS) && *scale <= DECIMALS_MAX;
                fits.then(|| format!("CAST({written} AS DECIMAL({precision}, {scale}))"))
            }
            (DataType::Decimal128(from_precision, from_scale), DataType::Decimal128(precision, scale)) => {
                let whole = |precision: &u8, scale: &i8| i16::from(*precision) - i16::from(*scale);
                // A half goes away from zero, and may so need one digit more.
                let carry = i16::from(scale < from_scale);
                let fits = whole(precision, scale) >= whole(from_precision, from_scale) + carry && (0..=DECIMALS_MAX).contains(scale);
                fits.then(|| format!("CAST({written} AS DECIMAL({precision}, {scale}))"))
            }
            (DataType::Date32, DataType::Timestamp(TimeUnit::Microsecond, None)) => Some(format!("CAST({written} AS DATETIME(6))")),
            // Without the zeros that a column may be filled with.
            (DataType::Int16 | DataType::Int32 | DataType::Int64, DataType::Utf8) => {
                Some(format!("CAST(CAST({written} AS SIGNED) AS CHAR)"))
            }
            _ => None,
        }
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
                return aggregated(function, argument, "", over, data_type);
            }
            WindowFunction::RowNumber => "ROW_NUMBER",
            WindowFunction::Rank => "RANK",
            WindowFunction::DenseRank => "DENSE_RANK",
            WindowFunction::Lag => "LAG",
            WindowFunction::Lead => "LEAD",
            WindowFunction::FirstValue => "FIRST_VALUE",
            WindowFunction::LastValue => "LAST_VALUE",
        };
        Some(match (written, arguments) {
            ([], _) => format!("{word}(){over}"),
            ([value], _) => format!("{word}({value}){over}"),
            ([value, _], [_, rows]) => format!("{word}({value}, {}){over}", rows.as_integer()?),
            _ => return None,
        })
    }

    fn group_key(&self, data_type: &DataType, written: &str) -> Option<String> {
        match data_type {
            DataType::Utf8 => Some(bytewise(written)),
            // Zero has two forms, which are one group here and two there.
            DataType::Float64 => None,
            other => compares(other).then(|| written.to_owned()),
        }
    }

    fn alternative(&self, data_type: &DataType, written: String) -> String {
        if *data_type == DataType::Utf8 { bytewise(&written) } else { written }
    }

    /// NULL comes first in an ascending order, and last in a descending one.
    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String> {
        let data_type = &key.expression.data_type;
        let written = if *data_type == DataType::Utf8 { bytewise(written) } else { written.to_owned() };
        let order = if key.descending { "DESC" } else { "ASC" };
        compares(data_type).then(|| match (key.descending, key.nulls_first) {
            (false, true) | (true, false) => format!("{written} {order}"),
            (_, nulls_first) => format!("{written} IS NULL {}, {written} {order}", if nulls_first { "DESC" } else { "ASC" }),
        })
    }

    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String> {
        let fetch = fetch.map_or_else(|| ALL_ROWS.to_owned(), |fetch| fetch.to_string());
        Some(if skip == 0 { format!("LIMIT {fetch}") } else { format!("LIMIT {fetch} OFFSET {skip}") })
    }

    fn boolean(&self, value: bool) -> String {
        if value { "TRUE".to_owned() } else { "FALSE".to_owned() }
    }

    fn null(&self, data_type: &DataType) -> Option<String> {
        compares(data_type).then(|| "NULL".to_owned())
    }

    fn has_full_join(&self) -> bool {
        false
    }

    fn parameters_max(&self) -> usize {
        PARAMETERS_MAX
    }
}

/// A parameter as it is bound: numbers in binary, moments and decimals as their text, text as itself. `None` where it has no such form.
pub(crate) fn bound(parameter: &Parameter) -> Option<Value> {
    let Parameter { value, data_type } = parameter;
    match (value, data_type) {
        (Value::Int(_), DataType::Int16 | DataType::Int32 | DataType::Int64) => Some(value.clone()),
        (Value::Float(number), DataType::Float64) => number.is_finite().then(|| value.clone()),
        (Value::Decimal { digits, scale }, DataType::Decimal128(..)) if (0..=DECIMALS_MAX).contains(scale) => {
            let decimals = *scale as usize;
            let text = format!("{:0width$}", digits.unsigned_abs(), width = decimals + 1);
            let (whole, fraction) = text.split_at(text.len() - decimals);
            let point = if decimals == 0 { "" } else { "." };
            Some(Value::Text(format!("{}{whole}{point}{fraction}", if *digits < 0 { "-" } else { "" })))
        }
        (Value::Text(text), DataType::Utf8) => (!text.contains('\0')).then(|| value.clone()),
        (Value::Bytes(_), DataType::Binary) => Some(value.clone()),
        (Value::Date(days), DataType::Date32) => date_text(*days).map(Value::Text),
        (Value::Timestamp(micros), DataType::Timestamp(TimeUnit::Microsecond, _)) => timestamp_text(*micros).map(Value::Text),
        _ => None,
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
        return (function == AggregateFunction::Count).then(|| format!("COUNT(*){over}"));
    };
    match function {
        AggregateFunction::Count => Some(format!("COUNT({distinct}{written}){over}")),
        // A decimal, which is read as the type that is wanted, or refused.
        AggregateFunction::Sum if matches!(data_type, DataType::Int64 | DataType::Decimal128(..)) => {
            Some(format!("SUM({distinct}{written}){over}"))
        }
        AggregateFunction::Average => {
            let DataType::Decimal128(_, scale) = data_type else { return None };
            // The quotient has 30 digits behind the point. Before the 30th it differs from every number that is just between two
            // of the wanted scale, as long as there are less than 10^12 rows: no digit that is lost changes how it is rounded.
            let sum = format!("CAST(SUM({distinct}{written}){over} AS DECIMAL(65, {DECIMALS_MAX}))");
            Some(format!("ROUND({sum} / COUNT({distinct}{written}){over}, {scale})"))
        }
        AggregateFunction::Min | AggregateFunction::Max if compares(&argument.data_type) && argument.data_type != DataType::Boolean => {
            let word = if function == AggregateFunction::Min { "MIN" } else { "MAX" };
            let written = if argument.data_type == DataType::Utf8 { bytewise(written) } else { written.to_owned() };
            Some(format!("{word}({written}){over}"))
        }
        _ => None,
    }
}

/// Text in the character set that has every character.
fn unicode(written: &str) -> String {
    format!("CONVERT({written} USING utf8mb4)")
}

/// Text as its bytes in UTF-8.
fn bytewise(written: &str) -> String {
    format!("CAST({} AS BINARY)", unicode(written))
}

/// Whether a constant can be compared with a column in any character set: the server refuses to mix them otherwise.
fn is_ascii(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Constant(Value::Text(text)) if text.is_ascii())
}

fn has_fraction_of_second(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Constant(Value::Timestamp(micros)) if micros % 1_000_000 != 0)
}

/// Whether values of the type compare here as they do at the gateway.
fn compares(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Utf8
            | DataType::Binary
            | DataType::Date32
            | DataType::Timestamp(TimeUnit::Microsecond, _)
    )
}

/// Whether arithmetic of decimals gives a decimal that both sides know without rounding.
fn is_exact_decimal(arguments: &[Expr], data_type: &DataType) -> bool {
    let is_decimal = |data_type: &DataType| matches!(data_type, DataType::Decimal128(_, 0..=DECIMALS_MAX));
    is_decimal(data_type) && arguments.iter().all(|argument| is_decimal(&argument.data_type))
}

/// A decimal of 65 digits: they hold a sum or product whatever it is. Without that, numbers of a `bigint unsigned` would be computed
/// with in 64 bits, and fail beyond them.
fn longest(argument: &Expr, written: &str) -> Option<String> {
    let DataType::Decimal128(_, scale) = argument.data_type else { return None };
    Some(format!("CAST({written} AS DECIMAL(65, {scale}))"))
}

/// The comparison of two values, or of two that may be null.
fn comparison(function: Function) -> Option<&'static str> {
    match function {
        Function::IsNotDistinctFrom => Some("<=>"),
        other => other.comparison().map(Comparison::sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Expr {
        Expr::constant(Value::Text(text.to_owned()), DataType::Utf8)
    }

    #[test]
    fn text_is_compared_by_its_bytes_and_found_by_an_index() {
        let written = ["a".to_owned(), "?".to_owned()];
        let column = || Expr::column(0, DataType::Utf8);
        let call = |function, right: Expr| Words.call(function, &[column(), right], &written, &DataType::Boolean).expect("a comparison");
        let (left, right) = ("CAST(CONVERT(a USING utf8mb4) AS BINARY)", "CAST(CONVERT(? USING utf8mb4) AS BINARY)");
        assert_eq!(call(Function::Equal, text("x")), format!("(a = ? AND {left} = {right})"));
        assert_eq!(call(Function::Equal, text("é")), format!("({left} = {right})"));
        assert_eq!(call(Function::Less, column()), format!("({left} < {right})"));
        assert_eq!(call(Function::Like, text("x%")), "(CONVERT(a USING utf8mb4) COLLATE utf8mb4_bin LIKE ? ESCAPE '\\')");
    }

    #[test]
    fn a_fraction_of_a_second_is_not_rounded_to_the_columns_digits() {
        let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
        let written = ["a".to_owned(), "?".to_owned()];
        let call = |micros| {
            let arguments = [Expr::column(0, timestamp.clone()), Expr::constant(Value::Timestamp(micros), timestamp.clone())];
            Words.call(Function::Equal, &arguments, &written, &DataType::Boolean).expect("a comparison")
        };
        assert_eq!((call(2_000_000), call(2_500_000)), ("(a = ?)".to_owned(), "(CAST(a AS DATETIME(6)) = ?)".to_owned()));
    }

    #[test]
    fn decimals_are_computed_with_all_their_digits() {
        let (unsigned, price) = (Expr::column(0, DataType::Decimal128(20, 0)), Expr::column(1, DataType::Decimal128(9, 2)));
        let written = ["a".to_owned(), "b".to_owned()];
        let call = |function, arguments: [Expr; 2], scale| Words.call(function, &arguments, &written, &DataType::Decimal128(38, scale));
        let sum = call(Function::Add, [unsigned.clone(), unsigned.clone()], 0);
        assert_eq!(sum.as_deref(), Some("(CAST(a AS DECIMAL(65, 0)) + CAST(b AS DECIMAL(65, 0)))"));
        let product = call(Function::Multiply, [unsigned, price], 2);
        assert_eq!(product.as_deref(), Some("(CAST(a AS DECIMAL(65, 0)) * CAST(b AS DECIMAL(65, 2)))"));
    }

    #[test]
    fn null_sorts_where_postgresql_sorts_it() {
        let key = |descending, nulls_first| {
            let key = SortKey { expression: Expr::column(0, DataType::Int32), descending, nulls_first };
            Words.sort_key(&key, "a").expect("a key")
        };
        assert_eq!((key(false, true), key(true, false)), ("a ASC".to_owned(), "a DESC".to_owned()));
        assert_eq!((key(false, false), key(true, true)), ("a IS NULL ASC, a ASC".to_owned(), "a IS NULL DESC, a DESC".to_owned()));
    }

    #[test]
    fn decimals_travel_as_their_digits() {
        let parameter = |digits, scale| {
            let value = Value::Decimal { digits, scale };
            bound(&Parameter { value, data_type: DataType::Decimal128(38, scale) })
        };
        for (digits, scale, expected) in [(12_345, 2, "123.45"), (-5, 2, "-0.05"), (0, 0, "0"), (-7, 0, "-7"), (10, 1, "1.0")] {
            assert_eq!(parameter(digits, scale), Some(Value::Text(expected.to_owned())));
        }
        assert_eq!(parameter(1, 31), None);
    }

    #[test]
    fn averages_and_windows_are_of_sums() {
        let amount = Expr::column(0, DataType::Decimal128(12, 2));
        let scaled = DataType::Decimal128(38, 16);
        let average = |over| aggregated(AggregateFunction::Average, Some((&amount, "a")), "", over, &scaled).expect("an average");
        assert_eq!(average(""), "ROUND(CAST(SUM(a) AS DECIMAL(65, 30)) / COUNT(a), 16)");
        assert_eq!(average(" OVER w"), "ROUND(CAST(SUM(a) OVER w AS DECIMAL(65, 30)) / COUNT(a) OVER w, 16)");
        let rank = Words.window(WindowFunction::Rank, &[], &[], " OVER w", &DataType::Int64);
        assert_eq!(rank.as_deref(), Some("RANK() OVER w"));
    }
}
