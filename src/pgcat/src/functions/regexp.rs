//! Regular expressions in PostgreSQL's flavour, and the functions that use them.

mod beginning;
pub mod matching;
pub mod options;
pub mod pattern;
pub mod places;
pub mod replace;
pub mod similar;
pub mod split;
pub mod syntax;
