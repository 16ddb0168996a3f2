//! How names, constants and comparisons are written, so that they mean what they mean to PostgreSQL.
//!
//! MySQL compares text by collations, most of which take upper for lower case and ignore trailing blanks. So text is compared by the
//! bytes of its UTF-8 form, whose order is that of code points; where an index may help, the column's own collation narrows first:
//! equal texts are equal in every collation. Moments that are none compare as if they were NULL.

use spi::predicate::{Comparison, Value};

use crate::moment::{date_text, timestamp_text};
use crate::types::is_geometry;

/// The longest number of the family, in digits.
const DECIMAL_DIGITS_MAX: u8 = 65;

/// The most decimals that every server of the family takes.
const DECIMAL_SCALE_MAX: i8 = 30;

/// A statement in the making. Constants travel as parameters, in the order of their marks.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sql {
    pub(crate) text: String,
    /// `Text` is sent as text and `Bytes` as bytes, which compare bit by bit; `Int` and `Float` are sent in binary.
    pub(crate) parameters: Vec<Value>,
}

/// What decides how a column is compared, beside the type in which its values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Compares as its values do.
    Plain,
    /// Text in a character set that has every character up to this one.
    Text { last: char },
    /// MySQL's own type: compared as a document unless it is converted.
    Json,
    /// Bits that are read as bytes.
    Bits,
    /// Compared with the SRID unless that is cut off.
    Geometry,
    /// Numbers or moments with so many digits after the point: MySQL rounds constants that have more, where it looks into an index.
    Digits(u32),
    /// Takes the constants 0 to 99 for years of this and the last century, and larger ones for none.
    Year,
}

impl Sql {
    pub(crate) fn push(&mut self, text: &str) {
        self.text += text;
    }

    /// The mark of a parameter.
    pub(crate) fn mark(&mut self, parameter: Value) -> &'static str {
        self.parameters.push(parameter);
        "?"
    }
}

impl Form {
    /// Of what `information_schema.columns` says in `data_type`, `character_set_name`, and `numeric_scale` or `datetime_precision`.
    pub(crate) fn of(data_type: &str, character_set: Option<&str>, digits: Option<u32>) -> Self {
        match (data_type.to_ascii_lowercase().as_str(), character_set) {
            ("json", None) => Form::Json,
            ("bit", _) => Form::Bits,
            ("year", _) => Form::Year,
            (name, _) if is_geometry(name) => Form::Geometry,
            (_, Some("utf8mb4" | "utf16" | "utf16le" | "utf32")) => Form::Text { last: char::MAX },
            (_, Some("utf8" | "utf8mb3" | "ucs2")) => Form::Text { last: '\u{ffff}' },
            // All others have those of ASCII.
            (_, Some(_)) => Form::Text { last: '\u{7f}' },
            (_, None) => digits.map_or(Form::Plain, Form::Digits),
        }
    }
}

/// A name of any characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A constant text, in a session without escapes by backslashes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether [`write_comparison`] can say it exactly, whatever the column's form.
pub(crate) fn is_exact_comparison(comparison: Comparison, value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Bytes(_) => true,
        Value::Float(value) => value.is_finite(),
        Value::Bool(_) => matches!(comparison, Comparison::Equal | Comparison::NotEqual),
        // No text that is read has a zero byte.
        Value::Text(text) => !text.contains('\0'),
        Value::Date(days) => date_text(*days).is_some(),
        Value::Timestamp(micros) => timestamp_text(*micros).is_some(),
        Value::Decimal { scale, .. } => (0..=DECIMAL_SCALE_MAX).contains(scale),
        Value::Null => false,
    }
}

/// Whether the comparison depends on the column's form. Asking for it costs a statement.
pub(crate) fn depends_on_form(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::Bytes(_) | Value::Int(_)) || digits(value) > 0
}

/// Appends `column <comparison> value`, for which [`is_exact_comparison`] said yes.
pub(crate) fn write_comparison(sql: &mut Sql, column: &str, form: Form, comparison: Comparison, value: &Value) {
    let sign = comparison.sign();
    let written = match value {
        Value::Text(text) if comparison == Comparison::Equal && narrows(form, text) => {
            let (narrowing, bytes) = (sql.mark(value.clone()), sql.mark(bytes_of(value)));
            format!("({column} = {narrowing} AND {} = {bytes})", operand(column, form, value))
        }
        Value::Bool(truth) => format!("{column} = {}", i32::from(*truth == (comparison == Comparison::Equal))),
        Value::Date(_) | Value::Timestamp(_) if comparison != Comparison::Equal => {
            format!("({} {sign} {} AND {})", operand(column, form, value), constant(sql, value), is_date(column))
        }
        _ => format!("{} {sign} {}", operand(column, form, value), constant(sql, value)),
    };
    sql.push(&written);
}

