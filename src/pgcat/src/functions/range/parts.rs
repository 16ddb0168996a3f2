//! The bounds of ranges and multiranges.

use std::sync::Arc;

use spi::Result;

use super::spans;
use crate::function::{ScalarEntry, SetEntry};
use crate::value::Value;
use crate::value::range::{Bound, Range, Span};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("range_lower", |_, _, a| value(lower(a)?)),
    ScalarEntry::new("multirange_lower", |_, _, a| value(lower(a)?)),
    ScalarEntry::new("range_upper", |_, _, a| value(upper(a)?)),
    ScalarEntry::new("multirange_upper", |_, _, a| value(upper(a)?)),
    ScalarEntry::new("range_lower_inc", |_, _, a| is_inclusive(lower(a)?)),
    ScalarEntry::new("multirange_lower_inc", |_, _, a| is_inclusive(lower(a)?)),
    ScalarEntry::new("range_upper_inc", |_, _, a| is_inclusive(upper(a)?)),
    ScalarEntry::new("multirange_upper_inc", |_, _, a| is_inclusive(upper(a)?)),
    ScalarEntry::new("range_lower_inf", |_, _, a| is_infinite(lower(a)?)),
    ScalarEntry::new("multirange_lower_inf", |_, _, a| is_infinite(lower(a)?)),
    ScalarEntry::new("range_upper_inf", |_, _, a| is_infinite(upper(a)?)),
    ScalarEntry::new("multirange_upper_inf", |_, _, a| is_infinite(upper(a)?)),
    ScalarEntry::new("range_merge_from_multirange", |_, _, a| {
        let (type_oid, spans) = spans(a, 0)?;
        let ends = spans.first().zip(spans.last());
        let span = ends.map(|(first, last)| Span { lower: first.lower.clone(), upper: last.upper.clone() });
        Ok(Value::Range(Arc::new(Range { type_oid, span })))
    }),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("multirange_unnest", |_, _, arguments| {
    let (type_oid, spans) = spans(arguments, 0)?;
    let range = |span: &Span| Ok(Value::Range(Arc::new(Range { type_oid, span: Some(span.clone()) })));
    let ranges: Vec<Result<Value>> = spans.iter().map(range).collect();
    Ok(Box::new(ranges.into_iter()))
})];

/// The lower bound of the first span; none where nothing is in the range.
fn lower(arguments: &[Value]) -> Result<Option<&Bound>> {
    spans(arguments, 0).map(|(_, spans)| spans.first().map(|span| &span.lower))
}

fn upper(arguments: &[Value]) -> Result<Option<&Bound>> {
    spans(arguments, 0).map(|(_, spans)| spans.last().map(|span| &span.upper))
}

fn value(bound: Option<&Bound>) -> Result<Value> {
    Ok(bound.and_then(|bound| bound.value.clone()).unwrap_or(Value::Null))
}

fn is_inclusive(bound: Option<&Bound>) -> Result<Value> {
    Ok(Value::Bool(bound.is_some_and(|bound| bound.is_inclusive)))
}

fn is_infinite(bound: Option<&Bound>) -> Result<Value> {
    Ok(Value::Bool(bound.is_some_and(|bound| bound.value.is_none())))
}
