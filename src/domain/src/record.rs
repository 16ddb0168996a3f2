//! The bodies of the domain's records: JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use spi::{Error, Result};
use store::{Op, Record};
use tracing::error;

/// Writes a record.
pub(crate) fn put<T: Serialize>(key: String, kind: &str, body: &T) -> Result<Op> {
    let body = serde_json::to_vec(body).map_err(|error| Error::internal(format!("could not write record \"{key}\": {error}")))?;
    Ok(Op::put(key, kind, body))
}

/// The content of a record. The store has checked its bytes, so one that cannot be read was written by another release: the
/// log names it, and the object is as if it did not exist.
pub(crate) fn read<T: DeserializeOwned>(record: &Record) -> Option<T> {
    serde_json::from_slice(&record.body)
        .inspect_err(|error| error!(key = %record.key, revision = record.rev, %error, "record cannot be read"))
        .ok()
}
