//! Some documents of a collection, from which its columns are inferred.
//!
//! A random sample, where the server takes one. Else the first and the last documents by `_id`: the oldest and the newest, in most
//! collections. Bounded in documents, bytes and time.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::Client;
use mongodb::error::Result as DriverResult;
use mongodb::raw_batch_cursor::RawBatchCursor;
use spi::documents::{DOCUMENT, ERROR, Inference, InferenceOptions, Inferred, InferredColumn};
use spi::{Code, Error, Result};

use crate::batches::Batches;
use crate::document::{Fields, document};
use crate::failure::failure;
use crate::server::Server;

/// A sample ends here, however few documents that are: one may have 16 MB.
const BYTES_MAX: usize = 32 << 20;

/// Documents that come in one batch of a sample.
const BATCH_ROWS: u32 = 500;

/// The server gives a sample up after this. Of a small part of a collection it takes milliseconds.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Names of the columns that every table has.
pub(crate) fn reserved() -> Vec<String> {
    vec![DOCUMENT.to_owned(), ERROR.to_owned()]
}

/// How columns are made of documents.
pub(crate) fn inference_options(server: &Server) -> InferenceOptions {
    InferenceOptions { flatten: server.options.flatten, reserved: reserved(), ..InferenceOptions::default() }
}

/// What the columns of a collection are, as a sample of the documents that pass the filter and what was known before say.
pub(crate) async fn infer(
    server: &Arc<Server>,
    database: &str,
    collection: &str,
    filter: &Document,
    known: &[InferredColumn],
) -> Result<Inferred> {
    let mut inference = Inference::new(inference_options(server));
    documents(server, database, collection, filter, &mut |raw| inference.add(&document(raw, &Fields::All))).await?;
    Ok(inference.finish(known))
}

/// What looks at the documents of a sample, one by one.
type Look<'l> = &'l mut (dyn FnMut(&RawDocument) + Send);

/// A sample of the documents that pass the filter.
pub(crate) async fn documents(server: &Arc<Server>, database: &str, collection: &str, filter: &Document, look: Look<'_>) -> Result<()> {
    let size = server.options.sample_size;
    let mut seen = HashSet::new();
    // Of few documents the first and the last are the same, and what came of a sample that failed comes again.
    let mut once = |raw: &RawDocument| {
        if seen.insert(digest(raw)) {
            look(raw);
        }
    };
    let look: Look<'_> = &mut once;
    let is_random = server.product().await?.is_complete
        && match query(server, database, collection, filter, look, Query::Random(size)).await {
            Ok(()) => true,
            // The server cannot, or what it would have to go through is too much for its memory or its time.
            Err(error) if matches!(error.code, Code::Unsupported | Code::OutOfMemory | Code::Cancelled | Code::BadData) => false,
            Err(error) => return Err(error),
        };
    if !is_random {
        query(server, database, collection, filter, look, Query::First(size.div_ceil(2))).await?;
        // A limit of zero is none.
        if size > 1 {
            query(server, database, collection, filter, look, Query::Last(size / 2)).await?;
        }
    }
    Ok(())
}

/// A number that hardly any other document has. Its `_id` would not do: a view may have many documents of one, or none.
fn digest(document: &RawDocument) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(document.as_bytes());
    hasher.finish()
}

/// How documents are taken.
#[derive(Clone, Copy)]
enum Query {
    Random(u32),
    First(u32),
    Last(u32),
}

impl Query {
    async fn run(self, client: Client, database: String, collection: String, filter: Document) -> DriverResult<RawBatchCursor> {
        let collection = client.database(&database).collection::<RawDocumentBuf>(&collection);
        let ordered = |direction: i32, limit: u32| {
            collection.find(filter.clone()).sort(doc! { "_id": direction }).limit(limit.into()).batch_size(BATCH_ROWS).max_time(TIME_MAX)
        };
        match self {
            Query::Random(size) => {
                let narrowed = (!filter.is_empty()).then(|| doc! { "$match": filter });
                let sample = doc! { "$sample": { "size": i64::from(size) } };
                collection
                    .aggregate(narrowed.into_iter().chain([sample]))
                    .batch_size(BATCH_ROWS)
                    .max_time(TIME_MAX)
                    .allow_disk_use(true)
                    .batch()
                    .await
            }
            Query::First(limit) => ordered(1, limit).batch().await,
            Query::Last(limit) => ordered(-1, limit).batch().await,
        }
    }
}

/// Looks at the documents of a query.
async fn query(server: &Arc<Server>, database: &str, collection: &str, filter: &Document, look: Look<'_>, query: Query) -> Result<()> {
    let message = || format!("could not take a sample of table \"{database}.{collection}\" of data source \"{}\"", server.context.source);
    let (database, collection, filter) = (database.to_owned(), collection.to_owned(), filter.clone());
    let cursor = server.ask_for_rows(message(), |client| query.run(client, database, collection, filter)).await?;
    let mut batches = Batches::new(Arc::clone(server), cursor, message());
    let mut bytes = 0;
    while let Some(batch) = batches.next().await? {
        let documents = batch.doc_slices().map_err(|error| failure(server, message(), error))?;
        for value in documents {
            let value = value.map_err(|error| unreadable(server, message(), error))?;
            let Some(raw) = value.as_document() else { continue };
            look(raw);
            bytes += raw.as_bytes().len();
            if bytes >= BYTES_MAX {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The error of a batch that is no list of documents.
pub(crate) fn unreadable(server: &Server, message: String, error: bson::error::Error) -> Error {
    Error::source(Code::BadData, &server.context.source, message).detail(format!("The server's answer is no BSON: {error}.")).cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_one_id_are_told_apart() {
        let digest = |document: Document| digest(&RawDocumentBuf::try_from(&document).expect("BSON"));
        assert_eq!(digest(doc! { "_id": 1, "a": 1 }), digest(doc! { "_id": 1, "a": 1 }));
        assert_ne!(digest(doc! { "_id": 1, "item": { "a": 1 } }), digest(doc! { "_id": 1, "item": { "b": 1 } }));
        assert_ne!(digest(doc! { "a": 1 }), digest(doc! { "a": 2 }));
    }
}
