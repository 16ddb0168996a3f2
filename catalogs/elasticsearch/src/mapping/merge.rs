//! The fields of the indices that are one table.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use spi::types::oid;

use super::{Field, Kind, leaves_any_gaps};

/// The fields of several indices, each once, in the order in which they are first met. With each index comes its mapping.
pub(crate) fn of_indices<'m>(indices: impl IntoIterator<Item = (&'m Value, Vec<Field>)>) -> Vec<Field> {
    let (mappings, fields): (Vec<&Value>, Vec<Vec<Field>>) = indices.into_iter().unzip();
    // What an index does not map may be in its documents all the same.
    let with_gaps = mappings.iter().zip(&fields).filter(|(mappings, _)| leaves_any_gaps(mappings));
    let mapped: Vec<HashSet<String>> = with_gaps.map(|(_, fields)| fields.iter().map(|field| field.path.clone()).collect()).collect();
    let mut merged = merge(fields);
    // Nor can it be told which fields an index has ignored.
    let overflows = merged.iter().any(|field| field.overflows);
    for field in &mut merged {
        field.overflows = overflows;
        field.gaps |= mapped.iter().any(|paths| !paths.contains(&field.path));
    }
    merged
}

pub(super) fn merge(indices: impl IntoIterator<Item = Vec<Field>>) -> Vec<Field> {
    let mut merged: Vec<Field> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for field in indices.into_iter().flatten() {
        match places.get(&field.path) {
            Some(place) => merge_field(&mut merged[*place], field),
            None => {
                places.insert(field.path.clone(), merged.len());
                merged.push(field);
            }
        }
    }
    merged
}

fn merge_field(known: &mut Field, other: Field) {
    if !known.native.split(", ").any(|native| native == other.native) {
        known.native = format!("{}, {}", known.native, other.native);
    }
    known.searchable &= other.searchable;
    known.gaps |= other.gaps;
    known.overflows |= other.overflows;
    known.from_index |= other.from_index;
    known.doc_values &= other.doc_values;
    known.nulled |= other.nulled;
    known.left_out |= other.left_out;
    known.copied |= other.copied;
    known.computed |= other.computed;
    known.copied_from.extend(other.copied_from.into_iter().filter(|path| !known.copied_from.contains(path)).collect::<Vec<_>>());
    if known.keyword != other.keyword {
        known.keyword = None;
    }
    if known.kind == other.kind && known.target == other.target {
        return;
    }
    // Where it is another field's name in one index and a field in another, the server alone knows which it is.
    let is_other_name = known.target != other.target;
    if is_other_name {
        known.target = None;
    }
    known.kind = match (&mut known.kind, other.kind) {
        (Kind::Object(members), Kind::Object(others)) => Kind::Object(merge([std::mem::take(members), others])),
        (Kind::Nested(members), Kind::Nested(others)) => Kind::Nested(merge([std::mem::take(members), others])),
        (Kind::Json | Kind::Object(_) | Kind::Nested(_) | Kind::Vector, _) => Kind::Json,
        (_, Kind::Json | Kind::Object(_) | Kind::Nested(_) | Kind::Vector) => Kind::Json,
        (Kind::Date { .. }, Kind::Date { .. }) => Kind::Date { nanos: true },
        _ if is_other_name => Kind::Fetched,
        (Kind::Keyword { ignore_above }, Kind::Keyword { ignore_above: above }) => {
            Kind::Keyword { ignore_above: ignore_above.map_or(above, |limit| Some(above.map_or(limit, |above| above.min(limit)))) }
        }
        (known, other) if known.is_integer() && other.is_integer() => Kind::Integer { pg_type: oid::INT8, max: i64::MAX },
        (known, other) if known.is_number() && other.is_number() => Kind::Rounded { pg_type: oid::FLOAT8 },
        (Kind::Fetched, _) | (_, Kind::Fetched) => Kind::Fetched,
        _ => Kind::Text,
    };
}
