//! The static part of the catalog: what every PostgreSQL 16 database holds before anybody makes anything in it.
//!
//! It is a file of the crate that was read from a new server (`tests/statics` makes it, and checks that it is so). Nothing of it is
//! unpacked before it is asked for, and then only the table that is needed; what is unpacked stays for the life of the process.

mod definitions;
mod file;
mod foreign_keys;
mod hash_index;
mod indexes;
mod relations;
mod rows;
mod server;
#[cfg(test)]
mod tests;
mod values;

pub use definitions::{
    Definition, Signature, SqlFunction, constraint_definition, function_default, index_definition, rule_definition, signature,
    sql_function, view_definition,
};
pub use foreign_keys::{CatalogForeignKey, catalog_foreign_keys};
pub use relations::{StaticRelation, relation, relation_named, relations};
pub use rows::StaticRows;
pub use server::{
    AvailableExtension, Keyword, Setting, TimeZoneAbbreviation, TokenType, available_extensions, configuration_names, keywords, settings,
    text_search_token_types, time_zone_abbreviations,
};

/// Whether an object, a row of a catalog, is one that every database has, so that it belongs to PostgreSQL itself.
pub fn has_object(catalog: u32, oid: u32) -> bool {
    relation(catalog).is_some_and(|relation| relation.has_object(oid))
}

/// The rows of a relation; `None` where it is not one of the static relations.
pub fn rows(oid: u32) -> Option<&'static StaticRows> {
    relation(oid).map(|relation| relation.rows())
}
