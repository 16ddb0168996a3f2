//! `admin.data_source_versions`: every saved version of every data source.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;

use crate::row::{Json, Timestamp};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSourceVersions;

/// A version of a data source that the role may see. Versions never change.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// Counts the versions of the data source from 1.
    version: u64,
    /// Whether this is the version that is read.
    published: bool,
    /// Its options; secret ones are masked.
    options: Json,
    /// The comment that was given when it was saved.
    comment: Option<String>,
    /// The labels that were given when it was saved.
    labels: Json,
    /// When it was saved.
    created_at: Timestamp,
    /// The role that saved it.
    created_by: String,
}

impl RowTable for DataSourceVersions {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_source_versions";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let (replica, factories) = (extent.replica(), &extent.ctx.services().factories);
        let mut rows = Vec::new();
        for source in extent.data_sources(&replica) {
            rows.extend(data_sources::versions(&replica, source.oid).into_iter().map(|version| Row {
                data_source: source.name.clone(),
                version: version.number,
                published: version.published,
                options: Json(data_sources::masked_options(factories, &source.kind, &version).into()),
                comment: version.comment,
                labels: Json(json!(version.labels)),
                created_at: Timestamp(version.created_at),
                created_by: version.created_by,
            }));
        }
        Ok(rows)
    }
}
