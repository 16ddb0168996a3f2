//! The engine room: everything between a client's statement text and the rows that answer it.
//!
//! [`Engine`] is shared by the process, a [`Session`] belongs to one connection. `parse` makes commands of text, `dispatch` is
//! the one match that says who answers which; queries go on to `planner`, which is DataFusion's only way in.
//!
//! Deliberately absent: sockets and the wire protocol. Connectors are known by the domain's interface only.

mod answer;
mod canceller;
mod engine;
mod notices;
mod parameters;
mod parse;
mod plan_context;
mod settings;
mod transaction;

pub use answer::{Answer, BatchStream, Column, CopyCsv, CopyFormat, CopyText, Format, Notice, Severity};
pub use canceller::Canceller;
pub use engine::{Engine, EngineConfig};
pub use parameters::Parameter;
pub use parse::Statement;
pub use settings::Settings;
pub use transaction::TransactionStatus;
