//! Unions, intersections and differences of ranges and of multiranges.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::spans;
use crate::function::ScalarEntry;
use crate::value::Value;
use crate::value::range::{Multirange, Range, Span, normalised};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("range_union", |_, _, a| union(a, true)),
    ScalarEntry::new("range_merge", |_, _, a| union(a, false)),
    ScalarEntry::new("range_intersect", |_, _, a| range(a, intersection(spans(a, 0)?.1, spans(a, 1)?.1))),
    ScalarEntry::new("range_minus", |_, _, a| range(a, difference(a)?)),
    ScalarEntry::new("multirange_union", |_, _, a| multirange(a, [spans(a, 0)?.1, spans(a, 1)?.1].concat())),
    ScalarEntry::new("multirange_intersect", |_, _, a| multirange(a, intersection(spans(a, 0)?.1, spans(a, 1)?.1))),
    ScalarEntry::new("multirange_minus", |_, _, a| multirange(a, difference(a)?)),
];

/// From the beginning of the first to the end of the last; where `strict`, nothing may be between the two.
fn union(arguments: &[Value], strict: bool) -> Result<Value> {
    let ((type_oid, left), (_, right)) = (spans(arguments, 0)?, spans(arguments, 1)?);
    let span = match (left, right) {
        ([left], [right]) if strict && !left.overlaps(right) && !left.is_adjacent(right, type_oid) => {
            return Err(Error::new(Code::BadData, "result of range union would not be contiguous"));
        }
        ([left], [right]) => Some(left.merged(right)),
        (left, right) => left.first().or(right.first()).cloned(),
    };
    Ok(Value::Range(Arc::new(Range { type_oid, span })))
}

/// What is in both.
pub fn intersection(left: &[Span], right: &[Span]) -> Vec<Span> {
    left.iter().flat_map(|left| right.iter().filter_map(|right| left.intersected(right))).collect()
}

/// What is in the first and not in the second.
fn difference(arguments: &[Value]) -> Result<Vec<Span>> {
    let ((range_type, left), (_, right)) = (spans(arguments, 0)?, spans(arguments, 1)?);
    let mut rest = left.to_vec();
    for taken in right {
        let pieces: Result<Vec<Vec<Span>>> = rest.iter().map(|span| span.without(taken, range_type)).collect();
        rest = pieces?.concat();
    }
    Ok(rest)
}

/// A range of the type of the first argument, which must be in one piece.
fn range(arguments: &[Value], mut pieces: Vec<Span>) -> Result<Value> {
    if pieces.len() > 1 {
        return Err(Error::new(Code::BadData, "result of range difference would not be contiguous"));
    }
    let (type_oid, _) = spans(arguments, 0)?;
    Ok(Value::Range(Arc::new(Range { type_oid, span: pieces.pop() })))
}

fn multirange(arguments: &[Value], pieces: Vec<Span>) -> Result<Value> {
    let (range_type, _) = spans(arguments, 0)?;
    Ok(Value::Multirange(Arc::new(Multirange { range_type, spans: normalised(range_type, pieces) })))
}
