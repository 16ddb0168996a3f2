//! Functions about the catalog: the SQL of objects, names, visibility, privileges, sizes, statistics.
//!
//! All of them read the catalog of the statement, so that they answer alike for what belongs to PostgreSQL itself and for the objects of
//! data sources.

mod constraints;
mod events;
mod expressions;
mod facts;
mod identify;
mod indexes;
mod lookup;
pub(crate) mod names;
mod partition_constraint;
mod partitions;
mod pretty;
mod privileges;
mod properties;
pub(crate) mod records;
mod recovery;
mod refused;
mod registered;
mod relations;
mod routine_definition;
mod routines;
mod sequences;
mod sizes;
mod statistics;
mod storage;
#[cfg(test)]
mod tests;
mod triggers;
mod type_names;
mod views;
mod visible;

use crate::function::{ScalarEntry, SetEntry};

pub(super) const FUNCTIONS: &[&[ScalarEntry]] = &[
    constraints::FUNCTIONS,
    events::FUNCTIONS,
    expressions::FUNCTIONS,
    facts::FUNCTIONS,
    identify::FUNCTIONS,
    indexes::FUNCTIONS,
    partitions::FUNCTIONS,
    properties::FUNCTIONS,
    recovery::FUNCTIONS,
    refused::FUNCTIONS,
    registered::FUNCTIONS,
    relations::FUNCTIONS,
    routine_definition::FUNCTIONS,
    routines::FUNCTIONS,
    sequences::FUNCTIONS,
    sizes::FUNCTIONS,
    statistics::backends::FUNCTIONS,
    statistics::database::FUNCTIONS,
    statistics::server::FUNCTIONS,
    statistics::tables::FUNCTIONS,
    storage::FUNCTIONS,
    triggers::FUNCTIONS,
    type_names::FUNCTIONS,
    views::FUNCTIONS,
    visible::FUNCTIONS,
    privileges::TABLE,
    privileges::SEQUENCE,
    privileges::DATABASE,
    privileges::SCHEMA,
    privileges::FUNCTION,
    privileges::TYPE,
    privileges::LANGUAGE,
    privileges::TABLESPACE,
    privileges::SERVER,
    privileges::FOREIGN_DATA_WRAPPER,
    privileges::OTHERS,
    privileges::acl::FUNCTIONS,
    privileges::columns::FUNCTIONS,
    privileges::member::FUNCTIONS,
];

pub(super) const SETS: &[&[SetEntry]] = &[
    events::SETS,
    facts::SETS,
    partitions::SETS,
    privileges::acl::SETS,
    refused::FOLDERS,
    refused::SETS,
    statistics::backends::SETS,
    statistics::server::SETS,
    storage::SETS,
];
