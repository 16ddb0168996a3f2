//! How large a value a function may make.

use spi::{Code, Error, Result};

/// Bytes of one value. PostgreSQL's own limit is 1 GB; what is made of catalogs needs far less, and all of it is held in memory.
pub const SIZE_MAX: usize = 64 << 20;

/// Fails where a value of so many bytes is too large.
pub fn within_limit(bytes: usize) -> Result<()> {
    if bytes > SIZE_MAX { Err(too_large()) } else { Ok(()) }
}

pub fn too_large() -> Error {
    Error::new(Code::Limit, "requested length too large")
}
