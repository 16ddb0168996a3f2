//! `CALL drop_table_definition(data_source, schema, table)`.

use domain::table_definitions::{self, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spi::Result;

use super::{AnswerRow, Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct DropTableDefinition;

/// Drops the definition of a table, whose columns are then again what its source says and what is inferred. Its versions stay in
/// `metadata.table_definitions`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    data_source: String,
    /// Schema of the table.
    schema: String,
    /// The table.
    table: String,
}

/// What was dropped.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// Name of the data source.
    data_source: String,
    /// Schema of the table.
    schema_name: String,
    /// The table.
    table_name: String,
    /// The version of the table's definition that says that it was dropped.
    version: u64,
    /// The revision of the gateway's state that shows it.
    revision: u64,
}

impl AnswerRow for Row {
    fn revision(&self) -> Option<u64> {
        Some(self.revision)
    }
}

impl Procedure for DropTableDefinition {
    const NAME: &'static str = "drop_table_definition";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, Args { data_source, schema, table }: Args) -> Result<Vec<Row>> {
        let subject = Subject { data_source, schema, table };
        let outcome = table_definitions::drop(&ctx.services, &ctx.actor, &subject).await?;
        let Subject { data_source, schema, table } = subject;
        Ok(vec![Row { data_source, schema_name: schema, table_name: table, version: outcome.version, revision: outcome.revision }])
    }
}
