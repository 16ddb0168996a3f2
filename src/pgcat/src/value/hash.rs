//! Hashes of values, and lists of values as keys of hash tables.

use std::hash::{Hash, Hasher};

use crate::value::compare::{all_identical, equal, span};
use crate::value::range::Span;
use crate::value::{Numeric, Value};

/// A list of values as grouping, DISTINCT and hash joins see it: equal values are one key, and so are nulls.
#[derive(Clone, Debug)]
pub struct Key(pub Vec<Value>);

/// A list of values of which nothing may differ, for answers that are remembered.
#[derive(Clone, Debug)]
pub struct ExactKey(pub Vec<Value>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(left, right)| equal(left, right))
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_all(&self.0, state);
    }
}

impl PartialEq for ExactKey {
    fn eq(&self, other: &Self) -> bool {
        all_identical(&self.0, &other.0)
    }
}

impl Eq for ExactKey {}

impl Hash for ExactKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_all(&self.0, state);
    }
}

fn hash_all<H: Hasher>(values: &[Value], state: &mut H) {
    for value in values {
        hash(value, state);
    }
}

/// Equal values have equal hashes.
fn hash<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Null => state.write_u8(0),
        Value::Bool(truth) => truth.hash(state),
        Value::Int(number) => state.write_i64(*number),
        Value::Float(number) if number.is_nan() => state.write_u64(f64::NAN.to_bits()),
        // Both zeros are equal.
        Value::Float(number) => state.write_u64((number + 0.0).to_bits()),
        Value::Numeric(number) => match &**number {
            Numeric::Finite(number) => number.hash(state),
            Numeric::Infinity => state.write_u8(1),
            Numeric::NegativeInfinity => state.write_u8(2),
            Numeric::NaN => state.write_u8(3),
        },
        Value::Text(text) => text.as_bytes().hash(state),
        Value::Ordered(ordered) => ordered.key.hash(state),
        Value::Bytes(bytes) => bytes.hash(state),
        Value::Date(days) => days.hash(state),
        Value::Time(time) | Value::Timestamp(time) => time.hash(state),
        Value::TimeTz(time, zone) => (time, zone).hash(state),
        Value::Interval(interval) => span(interval).hash(state),
        Value::Uuid(bytes) => bytes.hash(state),
        Value::Tid(block, offset) => (block, offset).hash(state),
        Value::Array(array) => hash_all(&array.values, state),
        Value::Record(record) => hash_all(&record.values, state),
        Value::Range(range) => hash_spans(range.spans(), state),
        Value::Multirange(multirange) => hash_spans(&multirange.spans, state),
    }
}

fn hash_spans<H: Hasher>(spans: &[Span], state: &mut H) {
    for bound in spans.iter().flat_map(|span| [&span.lower, &span.upper]) {
        hash(bound.value.as_ref().unwrap_or(&Value::Null), state);
        bound.is_inclusive.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::value::Interval;

    fn numeric(text: &str) -> Value {
        Value::Numeric(Box::new(Numeric::Finite(text.parse().unwrap())))
    }

    #[test]
    fn equal_values_are_one_key() {
        let interval = |months, days| Value::Interval(Box::new(Interval { months, days, microseconds: 0 }));
        let pairs = [
            (Value::Null, Value::Null),
            (Value::Float(0.0), Value::Float(-0.0)),
            (Value::Float(f64::NAN), Value::Float(-f64::NAN)),
            (numeric("1.0"), numeric("1.000")),
            (numeric("100"), numeric("1e2")),
            (interval(1, 0), interval(0, 30)),
        ];
        for (left, right) in pairs {
            let mut keys = HashSet::from([Key(vec![left.clone()])]);
            assert!(!keys.insert(Key(vec![right.clone()])), "{left:?} and {right:?}");
        }
    }

    #[test]
    fn what_looks_different_is_another_exact_key() {
        let mut keys = HashSet::from([ExactKey(vec![numeric("1.0")])]);
        assert!(keys.insert(ExactKey(vec![numeric("1.00")])));
        assert!(!keys.insert(ExactKey(vec![numeric("1.0")])));
        assert!(!keys.insert(ExactKey(vec![numeric("1.0")])));
    }
}
