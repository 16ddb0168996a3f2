//! What a read of a topic would fetch, for EXPLAIN: which partitions, from where, and up to where. Kafka has no language for it.

use spi::connector::ReadRequest;
use spi::documents::{Document, json_text};

use crate::groups;
use crate::predicate::Bounds;
use crate::top_n::Enough;

/// The text; none for the table of consumer groups, which is no topic. Where partitions begin and end is not asked for.
pub(crate) fn explain(request: &ReadRequest) -> Option<String> {
    if request.table == groups::TABLE && request.recipe.is_none() {
        return None;
    }
    let bounds = Bounds::of(&request.predicates);
    if bounds.is_nowhere() {
        return Some(format!("fetch nothing of topic \"{}\"", request.table));
    }
    let partitions = match &bounds.partitions {
        None => "all partitions".to_owned(),
        Some(partitions) => format!("partitions {}", partitions.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")),
    };
    let offsets = match (bounds.first > 0, bounds.end < i64::MAX) {
        (false, false) => "all offsets".to_owned(),
        (true, false) => format!("offsets from {}", bounds.first),
        (false, true) => format!("offsets before {}", bounds.end),
        (true, true) => format!("offsets from {} and before {}", bounds.first, bounds.end),
    };
    let mut text = format!("fetch topic \"{}\": {partitions}, {offsets}", request.table);
    // A time has a form in JSON.
    if let Some(since) = bounds.since_ms().and_then(|millis| json_text::write(&Document::moment_of_millis(millis)).ok()) {
        text.push_str(&format!(", from the first message since {since} on"));
    }
    match Enough::of(request) {
        Enough::All => {}
        Enough::First(rows) => text.push_str(&format!(", the first {rows} rows of each partition")),
        Enough::Last(rows) => text.push_str(&format!(", the last {rows} rows of each partition")),
    }
    if let Some(limit) = request.limit {
        text.push_str(&format!(", at most {limit} rows"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use spi::predicate::{Comparison, Predicate, Value};
    use spi::top_n::TopN;

    use super::*;

    fn explained(predicates: &[(&str, Comparison, Value)], change: impl FnOnce(&mut ReadRequest)) -> Option<String> {
        let compare = |(column, comparison, value): &(&str, Comparison, Value)| Predicate::Compare {
            column: (*column).to_owned(),
            comparison: *comparison,
            value: value.clone(),
        };
        let (table, predicates) = ("orders".to_owned(), predicates.iter().map(compare).collect());
        let mut request = ReadRequest { table, predicates, recipe: Some("{}".into()), ..ReadRequest::default() };
        change(&mut request);
        explain(&request)
    }

    #[test]
    fn what_is_fetched_is_told() {
        use Comparison::{Equal, GreaterOrEqual, Less};
        assert_eq!(explained(&[], |_| {}).expect("a text"), "fetch topic \"orders\": all partitions, all offsets");
        let some = [
            ("_partition", Equal, Value::Int(2)),
            ("_offset", GreaterOrEqual, Value::Int(5)),
            ("_offset", Less, Value::Int(9)),
            ("_timestamp", GreaterOrEqual, Value::Timestamp(1_700_000_000_001_000)),
        ];
        assert_eq!(
            explained(&some, |request| request.limit = Some(3)).expect("a text"),
            "fetch topic \"orders\": partitions 2, offsets from 5 and before 9, from the first message since \
             \"2023-11-14T22:13:20+00:00\" on, at most 3 rows"
        );
        let nowhere = [("_offset", Less, Value::Int(5)), ("_offset", GreaterOrEqual, Value::Int(5))];
        assert_eq!(explained(&nowhere, |_| {}).expect("a text"), "fetch nothing of topic \"orders\"");
    }
    #[test]
    fn what_is_enough_is_told() {
        for (column, descending, expected) in [
            ("_offset", true, "all partitions, all offsets, the last 10 rows of each partition"),
            ("_offset", false, "all partitions, all offsets, the first 10 rows of each partition"),
            ("_timestamp", true, "all partitions, all offsets"),
        ] {
            let top_n = TopN { rows: 10, column: column.to_owned(), descending, nulls_first: false };
            let text = explained(&[], |request| request.top_n = Some(top_n)).expect("a text");
            assert_eq!(text, format!("fetch topic \"orders\": {expected}"));
        }
    }
}
