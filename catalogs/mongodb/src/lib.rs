//! The connector for MongoDB and servers that speak its protocol. Databases are schemas, collections and views are tables.
//!
//! - `options.rs` is what an operator says; `kinds.rs` lists the types of data sources that this connector serves.
//! - `server.rs` keeps the driver's client, with a deadline for every call and patience for a server that is down; `batches.rs` reads a
//!   cursor batch by batch.
//! - `metadata.rs` harvests: `collection.rs` reads what a database lists, `validator.rs` what a collection's JSON schema promises,
//!   `index.rs` its indexes, `sample.rs` takes the documents from which the other columns are inferred. `recipe.rs` is what it
//!   writes down for reads.
//! - `definition.rs` is what an operator's own definition of a table means; `extended_json.rs` reads and writes what people write.
//! - `document.rs` turns BSON into documents, `read.rs` streams them as rows, and `groups.rs` has the server group them.
//! - `native.rs` passes commands through that somebody wrote.
//! - `predicate.rs` says which conditions a read applies. `filter.rs` writes what of them the server can decide, `recheck.rs` decides the
//!   rest, row by row.
//! - `probe.rs` is the connection test, `failure.rs` says what the driver's errors are for the gateway.
//!
//! Deliberately absent: a fingerprint. Nothing cheap at the server stays the same unless some document has got a new field. And the name
//! of who asks: the server learns of it only when a connection is opened, and connections serve everybody.

mod batches;
mod collection;
mod definition;
mod document;
mod extended_json;
mod failure;
mod filter;
mod groups;
mod index;
mod kinds;
mod metadata;
mod native;
mod options;
mod predicate;
mod probe;
mod read;
mod recheck;
mod recipe;
mod sample;
mod server;
mod validator;

use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage};
use spi::documents::{Sample, TableDefinition};
use spi::grouping::Grouping;
use spi::metadata::Harvest;
use spi::predicate::Predicate;

pub use kinds::{DocumentDb, FerretDb, MongoDb};
pub use options::MongoOptions;

use server::Server;

/// An open data source of any of the kinds.
struct MongoConnector {
    server: Arc<Server>,
}

#[async_trait]
impl Connector for MongoConnector {
    fn default_schema(&self) -> &str {
        self.server.default_database()
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_applied(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(&self.server).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.server, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.server), request)))
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        read::explain(&self.server, request)
    }

    fn groups(&self, request: &ReadRequest, grouping: &Grouping) -> bool {
        groups::are_known(&self.server, request, grouping)
    }

    async fn read_groups(&self, request: ReadRequest, grouping: Grouping) -> Result<Option<RecordBatch>> {
        groups::read(&self.server, &request, &grouping).await
    }

    fn explain_groups(&self, request: &ReadRequest, grouping: &Grouping) -> Option<String> {
        groups::explain(&self.server, request, grouping)
    }

    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        definition::infer(&self.server, schema, table, definition).await
    }

    async fn describe(&self, query: &str, _: &str) -> Result<Vec<QueryColumn>> {
        native::describe(&self.server, query)
    }

    fn run(&self, request: RunRequest) -> RowStream {
        native::rows(Arc::clone(&self.server), request)
    }
}
