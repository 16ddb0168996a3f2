//! `information_schema.tables`: every table and view of every visible data source.

use spi::metadata::Relation;

use crate::tables::snapshot_table::Kind::{Characters, Identifier, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static TABLES: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "tables",
    summary: "Every table and view of every data source that the role may see.",
    grain: Grain::Table,
    columns: &[
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::new("table_type", Characters, "`BASE TABLE` or `VIEW`.", |rows| {
            rows.word(Relation::Tables, "kind", &rows.tables, |kind| Some(if kind.ends_with("view") { "VIEW" } else { "BASE TABLE" }))
        }),
        SnapshotColumn::absent("self_referencing_column_name", Identifier),
        SnapshotColumn::absent("reference_generation", Characters),
        SnapshotColumn::absent("user_defined_type_catalog", Identifier),
        SnapshotColumn::absent("user_defined_type_schema", Identifier),
        SnapshotColumn::absent("user_defined_type_name", Identifier),
        SnapshotColumn::new(
            "is_insertable_into",
            YesOrNo,
            "Always `NO`: `admin.data_source_types` and the source's option `read_only` say where INSERT works.",
            |rows| rows.yes_or_no(false),
        ),
        SnapshotColumn::new("is_typed", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::absent("commit_action", Characters),
        SnapshotColumn::new("native_type", Characters, "What the source itself calls this kind of object.", |rows| rows.table_text("kind")),
        SnapshotColumn::new("comment", Characters, "The table's comment.", |rows| rows.table_text("comment")),
        SnapshotColumn::OBSERVED_AT,
    ],
};
