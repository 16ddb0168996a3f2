//! The types of data sources that this connector serves. They differ in how a consistent read is asked for.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext};

use crate::ElasticsearchConnector;
use crate::client::Client;
use crate::options::{ElasticsearchOptions, Settings};

/// Searches are passed on as they are written. Nothing is ever changed: the source is always read-only.
const CAPABILITIES: Capabilities = Capabilities { native_statements: true, fingerprint: true, definitions: true, ..Capabilities::NONE };

/// What sets a kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// Points in time, whose own tiebreak orders the documents of all shards.
    Elasticsearch,
    /// Scrolls: without such a tiebreak, nothing but them reads all documents of several shards once.
    OpenSearch,
}

/// Data sources of type `elasticsearch`.
pub struct Elasticsearch;

impl ConnectorKind for Elasticsearch {
    type Options = ElasticsearchOptions;
    const KIND: &'static str = "elasticsearch";
    const SUMMARY: &'static str = "An Elasticsearch cluster from version 7.12 on, whose indices, aliases and data streams are tables.";
    const CAPABILITIES: Capabilities = CAPABILITIES;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["7.17", "8.7", "9.5"]);

    async fn open(&self, options: ElasticsearchOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(Flavor::Elasticsearch, &options, context)
    }
}

/// Data sources of type `opensearch`.
pub struct OpenSearch;

impl ConnectorKind for OpenSearch {
    type Options = ElasticsearchOptions;
    const KIND: &'static str = "opensearch";
    const SUMMARY: &'static str = "An OpenSearch cluster, whose indices, aliases and data streams are tables.";
    const CAPABILITIES: Capabilities = CAPABILITIES;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["2.19"]);

    async fn open(&self, options: ElasticsearchOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(Flavor::OpenSearch, &options, context)
    }
}

fn open(flavor: Flavor, options: &ElasticsearchOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    let settings = Arc::new(Settings::new(flavor, options)?);
    let client = Arc::new(Client::new(options, context)?);
    Ok(Arc::new(ElasticsearchConnector { client, settings }))
}
