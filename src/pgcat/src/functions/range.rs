//! Ranges and multiranges. Both are lists of spans to what compares and combines them, a range being one of at most one.

pub mod combine;
pub mod construct;
pub mod parts;
pub mod relate;

use spi::{Error, Result};

use crate::value::Value;
use crate::value::range::Span;

/// The range type of an argument that is a range or a multirange, and what is in it.
fn spans(arguments: &[Value], place: usize) -> Result<(u32, &[Span])> {
    match arguments.get(place) {
        Some(Value::Range(range)) => Ok((range.type_oid, range.spans())),
        Some(Value::Multirange(multirange)) => Ok((multirange.range_type, &multirange.spans)),
        other => Err(Error::internal(format!("argument {} of a function is not a range but {other:?}", place + 1))),
    }
}
