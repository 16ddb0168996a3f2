//! PostgreSQL's own catalog for one database, and a small evaluator of statements about it.
//!
//! A [`catalog::Catalog`] is one database at one moment: every relation of `pg_catalog` and `information_schema`, made of what
//! every PostgreSQL 16 holds ([`statics`]), of the metadata of one data source ([`objects`]), and of what the server shares.
//! A statement is bound to it ([`bind`]), planned and run ([`execute`]), row by row, with PostgreSQL's types ([`types`], [`value`]),
//! their texts ([`io`]) and its functions ([`functions`]). What a statement may ask of its session is a [`host::Host`].
//!
//! Nothing here knows a client, and no rule looks at the text of a statement. Nothing here waits: all data is in memory.

pub mod bind;
pub mod catalog;
pub mod database;
pub mod execute;
pub mod explain;
pub mod expr;
#[cfg(test)]
mod fixture;
pub mod function;
pub mod functions;
#[cfg(test)]
mod fuzz;
pub mod host;
pub mod io;
mod objects;
pub mod parse;
pub mod plan;
pub mod query;
pub mod relation;
pub mod resolve;
mod rewrite;
pub mod statics;
pub mod types;
pub mod value;
