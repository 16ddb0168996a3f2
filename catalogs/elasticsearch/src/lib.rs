//! The connector for Elasticsearch and OpenSearch, by their HTTP API. Indices, aliases and data streams are tables of the schema `public`.
//!
//! - `options.rs` is what an operator says; `kinds.rs` lists the types of data sources that this connector serves.
//! - `client.rs` sends requests, with a deadline each, and spares dead servers; `failure.rs` says what their errors are for the gateway.
//! - `catalog.rs` finds the tables in what the server says of its indices, and `mapping.rs` their columns; `sample.rs` looks into a few
//!   documents for what mappings do not tell, arrays above all. `metadata.rs` harvests it all, `recipe.rs` writes down what reading
//!   needs of it; `fingerprint.rs` says whether a harvest is needed. `definition.rs` is what an operator says of a table instead, and
//!   `shown.rs` which documents of an alias belong to it.
//! - `read.rs` streams a table, page by page, by the cursors of `cursor.rs`; `plan.rs` says where the values of its columns come from,
//!   `document.rs` finds them in documents, `value.rs` and `moment.rs` read them as the server does.
//! - `predicate.rs` says which conditions are taken. Each is applied twice: `narrow.rs` asks the server for documents that may fulfil it,
//!   and `filter.rs` keeps the rows that do.
//! - `native.rs` passes searches on that somebody writes; `probe.rs` is the connection test.
//!
//! Deliberately absent: searching analysed text. Its words are the server's own, and no comparison of SQL means the same.

mod catalog;
mod client;
mod cursor;
mod definition;
mod document;
mod failure;
mod filter;
mod fingerprint;
mod kinds;
mod mapping;
mod metadata;
mod moment;
mod narrow;
mod native;
mod options;
mod plan;
mod predicate;
mod probe;
mod read;
mod recipe;
mod sample;
mod shown;
mod value;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage};
use spi::documents::{Sample, TableDefinition};
use spi::metadata::Harvest;
use spi::predicate::Predicate;

pub use kinds::{Elasticsearch, OpenSearch};
pub use options::ElasticsearchOptions;

use client::Client;
use options::Settings;

/// The one schema: the product has no namespaces.
const SCHEMA: &str = "public";

/// An open data source of either kind.
struct ElasticsearchConnector {
    client: Arc<Client>,
    settings: Arc<Settings>,
}

#[async_trait]
impl Connector for ElasticsearchConnector {
    fn default_schema(&self) -> &str {
        SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(&self.client, &self.settings).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.client, &self.settings, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.client), Arc::clone(&self.settings), request)))
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        read::explain(&self.client.source, &self.settings, request)
    }

    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        definition::infer(&self.client, &self.settings, schema, table, definition).await
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        fingerprint::fingerprint(&self.client).await
    }

    fn run(&self, request: RunRequest) -> RowStream {
        native::rows(Arc::clone(&self.client), request)
    }

    async fn describe(&self, query: &str, _: &str) -> Result<Vec<QueryColumn>> {
        native::describe(query)
    }
}
