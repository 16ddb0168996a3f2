//! How ranges and multiranges lie to each other and to single values.

use spi::Result;

use super::spans;
use crate::function::{Context, ScalarEntry, Signature};
use crate::value::Value;
use crate::value::range::{Side, Span, compare_bounds};

/// Whether two lists of spans of a range type are as an operator says.
type Test = fn(u32, &[Span], &[Span]) -> bool;

/// A relation of ranges and multiranges in all four pairs.
macro_rules! relations {
    ($($name:literal $test:ident),+ | $($more:expr),+ $(,)?) => {
        &[
            $(
                ScalarEntry::new(concat!("range_", $name), |_, _, a| related(a, $test)),
                ScalarEntry::new(concat!("range_", $name, "_multirange"), |_, _, a| related(a, $test)),
                ScalarEntry::new(concat!("multirange_", $name, "_range"), |_, _, a| related(a, $test)),
                ScalarEntry::new(concat!("multirange_", $name, "_multirange"), |_, _, a| related(a, $test)),
            )+
            $($more,)+
        ]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = relations! {
    "contains" contains,
    "contained_by" contained_by,
    "overlaps" overlap,
    "before" before,
    "after" after,
    "overleft" over_left,
    "overright" over_right,
    "adjacent" adjacent
    |
    ScalarEntry::new("range_contains_elem", |_, _, a| contains_value(a, 0, 1)),
    ScalarEntry::new("multirange_contains_elem", |_, _, a| contains_value(a, 0, 1)),
    ScalarEntry::new("elem_contained_by_range", |_, _, a| contains_value(a, 1, 0)),
    ScalarEntry::new("elem_contained_by_multirange", |_, _, a| contains_value(a, 1, 0)),
    ScalarEntry::new("range_empty", is_empty),
    ScalarEntry::new("multirange_empty", is_empty),
};

fn related(arguments: &[Value], test: Test) -> Result<Value> {
    let ((range_type, left), (_, right)) = (spans(arguments, 0)?, spans(arguments, 1)?);
    Ok(Value::Bool(test(range_type, left, right)))
}

/// Nothing is in everything.
fn contains(_: u32, left: &[Span], right: &[Span]) -> bool {
    right.iter().all(|inner| left.iter().any(|outer| outer.contains(inner)))
}

fn contained_by(range_type: u32, left: &[Span], right: &[Span]) -> bool {
    contains(range_type, right, left)
}

fn overlap(_: u32, left: &[Span], right: &[Span]) -> bool {
    left.iter().any(|left| right.iter().any(|right| left.overlaps(right)))
}

/// The first and the last span of two lists, none where nothing is in one: then no order holds.
fn ends<'a>(left: &'a [Span], right: &'a [Span]) -> Option<[&'a Span; 4]> {
    Some([left.first()?, left.last()?, right.first()?, right.last()?])
}

fn before(_: u32, left: &[Span], right: &[Span]) -> bool {
    let Some([_, left, right, _]) = ends(left, right) else { return false };
    compare_bounds(Side::Upper(&left.upper), Side::Lower(&right.lower)).is_lt()
}

fn after(range_type: u32, left: &[Span], right: &[Span]) -> bool {
    before(range_type, right, left)
}

/// It does not extend to the right of the other.
fn over_left(_: u32, left: &[Span], right: &[Span]) -> bool {
    let Some([_, left, _, right]) = ends(left, right) else { return false };
    compare_bounds(Side::Upper(&left.upper), Side::Upper(&right.upper)).is_le()
}

/// It does not extend to the left of the other.
fn over_right(_: u32, left: &[Span], right: &[Span]) -> bool {
    let Some([left, _, right, _]) = ends(left, right) else { return false };
    compare_bounds(Side::Lower(&left.lower), Side::Lower(&right.lower)).is_ge()
}

fn adjacent(range_type: u32, left: &[Span], right: &[Span]) -> bool {
    let Some([left_first, left_last, right_first, right_last]) = ends(left, right) else { return false };
    let left = Span { lower: left_first.lower.clone(), upper: left_last.upper.clone() };
    let right = Span { lower: right_first.lower.clone(), upper: right_last.upper.clone() };
    left.is_adjacent(&right, range_type)
}

fn contains_value(arguments: &[Value], range: usize, value: usize) -> Result<Value> {
    let (_, spans) = spans(arguments, range)?;
    Ok(Value::Bool(spans.iter().any(|span| span.contains_value(&arguments[value]))))
}

fn is_empty(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    spans(arguments, 0).map(|(_, spans)| Value::Bool(spans.is_empty()))
}
