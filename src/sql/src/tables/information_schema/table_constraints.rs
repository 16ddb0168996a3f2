//! `information_schema.table_constraints`: the keys, foreign keys and checks of tables.
//!
//! PostgreSQL 16 also lists every NOT NULL as a check whose name is made of OIDs. We do not: `columns.is_nullable` says the same.

use spi::metadata::Relation::Constraints;

use crate::tables::snapshot_table::Kind::{Characters, Identifier, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static TABLE_CONSTRAINTS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "table_constraints",
    summary: "Every primary key, unique key, foreign key and check of every table that the role may see.",
    grain: Grain::ConstraintOf(&["PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK"]),
    columns: &[
        SnapshotColumn::key("constraint_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("constraint_schema", Key::Schema, "The schema in it, which is that of the table.", |rows| rows.schema_name()),
        SnapshotColumn::new("constraint_name", Identifier, "The constraint.", |rows| rows.item_text(Constraints, "name")),
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::new("constraint_type", Characters, "`PRIMARY KEY`, `UNIQUE`, `FOREIGN KEY` or `CHECK`.", |rows| {
            rows.item_text(Constraints, "kind")
        }),
        SnapshotColumn::new("is_deferrable", YesOrNo, "Whether the source can check it at the end of a transaction.", |rows| {
            rows.item_yes_or_no(Constraints, "deferrable")
        }),
        SnapshotColumn::new("initially_deferred", YesOrNo, "Whether the source does so unless told otherwise.", |rows| {
            rows.item_yes_or_no(Constraints, "initially_deferred")
        }),
        SnapshotColumn::new("enforced", YesOrNo, "Always `YES`.", |rows| rows.yes_or_no(true)),
        SnapshotColumn::new("nulls_distinct", YesOrNo, "Whether nulls of a unique key count as different; null for others.", |rows| {
            rows.optional_word(Constraints, "kind", |kind| (kind == Some("UNIQUE")).then_some("YES"))
        }),
        SnapshotColumn::OBSERVED_AT,
    ],
};
