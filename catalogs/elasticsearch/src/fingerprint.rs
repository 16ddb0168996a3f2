//! Whether anything may have changed since the last harvest: one request, whose cost does not grow with the indices.
//!
//! The cluster gives its state another identity with every change of it: indices, mappings, settings, aliases, and where shards are.
//! What it does not notice: numbers of documents and bytes, and documents in which a field holds an array for the first time.

use serde_json::Value;
use spi::Result;

use crate::client::{Client, Request};

pub(crate) async fn fingerprint(client: &Client) -> Result<Option<String>> {
    let request = Request::get("ask whether it has changed", &["_cluster", "state", "version"]);
    match client.ask(&request).await {
        Ok(state) => Ok(identity(&state)),
        // A login that may not see the state of the cluster.
        Err(failure) if failure.is_unanswerable() => Ok(None),
        Err(failure) => Err(failure.into_error(client, "look for changes")),
    }
}

fn identity(state: &Value) -> Option<String> {
    Some(format!("{} {}", state["cluster_uuid"].as_str()?, state["state_uuid"].as_str()?))
}