/// Appends `column IN (values)`; each is one for whose equality [`is_exact_comparison`] said yes, and all are of one kind.
pub(crate) fn write_in(sql: &mut Sql, column: &str, form: Form, values: &[Value]) {
    let narrowing = values.iter().all(|value| matches!(value, Value::Text(text) if narrows(form, text)));
    if narrowing {
        let marks: Vec<&str> = values.iter().map(|value| sql.mark(value.clone())).collect();
        sql.push(&format!("({column} IN ({}) AND ", marks.join(", ")));
    }
    let constants: Vec<String> = values.iter().map(|value| constant(sql, value)).collect();
    // All values are of one kind; an empty list is never written.
    let longest = values.iter().max_by_key(|value| digits(value));
    let operand = longest.map_or_else(|| column.to_owned(), |value| operand(column, form, value));
    sql.push(&format!("{operand} IN ({}){}", constants.join(", "), if narrowing { ")" } else { "" }));
}

/// The column as it is compared with constants of this kind.
fn operand(column: &str, form: Form, value: &Value) -> String {
    match (value, form) {
        (Value::Text(_), Form::Json) => format!("CAST(CAST({column} AS CHAR) AS BINARY)"),
        (Value::Text(_), _) => format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)"),
        (Value::Bytes(_), Form::Geometry) => format!("SUBSTRING(CAST({column} AS BINARY), 5)"),
        (Value::Bytes(_), Form::Bits) => format!("CAST({column} AS BINARY)"),
        (Value::Decimal { .. }, Form::Digits(own)) if digits(value) > own => format!("({column} + 0)"),
        (Value::Timestamp(_), Form::Digits(own)) if digits(value) > own => format!("CAST({column} AS DATETIME(6))"),
        (Value::Int(_), Form::Year) => format!("CAST({column} AS SIGNED)"),
        _ => column.to_owned(),
    }
}

/// The constant, as what [`operand`] gives is compared with it.
fn constant(sql: &mut Sql, value: &Value) -> String {
    match value {
        Value::Text(_) => sql.mark(bytes_of(value)).to_owned(),
        // `is_exact_comparison` has seen that these have a text.
        Value::Date(days) => format!("CAST({} AS DATE)", sql.mark(Value::Text(date_text(*days).unwrap_or_default()))),
        Value::Timestamp(micros) => format!("CAST({} AS DATETIME(6))", sql.mark(Value::Text(timestamp_text(*micros).unwrap_or_default()))),
        Value::Decimal { digits, scale } => {
            let mark = sql.mark(Value::Text(decimal_text(*digits, *scale)));
            format!("CAST({mark} AS DECIMAL({DECIMAL_DIGITS_MAX}, {scale}))")
        }
        Value::Bool(truth) => i32::from(*truth).to_string(),
        other => sql.mark(other.clone()).to_owned(),
    }
}

/// Whether a column may be compared with the text in its own collation: the server refuses to mix a character set with text that
/// has other characters.
fn narrows(form: Form, text: &str) -> bool {
    match form {
        Form::Text { last } => text.chars().all(|character| character <= last),
        _ => false,
    }
}

/// The digits after the point that a constant needs.
fn digits(value: &Value) -> u32 {
    let (mut rest, mut digits) = match value {
        Value::Decimal { digits, scale } => (*digits, u32::from(scale.unsigned_abs())),
        Value::Timestamp(micros) => (i128::from(*micros), 6),
        _ => return 0,
    };
    while digits > 0 && rest % 10 == 0 {
        (rest, digits) = (rest / 10, digits - 1);
    }
    digits
}

/// A number as the server reads it.
fn decimal_text(digits: i128, scale: i8) -> String {
    let width = usize::from(scale.unsigned_abs()) + 1;
    let mut text = format!("{:0>width$}", digits.unsigned_abs());
    text.insert(text.len() + 1 - width, '.');
    if digits < 0 { format!("-{text}") } else { text }
}

