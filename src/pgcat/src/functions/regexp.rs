//! Regular expressions in PostgreSQL's flavour, and the functions that use them.

pub mod matching;
mod options;
mod pattern;
pub mod places;
pub mod replace;
pub mod similar;
pub mod split;
mod syntax;
