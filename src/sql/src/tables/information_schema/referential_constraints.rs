//! `information_schema.referential_constraints`: what foreign keys reference, and what they do when that changes.

use spi::metadata::Relation::Constraints;

use super::referenced_key::referenced_key;
use crate::tables::snapshot_table::Kind::{Characters, Identifier};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static REFERENTIAL_CONSTRAINTS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "referential_constraints",
    summary: "Every foreign key that the role may see, and the key that it references.",
    grain: Grain::ConstraintOf(&["FOREIGN KEY"]),
    columns: &[
        SnapshotColumn::key("constraint_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("constraint_schema", Key::Schema, "The schema in it, which is that of the table.", |rows| rows.schema_name()),
        SnapshotColumn::new("constraint_name", Identifier, "The foreign key.", |rows| rows.item_text(Constraints, "name")),
        SnapshotColumn::new("unique_constraint_catalog", Identifier, "The data source, where the referenced key is known.", |rows| {
            rows.made_text(|item| referenced_key(rows, item).map(|_| rows.database.source.name.as_str()))
        }),
        SnapshotColumn::new(
            "unique_constraint_schema",
            Identifier,
            "The schema of the referenced table, where its key is known.",
            |rows| rows.made_text(|item| referenced_key(rows, item).map(|key| key.schema.name.as_str())),
        ),
        SnapshotColumn::new(
            "unique_constraint_name",
            Identifier,
            "The primary or unique key that has exactly the referenced columns; null where the source declares none.",
            |rows| rows.made_text(|item| referenced_key(rows, item).map(|key| key.schema.text(Constraints, "name").value(key.item))),
        ),
        SnapshotColumn::new("match_option", Characters, "Always `NONE`: a foreign key with a null in it references nothing.", |rows| {
            rows.constant("NONE")
        }),
        SnapshotColumn::new("update_rule", Characters, "What happens when the referenced key changes, for example `CASCADE`.", |rows| {
            rows.item_text(Constraints, "on_update")
        }),
        SnapshotColumn::new("delete_rule", Characters, "What happens when the referenced row is deleted.", |rows| {
            rows.item_text(Constraints, "on_delete")
        }),
        SnapshotColumn::OBSERVED_AT,
    ],
};
