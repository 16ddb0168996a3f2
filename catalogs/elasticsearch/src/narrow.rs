//! The search that finds every document that may fulfil the conditions, and few others. `filter.rs` then decides.
//!
//! So nothing is asked that could miss a row: of a keyword only what is short enough to be indexed, of a number or moment only ranges
//! with their ends, and of an analysed text only its keyword form, where it has one. Conditions for which the server has nothing of that
//! kind are left out; of alternatives, all have to be narrow. A field that was mapped, or given a keyword form, after documents had come
//! is in their `_source` and not in the index: where that can be, those without the field in the index are asked for too. If the server
//! has kept it out because there were too many fields, it has noted so, and those are asked for alone.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Value as Json, json};
use spi::predicate::{Comparison, Predicate, Value};

use crate::catalog::{ID, INDEX};
use crate::kinds::Flavor;
use crate::mapping::{Field, Keyword, Kind};
use crate::moment::{self, Nanos};

/// Moments that nanoseconds since 1970 in 64 bits hold, with a day to spare. The server refuses others.
const NANOS_MICROS: std::ops::Range<i64> = 86_400_000_000..9_223_286_400_000_000;

/// The longest text that an index can hold as one term, in bytes.
const TERM_BYTES_MAX: usize = 32_766;

/// More ranges than this in one search cost the server more than they spare, and it takes 1,024 conditions at most.
const RANGES_MAX: usize = 100;

/// The columns that have fields, by their names. Array columns are none of them: the server knows no empty arrays.
pub(crate) struct FieldsByColumn<'a> {
    pub(crate) flavor: Flavor,
    pub(crate) fields: HashMap<&'a str, &'a Field>,
}

impl<'a> FieldsByColumn<'a> {
    fn get(&self, column: &str) -> Option<&'a Field> {
        self.fields.get(column).copied()
    }
}

/// The search for all of the conditions; `None` for all documents.
pub(crate) fn search(predicates: &[Predicate], fields: &FieldsByColumn<'_>) -> Option<Json> {
    let searches: Vec<Json> = predicates.iter().filter_map(|predicate| narrow(predicate, fields)).collect();
    (!searches.is_empty()).then(|| json!({"bool": {"filter": searches}}))
}

fn narrow(predicate: &Predicate, fields: &FieldsByColumn<'_>) -> Option<Json> {
    match predicate {
        Predicate::Compare { column, comparison: Comparison::Equal, value } => equal(column, std::slice::from_ref(value), fields),
        Predicate::In { column, values } => equal(column, values, fields),
        Predicate::Compare { column, comparison, value } => range(fields.get(column.as_str())?, *comparison, value),
        // A value that does not fit its column is NULL there, and a value at the server.
        Predicate::IsNull { .. } => None,
        Predicate::IsNotNull { column } => present(fields.get(column.as_str())?, fields.flavor),
        Predicate::And(parts) => search(parts, fields),
        Predicate::Or(parts) => {
            let searches: Vec<Json> = parts.iter().map(|part| narrow(part, fields)).collect::<Option<_>>()?;
            Some(json!({"bool": {"should": searches, "minimum_should_match": 1}}))
        }
    }
}

fn equal(column: &str, values: &[Value], fields: &FieldsByColumn<'_>) -> Option<Json> {
    let Some(field) = fields.get(column) else {
        let texts: Vec<&str> = values.iter().map(text).collect::<Option<_>>()?;
        return match column {
            // Nothing has an empty identity, and the server refuses to look for one.
            ID => Some(json!({"ids": {"values": texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>()}})),
            INDEX => Some(json!({"terms": {"_index": texts}})),
            _ => None,
        };
    };
    if !field.searchable {
        return None;
    }
    let terms = |terms: Option<Vec<Json>>| Some(with_gaps(field, json!({"terms": {path(field): terms?}})));
    match (&field.kind, &field.keyword) {
        (Kind::Keyword { ignore_above }, _) => terms(keywords(values, *ignore_above)),
        (Kind::Text, Some(keyword)) => {
            let search = json!({"terms": {&keyword.path: keywords(values, keyword.ignore_above)?}});
            Some(with_late_keyword(field, keyword, search))
        }
        (Kind::Boolean, _) => terms(values.iter().map(|value| matches!(value, Value::Bool(_)).then(|| plain(value))).collect()),
        (Kind::Integer { max, .. }, _) => {
            let is_of_type = |value: &Value| matches!(value, Value::Int(number) if (-max - 1..=*max).contains(number));
            terms(values.iter().map(|value| is_of_type(value).then(|| plain(value))).collect())
        }
        (Kind::Ip, _) => terms(values.iter().map(address).collect()),
        (Kind::Double | Kind::Float | Kind::Date { .. }, _) if values.len() <= RANGES_MAX => {
            let ranges: Vec<Json> = values.iter().map(|value| range(field, Comparison::Equal, value)).collect::<Option<_>>()?;
            Some(json!({"bool": {"should": ranges, "minimum_should_match": 1}}))
        }
        _ => None,
    }
}

