//! Ranges from bounds, and multiranges from ranges.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::spans;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::multirange_range_type;
use crate::value::Value;
use crate::value::range::{Bound, Multirange, Range, Span, normalised};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("range_constructor2", |_, s, a| range(s, a, (true, false))),
    ScalarEntry::new("range_constructor3", |_, s, a| {
        if a.is_null(2) {
            return Err(Error::new(Code::BadData, "range constructor flags argument must not be null"));
        }
        range(s, a, flags(a.text(2)?)?)
    }),
    ScalarEntry::new("multirange_constructor0", |c, s, _| multirange(c, s, Vec::new())),
    ScalarEntry::new("multirange_constructor1", |c, s, a| multirange(c, s, spans(a, 0)?.1.to_vec())),
    ScalarEntry::new("multirange_constructor2", |c, s, a| multirange(c, s, elements(a)?)),
];

/// Which of the bounds are in the range.
fn flags(text: &str) -> Result<(bool, bool)> {
    match text {
        "[]" => Ok((true, true)),
        "[)" => Ok((true, false)),
        "(]" => Ok((false, true)),
        "()" => Ok((false, false)),
        _ => {
            let error = Error::new(Code::Syntax, "invalid range bound flags");
            Err(error.hint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\"."))
        }
    }
}

/// A bound that is null is none.
fn range(signature: &Signature, arguments: &[Value], inclusive: (bool, bool)) -> Result<Value> {
    let bound = |place: usize, is_inclusive| Bound::new(Some(arguments[place].clone()).filter(|value| !value.is_null()), is_inclusive);
    let range = Range::new(signature.result.oid, bound(0, inclusive.0), bound(1, inclusive.1))?;
    Ok(Value::Range(Arc::new(range)))
}

fn multirange(context: &Context<'_>, signature: &Signature, spans: Vec<Span>) -> Result<Value> {
    let range_type = multirange_range_type(context, signature.result.oid)?;
    Ok(Value::Multirange(Arc::new(Multirange { range_type, spans: normalised(range_type, spans) })))
}

/// What is in the ranges of an array.
fn elements(arguments: &[Value]) -> Result<Vec<Span>> {
    let array = arguments.array(0)?;
    if array.dimensions.len() > 1 {
        return Err(Error::new(Code::Cardinality, "multiranges cannot be constructed from multidimensional arrays"));
    }
    let mut found = Vec::new();
    for (place, value) in array.values.iter().enumerate() {
        if value.is_null() {
            return Err(Error::new(Code::NullValue, "multirange values cannot contain null members"));
        }
        found.extend_from_slice(spans(&array.values, place)?.1);
    }
    Ok(found)
}
