//! Functions of `json` and `jsonb`.

pub mod aggregate;
pub mod build;
pub mod change;
pub mod compare;
pub mod constructor;
pub mod convert;
pub mod jsonpath;
pub mod path;
pub mod populate;
pub mod predicate;
pub mod raw;
pub mod shape;
pub mod table;
