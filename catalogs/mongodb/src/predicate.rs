//! Which conditions a read applies.
//!
//! Whether the server decides one exactly depends on the column, which a read alone knows: `filter.rs` asks the server for documents among
//! which are all that qualify, and `recheck.rs` looks at each where that is not the same.

use spi::documents::{DOCUMENT, ERROR};
use spi::predicate::{Comparison, Predicate, Value};

/// Conditions and values of one predicate. A list of values that is longer than this is better matched against the rows.
const TERMS_MAX: usize = 1_000;

/// Whether a read applies it.
pub(crate) fn is_applied(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions and values; `None` where one of them is not applied.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        // What is in these columns, the server does not have, and what is wrong with a row depends on the columns that are wanted of it.
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::IsNotNull { column }
            if is_own(column) =>
        {
            None
        }
        Predicate::Compare { comparison, value, .. } => is_applied_comparison(*comparison, value).then_some(1),
        Predicate::In { values, .. } => {
            let kind = values.first().map(std::mem::discriminant)?;
            let applied =
                values.iter().all(|value| std::mem::discriminant(value) == kind && is_applied_comparison(Comparison::Equal, value));
            applied.then_some(values.len())
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

/// No column has bytes whose order the server would share, or dates without a time; truth has no order there.
fn is_applied_comparison(comparison: Comparison, value: &Value) -> bool {
    match value {
        Value::Bool(_) => matches!(comparison, Comparison::Equal | Comparison::NotEqual),
        Value::Int(_) | Value::Timestamp(_) | Value::Decimal { .. } => true,
        Value::Float(value) => !value.is_nan(),
        Value::Text(text) => !text.contains('\0'),
        Value::Null | Value::Bytes(_) | Value::Date(_) => false,
    }
}

/// Whether a column is none of the documents' fields.
pub(crate) fn is_own(name: &str) -> bool {
    matches!(name, DOCUMENT | ERROR)
}

/// The names of the columns of a predicate, as often as they are in it.
pub(crate) fn columns<'p>(predicate: &'p Predicate, found: &mut Vec<&'p str>) {
    match predicate {
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::IsNotNull { column } => found.push(column),
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| columns(part, found)),
    }
}
