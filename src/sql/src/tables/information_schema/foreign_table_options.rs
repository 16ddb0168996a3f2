//! `information_schema.foreign_table_options`: the parameters of tables, for example the format of a table of files.

use spi::metadata::Relation::TableOptions;

use crate::tables::snapshot_table::Kind::{Characters, Identifier};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static FOREIGN_TABLE_OPTIONS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "foreign_table_options",
    summary: "Every parameter that a data source tells of its tables.",
    grain: Grain::OfTable(TableOptions),
    columns: &[
        SnapshotColumn::key("foreign_table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("foreign_table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("foreign_table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::new("option_name", Identifier, "The parameter.", |rows| rows.item_text(TableOptions, "name")),
        SnapshotColumn::new("option_value", Characters, "Its value.", |rows| rows.item_text(TableOptions, "value")),
        SnapshotColumn::OBSERVED_AT,
    ],
};
