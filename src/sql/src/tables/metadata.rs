//! `metadata`: snapshots of the metadata of data sources, and what only they can tell.

use crate::tables::Table;

mod freshness;
mod inferred_columns;
mod partitions;
mod snapshots;
mod table_definitions;

pub(super) const ALL: &[&dyn Table] = &[
    &freshness::Freshness,
    &inferred_columns::INFERRED_COLUMNS,
    &partitions::PARTITIONS,
    &snapshots::Snapshots,
    &table_definitions::TableDefinitions,
];
