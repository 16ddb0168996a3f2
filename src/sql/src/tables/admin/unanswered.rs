//! `admin.unanswered`: what clients asked of PostgreSQL's catalog and did not get.

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Unanswered;

/// A kind of statement, over PostgreSQL's catalog or over no table at all, that failed on this node because a function does not exist or a
/// form is not supported: where PostgreSQL has it, metagate should. Superusers see all of them, others none.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The statement, with `?` for each literal.
    statement: String,
    /// The client's `application_name`.
    application_name: String,
    /// The SQLSTATE of the first failure: `42883` for an unknown function or operator, `0A000` for what is not supported.
    sqlstate: &'static str,
    /// What does not exist; empty where it is a form of a statement that is not supported.
    message: String,
    /// How often it was sent.
    count: i64,
    /// When it was sent for the first time since the node began.
    first_seen_at: Timestamp,
    /// When it was sent last.
    last_seen_at: Timestamp,
}

impl RowTable for Unanswered {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "unanswered";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        if !extent.ctx.role.superuser {
            return Ok(Vec::new());
        }
        let row = |(key, counted): (crate::unanswered::Key, crate::unanswered::Counted)| Row {
            statement: key.statement.to_string(),
            application_name: key.application_name.to_string(),
            sqlstate: counted.sqlstate,
            message: counted.message,
            count: counted.count as i64,
            first_seen_at: Timestamp(counted.first_seen_at),
            last_seen_at: Timestamp(counted.last_seen_at),
        };
        Ok(extent.ctx.engine.unanswered().all().into_iter().map(row).collect())
    }
}
