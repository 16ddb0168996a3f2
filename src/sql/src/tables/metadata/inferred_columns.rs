//! `metadata.inferred_columns`: on what evidence a column of documents has its type.

use spi::metadata::Relation::InferredColumns;

use crate::tables::snapshot_table::Kind::{BigInt, Boolean, Double, Jsonb, Text};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static INFERRED_COLUMNS: SnapshotTable = SnapshotTable {
    schema: "metadata",
    name: "inferred_columns",
    summary: "Columns that a source does not declare, and the fields within them, with what a sample of its documents says about them.",
    grain: Grain::OfTable(InferredColumns),
    columns: &[
        SnapshotColumn::key("data_source", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("schema_name", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::new("column_name", Text, "The column.", |rows| rows.item_text(InferredColumns, "column")),
        SnapshotColumn::new("path", Text, "Where in a document the values are; `[]` stands for the elements of a list.", |rows| {
            rows.item_text(InferredColumns, "path")
        }),
        SnapshotColumn::new("data_type", Text, "The narrowest type that all values seen have in common.", |rows| {
            rows.item_text(InferredColumns, "data_type")
        }),
        SnapshotColumn::new("sampled_rows", BigInt, "Documents, or elements of lists, that were looked at.", |rows| {
            rows.item(InferredColumns, "sampled")
        }),
        SnapshotColumn::new("present_rows", BigInt, "How many of them had a value.", |rows| rows.item(InferredColumns, "present")),
        SnapshotColumn::new("null_rows", BigInt, "How many had a null; the others did not have the field.", |rows| {
            rows.item(InferredColumns, "nulls")
        }),
        SnapshotColumn::new("types", Jsonb, "How many values had which of the source's own types.", |rows| {
            rows.item_text(InferredColumns, "types")
        }),
        SnapshotColumn::new("conflict", Text, "Two values, cut short, that have no type in common; null if all have one.", |rows| {
            rows.item_text(InferredColumns, "conflict")
        }),
        SnapshotColumn::new(
            "confidence",
            Double,
            "How sure it is that the next value has the type, from 0 to below 1: the values that agree, divided by one more than all values.",
            |rows| rows.item(InferredColumns, "confidence"),
        ),
        SnapshotColumn::new(
            "confirmed",
            Boolean,
            "Whether the last sample showed the field. One that it did not show stays, with its earlier evidence.",
            |rows| rows.item(InferredColumns, "confirmed"),
        ),
        SnapshotColumn::OBSERVED_AT,
    ],
};
