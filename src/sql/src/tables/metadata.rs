//! `metadata`: snapshots of the metadata of data sources, and what only they can tell.

use crate::tables::Table;

mod freshness;
mod partitions;
mod snapshots;

pub(super) const ALL: &[&dyn Table] = &[&freshness::Freshness, &partitions::PARTITIONS, &snapshots::Snapshots];
