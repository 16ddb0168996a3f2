//! Conditions on partition keys, in the language of the metastore's `get_partitions_by_filter`.
//!
//! A filter may let through more than the conditions do, never less. So it says only what the metastore compares as SQL does: text by
//! equality alone, because its order is that of the metastore's own database, and whole numbers by their order alone, because version 4
//! compares them as texts where they are to be equal, and 07 is 7.

use spi::predicate::{Comparison, Predicate, Value};

use crate::pruning::Key;

/// Longer lists are not written out: the metastore turns each value into a condition of its own SQL.
const VALUES_MAX: usize = 100;

/// What is longer is not written either: some hundred conditions are as much as the databases of metastores like.
const FILTER_BYTES_MAX: usize = 8192;

/// The conditions as far as they can be written and are short enough together; `None` if none can.
pub(crate) fn write(predicates: &[Predicate], keys: &[Key]) -> Option<String> {
    let mut left = FILTER_BYTES_MAX;
    let mut fits = |part: &String| {
        // With the word between.
        let size = part.len() + 5;
        let fits = size <= left;
        left -= if fits { size } else { 0 };
        fits
    };
    let parts: Vec<String> = predicates.iter().filter_map(|predicate| part(predicate, keys)).filter(|part| fits(part)).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn part(predicate: &Predicate, keys: &[Key]) -> Option<String> {
    match predicate {
        Predicate::Compare { column, comparison, value } => compare(keys.iter().find(|key| key.name == *column)?, *comparison, value),
        Predicate::In { column, values } if (1..=VALUES_MAX).contains(&values.len()) => {
            let key = keys.iter().find(|key| key.name == *column)?;
            let parts: Option<Vec<String>> = values.iter().map(|value| compare(key, Comparison::Equal, value)).collect();
            Some(format!("({})", parts?.join(" or ")))
        }
        Predicate::And(all) => write(all, keys).map(|parts| format!("({parts})")),
        // Each is longer than a byte.
        Predicate::Or(any) if any.len() > FILTER_BYTES_MAX => None,
        Predicate::Or(any) => {
            let parts: Option<Vec<String>> = any.iter().map(|predicate| part(predicate, keys)).collect();
            parts.filter(|parts| !parts.is_empty()).map(|parts| format!("({})", parts.join(" or ")))
        }
        Predicate::In { .. } | Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => None,
    }
}

fn compare(key: &Key, comparison: Comparison, value: &Value) -> Option<String> {
    let name = Some(&key.name).filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))?;
    let sign = if comparison == Comparison::NotEqual { "!=" } else { comparison.sign() };
    match value {
        Value::Int(number) if key.is_integer() && comparison == Comparison::Equal => {
            Some(format!("({name} >= {number} and {name} <= {number})"))
        }
        Value::Int(number) if key.is_integer() => Some(format!("{name} {sign} {number}")),
        // The language has no escapes for what would end the literal.
        Value::Text(text) if key.is_text() && comparison == Comparison::Equal && !text.contains(['"', '\'', '\\']) => {
            Some(format!("{name} {sign} \"{text}\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(column: &str, comparison: Comparison, value: &str) -> Predicate {
        Predicate::Compare { column: column.to_owned(), comparison, value: Value::Text(value.to_owned()) }
    }

    fn number(column: &str, comparison: Comparison, value: i64) -> Predicate {
        Predicate::Compare { column: column.to_owned(), comparison, value: Value::Int(value) }
    }

    #[test]
    fn only_what_the_metastore_compares_alike_is_written() {
        let keys = [Key::new("day", "string"), Key::new("hour", "int"), Key::new("at", "date")];
        for (predicate, expected) in [
            (text("day", Comparison::Equal, "2024-01-01"), Some("day = \"2024-01-01\"")),
            (text("day", Comparison::Less, "2024-01-01"), None),
            (text("day", Comparison::Equal, "a\"b"), None),
            (text("other", Comparison::Equal, "a"), None),
            (number("hour", Comparison::GreaterOrEqual, -1), Some("hour >= -1")),
            (number("hour", Comparison::NotEqual, 3), Some("hour != 3")),
            (
                Predicate::In { column: "hour".to_owned(), values: vec![Value::Int(1), Value::Int(2)] },
                Some("((hour >= 1 and hour <= 1) or (hour >= 2 and hour <= 2))"),
            ),
            (Predicate::In { column: "hour".to_owned(), values: Vec::new() }, None),
            (Predicate::Or(vec![number("hour", Comparison::Equal, 1), text("day", Comparison::Less, "a")]), None),
            (
                Predicate::And(vec![number("hour", Comparison::Equal, 1), text("day", Comparison::Less, "a")]),
                Some("((hour >= 1 and hour <= 1))"),
            ),
            (Predicate::IsNull { column: "day".to_owned() }, None),
        ] {
            assert_eq!(write(std::slice::from_ref(&predicate), &keys).as_deref(), expected, "{predicate:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let keys = [Key::new("hour", "int"), Key::new("day", "string")];
        let many = |count: i64| Predicate::Or((0..count).map(|hour| number("hour", Comparison::Equal, hour)).collect());
        let day = text("day", Comparison::Equal, "x");
        assert_eq!(write(&[many(5000), day.clone()], &keys).as_deref(), Some("day = \"x\""));
        assert!(write(&[many(100), day.clone(), many(100)], &keys).is_some_and(|filter| filter.len() > 2000));
        let all: Vec<Predicate> = (0..5000).map(|hour| number("hour", Comparison::NotEqual, hour)).collect();
        assert!(write(&all, &keys).is_some_and(|filter| filter.len() <= FILTER_BYTES_MAX && filter.len() > 8000));
    }
}
