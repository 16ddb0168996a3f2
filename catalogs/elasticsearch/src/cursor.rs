//! A consistent view of a table at the server, read in pages, in several slices at the same time.
//!
//! Elasticsearch keeps a point in time, whose own tiebreak is the order of the documents; each page begins after the last document of
//! the one before, so that a page can be asked for again. OpenSearch keeps a scroll per slice, which only goes forward. Both are
//! forgotten by the server some minutes after the last page, and closed when the cursor is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use spi::documents::{Document, json_text};
use spi::{Code, Error, Result};

use crate::client::{Client, Request};
use crate::failure::not_json;
use crate::kinds::Flavor;

/// How long the server waits for the next page. A reader that takes longer has to read again.
const KEEP_ALIVE: &str = "5m";

/// Documents of the first page, when nothing is known of their size.
const PAGE_DOCUMENTS_FIRST: usize = 50;

/// Enough for a page of the shortest documents. The server may give less.
const PAGE_DOCUMENTS_MAX: usize = 5_000;

/// Bytes of a page that is worth a request, and not yet a burden.
const PAGE_BYTES: usize = 4 << 20;

/// A page grows by no more than this factor: documents that follow small ones may be large.
const PAGE_GROWTH: usize = 4;

/// A longer page is asked for again in halves.
const PAGE_BYTES_MAX: usize = 32 << 20;

/// A page of one document, or one that cannot be asked for again. The server takes requests of 100 MB at most, and so documents.
const LAST_PAGE_BYTES_MAX: usize = 256 << 20;

/// What is read.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) table: String,
    /// `query`, `_source` and `fields`, as the body of a search has them.
    pub(crate) body: Value,
    pub(crate) slices: usize,
    /// Documents that the server gives at a time.
    pub(crate) documents_max: usize,
    /// How many rows are enough, where every document is one.
    pub(crate) limit: Option<usize>,
}

impl Search {
    /// Documents of the first page.
    fn first_size(&self) -> usize {
        self.limit.unwrap_or(PAGE_DOCUMENTS_FIRST).min(PAGE_DOCUMENTS_FIRST).clamp(1, self.size_max())
    }

    /// Documents of the longest page.
    fn size_max(&self) -> usize {
        self.documents_max.clamp(1, PAGE_DOCUMENTS_MAX)
    }
}

/// What the server keeps for a read. Dropping it has the server forget it.
struct Kept {
    client: Arc<Client>,
    flavor: Flavor,
    /// Never locked across an await.
    ids: Mutex<Vec<String>>,
}

/// One part of the documents, read page by page.
pub(crate) struct Slice {
    kept: Arc<Kept>,
    search: Arc<Search>,
    number: usize,
    /// The point in time, or the scroll; the server may change it with every page.
    id: Option<String>,
    /// The place of the last document that was read.
    after: Option<Value>,
    size: usize,
    done: bool,
}

/// Opens the view, and gives its slices.
pub(crate) async fn open(client: &Arc<Client>, flavor: Flavor, search: Search) -> Result<Vec<Slice>> {
    let kept = Arc::new(Kept { client: Arc::clone(client), flavor, ids: Mutex::default() });
    let id = match flavor {
        Flavor::Elasticsearch => Some(kept.open_point_in_time(&search.table).await?),
        Flavor::OpenSearch => None,
    };
    let first = search.first_size();
    let size = match flavor {
        // Its pages grow and shrink.
        Flavor::Elasticsearch => first,
        Flavor::OpenSearch => scrolled(client, &search, first).await?,
    };
    let search = Arc::new(search);
    let slice =
        |number| Slice { kept: Arc::clone(&kept), search: Arc::clone(&search), number, id: id.clone(), after: None, size, done: false };
    Ok((0..search.slices).map(slice).collect())
}

