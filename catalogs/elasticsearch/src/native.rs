//! Searches that somebody writes, in the language of the server: the body of a search, and beside it the indices to search in.
//!
//! ```json
//! {"index": "logs-*", "query": {"match": {"message": "disk full"}}, "size": 100}
//! ```
//!
//! Hits are rows, as many as `size` says (10 without it, and 10,000 at most, unless an index allows more). A search with aggregations
//! answers with these alone, in one row. A search changes nothing, so that nothing else has to be refused.

use std::sync::Arc;

use arrow::datatypes::FieldRef;
use futures::StreamExt;
use serde_json::{Map, Value, json};
use spi::connector::{QueryColumn, RowStream, RunRequest};
use spi::documents::{DOCUMENT, Decoder, DecoderOptions, Document, FieldType, json as documents};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::catalog::{ID, INDEX};
use crate::client::{Client, Request};

const SCORE: &str = "_score";

const AGGREGATIONS: &str = "_aggregations";

/// A longer answer is better read as a table, or in parts.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What could not be done, for errors.
const PURPOSE: &str = "answer a query";

/// A search that somebody wrote.
#[derive(Debug, PartialEq)]
struct Search {
    /// Names and patterns, with commas between them.
    indices: String,
    body: Value,
    aggregates: bool,
}

/// The columns of a search's rows. Nothing is asked.
pub(crate) fn describe(text: &str) -> Result<Vec<QueryColumn>> {
    let column = |(name, field_type): (&str, FieldType)| QueryColumn {
        name: name.to_owned(),
        data_type: field_type.data_type(),
        pg_type: field_type.pg_type(),
    };
    Ok(columns(&search(text)?).into_iter().map(column).collect())
}

fn columns(search: &Search) -> Vec<(&'static str, FieldType)> {
    match search.aggregates {
        true => vec![(AGGREGATIONS, FieldType::JSONB)],
        false => vec![(INDEX, FieldType::TEXT), (ID, FieldType::TEXT), (SCORE, FieldType::FLOAT8), (DOCUMENT, FieldType::JSONB)],
    }
}

fn search(text: &str) -> Result<Search> {
    let wrong = |message: &str| {
        Error::new(Code::Syntax, message.to_owned())
            .hint("Write the body of a search, with the indices in it: {\"index\": \"logs-*\", \"query\": {\"match_all\": {}}}.")
    };
    let mut body: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| wrong("the search is not an object of JSON").detail(format!("{error}.")))?;
    let named = match body.shift_remove("index") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    if named.is_empty() || named.iter().any(String::is_empty) {
        return Err(wrong("the search does not say in which indices"));
    }
    let aggregates = body.contains_key("aggs") || body.contains_key("aggregations");
    if aggregates {
        body.insert("size".to_owned(), json!(0));
    }
    Ok(Search { indices: named.join(","), body: Value::Object(body), aggregates })
}

/// The rows of a search.
pub(crate) fn rows(client: Arc<Client>, request: RunRequest) -> RowStream {
    spi::rows::rows(move |mut sender| async move { answer(&client, &request, &mut sender).await }).boxed()
}

async fn answer(client: &Client, request: &RunRequest, sender: &mut BatchSender) -> Result<()> {
    let search = search(&request.statement.text)?;
    let asked = Request::post(PURPOSE, &[&search.indices, "_search"])
        .parameter("allow_partial_search_results", "false")
        .json(&search.body)
        .bytes_max(ANSWER_BYTES_MAX);
    let bytes = client.send(&asked).await.map_err(|failure| failure.into_error(client, PURPOSE))?;
    let answer = documents::read(&bytes).map_err(|error| unexpected(client, &error.to_string()))?;
    let wanted: Vec<FieldRef> = request.columns.fields().iter().cloned().collect();
    let mut decoder = Decoder::new(&wanted, &[], &columns(&search), DecoderOptions::new(client.source.clone(), false))?;
    if search.aggregates {
        let found = answer.get("aggregations").cloned().unwrap_or(Document::Null);
        decoder.append(&Document::Null, &[found], "the aggregations")?;
        sender.send(decoder.finish()?).await;
        return Ok(());
    }
    let Some(Document::List(hits)) = answer.get("hits").and_then(|hits| hits.get("hits")) else {
        return Err(unexpected(client, "it has no hits"));
    };
    for hit in hits {
        let values = [INDEX, ID, SCORE, "_source"].map(|name| hit.get(name).cloned().unwrap_or(Document::Null));
        decoder.append(&Document::Null, &values, "a hit")?;
        if decoder.is_full() && !sender.send(decoder.finish()?).await {
            return Ok(());
        }
    }
    if decoder.rows() > 0 {
        // A reader that has left needs no last batch.
        sender.send(decoder.finish()?).await;
    }
    Ok(())
}

fn unexpected(client: &Client, what: &str) -> Error {
    let source = &client.source;
    Error::source(Code::BadData, source, format!("data source \"{source}\" could not answer a query"))
        .detail(format!("The server's answer is not one of its product: {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indices_are_taken_out_of_the_body() {
        let hits = search(r#"{"query": {"match_all": {}}, "index": ["a", "b-*"], "size": 3}"#).expect("a search");
        let body = json!({"query": {"match_all": {}}, "size": 3});
        assert_eq!(hits, Search { indices: "a,b-*".to_owned(), body, aggregates: false });
        let sums = search(r#"{"index": "a", "aggs": {"s": {"sum": {"field": "n"}}}}"#).expect("a search");
        assert_eq!((sums.aggregates, &sums.body["size"]), (true, &json!(0)));
        for text in ["", "[]", "{", r#"{"query": {}}"#, r#"{"index": ""}"#, r#"{"index": 5}"#, r#"{"index": []}"#] {
            assert_eq!(search(text).expect_err(text).code, Code::Syntax, "{text}");
        }
    }
}
