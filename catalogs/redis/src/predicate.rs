//! Which conditions a read applies: those that say which keys are wanted, one by one.
//!
//! Everything else is left to the gateway. The server compares keys as bytes, which is PostgreSQL's equality of text; it has no order of
//! them, and what keys hold is compared by none of its commands as PostgreSQL would.

use std::collections::BTreeSet;

use spi::predicate::{Comparison, Predicate, Value};

use crate::key;
use crate::kind::KEY;
use crate::members::Members;

/// Keys that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    All,
    These(BTreeSet<Vec<u8>>),
}

/// Whether a read answers exactly the rows for which the predicate is true.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    keys(predicate).is_some()
}

/// The keys for which all of the predicates are true; `None` where one of them does not say.
pub(crate) fn wanted(predicates: &[Predicate]) -> Option<Keys> {
    predicates.iter().try_fold(Keys::All, |all, one| Some(all.and(keys(one)?)))
}

fn keys(predicate: &Predicate) -> Option<Keys> {
    match predicate {
        Predicate::Compare { column, comparison: Comparison::Equal, value } if column == KEY => these(std::slice::from_ref(value)),
        Predicate::In { column, values } if column == KEY => these(values),
        Predicate::IsNotNull { column } if column == KEY => Some(Keys::All),
        Predicate::IsNull { column } if column == KEY => Some(Keys::These(BTreeSet::new())),
        Predicate::And(predicates) => wanted(predicates),
        Predicate::Or(predicates) => predicates.iter().try_fold(Keys::These(BTreeSet::new()), |any, one| Some(any.or(keys(one)?))),
        _ => None,
    }
}

fn these(values: &[Value]) -> Option<Keys> {
    let mut these = BTreeSet::new();
    for value in values {
        let Value::Text(text) = value else { return None };
        these.extend(key::meant(text));
    }
    Some(Keys::These(these))
}

impl Keys {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Keys::All, other) | (other, Keys::All) => other,
            (Keys::These(one), Keys::These(other)) => Keys::These(one.intersection(&other).cloned().collect()),
        }
    }

    /// Those that a table may have. Where that is only one key, nobody has to walk through all of them.
    pub(crate) fn of(self, members: &Members) -> Self {
        match (self, members.only_key()) {
            (Keys::All, Some(only)) => Keys::These([only].into()),
            (Keys::All, None) => Keys::All,
            (Keys::These(keys), _) => Keys::These(keys.into_iter().filter(|key| members.contain(key)).collect()),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Keys::All, _) | (_, Keys::All) => Keys::All,
            (Keys::These(one), Keys::These(other)) => Keys::These(one.union(&other).cloned().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(key: &str) -> Predicate {
        Predicate::Compare { column: KEY.to_owned(), comparison: Comparison::Equal, value: Value::Text(key.to_owned()) }
    }

    fn is_in(keys: &[&str]) -> Predicate {
        Predicate::In { column: KEY.to_owned(), values: keys.iter().map(|key| Value::Text((*key).to_owned())).collect() }
    }

    fn check(predicates: &[Predicate], expected: &[&str]) {
        let expected = expected.iter().map(|key| key.as_bytes().to_vec()).collect();
        assert_eq!(wanted(predicates), Some(Keys::These(expected)), "{predicates:?}");
    }

    #[test]
    fn keys_are_gathered() {
        check(&[equal("a")], &["a"]);
        check(&[is_in(&["a", "b", "a"])], &["a", "b"]);
        check(&[is_in(&["a", "b"]), is_in(&["b", "c"])], &["b"]);
        check(&[Predicate::Or(vec![equal("a"), Predicate::And(vec![is_in(&["b", "c"]), equal("c")])])], &["a", "c"]);
        check(&[Predicate::IsNull { column: KEY.to_owned() }], &[]);
        check(&[Predicate::Or(Vec::new())], &[]);
        let not_null = Predicate::IsNotNull { column: KEY.to_owned() };
        check(&[not_null.clone(), equal("a")], &["a"]);
        assert_eq!(wanted(&[Predicate::Or(vec![not_null, equal("a")])]), Some(Keys::All));
        assert_eq!(wanted(&[]), Some(Keys::All));
    }

    #[test]
    fn everything_else_is_not_for_the_server() {
        let compare =
            |column: &str, comparison| Predicate::Compare { column: column.to_owned(), comparison, value: Value::Text("a".to_owned()) };
        for predicate in [
            compare(KEY, Comparison::Less),
            compare(KEY, Comparison::NotEqual),
            compare("name", Comparison::Equal),
            Predicate::IsNull { column: "name".to_owned() },
            Predicate::And(vec![equal("a"), compare("name", Comparison::Equal)]),
            Predicate::Or(vec![equal("a"), compare(KEY, Comparison::Greater)]),
        ] {
            assert!(!is_exact(&predicate), "{predicate:?}");
        }
    }
}
