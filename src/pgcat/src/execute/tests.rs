//! Queries built by hand over small relations, and what they answer.

pub(crate) mod answers;
mod expressions;
mod grouping;
mod joins;
mod limits;
mod nested;
mod rows;
mod support;
