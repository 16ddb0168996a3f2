//! Functions of text and of strings of bytes.

pub mod case;
pub mod character;
pub mod concat;
pub mod digest;
pub mod encoding;
pub mod escape;
pub mod format;
pub mod identifier;
pub mod length;
pub mod list;
pub mod pad;
pub mod part;
pub mod quote;
pub mod search;
pub mod size;
pub mod trim;
pub mod unicode;
