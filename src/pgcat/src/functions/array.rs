//! Functions of arrays.

pub mod build;
pub mod compare;
pub mod element;
pub mod sample;
pub mod search;
pub mod set;
pub mod shape;
pub mod text;
