//! `information_schema.partitions`: the partitions of tables. The standard has no such view; the names are MySQL's where it has one.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array};
use spi::metadata::Relation::Partitions;

use crate::tables::snapshot_table::Kind::{BigInt, Cardinal, Characters, Identifier};
use crate::tables::snapshot_table::{Grain, Key, Rows, SnapshotColumn, SnapshotTable};

pub(super) static PARTITIONS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "partitions",
    summary: "Every partition of every partitioned table that the role may see.",
    grain: Grain::OfTable(Partitions),
    columns: &[
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The partitioned table.", |rows| rows.table_name()),
        SnapshotColumn::new("partition_name", Identifier, "The partition, as the source calls it.", |rows| {
            rows.item_text(Partitions, "name")
        }),
        SnapshotColumn::new(
            "partition_ordinal_position",
            Cardinal,
            "Its place among the partitions of the table, by name, from 1.",
            ordinal_position,
        ),
        SnapshotColumn::new("partition_method", Characters, "`RANGE`, `LIST`, `HASH` or `KEY`.", |rows| {
            let methods = rows.schema.words(Partitions, "method").downcast_dict::<arrow::array::StringArray>();
            rows.made_text(|item| {
                methods.as_ref().map(|methods| methods.values().value(methods.keys().value(item) as usize).to_uppercase())
            })
        }),
        SnapshotColumn::new("partition_expression", Characters, "What the table is partitioned by.", |rows| {
            rows.item_text(Partitions, "expression")
        }),
        SnapshotColumn::new(
            "partition_description",
            Characters,
            "The bounds or values of the partition, as the source writes them.",
            |rows| rows.item_text(Partitions, "description"),
        ),
        SnapshotColumn::new("location", Characters, "Where its rows are, where the source tells.", |rows| {
            rows.item_text(Partitions, "location")
        }),
        SnapshotColumn::new("table_rows", BigInt, "Estimated number of rows.", |rows| rows.item(Partitions, "row_estimate")),
        SnapshotColumn::new("data_length", BigInt, "Size in the source, in bytes.", |rows| rows.item(Partitions, "size_bytes")),
        SnapshotColumn::OBSERVED_AT,
    ],
};

/// The rows of a table's partitions follow each other, ordered by name.
fn ordinal_position(rows: &Rows<'_>) -> ArrayRef {
    let place = |(table, item): (&u32, &u32)| *item as i32 - rows.schema.rows_of(Partitions, *table as usize).start as i32 + 1;
    Arc::new(Int32Array::from_iter_values(rows.tables.values().iter().zip(rows.items.values()).map(place)))
}
