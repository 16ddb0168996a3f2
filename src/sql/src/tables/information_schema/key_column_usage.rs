//! `information_schema.key_column_usage`: the columns of primary keys, unique keys and foreign keys.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array};
use spi::metadata::Relation::Constraints;

use super::referenced_key::{position_in_referenced_key, referenced_key};
use crate::tables::snapshot_table::Kind::{Cardinal, Identifier};
use crate::tables::snapshot_table::{Grain, Key, Rows, SnapshotColumn, SnapshotTable};

pub(super) static KEY_COLUMN_USAGE: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "key_column_usage",
    summary: "Every column of every primary key, unique key and foreign key that the role may see.",
    grain: Grain::ConstraintColumn(&["PRIMARY KEY", "UNIQUE", "FOREIGN KEY"]),
    columns: &[
        SnapshotColumn::key("constraint_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("constraint_schema", Key::Schema, "The schema in it, which is that of the table.", |rows| rows.schema_name()),
        SnapshotColumn::new("constraint_name", Identifier, "The key.", |rows| rows.item_text(Constraints, "name")),
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The table that has the key.", |rows| rows.table_name()),
        SnapshotColumn::new("column_name", Identifier, "The column.", |rows| rows.listed_name(Constraints, "columns")),
        SnapshotColumn::new("ordinal_position", Cardinal, "Its place in the key, from 1.", |rows| rows.position()),
        SnapshotColumn::new(
            "position_in_unique_constraint",
            Cardinal,
            "Of a foreign key: the place of the referenced column in the key that it references, from 1.",
            position_in_unique_constraint,
        ),
        SnapshotColumn::OBSERVED_AT,
    ],
};

fn position_in_unique_constraint(rows: &Rows<'_>) -> ArrayRef {
    let places = rows.items.values().iter().zip(rows.positions.values());
    let positions: Int32Array = places
        .map(|(item, position)| {
            let key = referenced_key(rows, *item as usize)?;
            position_in_referenced_key(rows.schema, *item as usize, *position as usize, &key)
        })
        .collect();
    Arc::new(positions)
}
