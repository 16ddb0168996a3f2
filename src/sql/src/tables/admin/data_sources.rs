//! `admin.data_sources`: every registered data source as it is now.

use domain::data_sources::{self, DataSource};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;
use store::Replica;

use crate::row::{Json, Timestamp};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSources;

/// A data source that the role may see, dropped ones too until they are purged.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The name, which is also that of its database.
    name: String,
    /// Its identity, which it keeps for ever.
    oid: u32,
    /// The type: which connector reads it.
    #[serde(rename = "type")]
    kind: String,
    /// `draft`, `published`, `edited`, `expired` or `dropped`.
    state: &'static str,
    /// Whether nothing connects to it until it is resumed.
    paused: bool,
    /// What it is for.
    comment: Option<String>,
    /// Words to find it by.
    labels: Json,
    /// The data source of the server that it is a database of, where it was made with option `databases`.
    member_of: Option<String>,
    /// The newest version.
    current_version: u64,
    /// The version that is read.
    published_version: Option<u64>,
    /// From when nothing connects to it.
    expires_at: Option<Timestamp>,
    /// When it was dropped.
    dropped_at: Option<Timestamp>,
    /// When it was created.
    created_at: Timestamp,
    /// The role that created it.
    created_by: String,
    /// When it was last changed.
    changed_at: Timestamp,
    /// The role that changed it last.
    changed_by: String,
    /// The revision of the last change to it.
    revision: u64,
}

impl RowTable for DataSources {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_sources";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let replica = extent.replica();
        Ok(extent.data_sources(&replica).into_iter().map(|source| row(&replica, source)).collect())
    }
}

fn row(replica: &Replica, source: DataSource) -> Row {
    let server = source.member_of.and_then(|membership| data_sources::by_oid(replica, membership.server_oid).ok());
    Row {
        name: source.name,
        oid: source.oid,
        kind: source.kind,
        state: source.state.name(),
        paused: source.paused,
        comment: source.comment,
        labels: Json(json!(source.labels)),
        member_of: server.map(|server| server.name),
        current_version: source.current_version,
        published_version: source.published_version,
        expires_at: source.expires_at.map(Timestamp),
        dropped_at: source.dropped_at.map(Timestamp),
        created_at: Timestamp(source.created_at),
        created_by: source.created_by,
        changed_at: Timestamp(source.changed_at),
        changed_by: source.changed_by,
        revision: source.revision,
    }
}
