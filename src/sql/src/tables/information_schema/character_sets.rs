//! `information_schema.character_sets`: the one character set, once for each database, as PostgreSQL lists it.

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Identifier;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct CharacterSets;

/// The character set of each database.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// Applies to a feature that no data source has; always null.
    character_set_catalog: Option<Identifier>,
    /// Applies to a feature that no data source has; always null.
    character_set_schema: Option<Identifier>,
    /// Always `UTF8`.
    character_set_name: Identifier,
    /// Always `UCS`.
    character_repertoire: Identifier,
    /// Always `UTF8`.
    form_of_use: Identifier,
    /// The data source.
    default_collate_catalog: Identifier,
    /// Always `pg_catalog`.
    default_collate_schema: Identifier,
    /// Always `C`: text is ordered by its bytes.
    default_collate_name: Identifier,
}

impl RowTable for CharacterSets {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "character_sets";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let row = |catalog: &str| Row {
            character_set_catalog: None,
            character_set_schema: None,
            character_set_name: "UTF8".into(),
            character_repertoire: "UCS".into(),
            form_of_use: "UTF8".into(),
            default_collate_catalog: catalog.into(),
            default_collate_schema: "pg_catalog".into(),
            default_collate_name: "C".into(),
        };
        Ok(extent.databases().iter().map(|database| row(&database.source.name)).collect())
    }
}
