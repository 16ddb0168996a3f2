//! `information_schema.constraint_column_usage`: the columns that constraints are about.

use arrow::array::ArrayRef;
use spi::metadata::Relation::Constraints;

use crate::tables::snapshot_table::Kind::Identifier;
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

/// No key but the catalog's and the constraint's schema: of a foreign key, table and schema are those that it references.
pub(super) static CONSTRAINT_COLUMN_USAGE: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "constraint_column_usage",
    summary: "Every column that a constraint is about: of a foreign key the referenced ones, of other constraints their own.",
    grain: Grain::ConstraintUsage,
    columns: &[
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::new("table_schema", Identifier, "The schema of the column's table.", |rows| {
            either(&rows.item_text(Constraints, "referenced_schema"), &rows.schema_name())
        }),
        SnapshotColumn::new("table_name", Identifier, "The column's table: of a foreign key the referenced one.", |rows| {
            either(&rows.item_text(Constraints, "referenced_table"), &rows.table_name())
        }),
        SnapshotColumn::new("column_name", Identifier, "The column: of a foreign key the referenced one.", |rows| {
            either(&rows.listed_name(Constraints, "referenced_columns"), &rows.listed_name(Constraints, "columns"))
        }),
        SnapshotColumn::key("constraint_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("constraint_schema", Key::Schema, "The schema of the constraint.", |rows| rows.schema_name()),
        SnapshotColumn::new("constraint_name", Identifier, "The constraint.", |rows| rows.item_text(Constraints, "name")),
        SnapshotColumn::OBSERVED_AT,
    ],
};

/// The first text where there is one, else the second.
fn either(first: &ArrayRef, second: &ArrayRef) -> ArrayRef {
    // Both have one text per row.
    let missing = arrow::compute::is_null(first).expect("nulls of an array");
    arrow::compute::kernels::zip::zip(&missing, second, first).expect("two arrays of one length")
}
