//! Functions of `json` and `jsonb`.

pub mod aggregate;
pub mod build;
pub mod change;
pub mod compare;
pub mod convert;
pub mod path;
pub mod populate;
pub mod raw;
pub mod shape;
pub mod table;
