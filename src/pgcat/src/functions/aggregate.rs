//! Aggregates: what a group of rows comes to.

pub mod collect;
pub mod count;
pub mod extreme;
pub mod hypothetical;
pub mod logic;
pub mod ordered;
pub mod range;
pub mod regression;
pub mod sum;
pub mod variance;
