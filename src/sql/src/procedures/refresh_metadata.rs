//! `CALL refresh_metadata(name, schema, table)`.

use domain::access;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spi::Result;
use spi::connector::Scope;

use super::{AnswerRow, Caller, Procedure};
use crate::call_context::CallContext;
use crate::row::Timestamp;

pub(super) struct RefreshMetadata;

/// Reads the metadata of a data source, or of a part of it, from the source now, and waits for it.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// Only this schema.
    schema: Option<String>,
    /// Only this table of the schema.
    table: Option<String>,
    /// Harvest even a source that says that nothing has changed, as PostgreSQL and MySQL can; its estimates of sizes may have.
    #[serde(default = "yes")]
    full: bool,
}

fn yes() -> bool {
    true
}

/// What was found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// Name of the data source.
    name: String,
    /// Schemas, tables, routines, types and sequences of the whole source.
    objects: u64,
    /// Objects that were not there before.
    added: u64,
    /// Objects that differ from before.
    changed: u64,
    /// Objects that are there no more.
    removed: u64,
    /// Requests that were made to the source.
    remote_calls: u64,
    /// How long it took, in milliseconds.
    elapsed_ms: u64,
    /// Number of the newest snapshot, which is an older one if nothing was found to have changed.
    snapshot: u64,
    /// When the metadata was last seen to be as it is shown now.
    observed_at: Option<Timestamp>,
    /// Whether there was a harvest at all; false where the source said that nothing has changed.
    harvested: bool,
}

impl AnswerRow for Row {}

impl Procedure for RefreshMetadata {
    const NAME: &'static str = "refresh_metadata";
    const CALLER: Caller = Caller::Usage;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, Args { name, schema, table, full }: Args) -> Result<Vec<Row>> {
        let source = access::require_usage(&ctx.services.store.replica(), &ctx.actor, &name)?;
        let done = ctx.services.refreshes.refresh(&ctx.actor, source.oid, Scope { schema, table }, full).await?;
        let freshness = ctx.services.refreshes.freshness().into_iter().find(|fresh| fresh.source_oid == source.oid);
        Ok(vec![Row {
            name,
            objects: done.objects,
            added: done.added,
            changed: done.changed,
            removed: done.removed,
            remote_calls: done.remote_calls,
            elapsed_ms: done.elapsed_ms,
            snapshot: done.snapshot,
            observed_at: freshness.and_then(|fresh| fresh.observed_at).map(Timestamp),
            harvested: done.harvested,
        }])
    }
}
