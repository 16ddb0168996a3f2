//! `CALL execute_on(name, statement)`.

use domain::access;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spi::Result;

use super::{AnswerRow, Caller, Procedure};
use crate::call_context::CallContext;
use crate::source_access;

pub(super) struct ExecuteOn;

/// Runs one statement in a data source's own language, outside of any transaction block, and waits for it. Rows that it answers with are
/// thrown away: `SELECT * FROM query(name, statement)` reads them. The audit log keeps the statement's text. Of a text of more than
/// 10,000 characters it keeps the beginning. SQL Server runs a text of several statements too, and not as one transaction.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source. Its option `read_only` must be false.
    name: String,
    /// The statement, as the source itself reads it.
    statement: String,
}

/// What the statement did.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// How many rows it concerned, as the source says; 0 where it says nothing.
    rows: u64,
}

impl AnswerRow for Row {}

impl Procedure for ExecuteOn {
    const NAME: &'static str = "execute_on";
    const CALLER: Caller = Caller::Execute;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, Args { name, statement }: Args) -> Result<Vec<Row>> {
        let source = source_access::require(&ctx.services, &ctx.actor, &name, access::Privilege::Execute)?;
        let connector = source_access::writable(&ctx.services, &source).await?;
        Ok(vec![Row { rows: connector.execute(&statement, &ctx.actor.role).await? }])
    }
}
