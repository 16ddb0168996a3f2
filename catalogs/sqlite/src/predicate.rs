//! Which conditions SQLite applies exactly as PostgreSQL would, and their SQL.
//!
//! SQLite compares across storage classes: text is greater than every number, and a column's affinity converts the other side.
//! So every comparison also asks for the storage class, and means what it would mean for the values that `value.rs` reads:
//! a stored value that does not fit its column's type satisfies no comparison. The kind of a predicate's value tells the
//! column's type (see `spi::predicate::Value`). Each is written so that SQLite can use an index.
//!
//! Refused, because they would be inexact: moments and decimals, which SQLite stores in several forms; the order of text,
//! which depends on the database's encoding; and not-a-number, which SQLite does not have.

use spi::predicate::{Comparison, Predicate, Value};

use crate::read::quoted_column;
use crate::value::real_text;

/// Conditions and values of one predicate. SQLite takes 32,766 parameters and expressions 1,000 deep; a list of values that is
/// longer than this is better matched against the rows.
const TERMS_MAX: usize = 300;

/// Whether `write` can write it.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions and values; `None` where one of them is not exact.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Compare { comparison, value, .. } => is_exact_comparison(*comparison, value).then_some(1),
        Predicate::In { values, .. } => {
            let exact = !values.is_empty() && values.iter().all(|value| is_exact_comparison(Comparison::Equal, value));
            exact.then_some(values.len())
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

fn is_exact_comparison(comparison: Comparison, value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Bytes(_) => true,
        Value::Float(value) => !value.is_nan(),
        Value::Bool(_) => is_equality(comparison),
        // A zero byte ends text in some of SQLite's functions, and PostgreSQL's text has none.
        Value::Text(text) => is_equality(comparison) && !text.contains('\0'),
        Value::Null | Value::Decimal { .. } | Value::Date(_) | Value::Timestamp(_) => false,
    }
}

fn is_equality(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Equal | Comparison::NotEqual)
}

/// Appends a predicate for which [`is_exact`] said yes, over columns of the table `t`.
pub(crate) fn write(predicate: &Predicate, sql: &mut String, parameters: &mut Vec<Value>) {
    match predicate {
        Predicate::Compare { column, comparison, value } => {
            write_comparison(&quoted_column(column), *comparison, value, sql, parameters);
        }
        Predicate::In { column, values } => write_in(&quoted_column(column), values, sql, parameters),
        Predicate::IsNull { column } => *sql += &format!("{} IS NULL", quoted_column(column)),
        Predicate::IsNotNull { column } => *sql += &format!("{} IS NOT NULL", quoted_column(column)),
        Predicate::And(parts) => write_joined(parts, " AND ", sql, parameters),
        Predicate::Or(parts) => write_joined(parts, " OR ", sql, parameters),
    }
}

fn write_joined(parts: &[Predicate], word: &str, sql: &mut String, parameters: &mut Vec<Value>) {
    for (place, part) in parts.iter().enumerate() {
        *sql += if place == 0 { "(" } else { word };
        write(part, sql, parameters);
    }
    *sql += ")";
}

fn write_in(column: &str, values: &[Value], sql: &mut String, parameters: &mut Vec<Value>) {
    // Values of one class are one list; text that looks like a number and truth values have several forms each.
    let class = |value: &Value| match value {
        Value::Int(_) => Some("'integer'"),
        Value::Float(_) => Some("'real', 'integer'"),
        Value::Bytes(_) => Some("'blob'"),
        Value::Text(text) if number(text).is_none() => Some("'text'"),
        _ => None,
    };
    let mut separator = "(";
    for classes in ["'integer'", "'real', 'integer'", "'blob'", "'text'"] {
        let same: Vec<&Value> = values.iter().filter(|value| class(value) == Some(classes)).collect();
        if same.is_empty() {
            continue;
        }
        let marks: Vec<String> = same.into_iter().map(|value| mark(parameters, value.clone())).collect();
        *sql += &format!("{separator}(typeof({column}) IN ({classes}) AND {column} COLLATE BINARY IN ({}))", marks.join(", "));
        separator = " OR ";
    }
    for value in values.iter().filter(|value| class(value).is_none()) {
        *sql += separator;
        write_comparison(column, Comparison::Equal, value, sql, parameters);
        separator = " OR ";
    }
    *sql += ")";
}

fn write_comparison(column: &str, comparison: Comparison, value: &Value, sql: &mut String, parameters: &mut Vec<Value>) {
    let operator = comparison.sign();
    *sql += &match value {
        Value::Bool(truth) => {
            let wanted = *truth == (comparison == Comparison::Equal);
            let forms = if wanted { "1, 't', 'true'" } else { "0, 'f', 'false'" };
            format!("(typeof({column}) IN ('integer', 'text') AND {column} COLLATE BINARY IN ({forms}))")
        }
        Value::Text(text) => match (number(text), comparison) {
            (Some(number), Comparison::Equal) => numeric_text(column, text, number, parameters),
            (Some(number), _) => {
                let equal = numeric_text(column, text, number, parameters);
                format!("(typeof({column}) IN ('text', 'integer', 'real') AND NOT {equal})")
            }
            // Numbers in a text column are read as text that looks like a number, which this one does not.
            (None, Comparison::Equal) => {
                let mark = mark(parameters, value.clone());
                format!("(typeof({column}) = 'text' AND {column} COLLATE BINARY = {mark})")
            }
            (None, _) => {
                let mark = mark(parameters, value.clone());
                format!("(typeof({column}) IN ('text', 'integer', 'real') AND {column} COLLATE BINARY <> {mark})")
            }
        },
        Value::Float(_) => format!("(typeof({column}) IN ('real', 'integer') AND {column} {operator} {})", mark(parameters, value.clone())),
        Value::Bytes(_) => format!("(typeof({column}) = 'blob' AND {column} {operator} {})", mark(parameters, value.clone())),
        _ => format!("(typeof({column}) = 'integer' AND {column} {operator} {})", mark(parameters, value.clone())),
    };
}

/// Equality with a text that looks like a number. A column without text affinity may hold that number instead, and it is
/// read as text: the list finds every candidate, whatever the affinity makes of it, and the rest compares the texts.
fn numeric_text(column: &str, text: &str, number: Value, parameters: &mut Vec<Value>) -> String {
    let is_text_of_real = text.parse().is_ok_and(|value: f64| real_text(value) == text);
    let text = mark(parameters, Value::Text(text.to_owned()));
    let number = mark(parameters, number);
    let real = i32::from(is_text_of_real);
    format!(
        "({column} COLLATE BINARY IN ({text}, {number}) AND typeof({column}) <> 'blob' \
         AND CASE typeof({column}) WHEN 'real' THEN {real} ELSE CAST({column} AS TEXT) COLLATE BINARY = {text} END)"
    )
}

/// The number that SQLite might take a text for. More texts than that are taken for numbers here, which is harmless.
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    match text.parse() {
        Ok(integer) => Some(Value::Int(integer)),
        Err(_) => text.parse().ok().filter(|float: &f64| !float.is_nan()).map(Value::Float),
    }
}

/// The place of a parameter in the statement.
fn mark(parameters: &mut Vec<Value>, parameter: Value) -> String {
    parameters.push(parameter);
    format!("?{}", parameters.len())
}
