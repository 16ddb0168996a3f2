//! `metadata.table_definitions`: what operators have said about tables, version by version.

use domain::table_definitions;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;

use crate::row::{Json, Timestamp};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct TableDefinitions;

/// A version of the definition of a table. Versions never change.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// The schema in it.
    schema_name: String,
    /// The table.
    table_name: String,
    /// Counts the versions of the table's definition from 1.
    version: u64,
    /// Whether it is the newest one, which holds.
    current: bool,
    /// The definition; null for a version that dropped it.
    definition: Option<Json>,
    /// The comment that was given with it.
    comment: Option<String>,
    /// When it was saved.
    created_at: Timestamp,
    /// The role that saved it.
    created_by: String,
}

impl RowTable for TableDefinitions {
    const SCHEMA: &'static str = "metadata";
    const NAME: &'static str = "table_definitions";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let replica = extent.replica();
        let mut rows = Vec::new();
        for source in extent.data_sources(&replica) {
            rows.extend(table_definitions::versions(&replica, source.oid).into_iter().map(|version| Row {
                data_source: source.name.clone(),
                schema_name: version.schema,
                table_name: version.table,
                version: version.number,
                current: version.current,
                definition: version.definition.map(|definition| Json(json!(definition))),
                comment: version.comment,
                created_at: Timestamp(version.created_at),
                created_by: version.created_by,
            }));
        }
        Ok(rows)
    }
}
