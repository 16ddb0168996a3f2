//! `cluster.changes`: the change log that all nodes of the gateway follow.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;
use store::{Entry, Op};

use crate::row::{Json, Timestamp};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

/// Older ones are looked up one by one, if ever: an answer of 10,000 rows takes some megabytes.
const CHANGES_SHOWN_MAX: u64 = 10_000;
/// Entries come with all that they wrote, up to half a megabyte each, of which only the keys are kept.
const CHANGES_AT_ONCE: usize = 100;

pub(super) struct Changes;

/// A committed change, the newest last. Superusers see the newest 10,000, other roles none.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// Its place in the log, without a gap.
    revision: u64,
    /// When it was made.
    committed_at: Timestamp,
    /// The role that made it.
    actor: String,
    /// The gateway that it was made on.
    node: String,
    /// The name under which it can be committed only once.
    change_id: String,
    /// The records that it wrote, as a JSON array of their keys.
    keys: Json,
    /// The records that it removed, likewise.
    removed_keys: Json,
}

impl RowTable for Changes {
    const SCHEMA: &'static str = "cluster";
    const NAME: &'static str = "changes";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        if !extent.ctx.role.superuser {
            return Ok(Vec::new());
        }
        let store = &extent.ctx.services().store;
        let head = store.replica().revision();
        let mut after = head.saturating_sub(CHANGES_SHOWN_MAX);
        let mut rows = Vec::new();
        while after < head {
            let entries = store.history(after, CHANGES_AT_ONCE).await?;
            let Some(last) = entries.last() else { break };
            after = last.rev;
            rows.extend(entries.iter().map(row));
        }
        Ok(rows)
    }
}

fn row(entry: &Entry) -> Row {
    let keys = |removed: bool| {
        Json(json!(entry.ops.iter().filter(|op| matches!(op, Op::Delete { .. }) == removed).map(Op::key).collect::<Vec<_>>()))
    };
    Row {
        revision: entry.rev,
        committed_at: Timestamp(entry.at),
        actor: entry.actor.clone(),
        node: entry.node.clone(),
        change_id: entry.change_id.to_string(),
        keys: keys(false),
        removed_keys: keys(true),
    }
}
