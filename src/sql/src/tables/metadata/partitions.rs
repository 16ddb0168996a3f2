//! `metadata.partitions`: every partition of every table, under the gateway's own names.

use spi::metadata::Relation::Partitions;

use crate::tables::snapshot_table::Kind::{BigInt, Text};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static PARTITIONS: SnapshotTable = SnapshotTable {
    schema: "metadata",
    name: "partitions",
    summary: "Every partition of every partitioned table that the role may see, whatever the source calls it.",
    grain: Grain::OfTable(Partitions),
    columns: &[
        SnapshotColumn::key("data_source", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("schema_name", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The partitioned table.", |rows| rows.table_name()),
        SnapshotColumn::new("partition_name", Text, "The partition, as the source calls it.", |rows| rows.item_text(Partitions, "name")),
        SnapshotColumn::new("method", Text, "`range`, `list`, `hash` or `key`.", |rows| rows.item_text(Partitions, "method")),
        SnapshotColumn::new("expression", Text, "What the table is partitioned by.", |rows| rows.item_text(Partitions, "expression")),
        SnapshotColumn::new("bounds", Text, "The bounds or values of the partition, as the source writes them.", |rows| {
            rows.item_text(Partitions, "description")
        }),
        SnapshotColumn::new("location", Text, "Where its rows are, where the source tells.", |rows| rows.item_text(Partitions, "location")),
        SnapshotColumn::new("row_estimate", BigInt, "Estimated number of rows.", |rows| rows.item(Partitions, "row_estimate")),
        SnapshotColumn::new("size_bytes", BigInt, "Size in the source.", |rows| rows.item(Partitions, "size_bytes")),
        SnapshotColumn::OBSERVED_AT,
    ],
};
