//! `information_schema`: the standard's columns exactly as PostgreSQL 16 has them, then ours.
//!
//! Every relation is gathered from the pinned metadata snapshots. None ever asks a data source.

use crate::tables::Table;

mod applicable_roles;
mod character_sets;
mod check_constraints;
mod collations;
mod columns;
mod constraint_column_usage;
mod enabled_roles;
mod foreign_server_options;
mod foreign_servers;
mod foreign_table_options;
mod foreign_tables;
mod key_column_usage;
mod parameters;
mod partitions;
mod referenced_key;
mod referential_constraints;
mod routines;
mod schemata;
mod sequences;
mod table_constraints;
mod tables;
mod triggers;
mod types;
mod views;

pub(super) const ALL: &[&dyn Table] = &[
    &applicable_roles::ApplicableRoles,
    &character_sets::CharacterSets,
    &check_constraints::CHECK_CONSTRAINTS,
    &collations::Collations,
    &columns::COLUMNS,
    &constraint_column_usage::CONSTRAINT_COLUMN_USAGE,
    &enabled_roles::EnabledRoles,
    &foreign_server_options::ForeignServerOptions,
    &foreign_servers::ForeignServers,
    &foreign_table_options::FOREIGN_TABLE_OPTIONS,
    &foreign_tables::FOREIGN_TABLES,
    &key_column_usage::KEY_COLUMN_USAGE,
    &parameters::PARAMETERS,
    &partitions::PARTITIONS,
    &referential_constraints::REFERENTIAL_CONSTRAINTS,
    &routines::ROUTINES,
    &schemata::SCHEMATA,
    &sequences::SEQUENCES,
    &table_constraints::TABLE_CONSTRAINTS,
    &tables::TABLES,
    &triggers::TRIGGERS,
    &views::VIEWS,
];
