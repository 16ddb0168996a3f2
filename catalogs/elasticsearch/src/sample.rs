//! A look into a few documents of each table: which fields hold arrays, which mappings do not say, and what else fields hold.
//!
//! The documents are the first ones of each shard, the same at every harvest as long as they live, so that the types of columns do not
//! change without reason; and a column that was once one of arrays stays one. A field whose first array comes later is no array column:
//! such documents have NULL there and say so in `_error`, until a refresh meets one in its sample, `sample_documents` is raised, or somebody
//! defines the column as an array.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use spi::Result;
use spi::documents::{Document, Evidence, FieldType, Inference, InferenceOptions, InferredColumn, Path, json as documents};
use spi::options::invalid;
use tracing::warn;

use crate::catalog::Column;
use crate::client::{Client, Request};
use crate::document::Fields;
use crate::failure::Failure;

/// Tables that one request asks about. The server works on few of them at a time.
const TABLES_PER_REQUEST: usize = 50;

/// A longer answer is asked for again in halves: of the tables, then of the documents.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The server works on so many tables of a request at a time.
const CONCURRENT_SEARCHES: &str = "4";

/// Somebody who defines a table sees at least so many documents, whatever the option says.
const DEFINED_DOCUMENTS_MIN: usize = 100;

/// What is written as the type of an array.
const LIST: &str = "list";

/// What documents show, by table: of the columns that were seen now or before, how and how often.
pub(crate) type Found<'a> = HashMap<&'a str, Vec<InferredColumn>>;

/// A table that is looked into.
#[derive(Clone, Copy)]
pub(crate) struct Sampled<'a> {
    pub(crate) table: &'a str,
    pub(crate) columns: &'a [Column],
    /// What an earlier harvest has found.
    pub(crate) known: &'a [InferredColumn],
    /// Which documents are rows, if not all are.
    pub(crate) query: Option<&'a Value>,
    /// Documents that the server gives at a time.
    pub(crate) documents_max: usize,
}

/// Looks into so many documents of each table. A table that cannot be read shows nothing new.
pub(crate) async fn look<'a>(client: &Client, tables: &[Sampled<'a>], documents: usize) -> Result<Found<'a>> {
    let mut found: Found<'a> = tables.iter().map(|sampled| (sampled.table, inferred(&[], sampled.columns, sampled.known))).collect();
    if documents == 0 {
        return Ok(found);
    }
    let mut left: Vec<(&[Sampled<'a>], usize)> = tables.chunks(TABLES_PER_REQUEST).map(|some| (some, documents)).collect();
    while let Some((some, documents)) = left.pop() {
        match client.send(&request(some, documents)).await {
            Ok(answer) => look_into(&answer, some, &mut found),
            Err(Failure::TooLong) => match some {
                [sampled] if documents == 1 => {
                    warn!(source = %client.source, table = sampled.table, "a document is too long to look for arrays in it");
                }
                [_] => left.push((some, documents / 2)),
                _ => {
                    let (one, other) = some.split_at(some.len() / 2);
                    left.extend([(one, documents), (other, documents)]);
                }
            },
            // A login that may not read has no rows either.
            Err(failure) if failure.is_unanswerable() => {}
            Err(failure) => return Err(failure.into_error(client, "look into documents")),
        }
    }
    Ok(found)
}

fn request(tables: &[Sampled<'_>], documents: usize) -> Request {
    let line = |sampled: &Sampled<'_>| format!("{}\n{}\n", json!({"index": sampled.table}), search(sampled, documents));
    Request::post("look into its documents", &["_msearch"])
        .parameter("max_concurrent_searches", CONCURRENT_SEARCHES)
        .lines(tables.iter().map(line).collect())
        .bytes_max(ANSWER_BYTES_MAX)
}

fn search(sampled: &Sampled<'_>, documents: usize) -> Value {
    let mut search = json!({"size": documents.min(sampled.documents_max), "track_total_hits": false, "sort": ["_doc"]});
    if let Some(query) = sampled.query {
        search["query"] = query.clone();
    }
    search
}

fn look_into<'a>(answer: &[u8], tables: &[Sampled<'a>], found: &mut Found<'a>) {
    // What cannot be read here cannot be read later either, and is an error then.
    let Ok(answer) = documents::read(answer) else { return };
    let Some(Document::List(responses)) = answer.get("responses") else { return };
    for (sampled, response) in tables.iter().zip(responses) {
        found.insert(sampled.table, inferred(&hits(response), sampled.columns, sampled.known));
    }
}

