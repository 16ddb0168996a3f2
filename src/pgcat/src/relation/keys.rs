//! Keys with their rows, sorted: what an index in memory is.

use std::borrow::Borrow;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::value::Value;

/// The hash of a key; none of one that holds a null, which equals no key.
pub(crate) fn hash(key: impl IntoIterator<Item = impl Borrow<Value>>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for value in key {
        let value = value.borrow();
        if value.is_null() {
            return None;
        }
        add(value, &mut hasher);
    }
    Some(hasher.finish())
}

/// Values of the types that indexes are on have hashes; others share one, which is slow but right.
fn add(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Bool(truth) => truth.hash(hasher),
        Value::Int(number) => number.hash(hasher),
        Value::Text(text) => text.hash(hasher),
        Value::Array(array) => array.values.iter().for_each(|value| add(value, hasher)),
        _ => {}
    }
}

/// The rows of a key, in their order, by a binary search. The first and the last key tell whether that is worth it.
pub(crate) fn find<K: Ord + Copy, R: Copy>(sorted: &[(K, R)], key: K) -> impl Iterator<Item = R> {
    let is_within = matches!((sorted.first(), sorted.last()), (Some((first, _)), Some((last, _))) if *first <= key && key <= *last);
    let sorted = if is_within { sorted } else { &[] };
    let first = sorted.partition_point(|(other, _)| *other < key);
    sorted[first..].iter().take_while(move |(other, _)| *other == key).map(|(_, row)| *row)
}
