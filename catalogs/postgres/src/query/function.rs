//! Functions that PostgreSQL computes exactly as the gateway does.
//!
//! Numbers that PostgreSQL wants as `integer`, where the gateway has a `bigint`, are written out; they are constants.

use arrow::datatypes::{DataType, TimeUnit};
use spi::query::{Expr, Function};

use super::{UNPADDED, bytewise, compares, is_integer, same_types, type_name, unpadded};

/// Units that both cut a time to.
const UNITS: &[&str] = &[
    "microseconds",
    "milliseconds",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "decade",
    "century",
    "millennium",
];

/// Fields that are whole numbers.
const FIELDS: &[&str] = &["year", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute"];

pub(super) fn written(function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
    let first = arguments.first()?;
    let (is_text, is_decimal) = (first.data_type == DataType::Utf8, matches!(first.data_type, DataType::Decimal128(..)));
    let one = |word: &str| Some(format!("{word}({})", written.first()?));
    let all = |word: &str| Some(format!("{word}({})", written.join(", ")));
    match function {
        Function::CharacterLength if is_text => one("length"),
        Function::Trim if is_text => one("btrim"),
        Function::TrimStart if is_text => one("ltrim"),
        Function::TrimEnd if is_text => match unpadded(written.first()?) {
            Some((column, _)) => Some(format!("{column}{UNPADDED}")),
            None => one("rtrim"),
        },
        Function::Left | Function::Right if is_text => {
            let word = if function == Function::Left { "left" } else { "right" };
            Some(format!("{word}({}, {})", written.first()?, length(arguments.get(1)?)?))
        }
        Function::Substring if is_text => {
            let from = length(arguments.get(1)?)?;
            Some(match arguments.get(2) {
                Some(count) => format!("substr({}, {from}, {})", written.first()?, length(count)?),
                None => format!("substr({}, {from})", written.first()?),
            })
        }
        Function::Replace if texts(arguments) => {
            Some(format!("replace({}, {}, {})", bytewise(written.first()?), written.get(1)?, written.get(2)?))
        }
        Function::Position if texts(arguments) && *data_type == DataType::Int32 => {
            Some(format!("strpos({}, {})", bytewise(written.first()?), written.get(1)?))
        }
        Function::Absolute if is_integer(data_type) || is_decimal => one("abs"),
        Function::Floor if is_decimal => one("floor"),
        Function::Ceiling if is_decimal => one("ceil"),
        Function::Round if is_decimal => round(arguments, written, data_type),
        Function::Coalesce if same_types(arguments, data_type) => all("coalesce"),
        Function::NullIf if same_types(arguments, data_type) && compares(data_type) => match is_text {
            true => Some(format!("nullif({}, {})", bytewise(written.first()?), bytewise(written.get(1)?))),
            false => all("nullif"),
        },
        Function::Greatest | Function::Least if same_types(arguments, data_type) && compares(data_type) && !data_type.is_floating() => {
            let values = written.iter().map(|value| if is_text { bytewise(value) } else { value.clone() }).collect::<Vec<_>>();
            Some(format!("{}({})", if function == Function::Greatest { "greatest" } else { "least" }, values.join(", ")))
        }
        Function::DateTrunc if arguments.get(1)?.data_type == DataType::Timestamp(TimeUnit::Microsecond, None) => {
            Some(format!("date_trunc('{}', {})", named(first, UNITS)?, written.get(1)?))
        }
        Function::Extract if is_local(&arguments.get(1)?.data_type) => {
            let field = named(first, FIELDS)?;
            Some(format!("extract({field} FROM {})::{}", written.get(1)?, type_name(data_type)))
        }
        _ => None,
    }
}

/// A constant that counts characters.
fn length(expr: &Expr) -> Option<i32> {
    expr.as_integer().and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= 0)
}

fn round(arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
    let DataType::Decimal128(_, scale) = data_type else { return None };
    let digits = match arguments {
        [_] => 0,
        [_, digits] => digits.as_integer()?,
        _ => return None,
    };
    (0..=i64::from(*scale)).contains(&digits).then(|| format!("round({}, {digits})::{}", written[0], type_name(data_type)))
}

fn texts(arguments: &[Expr]) -> bool {
    arguments.iter().all(|argument| argument.data_type == DataType::Utf8)
}

/// The constant name, if it is one of these.
fn named(expr: &Expr, names: &'static [&'static str]) -> Option<&'static str> {
    let name = expr.as_text()?;
    names.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// Whether it is told without a time zone.
fn is_local(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, None))
}

#[cfg(test)]
mod tests {
    use spi::predicate::Value;

    use super::*;

    fn text() -> Expr {
        Expr::column(0, DataType::Utf8)
    }

    fn number(value: i64) -> Expr {
        Expr::constant(Value::Int(value), DataType::Int64)
    }

    fn call(function: Function, arguments: &[Expr], data_type: DataType) -> Option<String> {
        let names: Vec<String> = (0..arguments.len()).map(|place| char::from(b'a' + place as u8).to_string()).collect();
        written(function, arguments, &names, &data_type)
    }

    #[test]
    fn numbers_of_characters_are_constants() {
        let substring = |from, count| call(Function::Substring, &[text(), from, count], DataType::Utf8);
        assert_eq!(substring(number(2), number(3)).as_deref(), Some("substr(a, 2, 3)"));
        assert_eq!(substring(number(2), Expr::column(1, DataType::Int64)), None);
        assert_eq!(substring(number(2), number(-1)), None);
        assert_eq!(call(Function::Left, &[text(), number(4)], DataType::Utf8).as_deref(), Some("left(a, 4)"));
    }

    #[test]
    fn decimals_are_rounded_and_floating_point_numbers_are_not() {
        let round = |from: DataType, to: DataType| call(Function::Round, &[Expr::column(0, from), number(1)], to);
        assert_eq!(round(DataType::Decimal128(12, 3), DataType::Decimal128(11, 1)).as_deref(), Some("round(a, 1)::numeric(11,1)"));
        assert_eq!(round(DataType::Float64, DataType::Float64), None);
        assert_eq!(round(DataType::Decimal128(12, 3), DataType::Decimal128(10, 0)), None);
    }

    #[test]
    fn times_are_cut_and_taken_apart_where_no_time_zone_matters() {
        let unit = |name: &str| Expr::constant(Value::Text(name.to_owned()), DataType::Utf8);
        let (local, moment) =
            (DataType::Timestamp(TimeUnit::Microsecond, None), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        let cut =
            |name, data_type: &DataType| call(Function::DateTrunc, &[unit(name), Expr::column(0, data_type.clone())], data_type.clone());
        assert_eq!(cut("Month", &local).as_deref(), Some("date_trunc('month', b)"));
        assert_eq!((cut("month", &moment), cut("nonsense", &local)), (None, None));
        let field = |name| call(Function::Extract, &[unit(name), Expr::column(0, DataType::Date32)], DataType::Decimal128(38, 0));
        assert_eq!(field("year").as_deref(), Some("extract(year FROM b)::numeric(38,0)"));
        assert_eq!(field("epoch"), None);
    }
}
