//! What the gateway is about: data sources and their life, their metadata, and who may see them.
//!
//! Every verb validates, commits one change to the store and lets reconcilers do the rest, so that the same happens after
//! a call, after a restart and after a crash.
//!
//! Deliberately absent: SQL text, sockets, sessions and DataFusion.

pub mod access;
pub mod audit;
pub mod catalog;
mod change;
pub mod connectors;
pub mod data_sources;
pub mod factories;
pub mod keyring;
pub mod metadata;
mod record;
pub mod services;
pub mod table_definitions;
#[cfg(test)]
mod testing;
mod time;

pub use audit::Actor;
pub use services::{Parts, Services, start};
