//! The store's own errors, worded in one place so that every backend and task says the same thing in the same words.

use spi::{Code, Error, Origin};

/// Stored data is not what its hash, its chain or its sum promises. `message` names the revision, the key or the file.
pub(crate) fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
        .origin(Origin::Gateway)
        .hint("Run \"metagate store verify\" to see everything that is damaged, then restore the store from a backup.")
}

/// The store could not do this now; the same call may succeed later.
pub(crate) fn unavailable(message: impl Into<String>) -> Error {
    Error::new(Code::Unavailable, message).origin(Origin::Gateway).retryable()
}

/// Something is larger than the store takes.
pub(crate) fn too_large(message: impl Into<String>) -> Error {
    Error::new(Code::Limit, message)
}

/// The store belongs to a newer metagate.
pub(crate) fn too_new(message: impl Into<String>) -> Error {
    Error::new(Code::Unsupported, message).origin(Origin::Gateway).hint("Upgrade this gateway.")
}
