//! The connector for Hive's metastore, by its Thrift protocol, and for the files that its tables are made of. Databases are schemas.
//!
//! - `options.rs` is what an operator says; `kind.rs` is the type of data source.
//! - `dial.rs` opens connections, encrypted by `encryption.rs` if asked for, and logs in by `sasl.rs` where there is a password, or
//!   Kerberos: `kerberos.rs` says who is who, `gssapi.rs` gets tickets, and `layer.rs` protects what follows;
//!   `client.rs` asks over them, each question with a deadline; `questions.rs` are the questions; `failure.rs` says what their errors
//!   are for the gateway.
//! - `metadata.rs` harvests databases and tables, `keys.rs` their constraints, `partition_lists.rs` their partitions as `partitions.rs`
//!   finds them; `hive_type.rs` reads the types of columns, and `view.rs` the queries of views. `fingerprint.rs` says whether a harvest
//!   is needed, `changes.rs` for which tables, and `rota.rs` whose partitions come first. `probe.rs` is the connection test.
//! - `read.rs` reads a table: `pruning.rs` says which partitions can hold a wanted row, in part by a filter that `filter.rs` writes for
//!   the metastore; `format.rs` says what the files are, by their `properties.rs`; `storage.rs` and `listing.rs` find them, in HDFS by
//!   `hdfs.rs`. The query engine scans Parquet files itself; `text.rs` reads lines, of LazySimpleSerDe, OpenCSVSerde and JsonSerDe, and
//!   `columnar.rs` ORC and Avro. `explain.rs` says what would be asked.
//!
//! Deliberately absent: tables that Hive itself changes in place (ACID), whose files mean nothing without the list of open transactions.

mod changes;
mod client;
mod columnar;
mod dial;
mod encryption;
mod explain;
mod failure;
mod filter;
mod fingerprint;
mod format;
mod gssapi;
mod hdfs;
mod hive_type;
mod kerberos;
mod keys;
mod kind;
mod layer;
mod listing;
mod metadata;
mod options;
mod partition_lists;
mod partitions;
mod probe;
mod properties;
mod pruning;
mod questions;
mod read;
mod rota;
mod sasl;
mod storage;
mod text;
mod view;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, ReadPlan, ReadRequest, Scope, TestStage};
use spi::metadata::Harvest;
use spi::predicate::Predicate;

pub use kind::Hive;
pub use options::HiveOptions;

use client::Client;
use options::Settings;
use rota::Rota;
use storage::Storage;

/// The database that every metastore has.
const DEFAULT_DATABASE: &str = "default";

/// An open data source.
struct HiveConnector {
    client: Arc<Client>,
    storage: Arc<Storage>,
    settings: Settings,
    rota: Rota,
}

#[async_trait]
impl Connector for HiveConnector {
    fn default_schema(&self) -> &str {
        DEFAULT_DATABASE
    }

    /// Never: predicates only leave out partitions. The gateway applies them to the rows.
    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    fn reads_files(&self) -> bool {
        true
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(&self.client).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.client, &self.settings, &self.rota, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        read::plan(&self.client, &self.storage, &self.settings, request).await
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        explain::explain(request)
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        fingerprint::fingerprint(&self.client).await
    }
}
