//! What a statement may ask of its session, of the server and of its own arguments.

pub mod activity;
pub mod advisory_locks;
pub mod arguments;
pub mod encodings;
pub mod identity;
pub mod server;
pub mod settings;
pub mod sleep;
pub mod statements;
pub mod time_zones;
pub mod transactions;
