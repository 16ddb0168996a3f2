//! `information_schema.foreign_tables`: every table of a data source, as PostgreSQL lists the tables of its foreign servers.

use crate::tables::snapshot_table::Kind::Identifier;
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static FOREIGN_TABLES: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "foreign_tables",
    summary: "Every table of every data source that the role may see, with the data source as its server.",
    grain: Grain::TableOf(&["table", "partitioned table"]),
    columns: &[
        SnapshotColumn::key("foreign_table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("foreign_table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("foreign_table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::key("foreign_server_catalog", Key::Catalog, "The data source, as the database that it is.", |rows| rows.catalog()),
        SnapshotColumn::new("foreign_server_name", Identifier, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::OBSERVED_AT,
    ],
};
