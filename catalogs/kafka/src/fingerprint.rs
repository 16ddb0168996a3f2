//! Says whether any topic may have changed: its partitions, where they are, and where they begin and end. It takes as many requests as
//! there are brokers, three times. A changed configuration is not noticed, nor are messages that compaction has removed, nor a schema
//! that no message names yet.

use std::fmt::Write;
use std::sync::Arc;

use spi::Result;

use crate::cluster::Cluster;
use crate::topics;

pub(crate) async fn fingerprint(cluster: &Arc<Cluster>) -> Result<String> {
    let what = "look for changes";
    let work = move |client: &crate::client::Client| {
        let mut text = String::new();
        for topic in topics::list(client, None, what)? {
            // Writing to a string does not fail.
            let _ = write!(text, "{:?} {:?};", topic.name, topic.partitions);
        }
        Ok(blake3::hash(text.as_bytes()).to_hex().to_string())
    };
    cluster.with_client(what.to_owned(), work).await
}
