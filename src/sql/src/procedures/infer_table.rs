//! `CALL infer_table(data_source, schema, table, definition)`.

use domain::table_definitions::{self, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spi::Result;
use spi::documents::{Column, ColumnCheck, Sample, TableDefinition};
use spi::options::Options;

use super::{AnswerRow, Caller, Procedure};
use crate::call_context::CallContext;
use crate::row::Json;

pub(super) struct InferTable;

/// Looks at a sample of a table now and shows what its columns would be, and why. Nothing is saved. With a definition it shows how that
/// would fit.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    data_source: String,
    /// Schema of the table.
    schema: String,
    /// The table.
    table: String,
    /// A definition to try, as `define_table` takes it; the table's own, if it has one, when none is given.
    definition: Option<Options>,
}

/// One column that the table would have.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// The column.
    column_name: String,
    /// Its type.
    data_type: String,
    /// Where in a record its values are.
    path: String,
    /// Whether a definition gave it its type; else it is the narrowest one that all sampled values have in common.
    declared: bool,
    /// Records that were looked at.
    sampled_rows: u64,
    /// How many of them had a value.
    present_rows: u64,
    /// How many of the values do not fit.
    misfits: u64,
    /// The first of these, and why.
    example: Option<String>,
    /// How many values had which of the source's own types.
    types: Option<Json>,
    /// Two values, cut short, that have no type in common.
    conflict: Option<String>,
    /// How sure it is that the next value has the type, from 0 to below 1; null for a type that was declared.
    confidence: Option<f64>,
}

impl AnswerRow for Row {}

impl Procedure for InferTable {
    const NAME: &'static str = "infer_table";
    const CALLER: Caller = Caller::Usage;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, Args { data_source, schema, table, definition }: Args) -> Result<Vec<Row>> {
        let definition = definition.as_ref().map(TableDefinition::parse).transpose()?;
        let subject = Subject { data_source, schema, table };
        let Sample { inferred, columns, checks } = table_definitions::infer(&ctx.services, &ctx.actor, &subject, definition).await?;
        let row = |(column, check): (Column, ColumnCheck)| {
            let evidence = inferred.iter().find(|inferred| inferred.path == column.path).map(|inferred| &inferred.evidence);
            let types = evidence.map(|evidence| evidence.types.iter().map(|seen| (seen.name.clone(), json!(seen.count))).collect());
            Row {
                data_type: column.pg_type().format(),
                column_name: column.name,
                path: column.path.to_string(),
                declared: column.declared,
                sampled_rows: check.sampled,
                present_rows: check.present,
                misfits: check.misfits,
                example: check.example,
                types: types.map(|types| Json(serde_json::Value::Object(types))),
                conflict: evidence.and_then(|evidence| evidence.conflict.clone()),
                confidence: evidence.filter(|_| !column.declared).map(|evidence| evidence.confidence),
            }
        };
        Ok(columns.into_iter().zip(checks).map(row).collect())
    }
}
