//! `CALL define_table(data_source, schema, table, definition, comment)`.

use domain::table_definitions::{self, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spi::Result;
use spi::documents::{Column, ColumnCheck, TableDefinition};
use spi::options::Options;

use super::{AnswerRow, Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct DefineTable;

/// Says what columns a table has whose source does not say it, or less than it should: their types, where in a record they are, what is
/// the key. The definition is tried on a sample; one with a column that fits none of its values is not saved. It is a new version of
/// the table's definition, and holds until the next one, through every refresh.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    data_source: String,
    /// Schema of the table.
    schema: String,
    /// The table. It need not be there yet, where the source's type can make one of a definition.
    table: String,
    /// The definition: `columns` (each with `name`, `type`, `path`, `nullable`, `comment`), `only_these_columns`, `key`, `format`, `filter`,
    /// `row_path`, `comment`. What it does not say is inferred. A table of Redis' keys has a `pattern` for a filter, as SCAN takes it, and a
    /// `type` for a format: `hash`, `string`, `json`, `list`, `set`, `zset` or `stream`. A topic of Kafka whose values are JSON has a `row_path`
    /// where each value holds a list of rows: `response.items`.
    definition: Options,
    /// Why it is defined so, for `metadata.table_definitions`.
    comment: Option<String>,
}

/// One column of the table, and how it fits the sample.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// The column.
    column_name: String,
    /// Its type.
    data_type: String,
    /// Where in a record its values are.
    path: String,
    /// Whether the definition gave it its type; else it was inferred.
    declared: bool,
    /// Records that were looked at.
    sampled_rows: u64,
    /// How many of them had a value.
    present_rows: u64,
    /// How many of the values do not fit.
    misfits: u64,
    /// The first of these, and why.
    example: Option<String>,
    /// The version of the table's definition that holds now.
    version: u64,
    /// Whether it is a new one.
    changed: bool,
    /// The revision of the gateway's state that shows it.
    revision: u64,
}

impl AnswerRow for Row {
    fn revision(&self) -> Option<u64> {
        Some(self.revision)
    }
}

impl Procedure for DefineTable {
    const NAME: &'static str = "define_table";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, Args { data_source, schema, table, definition, comment }: Args) -> Result<Vec<Row>> {
        let definition = TableDefinition::parse(&definition)?;
        let subject = Subject { data_source, schema, table };
        let (outcome, sample) = table_definitions::define(&ctx.services, &ctx.actor, &subject, definition, comment).await?;
        let row = |(column, check): (Column, ColumnCheck)| Row {
            data_type: column.pg_type().format(),
            column_name: column.name,
            path: column.path.to_string(),
            declared: column.declared,
            sampled_rows: check.sampled,
            present_rows: check.present,
            misfits: check.misfits,
            example: check.example,
            version: outcome.version,
            changed: outcome.changed,
            revision: outcome.revision,
        };
        Ok(sample.columns.into_iter().zip(sample.checks).map(row).collect())
    }
}