/// All documents that have a value.
fn present(field: &Field, flavor: Flavor) -> Option<Json> {
    let is_indexed = match field.kind {
        // OpenSearch leaves out what is too long, and does not say that it has.
        Kind::Keyword { ignore_above: Some(_) } => flavor == Flavor::Elasticsearch,
        // Kin of text may be indexed in parts, under other names.
        Kind::Text => field.native.split(", ").all(|native| matches!(native, "text" | "keyword")),
        Kind::Keyword { .. } | Kind::Integer { .. } | Kind::UnsignedLong | Kind::Float | Kind::Double => true,
        Kind::Rounded { .. } | Kind::Boolean | Kind::Date { .. } | Kind::Ip => true,
        Kind::Fetched | Kind::Binary | Kind::Vector | Kind::Json | Kind::Object(_) | Kind::Nested(_) | Kind::Defined(_) => false,
    };
    // The server counts what it has ignored as absent, and it may be a text that was only too long.
    (is_indexed && field.searchable && !field.gaps).then(|| either([exists(path(field)), ignored(field)]))
}

/// All values from one on, or up to one, itself included.
fn range(field: &Field, comparison: Comparison, value: &Value) -> Option<Json> {
    if !field.searchable {
        return None;
    }
    let (low, high) = match (&field.kind, value) {
        // What is longer than the limit is not in the index, and may be within the range.
        (Kind::Keyword { ignore_above: None }, Value::Text(text)) if text.len() <= TERM_BYTES_MAX => (json!(text), json!(text)),
        (Kind::Integer { max, .. }, Value::Int(number)) if (-max - 1..=*max).contains(number) => (json!(number), json!(number)),
        // Zeros of either sign are equal, but not at the server.
        (Kind::Double, Value::Float(number)) if *number == 0.0 => (json!(-0.0), json!(0.0)),
        (Kind::Double, Value::Float(number)) if number.is_finite() => (json!(number), json!(number)),
        (Kind::Float, Value::Float(number)) => {
            // Whatever way of rounding digits to 32 bits the server has, it is not further off than the next number.
            let nearest = *number as f32;
            let (low, high) = (nearest.next_down(), nearest.next_up());
            if !low.is_finite() || !high.is_finite() {
                return None;
            }
            (json!(f64::from(low)), json!(f64::from(high)))
        }
        (Kind::Date { nanos }, Value::Timestamp(micros)) => {
            if *nanos && !NANOS_MICROS.contains(micros) {
                return None;
            }
            (json!(moment::write(*micros, Nanos::First)?), json!(moment::write(*micros, Nanos::Last)?))
        }
        _ => return None,
    };
    let mut bounds = match comparison {
        Comparison::Equal => json!({"gte": low, "lte": high}),
        Comparison::Less | Comparison::LessOrEqual => json!({"lte": high}),
        Comparison::Greater | Comparison::GreaterOrEqual => json!({"gte": low}),
        Comparison::NotEqual => return None,
    };
    if matches!(field.kind, Kind::Date { .. }) {
        bounds["format"] = json!(moment::FORMAT);
    }
    Some(with_gaps(field, json!({"range": {path(field): bounds}})))
}

/// The search, and all documents whose values were never indexed, if there may be such.
fn with_gaps(field: &Field, search: Json) -> Json {
    match (field.gaps, field.overflows) {
        (true, _) => either([search, json!({"bool": {"must_not": [exists(path(field))]}})]),
        (false, true) => either([search, ignored(field)]),
        (false, false) => search,
    }
}

/// The search for a text by its keyword form, and all documents that came before there was such a form. Those whose text is too long for
/// it are none of them.
fn with_late_keyword(field: &Field, keyword: &Keyword, search: Json) -> Json {
    let without = json!([exists(&keyword.path), {"term": {"_ignored": keyword.path}}]);
    if field.gaps {
        return either([search, json!({"bool": {"must_not": without}})]);
    }
    let late = json!({"bool": {"filter": [exists(path(field))], "must_not": without}});
    match field.overflows {
        true => either([search, late, ignored(field)]),
        false => either([search, late]),
    }
}

fn exists(path: &str) -> Json {
    json!({"exists": {"field": path}})
}

