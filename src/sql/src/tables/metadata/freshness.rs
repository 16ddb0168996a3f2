//! `metadata.freshness`: how fresh the metadata of each data source is.

use domain::metadata;
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Freshness;

/// How fresh the metadata of a data source is, and what became of the last attempt to refresh it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// Its newest snapshot; 0 before the first.
    snapshot_number: u64,
    /// When the source was last seen to be like that snapshot.
    observed_at: Option<Timestamp>,
    /// When a refresh was last tried.
    last_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed, or why the stored metadata cannot be read.
    last_error: Option<String>,
    /// When the gateway will try again by itself; null if it will not.
    next_refresh_at: Option<Timestamp>,
    /// Requests that this gateway has made to the source since it started.
    remote_calls_total: u64,
}

impl RowTable for Freshness {
    const SCHEMA: &'static str = "metadata";
    const NAME: &'static str = "freshness";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let freshness = extent.ctx.services().refreshes.freshness();
        let visible = freshness.into_iter().filter(|one| extent.ctx.visible.sees(one.source_oid));
        let row = |one: metadata::Freshness| Row {
            data_source: one.name,
            snapshot_number: one.snapshot_number,
            observed_at: one.observed_at.map(Timestamp),
            last_attempt_at: one.last_attempt_at.map(Timestamp),
            last_error: one.last_error,
            next_refresh_at: one.next_refresh_at.map(Timestamp),
            remote_calls_total: one.remote_calls_total,
        };
        Ok(visible.map(row).collect())
    }
}
