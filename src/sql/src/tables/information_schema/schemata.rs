//! `information_schema.schemata`: the schemas of every visible data source.

use crate::tables::snapshot_table::Kind::{Characters, Identifier};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static SCHEMATA: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "schemata",
    summary: "Every schema of every data source that the role may see.",
    grain: Grain::Schema,
    columns: &[
        SnapshotColumn::key("catalog_name", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("schema_name", Key::Schema, "The schema.", |rows| rows.schema_name()),
        SnapshotColumn::new("schema_owner", Identifier, "Its owner, where the source has owners.", |rows| {
            rows.schema.owner.as_deref().map_or_else(|| rows.null_text(), |owner| rows.constant(owner))
        }),
        SnapshotColumn::absent("default_character_set_catalog", Identifier),
        SnapshotColumn::absent("default_character_set_schema", Identifier),
        SnapshotColumn::absent("default_character_set_name", Identifier),
        SnapshotColumn::absent("sql_path", Characters),
        SnapshotColumn::new("comment", Characters, "The schema's comment.", |rows| {
            rows.schema.comment.as_deref().map_or_else(|| rows.null_text(), |comment| rows.constant(comment))
        }),
        SnapshotColumn::OBSERVED_AT,
    ],
};
