//! `information_schema.foreign_server_options`: the options of data sources, secrets masked.

use domain::data_sources::{self, State};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use spi::Result;

use crate::row::{Characters, Identifier};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct ForeignServerOptions;

/// Every option that a data source is read with: those of its published version, else of its newest. Secret ones are masked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source, as the database that it is.
    foreign_server_catalog: Identifier,
    /// The data source.
    foreign_server_name: Identifier,
    /// The option.
    option_name: Identifier,
    /// Its value, masked if it is secret.
    option_value: Characters,
}

impl RowTable for ForeignServerOptions {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "foreign_server_options";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let (replica, services) = (extent.replica(), extent.ctx.services());
        let mut rows = Vec::new();
        for source in extent.data_sources(&replica) {
            let number = source.published_version.unwrap_or(source.current_version);
            if source.state == State::Dropped {
                continue;
            }
            let version = data_sources::version(&replica, &source, number)?;
            let options = data_sources::masked_options(&services.factories, &source.kind, &version);
            rows.extend(options.into_iter().map(|(name, value)| Row {
                foreign_server_catalog: Identifier(source.name.clone()),
                foreign_server_name: Identifier(source.name.clone()),
                option_name: Identifier(name),
                option_value: Characters(as_text(value)),
            }));
        }
        Ok(rows)
    }
}

/// The text of a JSON value: of a string what it says, without its quotes.
fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
