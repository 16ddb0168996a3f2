//! Which conditions are taken. They are applied exactly, because `filter.rs` applies them to the rows that the server sends.
//!
//! Conditions on decimals are left to the gateway.

use spi::predicate::{Predicate, Value};

/// Conditions and values of one predicate. The server takes 1,024 conditions.
const TERMS_MAX: usize = 1_000;

/// Whether it is applied.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions and values; `None` where one of them is not taken.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Compare { value, .. } => is_comparable(value).then_some(1),
        Predicate::In { values, .. } => {
            let kind = values.first().map(std::mem::discriminant)?;
            values.iter().all(|value| std::mem::discriminant(value) == kind && is_comparable(value)).then_some(values.len())
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

fn is_comparable(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Bytes(_) | Value::Timestamp(_) => true,
        Value::Float(value) => !value.is_nan(),
        Value::Null | Value::Decimal { .. } | Value::Date(_) => false,
    }
}

/// The names of the columns that it is about.
pub(crate) fn columns<'a>(predicate: &'a Predicate, names: &mut Vec<&'a str>) {
    match predicate {
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::IsNotNull { column } => names.push(column),
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| columns(part, names)),
    }
}

#[cfg(test)]
mod tests {
    use spi::predicate::Comparison;

    use super::*;

    fn equal(value: Value) -> Predicate {
        Predicate::Compare { column: "c".to_owned(), comparison: Comparison::Equal, value }
    }

    #[test]
    fn what_cannot_be_compared_here_is_refused() {
        for refused in [
            equal(Value::Null),
            equal(Value::Float(f64::NAN)),
            equal(Value::Decimal { digits: 1, scale: 0 }),
            Predicate::In { column: "c".to_owned(), values: Vec::new() },
            Predicate::In { column: "c".to_owned(), values: vec![Value::Int(1), Value::Bool(true)] },
            Predicate::In { column: "c".to_owned(), values: (0..2000).map(Value::Int).collect() },
            Predicate::And(Vec::new()),
            Predicate::Or(vec![equal(Value::Int(1)), equal(Value::Null)]),
        ] {
            assert!(!is_exact(&refused), "{refused:?}");
        }
        let is_null = Predicate::IsNull { column: "c".to_owned() };
        assert!(is_exact(&Predicate::Or(vec![equal(Value::Int(1)), equal(Value::Int(2)), is_null])));
    }
}