/// How many documents a scroll should have in its pages, which keep the size of the first one: as many as fit, if all are as long as
/// some are.
async fn scrolled(client: &Client, search: &Search, first: usize) -> Result<usize> {
    if search.limit.is_some_and(|limit| limit <= first) {
        return Ok(first);
    }
    let mut body = search.body.clone();
    body["size"] = json!(first);
    let request = Request::post(purpose(&search.table), &[&search.table, "_search"]).json(&body).bytes_max(PAGE_BYTES_MAX);
    let answer = match client.send(&request).await {
        Ok(answer) => answer,
        // The first page finds out how many are not too many.
        Err(failure) if failure.is_of_size() => return Ok(first),
        Err(failure) => return Err(failure.into_error(client, &purpose(&search.table))),
    };
    let read: Value = serde_json::from_slice(&answer).map_err(|error| not_json(&client.source, &error))?;
    let documents = read["hits"]["hits"].as_array().map_or(0, Vec::len);
    let most = search.limit.unwrap_or(PAGE_DOCUMENTS_MAX).clamp(1, search.size_max());
    Ok(fitting(answer.len(), documents).clamp(1, most))
}

/// How many documents fit in a page, if they are as long as these.
fn fitting(bytes: usize, documents: usize) -> usize {
    PAGE_BYTES / (bytes / documents.max(1)).max(1)
}

impl Kept {
    async fn open_point_in_time(&self, table: &str) -> Result<String> {
        let request = Request::post(purpose(table), &[table, "_pit"]).parameter("keep_alive", KEEP_ALIVE);
        let answer = self.client.ask(&request).await.map_err(|failure| failure.into_error(&self.client, &purpose(table)))?;
        let id = answer["id"].as_str().ok_or_else(|| unexpected(&self.client.source, table, "it opened no point in time"))?;
        self.ids().push(id.to_owned());
        Ok(id.to_owned())
    }

    fn ids(&self) -> MutexGuard<'_, Vec<String>> {
        // A list of texts is whole after every step of its changes.
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server may answer with another id than the one it was asked with.
    fn replace(&self, old: Option<&str>, new: &str) {
        let mut ids = self.ids();
        if !ids.iter().any(|id| id == new) {
            ids.retain(|id| Some(id.as_str()) != old);
            ids.push(new.to_owned());
        }
    }
}

/// In a task of its own: whoever drops a read does not wait.
impl Drop for Kept {
    fn drop(&mut self) {
        let ids = std::mem::take(&mut *self.ids());
        // Without a runtime the process is ending, and the server forgets by itself.
        let (false, Ok(runtime)) = (ids.is_empty(), tokio::runtime::Handle::try_current()) else { return };
        let (client, flavor) = (Arc::clone(&self.client), self.flavor);
        runtime.spawn(async move {
            let requests = match flavor {
                Flavor::Elasticsearch => {
                    ids.iter().map(|id| Request::delete("end a read", &["_pit"]).json(&json!({"id": id}))).collect::<Vec<_>>()
                }
                Flavor::OpenSearch => vec![Request::delete("end a read", &["_search", "scroll"]).json(&json!({"scroll_id": ids}))],
            };
            for request in requests {
                // A server that cannot be told forgets by itself; there is nobody to report it to.
                let _ = client.send(&request).await;
            }
        });
    }
}

impl Slice {
    /// The server's answer with the next page; `None` after the last one. [`Slice::advance`] has to be told of it.
    pub(crate) async fn next_page(&mut self) -> Result<Option<Vec<u8>>> {
        if self.done {
            return Ok(None);
        }
        let client = Arc::clone(&self.kept.client);
        loop {
            match client.send(&self.request()).await {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(failure) if failure.is_of_size() && self.size > 1 && !self.is_scrolling() => self.size /= 2,
                Err(failure) => return Err(failure.into_error(&client, &purpose(&self.search.table))),
            }
        }
    }

    /// Whether a page cannot be asked for again, or with another size.
    fn is_scrolling(&self) -> bool {
        self.kept.flavor == Flavor::OpenSearch && self.id.is_some()
    }

