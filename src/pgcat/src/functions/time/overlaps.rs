//! `OVERLAPS`: whether two spans of time share a moment.

use crate::function::ScalarEntry;
use crate::value::Value;
use crate::value::compare::compare;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("overlaps_timestamp", |_, _, arguments| Ok(overlaps(arguments))),
    ScalarEntry::new("overlaps_time", |_, _, arguments| Ok(overlaps(arguments))),
    ScalarEntry::new("overlaps_timetz", |_, _, arguments| Ok(overlaps(arguments))),
];

/// Of two ends each, in any order. The answer is null only where a missing end could change it.
fn overlaps(arguments: &[Value]) -> Value {
    let (Some((first, first_end)), Some((second, second_end))) =
        (ordered(&arguments[0], &arguments[1]), ordered(&arguments[2], &arguments[3]))
    else {
        return Value::Null;
    };
    if compare(first, second).is_eq() {
        return if first_end.is_null() || second_end.is_null() { Value::Null } else { Value::Bool(true) };
    }
    let (later, later_end, earlier_end) =
        if compare(first, second).is_gt() { (first, first_end, second_end) } else { (second, second_end, first_end) };
    match (earlier_end.is_null(), later_end.is_null()) {
        (true, _) => Value::Null,
        (false, _) if compare(later, earlier_end).is_lt() => Value::Bool(true),
        (false, true) => Value::Null,
        (false, false) => Value::Bool(false),
    }
}

/// The begin and the end; a single end that is known is the begin.
fn ordered<'a>(left: &'a Value, right: &'a Value) -> Option<(&'a Value, &'a Value)> {
    match (left.is_null(), right.is_null()) {
        (true, true) => None,
        (true, false) => Some((right, left)),
        (false, false) if compare(left, right).is_gt() => Some((right, left)),
        _ => Some((left, right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_share_a_moment() {
        let spans = |numbers: [i64; 4]| overlaps(&numbers.map(|number| if number < 0 { Value::Null } else { Value::Timestamp(number) }));
        assert_eq!(spans([1, 3, 2, 4]), Value::Bool(true));
        assert_eq!(spans([1, 2, 2, 4]), Value::Bool(false));
        assert_eq!(spans([4, 2, 1, 3]), Value::Bool(true));
        assert_eq!(spans([1, -1, 2, 4]), Value::Null);
        assert_eq!(spans([-1, -1, 2, 4]), Value::Null);
    }
}
