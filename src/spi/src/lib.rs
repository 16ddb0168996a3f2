//! What a connector implements, and the words that it shares with the gateway: errors, options, types and metadata.
//!
//! Deliberately absent: DataFusion, an SQL parser, the wire protocol and the store.

pub mod connector;
pub mod error;
pub mod metadata;
pub mod options;
pub mod predicate;
pub mod query;
pub mod rows;
pub mod secret;
pub mod types;

pub use error::{Code, Error, Origin, Result};
pub use secret::Secret;
