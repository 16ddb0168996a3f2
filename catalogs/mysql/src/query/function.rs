//! Functions that MySQL and MariaDB compute exactly as the gateway does.
//!
//! Text is brought into one character set first, and searched under a collation that tells all characters apart. Of MySQL's special
//! cases (positions that are zero or negative, division by zero, which is NULL) none can come up: the arguments are constants.

use arrow::datatypes::DataType;
use spi::query::{Expr, Function};

use super::unicode;

pub(super) fn written(function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
    let first = arguments.first()?;
    let (is_text, is_decimal) = (first.data_type == DataType::Utf8, matches!(first.data_type, DataType::Decimal128(..)));
    let of_text = |word: &str| Some(format!("{word}({})", unicode(written.first()?)));
    let of_number = |word: &str| Some(format!("{word}({})", written.first()?));
    match function {
        Function::CharacterLength if is_text => of_text("CHAR_LENGTH"),
        Function::Trim if is_text => of_text("TRIM"),
        Function::TrimStart if is_text => of_text("LTRIM"),
        Function::TrimEnd if is_text => of_text("RTRIM"),
        Function::Left | Function::Right if is_text => {
            let word = if function == Function::Left { "LEFT" } else { "RIGHT" };
            Some(format!("{word}({}, {})", unicode(written.first()?), length(arguments.get(1)?, 0)?))
        }
        Function::Substring if is_text => {
            let (text, from) = (unicode(written.first()?), length(arguments.get(1)?, 1)?);
            Some(match arguments.get(2) {
                Some(count) => format!("SUBSTRING({text}, {from}, {})", length(count, 0)?),
                None => format!("SUBSTRING({text}, {from})"),
            })
        }
        Function::Replace if texts(arguments) && arguments.get(1)?.as_text().is_some_and(|text| !text.is_empty()) => {
            Some(format!("REPLACE({}, {}, {})", exact(written.first()?), unicode(written.get(1)?), unicode(written.get(2)?)))
        }
        Function::Position if texts(arguments) && *data_type == DataType::Int32 => {
            Some(format!("LOCATE({}, {})", unicode(written.get(1)?), exact(written.first()?)))
        }
        Function::Absolute if is_decimal => of_number("ABS"),
        Function::Floor if is_decimal => of_number("FLOOR"),
        Function::Ceiling if is_decimal => of_number("CEILING"),
        Function::Round if is_decimal => {
            let DataType::Decimal128(_, scale) = data_type else { return None };
            let digits = if arguments.len() == 1 { 0 } else { arguments.get(1)?.as_integer()? };
            (0..=i64::from(*scale)).contains(&digits).then(|| format!("ROUND({}, {digits})", written[0]))
        }
        // A result that leaves 64 bits is an error there, too. Numbers without sign would count differently.
        Function::Add | Function::Subtract | Function::Multiply if longest(arguments) && *data_type == DataType::Int64 => {
            let sign = match function {
                Function::Add => "+",
                Function::Subtract => "-",
                _ => "*",
            };
            Some(format!("(CAST({} AS SIGNED) {sign} CAST({} AS SIGNED))", written.first()?, written.get(1)?))
        }
        Function::Divide | Function::Modulo if is_integer(data_type) && arguments.iter().all(|one| one.data_type == *data_type) => {
            // By -1, the least number of a type has no quotient in it.
            let divisor = arguments.get(1)?.as_integer().filter(|divisor| !matches!(divisor, 0 | -1))?;
            Some(format!("(CAST({} AS SIGNED) {} {divisor})", written.first()?, if function == Function::Divide { "DIV" } else { "%" }))
        }
        _ => None,
    }
}

/// A constant that counts characters, from a least number on.
fn length(expr: &Expr, least: i32) -> Option<i32> {
    expr.as_integer().and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= least)
}

fn texts(arguments: &[Expr]) -> bool {
    arguments.iter().all(|argument| argument.data_type == DataType::Utf8)
}

fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int16 | DataType::Int32 | DataType::Int64)
}

fn longest(arguments: &[Expr]) -> bool {
    arguments.iter().all(|argument| argument.data_type == DataType::Int64)
}

/// Text that is searched character by character.
fn exact(written: &str) -> String {
    format!("{} COLLATE utf8mb4_bin", unicode(written))
}

#[cfg(test)]
mod tests {
    use spi::predicate::Value;

    use super::*;

    fn number(value: i64, data_type: DataType) -> Expr {
        Expr::constant(Value::Int(value), data_type)
    }

    fn call(function: Function, arguments: &[Expr], data_type: DataType) -> Option<String> {
        let names: Vec<String> = (0..arguments.len()).map(|place| char::from(b'a' + place as u8).to_string()).collect();
        written(function, arguments, &names, &data_type)
    }

    #[test]
    fn what_means_another_thing_is_not_written() {
        let text = || Expr::column(0, DataType::Utf8);
        let substring = |from| call(Function::Substring, &[text(), number(from, DataType::Int64)], DataType::Utf8);
        assert_eq!(substring(2).as_deref(), Some("SUBSTRING(CONVERT(a USING utf8mb4), 2)"));
        assert_eq!((substring(0), substring(-1)), (None, None));
        let constant = |text: &str| Expr::constant(Value::Text(text.to_owned()), DataType::Utf8);
        let replace = |from| call(Function::Replace, &[text(), constant(from), constant("y")], DataType::Utf8);
        assert_eq!((replace("x").is_some(), replace("")), (true, None));
    }

    #[test]
    fn integers_are_divided_by_constants_only() {
        let divide = |divisor| call(Function::Divide, &[Expr::column(0, DataType::Int32), divisor], DataType::Int32);
        assert_eq!(divide(number(2, DataType::Int32)).as_deref(), Some("(CAST(a AS SIGNED) DIV 2)"));
        assert_eq!(divide(number(0, DataType::Int32)), None);
        assert_eq!(divide(number(-1, DataType::Int32)), None);
        assert_eq!(divide(Expr::column(1, DataType::Int32)), None);
        let add = |data_type: DataType| call(Function::Add, &[Expr::column(0, data_type.clone()), number(1, data_type.clone())], data_type);
        assert_eq!(add(DataType::Int64).as_deref(), Some("(CAST(a AS SIGNED) + CAST(b AS SIGNED))"));
        assert_eq!(add(DataType::Int32), None);
    }
}
