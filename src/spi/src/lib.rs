//! What a connector implements, and the words that it shares with the gateway: errors, options, types and metadata. And what connectors
//! share with each other: streams of batches, turns of using a connection, names that are looked up, trust in certificates, and the patience with a server that is down.
//!
//! Deliberately absent: DataFusion, an SQL parser, the wire protocol and the store.

pub mod breaker;
pub mod connector;
pub mod documents;
pub mod error;
pub mod grouping;
pub mod metadata;
pub mod names;
pub mod options;
pub mod predicate;
pub mod query;
pub mod rows;
pub mod secret;
pub mod tls;
pub mod top_n;
pub mod turns;
pub mod types;

pub use error::{Code, Error, Origin, Result};
pub use secret::Secret;
