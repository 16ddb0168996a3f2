//! `metadata.snapshots`: what each harvest of a data source found new.

use domain::metadata;
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Snapshots;

/// A metadata snapshot of a data source. A refresh that finds nothing changed makes none; the newest 1,000 of each are remembered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// Counts the snapshots of the data source from 1.
    number: u64,
    /// Whether it is the newest one, which everything is answered from.
    newest: bool,
    /// The version of the data source that was harvested.
    version: u64,
    /// When the source was first seen to be like this.
    observed_at: Timestamp,
    /// When the whole source was harvested for it; null if only a part was.
    harvested_at: Option<Timestamp>,
    /// Schemas, tables, routines, types and sequences in it.
    objects: u64,
    /// Schemas, tables, routines and types that the snapshot before had not.
    added: u64,
    /// Those that were different in the snapshot before.
    changed: u64,
    /// Those that only the snapshot before had.
    removed: u64,
    /// The content address of its manifest.
    manifest: String,
}

impl RowTable for Snapshots {
    const SCHEMA: &'static str = "metadata";
    const NAME: &'static str = "snapshots";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let replica = extent.replica();
        let mut rows = Vec::new();
        for source in extent.data_sources(&replica) {
            let snapshots = metadata::snapshots(&replica, source.oid)?;
            let newest = snapshots.last().map(|snapshot| snapshot.number);
            rows.extend(snapshots.into_iter().map(|snapshot| Row {
                data_source: source.name.clone(),
                number: snapshot.number,
                newest: Some(snapshot.number) == newest,
                version: snapshot.version,
                observed_at: Timestamp(snapshot.observed_at),
                harvested_at: snapshot.harvested_at.map(Timestamp),
                objects: snapshot.objects,
                added: snapshot.difference.added,
                changed: snapshot.difference.changed,
                removed: snapshot.difference.removed,
                manifest: snapshot.manifest.to_string(),
            }));
        }
        Ok(rows)
    }
}
