//! Values that are shown as a text, but are neither in the order of these texts nor equal exactly where these are.
//!
//! Their order is that of the bytes of a key, which whoever makes the value computes from it. So sorting, grouping, hashing and every
//! operator agree, also inside of arrays and records, and none of them has to know the type.

use std::sync::Arc;

use super::Value;

/// A text with what it is compared by. A [`Value::Text`] is compared by itself: both may be of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub key: Box<[u8]>,
    pub text: Box<str>,
}

impl Value {
    pub fn ordered(key: impl Into<Box<[u8]>>, text: impl Into<Box<str>>) -> Self {
        Value::Ordered(Arc::new(Ordered { key: key.into(), text: text.into() }))
    }

    /// What a value that is a text is compared by.
    pub(super) fn text_key(&self) -> Option<&[u8]> {
        match self {
            Value::Text(text) => Some(text.as_bytes()),
            Value::Ordered(ordered) => Some(&ordered.key),
            _ => None,
        }
    }
}

/// A number as a key in the order of such numbers.
pub fn key_of_float(number: f64) -> [u8; 8] {
    let bits = (number + 0.0).to_bits();
    let is_negative = bits >> 63 == 1;
    (if is_negative { !bits } else { bits | 1 << 63 }).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::value::compare::{compare, equal, identical};
    use crate::value::hash::Key;

    #[test]
    fn floats_are_in_the_order_of_their_keys() {
        let numbers = [f64::NEG_INFINITY, -1.5, -1.0, 0.0, 0.5, 1.0, 2.0, f64::INFINITY];
        assert!(numbers.map(key_of_float).is_sorted_by(|left, right| left < right));
        assert_eq!(key_of_float(-0.0), key_of_float(0.0));
    }

    #[test]
    fn values_with_one_key_are_one_value_of_several_texts() {
        let (padded, plain) = (Value::ordered(*b"a", "a  "), Value::text("a"));
        assert!(equal(&padded, &plain) && compare(&padded, &plain).is_eq() && !identical(&padded, &plain));
        let mut keys = HashSet::from([Key(vec![padded])]);
        assert!(!keys.insert(Key(vec![plain])));
    }

    #[test]
    fn the_key_decides_and_not_the_text() {
        assert!(compare(&Value::ordered(*b"1", "z"), &Value::ordered(*b"2", "a")).is_lt());
    }
}
