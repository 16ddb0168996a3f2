//! The border to PostgreSQL's catalog: which queries pgcat answers, and what it is told of the session, the server and the data source.

mod answerer;
mod catalog_table;
mod catalogs;
mod host;
mod planned;
mod plans;
mod scalar;
mod source_types;
mod tuples;

pub(crate) use answerer::{Answerer, answerer, is_gap};
pub(crate) use catalog_table::find;
pub(crate) use catalogs::{Catalogs, number};
pub(crate) use planned::{Planned, evaluate, plan, type_oids};
pub(crate) use scalar::over_rows;
pub(crate) use source_types::name_types_of_values;
pub use tuples::Tuples;

/// Between 1970-01-01, where the gateway's moments begin, and 2000-01-01, where PostgreSQL's do, in microseconds.
pub(crate) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
