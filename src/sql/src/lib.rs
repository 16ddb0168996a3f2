//! The engine room: everything between a client's statement text and the rows that answer it.
//!
//! [`Engine`] is shared by the process, a [`Session`] belongs to one connection. `parse` makes commands of text, `dispatch` is
//! the one match that says who answers which; queries go on to `planner`, which is DataFusion's only way in.
//!
//! Deliberately absent: sockets and the wire protocol. Connectors are known by the domain's interface only.

mod answer;
mod arguments;
mod audited;
mod calendar;
mod call_context;
mod canceller;
mod copy;
mod cursor;
mod dispatch;
pub mod encode;
mod engine;
mod error;
mod explain;
mod functions;
mod insert;
mod listed;
mod moment;
mod native;
mod notices;
mod output;
mod own_database;
mod parameters;
mod parse;
mod pg_catalog;
mod plan;
mod plan_context;
mod planner;
mod predicate;
mod prepared;
mod procedures;
mod pushdown;
pub mod reference;
mod resolve;
mod roles;
mod row;
mod scan;
mod servers;
mod session;
mod sessions;
mod settings;
mod source_access;
mod source_table;
mod tables;
#[cfg(test)]
mod testing;
mod transaction;
mod unanswered;

pub use answer::{Answer, Batch, BatchStream, Column, CopyCsv, CopyFormat, CopyText, Format, Notice, Severity};
pub use canceller::Canceller;
pub use engine::{Engine, EngineConfig};
pub use parameters::Parameter;
pub use parse::Statement;
pub use session::{Description, Session, Startup};
pub use settings::{SessionSettings, Settings};
pub use transaction::TransactionStatus;