/// All documents of which the server has ignored the field, or an object that it is in.
fn ignored(field: &Field) -> Json {
    let path = path(field);
    match field.overflows {
        true => json!({"terms": {"_ignored": path.match_indices('.').map(|(dot, _)| &path[..dot]).chain([path]).collect::<Vec<_>>()}}),
        false => json!({"term": {"_ignored": path}}),
    }
}

fn either<const N: usize>(searches: [Json; N]) -> Json {
    json!({"bool": {"should": Vec::from(searches), "minimum_should_match": 1}})
}

fn path(field: &Field) -> &str {
    field.target.as_deref().unwrap_or(&field.path)
}

/// The texts, if each of them would be indexed.
fn keywords(values: &[Value], ignore_above: Option<usize>) -> Option<Vec<Json>> {
    let is_indexed = |text: &&str| {
        // The server counts in units of UTF-16.
        text.len() <= TERM_BYTES_MAX && ignore_above.is_none_or(|limit| text.encode_utf16().count() <= limit)
    };
    values.iter().map(|value| text(value).filter(is_indexed).map(|text| json!(text))).collect()
}

/// The address, if it is written as the column's values are. A network would find all that is in it.
fn address(value: &Value) -> Option<Json> {
    let text = text(value)?;
    let address: IpAddr = text.parse().ok()?;
    (address.to_canonical().to_string() == text).then(|| json!(text))
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Defaults, fields};

    fn searched(mapping: Json, comparison: Comparison, value: Value) -> Option<Json> {
        let fields = fields(&json!({"properties": {"f": mapping}}), true, Defaults::default());
        let by_column = FieldsByColumn { flavor: Flavor::Elasticsearch, fields: HashMap::from([("f", &fields[0])]) };
        let search = search(&[Predicate::Compare { column: "f".to_owned(), comparison, value }], &by_column)?;
        Some(search["bool"]["filter"][0].clone())
    }

    #[test]
    fn only_what_cannot_miss_a_row_is_asked() {
        let text = |text: &str| Value::Text(text.to_owned());
        let short = json!({"type": "keyword", "ignore_above": 3});
        let form = json!({"type": "text", "fields": {"raw": {"type": "keyword"}}});
        use Comparison::{Equal, Greater, Less, NotEqual};
        for (mapping, comparison, value, expected) in [
            (json!({"type": "keyword"}), Equal, text("a"), Some(json!({"terms": {"f": ["a"]}}))),
            (json!({"type": "keyword"}), Greater, text("a"), Some(json!({"range": {"f": {"gte": "a"}}}))),
            (json!({"type": "keyword"}), NotEqual, text("a"), None),
            (json!({"type": "keyword", "index": false}), Equal, text("a"), None),
            (json!({"type": "keyword", "normalizer": "lower"}), Equal, text("a"), None),
            (short.clone(), Equal, text("abc"), Some(json!({"terms": {"f": ["abc"]}}))),
            (short.clone(), Equal, text("ab😀"), None),
            (short, Less, text("a"), None),
            (json!({"type": "text"}), Equal, text("a"), None),
            (
                form.clone(),
                Equal,
                text("a"),
                Some(json!({"bool": {"minimum_should_match": 1, "should": [
                    {"terms": {"f.raw": ["a"]}},
                    {"bool": {
                        "filter": [{"exists": {"field": "f"}}],
                        "must_not": [{"exists": {"field": "f.raw"}}, {"term": {"_ignored": "f.raw"}}],
                    }},
                ]}})),
            ),
            (form, Greater, text("a"), None),
            (json!({"type": "byte"}), Equal, Value::Int(127), Some(json!({"terms": {"f": [127]}}))),
            (json!({"type": "byte"}), Equal, Value::Int(128), None),
            (json!({"type": "scaled_float", "scaling_factor": 100}), Equal, Value::Float(1.5), None),
            (json!({"type": "float"}), Equal, Value::Float(1e300), None),
            (json!({"type": "ip"}), Equal, text("10.0.0.0/8"), None),
            (json!({"type": "ip"}), Equal, text("10.0.0.1"), Some(json!({"terms": {"f": ["10.0.0.1"]}}))),
            (json!({"type": "date_nanos"}), Less, Value::Timestamp(-1), None),
            (
                json!({"type": "date"}),
                Less,
                Value::Timestamp(1),
                Some(json!({"range": {"f": {"lte": "1970-01-01T00:00:00.000001999Z", "format": moment::FORMAT}}})),
            ),
        ] {
            assert_eq!(searched(mapping.clone(), comparison, value.clone()), expected, "{mapping} {comparison:?} {value:?}");
        }
    }
}
