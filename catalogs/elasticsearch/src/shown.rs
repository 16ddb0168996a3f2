//! Which documents of an alias a source shows: those of the indices that it shows. An alias may mean others too, which the option `indices`
//! leaves out. Of an index or a data stream that is shown, all documents are.

use serde_json::{Value, json};
use spi::Result;

use crate::catalog::Index;
use crate::client::{Client, Request};
use crate::options::Settings;

/// The indices of an alias that are shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown(Vec<String>);

impl Shown {
    /// Of indices that the option gives already.
    pub(crate) fn of<'i>(settings: &Settings, indices: impl IntoIterator<Item = &'i Index>) -> Option<Self> {
        (!settings.shows_all()).then(|| Self(indices.into_iter().map(|index| index.name.clone()).collect()))
    }

    /// Asks the server, which alone knows what patterns mean; `None` for all.
    pub(crate) async fn ask(client: &Client, settings: &Settings, alias: &str, purpose: &str) -> Result<Option<Self>> {
        if settings.shows_all() {
            return Ok(None);
        }
        let request = Request::get(purpose, &[&settings.indices, "_alias", alias])
            .parameter("expand_wildcards", "open,hidden")
            .parameter("ignore_unavailable", "true");
        match client.ask(&request).await {
            Ok(answer) => Ok(Some(Self(answer.as_object().into_iter().flat_map(|indices| indices.keys().cloned()).collect()))),
            Err(failure) if failure.is_absent() => Ok(Some(Self(Vec::new()))),
            Err(failure) => Err(failure.into_error(client, purpose)),
        }
    }

    pub(crate) fn contains(&self, index: &Index) -> bool {
        self.0.contains(&index.name)
    }
}

/// The query that finds the documents that are shown, of those that another query finds; `None` for all.
pub(crate) fn query(shown: Option<&Shown>, rows: Option<Value>) -> Option<Value> {
    let shown = shown.map(|Shown(indices)| json!({"terms": {"_index": indices}}));
    match (shown, rows) {
        (Some(shown), Some(rows)) => Some(json!({"bool": {"filter": [rows, shown]}})),
        (shown, rows) => shown.or(rows),
    }
}