    fn request(&self) -> Request {
        let table = &self.search.table;
        let flavor = self.kept.flavor;
        let request = match (flavor, &self.id) {
            (Flavor::Elasticsearch, id) => {
                let mut body = first_body(flavor, &self.search, self.number, self.size);
                body["pit"] = json!({"id": id, "keep_alive": KEEP_ALIVE});
                if let Some(after) = &self.after {
                    body["search_after"] = after.clone();
                }
                Request::post(purpose(table), &["_search"]).parameter("allow_partial_search_results", "false").json(&body)
            }
            (Flavor::OpenSearch, None) => Request::post(purpose(table), &[table, "_search"])
                .parameter("allow_partial_search_results", "false")
                .parameter("scroll", KEEP_ALIVE)
                .json(&first_body(flavor, &self.search, self.number, self.size)),
            (Flavor::OpenSearch, Some(id)) => {
                Request::post(purpose(table), &["_search", "scroll"]).json(&json!({"scroll": KEEP_ALIVE, "scroll_id": id})).once()
            }
        };
        let is_last_resort = self.size == 1 || self.is_scrolling();
        request.bytes_max(if is_last_resort { LAST_PAGE_BYTES_MAX } else { PAGE_BYTES_MAX })
    }

    /// Takes note of a page: the answer, with its documents, and its length in bytes.
    pub(crate) fn advance(&mut self, answer: &Document<'_>, hits: &[Document<'_>], bytes: usize) -> Result<()> {
        let wrong = |what| unexpected(&self.kept.client.source, &self.search.table, what);
        let failed = answer.get("_shards").and_then(|shards| shards.get("failed"));
        if failed.is_some_and(|failed| *failed != Document::Int(0)) || answer.get("timed_out") == Some(&Document::Bool(true)) {
            return Err(incomplete(&self.kept.client.source, &self.search.table));
        }
        let name = if self.kept.flavor == Flavor::Elasticsearch { "pit_id" } else { "_scroll_id" };
        if let Some(Document::Text(id)) = answer.get(name) {
            self.kept.replace(self.id.as_deref(), id);
            self.id = Some(id.to_string());
        }
        match self.kept.flavor {
            Flavor::Elasticsearch => self.done = hits.len() < self.size,
            Flavor::OpenSearch => self.done = hits.is_empty() || self.id.is_none(),
        }
        if let (false, Some(last)) = (self.done, hits.last().filter(|_| self.kept.flavor == Flavor::Elasticsearch)) {
            let sort = last.get("sort").ok_or_else(|| wrong("a document has no place"))?;
            let text = json_text::write(sort).map_err(|_| wrong("a document has no place"))?;
            self.after = Some(serde_json::from_str(&text).map_err(|_| wrong("a document has no place"))?);
        }
        self.size = fitting(bytes, hits.len()).clamp(1, (self.size * PAGE_GROWTH).min(self.search.size_max()));
        Ok(())
    }
}

/// The body of the search for the first page of a slice, without the point in time.
fn first_body(flavor: Flavor, search: &Search, number: usize, size: usize) -> Value {
    let mut body = search.body.clone();
    body["size"] = json!(size);
    match flavor {
        Flavor::Elasticsearch => {
            body["track_total_hits"] = json!(false);
            body["sort"] = json!([{"_shard_doc": "asc"}]);
        }
        // It always counts, and refuses to be told not to.
        Flavor::OpenSearch => body["sort"] = json!(["_doc"]),
    }
    if search.slices > 1 {
        body["slice"] = json!({"id": number, "max": search.slices});
    }
    body
}

/// What is asked first, for people: the method, the path and the body of the requests for the first slice.
pub(crate) fn shown(flavor: Flavor, search: &Search) -> String {
    let (table, body) = (&search.table, first_body(flavor, search, 0, search.first_size()));
    match flavor {
        Flavor::Elasticsearch => format!("POST /{table}/_pit?keep_alive={KEEP_ALIVE}; POST /_search {body}"),
        Flavor::OpenSearch => format!("POST /{table}/_search?scroll={KEEP_ALIVE} {body}"),
    }
}

pub(crate) fn purpose(table: &str) -> String {
    format!("read table \"{table}\"")
}

/// A scroll goes on without shards that are lost, and its rows would be fewer.
fn incomplete(source: &str, table: &str) -> Error {
    Error::source(Code::Unavailable, source, format!("could not read table \"{table}\" of data source \"{source}\""))
        .detail("Some of its shards did not answer.")
        .hint("Ask again when the cluster is well.")
        .retryable()
}

pub(crate) fn unexpected(source: &str, table: &str, what: &str) -> Error {
    Error::source(Code::BadData, source, format!("could not read table \"{table}\" of data source \"{source}\""))
        .detail(format!("The server's answer is not one of its product: {what}."))
}
