//! The connector for Apache Kafka. Topics are tables in the schema `public`, their messages are rows.
//!
//! - `options.rs` is what an operator says; `cluster.rs` opens clients with it, and spares a cluster that is down; `client.rs` is what is
//!   asked of one; `observer.rs` remembers what it says beside its answers; `native.rs` has what librdkafka's Rust library does not show;
//!   `job.rs` runs blocking work that can be cancelled.
//! - `topics.rs` lists the topics with partitions, offsets and configuration; `sample.rs` looks at their last messages; `layout.rs` says
//!   which columns that makes, as far as an operator does not say otherwise in a `definition.rs`; `metadata.rs` says it in rows,
//!   `infer.rs` to who would define a table, and `fingerprint.rs` whether anything has changed.
//! - `read.rs` streams a topic up to the offsets where it ended when the query began, and `read/rows.rs` makes rows of its messages;
//!   `predicate.rs` says where it can begin, and which messages are wanted, `top_n.rs` which of them are enough; `message.rs` is a message
//!   in columns; `explain.rs` says beforehand what would be fetched. `groups.rs` is the table of consumer groups.
//! - `registry.rs` asks a schema registry for schemas and keeps them; `schema.rs` is one, in the languages of `schema/`; `declared.rs` says
//!   which one a topic's columns are of, and `schemas.rs` has those that the messages of one read name. `csv.rs` reads values in CSV.
//! - `probe.rs` is the connection test, `failure.rs` says what the errors of brokers are for the gateway.
//!
//! Deliberately absent: whatever changes a cluster. No group is joined, no offset is committed, no topic is created by being read.

mod client;
mod cluster;
mod csv;
mod declared;
mod definition;
mod explain;
mod failure;
mod fingerprint;
mod groups;
mod infer;
mod job;
mod layout;
mod message;
mod metadata;
mod native;
mod observer;
mod options;
mod predicate;
mod probe;
mod read;
mod registry;
mod sample;
mod schema;
mod schemas;
mod top_n;
mod topics;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext, ReadPlan, ReadRequest, Scope, TestStage};
use spi::documents::{Sample, TableDefinition};
use spi::metadata::Harvest;
use spi::predicate::Predicate;

pub use options::KafkaOptions;

use cluster::Cluster;

/// The schema of all topics: Kafka has no such thing.
const SCHEMA: &str = "public";

/// Data sources of type `kafka`.
pub struct Kafka;

impl ConnectorKind for Kafka {
    type Options = KafkaOptions;
    const KIND: &'static str = "kafka";
    const SUMMARY: &'static str = "An Apache Kafka cluster, or another one with its protocol, whose topics are tables.";
    const CAPABILITIES: Capabilities = Capabilities { fingerprint: true, definitions: true, ..Capabilities::NONE };
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["4.3"]);

    async fn open(&self, options: KafkaOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let cluster = Arc::new(Cluster::new(options, context)?);
        Ok(Arc::new(KafkaConnector { cluster }))
    }
}

/// An open data source.
struct KafkaConnector {
    cluster: Arc<Cluster>,
}

#[async_trait]
impl Connector for KafkaConnector {
    fn default_schema(&self) -> &str {
        SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(&self.cluster).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.cluster, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.cluster), request)))
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        explain::explain(request)
    }

    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        infer::infer(&self.cluster, schema, table, definition).await
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        fingerprint::fingerprint(&self.cluster).await.map(Some)
    }
}