/// A text as bytes in UTF-8.
fn bytes_of(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Bytes(text.clone().into_bytes()),
        other => other.clone(),
    }
}

/// Whether a stored date is one: neither month nor day is zero, and the month has that day.
fn is_date(column: &str) -> String {
    format!("DAYOFMONTH({column}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY({column}))")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, comparison: Comparison, value: Value) -> String {
        let mut sql = Sql::default();
        write_comparison(&mut sql, "`c`", form, comparison, &value);
        assert_eq!(sql.text.matches('?').count(), sql.parameters.len(), "{}", sql.text);
        sql.text
    }

    #[test]
    fn names_and_texts_cannot_end_early() {
        assert_eq!(quoted("a`b\""), "`a``b\"`");
        assert_eq!(literal("a'b\\"), "'a''b\\'");
    }

    #[test]
    fn text_is_compared_by_its_bytes() {
        let every = Form::of("varchar", Some("utf8mb4"), None);
        let latin = Form::of("varchar", Some("latin1"), None);
        let exact = "CAST(CONVERT(`c` USING utf8mb4) AS BINARY)";
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(written(every, Comparison::Equal, text("é")), format!("(`c` = ? AND {exact} = ?)"));
        assert_eq!(written(latin, Comparison::Equal, text("e")), format!("(`c` = ? AND {exact} = ?)"));
        assert_eq!(written(latin, Comparison::Equal, text("é")), format!("{exact} = ?"));
        assert_eq!(written(every, Comparison::Less, text("e")), format!("{exact} < ?"));
        assert_eq!(written(Form::Json, Comparison::Equal, text("e")), "CAST(CAST(`c` AS CHAR) AS BINARY) = ?");
        let mut sql = Sql::default();
        write_in(&mut sql, "`c`", every, &[text("a"), text("b")]);
        assert_eq!(sql.text, format!("(`c` IN (?, ?) AND {exact} IN (?, ?))"));
        assert_eq!(sql.parameters, [text("a"), text("b"), Value::Bytes(b"a".to_vec()), Value::Bytes(b"b".to_vec())]);
    }

    #[test]
    fn numbers_keep_their_decimals() {
        for (digits, scale, expected) in [(0, 0, "0."), (5, 2, "0.05"), (-1234, 2, "-12.34"), (-5, 0, "-5."), (120, 1, "12.0")] {
            assert_eq!(decimal_text(digits, scale), expected);
        }
    }

    #[test]
    fn constants_are_not_rounded() {
        let price = |digits, scale| written(Form::of("decimal", None, Some(2)), Comparison::Less, Value::Decimal { digits, scale });
        assert_eq!(price(995, 2), "`c` < CAST(? AS DECIMAL(65, 2))");
        assert_eq!(price(9950, 3), "`c` < CAST(? AS DECIMAL(65, 3))");
        assert_eq!(price(9955, 3), "(`c` + 0) < CAST(? AS DECIMAL(65, 3))");
        let second = |micros| written(Form::of("datetime", None, Some(0)), Comparison::Equal, Value::Timestamp(micros));
        assert_eq!(second(-1_000_000), "`c` = CAST(? AS DATETIME(6))");
        assert_eq!(second(500_000), "CAST(`c` AS DATETIME(6)) = CAST(? AS DATETIME(6))");
    }

    #[test]
    fn other_values_compare_as_they_are_read() {
        assert_eq!(written(Form::Plain, Comparison::Less, Value::Int(5)), "`c` < ?");
        assert_eq!(written(Form::Year, Comparison::Equal, Value::Int(70)), "CAST(`c` AS SIGNED) = ?");
        assert_eq!(written(Form::Bits, Comparison::NotEqual, Value::Bool(true)), "`c` = 0");
        assert_eq!(written(Form::Geometry, Comparison::Equal, Value::Bytes(vec![1])), "SUBSTRING(CAST(`c` AS BINARY), 5) = ?");
        assert_eq!(written(Form::Plain, Comparison::Equal, Value::Date(0)), "`c` = CAST(? AS DATE)");
        let invalid = "DAYOFMONTH(`c`) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(`c`))";
        assert_eq!(written(Form::Plain, Comparison::Less, Value::Timestamp(0)), format!("(`c` < CAST(? AS DATETIME(6)) AND {invalid})"));
    }
}
