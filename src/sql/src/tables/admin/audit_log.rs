//! `admin.audit_log`: who asked for what, and what came of it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use spi::Result;
use store::journal::{JournalEntry, JournalFilter};

use crate::row::{Json, Timestamp};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct AuditLog;

/// An administrative statement, an INSERT or a statement in a data source's own language, and its outcome, the newest last. A superuser
/// sees all, another role its own; the newest 100,000 are shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// Counts the entries of this gateway.
    number: i64,
    /// When it was answered.
    answered_at: Timestamp,
    /// The role that asked.
    #[serde(rename = "role")]
    role_name: String,
    /// The process id of its session, as clients see it.
    session_pid: Option<i32>,
    /// The address of its client.
    client_addr: Option<String>,
    /// The database that the session was connected to.
    database: Option<String>,
    /// The procedure, function or statement, such as `create_datasource`, `query` or `INSERT`.
    action: String,
    /// What it was done to.
    object: Option<String>,
    /// The arguments; secret ones are masked. For rows of a data source also how many there were.
    arguments: Option<Json>,
    /// Why it failed; null if it succeeded.
    sqlstate: Option<String>,
    /// What the error said.
    message: Option<String>,
    /// The revision that the answer tells of; null if it failed.
    revision: Option<u64>,
    /// How long it took.
    elapsed_ms: f64,
}

impl RowTable for AuditLog {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "audit_log";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let role = &extent.ctx.role;
        let entries = extent.ctx.services().journal.read(&JournalFilter::default()).await?;
        Ok(entries.into_iter().filter(|entry| role.superuser || entry.role_name == role.name).map(row).collect())
    }
}

fn row(entry: JournalEntry) -> Row {
    // What is no JSON after all is shown as a string of it.
    let arguments = |text: String| Json(serde_json::from_str(&text).unwrap_or(Value::String(text)));
    Row {
        number: entry.seq,
        answered_at: Timestamp(entry.at),
        role_name: entry.role_name,
        session_pid: entry.session_pid,
        client_addr: entry.client_addr,
        database: entry.database,
        action: entry.action,
        object: entry.object,
        arguments: entry.arguments.map(arguments),
        sqlstate: entry.sqlstate,
        message: entry.message,
        revision: entry.revision,
        elapsed_ms: entry.elapsed_ms,
    }
}
