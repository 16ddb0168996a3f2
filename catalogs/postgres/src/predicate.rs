//! Which conditions the server applies exactly as the gateway would, and their SQL. How one comparison is written says `dialect.rs`.
//!
//! The kind of a predicate's value tells the column's Arrow type (see `spi::predicate::Value`), and every kind compares the same at
//! the server: what a column holds beyond the values that the gateway reads, such as `infinity`, satisfies what PostgreSQL says.

use spi::Result;
use spi::predicate::Predicate;

use crate::dialect::{self, Constant, Operand, can_write};

/// Conditions of one predicate. A statement takes 65,535 parameters, and its parser a limited depth.
const TERMS_MAX: usize = 1_000;

/// Values of one list, which is one parameter. Longer ones are better matched against the rows.
const VALUES_MAX: usize = 10_000;

/// Whether `write` can write it.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions; `None` where one of them cannot be written.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Compare { value, .. } => can_write(value).then_some(1),
        Predicate::In { values, .. } => {
            let one_kind = values.windows(2).all(|pair| std::mem::discriminant(&pair[0]) == std::mem::discriminant(&pair[1]));
            let exact = (1..=VALUES_MAX).contains(&values.len()) && one_kind && values.iter().all(can_write);
            exact.then_some(1)
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

/// Appends a predicate for which [`is_exact`] said yes. `operand` gives a column by its name.
pub(crate) fn write<'a>(
    predicate: &Predicate,
    operand: &impl Fn(&str) -> Result<Operand<'a>>,
    sql: &mut String,
    constants: &mut Vec<Constant>,
) -> Result<()> {
    match predicate {
        Predicate::Compare { column, comparison, value } => *sql += &dialect::comparison(operand(column)?, *comparison, value, constants)?,
        Predicate::In { column, values } => *sql += &dialect::any_of(operand(column)?, values, constants)?,
        // A composite value is null to `IS NULL` when all its fields are; to the gateway, and to this, only when there is none.
        Predicate::IsNull { column } => *sql += &format!("{} IS NOT DISTINCT FROM NULL", dialect::column(column)),
        Predicate::IsNotNull { column } => *sql += &format!("{} IS DISTINCT FROM NULL", dialect::column(column)),
        Predicate::And(parts) => write_joined(parts, " AND ", operand, sql, constants)?,
        Predicate::Or(parts) => write_joined(parts, " OR ", operand, sql, constants)?,
    }
    Ok(())
}

fn write_joined<'a>(
    parts: &[Predicate],
    word: &str,
    operand: &impl Fn(&str) -> Result<Operand<'a>>,
    sql: &mut String,
    constants: &mut Vec<Constant>,
) -> Result<()> {
    for (place, part) in parts.iter().enumerate() {
        *sql += if place == 0 { "(" } else { word };
        write(part, operand, sql, constants)?;
    }
    *sql += ")";
    Ok(())
}

#[cfg(test)]
mod tests {
    use spi::predicate::{Comparison, Value};

    use super::*;

    fn list(values: Vec<Value>) -> Predicate {
        Predicate::In { column: "c".to_owned(), values }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let equal = |value| Predicate::Compare { column: "c".to_owned(), comparison: Comparison::Equal, value };
        for predicate in [
            equal(Value::Null),
            equal(Value::Text("a\0b".to_owned())),
            equal(Value::Date(i32::MAX)),
            equal(Value::Timestamp(i64::MIN)),
            list(Vec::new()),
            list(vec![Value::Int(1), Value::Float(1.0)]),
            list(vec![Value::Int(1); VALUES_MAX + 1]),
            Predicate::And(Vec::new()),
            Predicate::Or(vec![equal(Value::Int(1)), equal(Value::Null)]),
            Predicate::Or(vec![equal(Value::Int(1)); TERMS_MAX]),
        ] {
            assert!(!is_exact(&predicate), "{predicate:?} is applied");
        }
        assert!(is_exact(&equal(Value::Float(f64::NAN))) && is_exact(&list(vec![Value::Int(1), Value::Int(2)])));
    }
}
