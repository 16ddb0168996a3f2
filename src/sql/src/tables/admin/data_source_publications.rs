//! `admin.data_source_publications`: who published what, and when.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSourcePublications;

/// A move of the pointer that says which version of a data source is read.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// Counts the moves of the data source from 1.
    number: u64,
    /// `publish`, `rollback` or `unpublish`.
    action: &'static str,
    /// The version that was published, or no longer is.
    version: u64,
    /// When it was moved.
    moved_at: Timestamp,
    /// The role that moved it.
    moved_by: String,
}

impl RowTable for DataSourcePublications {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_source_publications";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let replica = extent.replica();
        let mut rows = Vec::new();
        for source in extent.data_sources(&replica) {
            rows.extend(data_sources::publications(&replica, source.oid).into_iter().map(|publication| Row {
                data_source: source.name.clone(),
                number: publication.number,
                action: publication.action.name(),
                version: publication.version,
                moved_at: Timestamp(publication.at),
                moved_by: publication.by,
            }));
        }
        Ok(rows)
    }
}
