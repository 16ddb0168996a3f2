//! `tsvector` and `tsquery`: what can be made of them, and `@@`. What needs a dictionary to make lexemes of words is not computed.

mod matching;

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::text_search::query::{self, Query};
use crate::io::text_search::{POSITION_MAX, vector};
use crate::types::oid;
use crate::value::Value;
use crate::value::compare::equal;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("ts_match_vq", |_, _, a| matching::matches(a.text(0)?, a.text(1)?)),
    ScalarEntry::new("ts_match_qv", |_, _, a| matching::matches(a.text(1)?, a.text(0)?)),
    ScalarEntry::new("tsvector_eq", |_, _, a| Ok(Value::Bool(equal(&a[0], &a[1])))),
    ScalarEntry::new("tsvector_ne", |_, _, a| Ok(Value::Bool(!equal(&a[0], &a[1])))),
    ScalarEntry::new("tsvector_length", |_, _, a| Ok(Value::Int(vector::read(a.text(0)?)?.0.len() as i64))),
    ScalarEntry::new("tsvector_strip", |_, _, a| {
        let mut stripped = vector::read(a.text(0)?)?;
        stripped.0.values_mut().for_each(|positions| positions.clear());
        Ok(Value::from(vector::text(&stripped)))
    }),
    ScalarEntry::new("tsvector_setweight", |_, _, a| weighted(a)),
    ScalarEntry::new("tsvector_concat", |_, _, a| concatenated(a)),
    ScalarEntry::new("tsvector_to_array", |_, _, a| {
        let lexemes = vector::read(a.text(0)?)?.0.into_keys().map(Value::from).collect();
        Ok(Value::array(oid::TEXT, lexemes))
    }),
    ScalarEntry::new("tsquery_numnode", |_, _, a| {
        let query = query::read(a.text(0)?)?;
        Ok(Value::Int(query.as_ref().map_or(0, query::nodes).into()))
    }),
    ScalarEntry::new("tsquery_and", |_, _, a| combined(a, Query::And)),
    ScalarEntry::new("tsquery_or", |_, _, a| combined(a, Query::Or)),
    ScalarEntry::new("tsquery_phrase", |_, _, a| combined(a, |left, right| Query::Phrase(left, right, 1))),
    ScalarEntry::new("tsquery_phrase_distance", |_, _, a| phrase(a)),
    ScalarEntry::new("tsquery_not", |_, _, a| {
        let negated = query::read(a.text(0)?)?.map(|query| Query::Not(Box::new(query)));
        Ok(Value::from(negated.as_ref().map(query::text).unwrap_or_default()))
    }),
];

/// All positions with one weight.
fn weighted(arguments: &[Value]) -> Result<Value> {
    let letter = arguments.text(1)?;
    let weight = match letter {
        "A" | "a" => 3,
        "B" | "b" => 2,
        "C" | "c" => 1,
        "D" | "d" => 0,
        // PostgreSQL shows the number of the byte.
        other => {
            let byte = i32::from(crate::io::text::char(other) as i8);
            return Err(Error::internal(format!("unrecognized weight: {byte}")));
        }
    };
    let mut vector = vector::read(arguments.text(0)?)?;
    vector.0.values_mut().flat_map(|positions| positions.values_mut()).for_each(|kept| *kept = weight);
    Ok(Value::from(vector::text(&vector)))
}

/// The positions of the second one count on from the last of the first.
fn concatenated(arguments: &[Value]) -> Result<Value> {
    let (mut left, right) = (vector::read(arguments.text(0)?)?, vector::read(arguments.text(1)?)?);
    let last = left.0.values().filter_map(|positions| positions.keys().next_back().copied()).max().unwrap_or(0);
    for (lexeme, positions) in right.0 {
        for (position, weight) in positions {
            left.add(&lexeme, (position + last).min(POSITION_MAX), weight);
        }
        left.0.entry(lexeme).or_default();
    }
    Ok(Value::from(vector::text(&left)))
}

/// An empty query adds nothing to another.
fn combined(arguments: &[Value], with: impl Fn(Box<Query>, Box<Query>) -> Query) -> Result<Value> {
    let query = match (query::read(arguments.text(0)?)?, query::read(arguments.text(1)?)?) {
        (Some(left), Some(right)) => Some(with(Box::new(left), Box::new(right))),
        (left, right) => left.or(right),
    };
    Ok(Value::from(query.as_ref().map(query::text).unwrap_or_default()))
}

fn phrase(arguments: &[Value]) -> Result<Value> {
    let distance = arguments.int(2)?;
    let Some(distance) = u16::try_from(distance).ok().filter(|distance| u32::from(*distance) <= POSITION_MAX + 1) else {
        let message = "distance in phrase operator must be an integer value between zero and 16384 inclusive";
        return Err(Error::new(Code::InvalidArgument, message));
    };
    combined(arguments, |left, right| Query::Phrase(left, right, distance))
}
