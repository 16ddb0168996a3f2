//! `information_schema.check_constraints`: the conditions that rows must meet.

use spi::metadata::Relation::Constraints;

use crate::tables::snapshot_table::Kind::{Characters, Identifier};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static CHECK_CONSTRAINTS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "check_constraints",
    summary: "Every check of every table that the role may see.",
    grain: Grain::ConstraintOf(&["CHECK"]),
    columns: &[
        SnapshotColumn::key("constraint_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("constraint_schema", Key::Schema, "The schema in it, which is that of the table.", |rows| rows.schema_name()),
        SnapshotColumn::new("constraint_name", Identifier, "The check.", |rows| rows.item_text(Constraints, "name")),
        SnapshotColumn::new("check_clause", Characters, "Its condition, as the source writes it.", |rows| {
            rows.item_text(Constraints, "expression")
        }),
        SnapshotColumn::OBSERVED_AT,
    ],
};