/// The documents in the answer to a search.
pub(crate) fn hits<'d, 'a>(answer: &'d Document<'a>) -> Vec<&'d Document<'a>> {
    match answer.get("hits").and_then(|hits| hits.get("hits")) {
        Some(Document::List(hits)) => hits.iter().filter_map(|hit| hit.get("_source")).collect(),
        _ => Vec::new(),
    }
}

/// The answer to a search for documents of one table, for somebody who defines it.
pub(crate) async fn of_one(client: &Client, sampled: &Sampled<'_>, documents: usize, purpose: &str) -> Result<Vec<u8>> {
    let mut documents = documents.max(DEFINED_DOCUMENTS_MIN);
    loop {
        let body = search(sampled, documents);
        let request = Request::post(purpose, &[sampled.table, "_search"]).json(&body).bytes_max(ANSWER_BYTES_MAX);
        match client.send(&request).await {
            Ok(answer) => return Ok(answer),
            Err(Failure::TooLong) if documents > 1 => documents /= 2,
            Err(failure) if sampled.query.is_some() && failure.is_of_question() => {
                let said = failure.into_error(client, purpose).detail;
                return Err(invalid("the server refuses the filter of the table definition").detail(said.unwrap_or_default()));
            }
            Err(failure) => return Err(failure.into_error(client, purpose)),
        }
    }
}

/// What the documents say of the columns that show fields. One that none of them has is as it was known.
pub(crate) fn inferred(documents: &[&Document<'_>], columns: &[Column], known: &[InferredColumn]) -> Vec<InferredColumn> {
    let columns: Vec<&Column> = columns.iter().filter(|column| column.field().is_some()).collect();
    let mut inference = Inference::new(InferenceOptions { reserved: Vec::new(), ..InferenceOptions::default() });
    values(documents, &columns).iter().for_each(|row| inference.add(row));
    let mut seen: HashMap<Path, InferredColumn> =
        inference.finish(&[]).columns.into_iter().map(|column| (column.path.clone(), column)).collect();
    let known: HashMap<&str, &InferredColumn> = known.iter().map(|column| (column.name.as_str(), column)).collect();
    let mut column = |column: &&Column| {
        let known = known.get(column.name.as_str()).copied();
        let seen = seen.remove(&Path::field(column.name.as_str()));
        let was_listed = known.is_some_and(|known| matches!(known.field_type, FieldType::List(_)));
        let is_listed = seen.as_ref().is_some_and(|seen| seen.evidence.types.iter().any(|seen| seen.name == LIST));
        let field_type = column.field_type_as(column.listed || was_listed || is_listed);
        let evidence = match (&seen, known) {
            (Some(seen), _) => seen.evidence.clone(),
            (None, Some(known)) => known.evidence.clone(),
            (None, None) => return None,
        };
        Some(InferredColumn { field_type, confirmed: seen.is_some(), evidence, ..unseen(column)? })
    };
    columns.iter().filter_map(&mut column).collect()
}

/// A column of a field that no document has shown.
pub(crate) fn unseen(column: &Column) -> Option<InferredColumn> {
    let path = path(&column.field()?.path);
    let (name, field_type, evidence, fields) = (column.name.clone(), column.field_type(), Evidence::default(), Vec::new());
    Some(InferredColumn { name, path, field_type, confirmed: false, evidence, fields })
}

/// The path of a field, whose names the product joins with dots.
pub(crate) fn path(field: &str) -> Path {
    Path(field.split('.').map(str::to_owned).collect())
}

/// The values of columns in documents: for each document an object of the columns that it has, by their names.
pub(crate) fn values<'a>(documents: &[&Document<'a>], columns: &[&Column]) -> Vec<Document<'a>> {
    let path = |column: &&Column| column.field().map(|field| field.target.as_ref().unwrap_or(&field.path).clone()).unwrap_or_default();
    let fields = Fields::new(columns.iter().map(path));
    let row = |document: &&Document<'a>| {
        let found = fields.find(document);
        let values = found.iter().zip(columns).filter_map(|(found, column)| {
            let value = match found[..] {
                [] => return None,
                [value] => value.clone(),
                _ => Document::List(found.iter().map(|value| (*value).clone()).collect()),
            };
            Some((column.name.clone().into(), value))
        });
        Document::Object(values.collect())
    };
    documents.iter().map(row).collect()
}

/// Makes columns of arrays of those that hold arrays.
pub(crate) fn mark(columns: &mut [Column], inferred: &[InferredColumn]) {
    let is_list = |column: &&InferredColumn| matches!(column.field_type, FieldType::List(_));
    let lists: HashSet<&str> = inferred.iter().filter(is_list).map(|column| column.name.as_str()).collect();
    for column in columns {
        let may_be = column.field().is_some_and(|field| field.kind.may_be_listed());
        column.listed |= may_be && lists.contains(column.name.as_str());
    }
}
