//! Random documents, of every type and with the values that are easily lost.

use proptest::prelude::*;

use super::decimal::Decimal;
use super::value::Document;

/// A document with fields of few names, so that documents share some.
pub(crate) fn documents() -> impl Strategy<Value = Document<'static>> {
    prop::collection::vec((names(), values()), 0..6).prop_map(object)
}

/// Any value but one with a character of code 0, which no column takes.
pub(crate) fn values() -> impl Strategy<Value = Document<'static>> {
    scalars().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Document::List),
            prop::collection::vec((names(), inner), 0..4).prop_map(object),
        ]
    })
}

fn object(fields: Vec<(String, Document<'static>)>) -> Document<'static> {
    let mut object: Vec<(std::borrow::Cow<'static, str>, Document<'static>)> = Vec::new();
    for (name, value) in fields {
        if object.iter().all(|(known, _)| *known != name) {
            object.push((name.into(), value));
        }
    }
    Document::Object(object)
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]", Just(String::new()), Just("a.b".to_owned()), Just("_doc".to_owned()), "[^\0]{0,2}"]
}

fn scalars() -> impl Strategy<Value = Document<'static>> {
    let integers = prop_oneof![any::<i64>(), -3i64..3, Just(1i64 << 53), Just((1i64 << 53) + 1)];
    let decimals = (any::<i128>(), -60i32..60).prop_map(|(value, scale)| Decimal::from_i128(value, scale).expect("in range"));
    let specials = prop_oneof![Just(Decimal::NaN), Just(Decimal::Infinity), Just(Decimal::NegativeInfinity)];
    prop_oneof![
        2 => Just(Document::Null),
        1 => any::<bool>().prop_map(Document::Bool),
        3 => integers.prop_map(Document::Int),
        2 => prop_oneof![any::<f64>(), Just(0.5), Just(1e300)].prop_map(Document::Float),
        1 => prop_oneof![9 => decimals, 1 => specials].prop_map(Document::Decimal),
        3 => "[^\0]{0,5}".prop_map(Document::text),
        1 => any::<Vec<u8>>().prop_map(|bytes| Document::Bytes(bytes.into())),
        1 => (-2_440_588i32..2_145_042_906).prop_map(Document::Date),
        1 => any::<i32>().prop_map(|seconds| Document::Timestamp(i64::from(seconds) * 1_000_003)),
        1 => any::<i64>().prop_filter("in PostgreSQL's range", |micros| *micros > -210_000_000_000_000_000).prop_map(Document::TimestampTz),
        1 => "[a-f0-9]{4}".prop_map(|id| Document::native("objectId", Document::text(id))),
    ]
}
