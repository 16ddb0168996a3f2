//! How many dimensions an array may have, and which bounds.

use spi::{Code, Error, Result};

use crate::value::Dimension;

/// As many dimensions as PostgreSQL has (`MAXDIM`).
pub const DIMENSIONS_MAX: usize = 6;

/// Fails for an array of too many dimensions.
pub fn check_dimensions(count: usize) -> Result<()> {
    if count <= DIMENSIONS_MAX {
        return Ok(());
    }
    Err(Error::new(Code::Limit, format!("number of array dimensions ({count}) exceeds the maximum allowed ({DIMENSIONS_MAX})")))
}

/// Fails where the subscript behind the last one of a dimension is not a whole number that PostgreSQL holds.
pub fn check_bounds(dimensions: &[Dimension]) -> Result<()> {
    match dimensions.iter().find(|dimension| dimension.lower.checked_add(dimension.length).is_none()) {
        Some(dimension) => Err(Error::new(Code::Limit, format!("array lower bound is too large: {}", dimension.lower))),
        None => Ok(()),
    }
}
