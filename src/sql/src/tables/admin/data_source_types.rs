//! `admin.data_source_types`: the types of data sources that this gateway knows.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;
use spi::connector::ConnectorFactory;

use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSourceTypes;

/// A type of data source, for `create_datasource`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What such a data source is.
    summary: &'static str,
    /// Whether whole queries move to it: joins, aggregates, limits.
    pushes_queries: bool,
    /// Whether `INSERT` can add rows to its tables.
    writes: bool,
    /// Whether it runs statements in its own language: `query` and `execute_on`.
    native_statements: bool,
    /// Whether a refresh finds out without a harvest that nothing has changed.
    fingerprint: bool,
    /// Whether operators may say what its tables are: `define_table` and `infer_table`.
    definitions: bool,
    /// The versions of the server that metagate's tests run against; empty where no test has met one, null for what is no server.
    tested_versions: Option<Vec<String>>,
}

impl RowTable for DataSourceTypes {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_source_types";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let factories = &extent.ctx.services().factories;
        let row = |factory: &Arc<dyn ConnectorFactory>| {
            let capabilities = factory.capabilities();
            Row {
                kind: factory.kind(),
                summary: factory.summary(),
                pushes_queries: capabilities.queries,
                writes: capabilities.writes,
                native_statements: capabilities.native_statements,
                fingerprint: capabilities.fingerprint,
                definitions: capabilities.definitions,
                tested_versions: factory.tested_versions().map(|versions| versions.iter().map(|one| (*one).to_owned()).collect()),
            }
        };
        Ok(factories.list().map(row).collect())
    }
}
