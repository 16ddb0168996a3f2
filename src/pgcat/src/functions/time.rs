//! Functions of dates, times and intervals.

pub mod age;
pub mod bin;
pub mod finite;
pub mod make;
pub mod now;
pub mod overlaps;
pub mod part;
pub mod series;
pub mod truncate;
pub mod zone;
