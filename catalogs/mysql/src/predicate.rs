//! Which conditions the server applies exactly as PostgreSQL would, and their SQL.
//!
//! How one comparison is written stands in `dialect.rs`. Refused are constants that the server could not take exactly: not-a-number
//! and infinities, text with zero bytes, moments outside the years 1 to 9999, and the order of booleans.

use std::collections::HashMap;

use spi::predicate::{Comparison, Predicate, Value};

use crate::dialect::{Form, Sql, depends_on_form, is_exact_comparison, quoted, write_comparison, write_in};

/// Conditions and values of one predicate. The server takes 65,535 parameters; a list of values that is longer than this is better
/// matched against the rows.
const TERMS_MAX: usize = 1_000;

/// The forms of the columns of a table, as far as they are known and matter.
pub(crate) type Forms = HashMap<String, Form>;

/// Whether `write` can write it.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions and values; `None` where one of them is not exact.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Compare { comparison, value, .. } => is_exact_comparison(*comparison, value).then_some(1),
        Predicate::In { values, .. } => {
            let kind = values.first().map(std::mem::discriminant)?;
            let exact = values.iter().all(|value| std::mem::discriminant(value) == kind && is_exact_comparison(Comparison::Equal, value));
            exact.then_some(values.len())
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

/// Whether `write` needs to know the forms of the columns.
pub(crate) fn needs_forms(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Compare { value, .. } => depends_on_form(value),
        Predicate::In { values, .. } => values.iter().any(depends_on_form),
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => false,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().any(needs_forms),
    }
}

/// Appends a predicate for which [`is_exact`] said yes.
pub(crate) fn write(predicate: &Predicate, forms: &Forms, sql: &mut Sql) {
    // A column without a known form has been dropped, and the server will say so, or compares plainly.
    let form = |column: &String| forms.get(column).copied().unwrap_or(Form::Plain);
    match predicate {
        Predicate::Compare { column, comparison, value } => write_comparison(sql, &quoted(column), form(column), *comparison, value),
        Predicate::In { column, values } => write_in(sql, &quoted(column), form(column), values),
        Predicate::IsNull { column } => sql.push(&format!("{} IS NULL", quoted(column))),
        Predicate::IsNotNull { column } => sql.push(&format!("{} IS NOT NULL", quoted(column))),
        Predicate::And(parts) => write_joined(parts, " AND ", forms, sql),
        Predicate::Or(parts) => write_joined(parts, " OR ", forms, sql),
    }
}

fn write_joined(parts: &[Predicate], word: &str, forms: &Forms, sql: &mut Sql) {
    for (place, part) in parts.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { word });
        write(part, forms, sql);
    }
    sql.push(")");
}

/// Binds a statement's parameters in the order of their marks.
pub(crate) fn bind<'q>(
    query: sqlx::query::Query<'q, sqlx::MySql, sqlx::mysql::MySqlArguments>,
    parameters: &'q [Value],
) -> sqlx::query::Query<'q, sqlx::MySql, sqlx::mysql::MySqlArguments> {
    parameters.iter().fold(query, |query, parameter| match parameter {
        Value::Int(value) => query.bind(*value),
        Value::Float(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_str()),
        Value::Bytes(value) => query.bind(value.as_slice()),
        // No comparison is written with these as parameters; NULL would satisfy none.
        Value::Null | Value::Bool(_) | Value::Decimal { .. } | Value::Date(_) | Value::Timestamp(_) => query.bind(None::<i64>),
    })
}
