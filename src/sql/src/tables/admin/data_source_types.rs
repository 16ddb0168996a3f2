//! `admin.data_source_types`: the types of data sources that this gateway knows.

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSourceTypes;

/// A type of data source, for `create_datasource`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What such a data source is.
    summary: &'static str,
}

impl RowTable for DataSourceTypes {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_source_types";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let factories = &extent.ctx.services().factories;
        Ok(factories.list().map(|factory| Row { kind: factory.kind(), summary: factory.summary() }).collect())
    }
}
