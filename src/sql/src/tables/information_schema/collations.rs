//! `information_schema.collations`: how text is ordered, once for each database.

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::{Characters, Identifier};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Collations;

/// The collations of each database. All order text by its bytes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    collation_catalog: Identifier,
    /// Always `pg_catalog`.
    collation_schema: Identifier,
    /// `default`, `C` or `POSIX`, which mean the same.
    collation_name: Identifier,
    /// Always `NO PAD`: trailing spaces count.
    pad_attribute: Characters,
}

impl RowTable for Collations {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "collations";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let row = |catalog: &str, name: &str| Row {
            collation_catalog: catalog.into(),
            collation_schema: "pg_catalog".into(),
            collation_name: name.into(),
            pad_attribute: Characters("NO PAD".to_owned()),
        };
        let databases = extent.databases();
        Ok(databases.iter().flat_map(|database| ["default", "C", "POSIX"].map(|name| row(&database.source.name, name))).collect())
    }
}
