//! `information_schema.foreign_servers`: the data sources, as PostgreSQL lists its foreign servers.

use domain::data_sources::{DataSource, State};
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::own_database;
use crate::row::{Characters, Identifier};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct ForeignServers;

/// Every data source that the role may see and that is not dropped, with its type as its foreign-data wrapper.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source, as the database that it is.
    foreign_server_catalog: Identifier,
    /// The data source.
    foreign_server_name: Identifier,
    /// Always `metagate`.
    foreign_data_wrapper_catalog: Identifier,
    /// The type of the data source.
    foreign_data_wrapper_name: Identifier,
    /// Applies to a feature that no data source has; always null.
    foreign_server_type: Option<Characters>,
    /// The version of the data source that is read; null where none is published.
    foreign_server_version: Option<Characters>,
    /// The role that created it.
    authorization_identifier: Identifier,
}

impl RowTable for ForeignServers {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "foreign_servers";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let row = |source: DataSource| Row {
            foreign_server_catalog: Identifier(source.name.clone()),
            foreign_server_name: Identifier(source.name),
            foreign_data_wrapper_catalog: own_database::NAME.into(),
            foreign_data_wrapper_name: Identifier(source.kind),
            foreign_server_type: None,
            foreign_server_version: source.published_version.map(|version| Characters(version.to_string())),
            authorization_identifier: Identifier(source.created_by),
        };
        let sources = extent.data_sources(&extent.replica());
        Ok(sources.into_iter().filter(|source| source.state != State::Dropped).map(row).collect())
    }
}
