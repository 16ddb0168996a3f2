//! Which conditions a read applies: those about where a message is and when it was made.
//!
//! They are applied twice. [`Bounds`] say which partitions have to be read, from where, and to where; and whoever reads asks [`holds`] of
//! each message, so that a bound may be wider than the condition, but never narrower.

use std::collections::BTreeSet;

use spi::predicate::{Comparison, Predicate, Value};

use crate::layout::{OFFSET, PARTITION, TIMESTAMP};

/// Microseconds of a millisecond, in which Kafka counts.
const MILLI: i64 = 1000;

/// What a condition is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// In microseconds since 1970, where the message has a time.
    pub(crate) timestamp: Option<i64>,
}

/// Whether a read answers exactly the rows for which the predicate is true.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Compare { column, value, .. } => is_comparable(column, value),
        Predicate::In { column, values } => values.iter().all(|value| is_comparable(column, value)) && is_own(column),
        Predicate::IsNull { column } | Predicate::IsNotNull { column } => is_own(column),
        Predicate::And(predicates) | Predicate::Or(predicates) => predicates.iter().all(is_exact),
    }
}

fn is_own(column: &str) -> bool {
    [PARTITION, OFFSET, TIMESTAMP].contains(&column)
}

fn is_comparable(column: &str, value: &Value) -> bool {
    match value {
        Value::Int(_) => [PARTITION, OFFSET].contains(&column),
        Value::Timestamp(_) => column == TIMESTAMP,
        _ => false,
    }
}

/// Whether an exact predicate is true for a message. Conditions about a missing time are not true, and nothing is ever negated.
pub(crate) fn holds(predicate: &Predicate, place: Place) -> bool {
    match predicate {
        Predicate::Compare { column, comparison, value } => {
            number(column, place).zip(constant(value)).is_some_and(|(found, wanted)| compare(found, *comparison, wanted))
        }
        Predicate::In { column, values } => {
            number(column, place).is_some_and(|found| values.iter().any(|value| constant(value) == Some(found)))
        }
        Predicate::IsNull { column } => number(column, place).is_none(),
        Predicate::IsNotNull { column } => number(column, place).is_some(),
        Predicate::And(predicates) => predicates.iter().all(|one| holds(one, place)),
        Predicate::Or(predicates) => predicates.iter().any(|one| holds(one, place)),
    }
}

fn number(column: &str, place: Place) -> Option<i64> {
    match column {
        PARTITION => Some(place.partition.into()),
        OFFSET => Some(place.offset),
        _ => place.timestamp,
    }
}

fn constant(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) | Value::Timestamp(number) => Some(*number),
        _ => None,
    }
}

fn compare(found: i64, comparison: Comparison, wanted: i64) -> bool {
    match comparison {
        Comparison::Equal => found == wanted,
        Comparison::NotEqual => found != wanted,
        Comparison::Less => found < wanted,
        Comparison::LessOrEqual => found <= wanted,
        Comparison::Greater => found > wanted,
        Comparison::GreaterOrEqual => found >= wanted,
    }
}

/// Where messages can be for which some predicates are true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Only these partitions.
    pub(crate) partitions: Option<BTreeSet<i64>>,
    /// From this offset on, and before this one.
    pub(crate) first: i64,
    pub(crate) end: i64,
    /// Not older than this, in microseconds since 1970. There is no upper bound: producers give times as they like, so that an older
    /// message may follow a newer one.
    pub(crate) since: i64,
}

impl Bounds {
    const ALL: Self = Self { partitions: None, first: i64::MIN, end: i64::MAX, since: i64::MIN };

    /// The bounds for messages for which all of the predicates are true.
    pub(crate) fn of(predicates: &[Predicate]) -> Self {
        predicates.iter().map(of_one).fold(Self::ALL, Self::and)
    }

    pub(crate) fn covers(&self, partition: i32) -> bool {
        self.partitions.as_ref().is_none_or(|partitions| partitions.contains(&partition.into()))
    }

    /// The time from which on messages are wanted, in milliseconds, a little too early; none if all times are. Kafka's index of times may
    /// point behind messages of exactly the time that is looked for.
    pub(crate) fn since_ms(&self) -> Option<i64> {
        let millis = self.since.div_euclid(MILLI).saturating_sub(1);
        // Negative ones have a meaning of their own for brokers.
        (millis >= 0).then_some(millis)
    }

    fn and(self, other: Self) -> Self {
        let partitions = match (self.partitions, other.partitions) {
            (None, only) | (only, None) => only,
            (Some(one), Some(other)) => Some(one.intersection(&other).copied().collect()),
        };
        Self { partitions, first: self.first.max(other.first), end: self.end.min(other.end), since: self.since.max(other.since) }
    }

