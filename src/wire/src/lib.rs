//! The PostgreSQL wire protocol: from a socket to a session of the engine, and from batches to bytes.
//!
//! pgwire gives the messages; the loop that moves them is ours ([`connection`]), because rows are streamed with backpressure,
//! statements end when their client leaves, and every wait has a limit. The sole owner of pgwire. What a statement means is not
//! known here: text goes down to [`sql::Session`], answers come up.

mod authentication;
mod cancel;
mod connection;
mod copy;
mod encode;
mod error;
mod extended;
mod greeting;
mod limits;
mod listeners;
mod message;
mod open;
mod query;
mod rows;
mod server;
mod startup;
mod tls;
mod transport;

pub use listeners::Listeners;
pub use server::{WireConfig, serve};
pub use tls::{Tls, load_tls};