    fn or(self, other: Self) -> Self {
        if self.is_nowhere() {
            return other;
        }
        if other.is_nowhere() {
            return self;
        }
        let partitions = self.partitions.zip(other.partitions).map(|(one, other)| one.union(&other).copied().collect());
        Self { partitions, first: self.first.min(other.first), end: self.end.max(other.end), since: self.since.min(other.since) }
    }

    fn nowhere() -> Self {
        Self { partitions: Some(BTreeSet::new()), ..Self::ALL }
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.first >= self.end || self.partitions.as_ref().is_some_and(BTreeSet::is_empty)
    }
}

fn of_one(predicate: &Predicate) -> Bounds {
    match predicate {
        Predicate::Compare { column, comparison, value } => constant(value).map_or(Bounds::ALL, |value| one(column, *comparison, value)),
        Predicate::In { column, values } => {
            values.iter().filter_map(constant).map(|value| one(column, Comparison::Equal, value)).fold(Bounds::nowhere(), Bounds::or)
        }
        Predicate::IsNull { column } if column != TIMESTAMP => Bounds::nowhere(),
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Bounds::ALL,
        Predicate::And(predicates) => Bounds::of(predicates),
        Predicate::Or(predicates) => predicates.iter().map(of_one).fold(Bounds::nowhere(), Bounds::or),
    }
}

fn one(column: &str, comparison: Comparison, value: i64) -> Bounds {
    let after = value.saturating_add(1);
    match (column, comparison) {
        (PARTITION, Comparison::Equal) => Bounds { partitions: Some([value].into()), ..Bounds::ALL },
        (OFFSET, Comparison::Equal) => Bounds { first: value, end: after, ..Bounds::ALL },
        (OFFSET, Comparison::Less) => Bounds { end: value, ..Bounds::ALL },
        (OFFSET, Comparison::LessOrEqual) => Bounds { end: after, ..Bounds::ALL },
        (OFFSET, Comparison::Greater) => Bounds { first: after, ..Bounds::ALL },
        (OFFSET, Comparison::GreaterOrEqual) => Bounds { first: value, ..Bounds::ALL },
        (TIMESTAMP, Comparison::Equal | Comparison::Greater | Comparison::GreaterOrEqual) => Bounds { since: value, ..Bounds::ALL },
        _ => Bounds::ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(column: &str, comparison: Comparison, value: i64) -> Predicate {
        let value = if column == TIMESTAMP { Value::Timestamp(value) } else { Value::Int(value) };
        Predicate::Compare { column: column.to_owned(), comparison, value }
    }

    #[test]
    fn bounds_are_as_narrow_as_the_condition_allows() {
        let from = compare(OFFSET, Comparison::GreaterOrEqual, 5);
        let to = compare(OFFSET, Comparison::Less, 9);
        assert_eq!(Bounds::of(&[from.clone(), to.clone()]), Bounds { first: 5, end: 9, ..Bounds::ALL });
        let of_one = Predicate::And(vec![compare(PARTITION, Comparison::Equal, 1), from]);
        let of_other = Predicate::And(vec![compare(PARTITION, Comparison::Equal, 2), to]);
        let either = Bounds::of(&[Predicate::Or(vec![of_one, of_other])]);
        assert_eq!(either, Bounds { partitions: Some([1, 2].into()), ..Bounds::ALL });
        assert!(Bounds::of(&[Predicate::IsNull { column: OFFSET.to_owned() }]).is_nowhere());
        let since = Bounds::of(&[compare(TIMESTAMP, Comparison::Greater, 5_000_999)]);
        assert_eq!((since.since, since.since_ms()), (5_000_999, Some(4_999)));
        assert_eq!(Bounds::of(&[compare(TIMESTAMP, Comparison::Greater, 0)]).since_ms(), None);
    }

    #[test]
    fn everything_else_is_not_for_the_reader() {
        let text = Predicate::Compare { column: "_key".to_owned(), comparison: Comparison::Equal, value: Value::Text("a".to_owned()) };
        let mixed = Predicate::Or(vec![compare(OFFSET, Comparison::Equal, 1), text.clone()]);
        for predicate in
            [text, mixed, Predicate::IsNull { column: "_key".to_owned() }, Predicate::In { column: "a".to_owned(), values: vec![] }]
        {
            assert!(!is_exact(&predicate), "{predicate:?}");
        }
        assert!(is_exact(&compare(TIMESTAMP, Comparison::NotEqual, 1)));
    }

    #[test]
    fn a_missing_time_is_null() {
        let place = Place { partition: 0, offset: 1, timestamp: None };
        assert!(!holds(&compare(TIMESTAMP, Comparison::NotEqual, 1), place));
        assert!(holds(&Predicate::IsNull { column: TIMESTAMP.to_owned() }, place));
    }
}
