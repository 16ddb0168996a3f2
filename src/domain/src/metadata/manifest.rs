//! What a snapshot is made of: its schemas with the blobs that hold them, and where object ids go on.
//!
//! A blob and not a record, because a source can have more schemas than a record has room for. It is a JSON object, as any
//! blob must be that names others: that is how [`store::Blobs::collect`] knows them to be in use.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use spi::{Error, Result};
use store::Digest;

use super::ipc;

/// The version of the manifest's form. A gateway that finds another one cannot read the snapshot.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The next object id that was never given to any object of the source.
    pub next_oid: u32,
    /// The ids of objects that have vanished; see [`super::retired`].
    #[serde(with = "optional_digest")]
    pub retired: Option<Digest>,
    /// Sorted by name.
    pub schemas: Vec<Chunk>,
}

/// One schema and the blob that holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chunk {
    pub schema: String,
    pub oid: u32,
    #[serde(with = "digest")]
    pub blob: Digest,
    pub tables: u64,
    pub columns: u64,
}

impl Manifest {
    pub(super) fn new(next_oid: u32, retired: Option<Digest>, schemas: Vec<Chunk>) -> Self {
        Self { format: FORMAT, next_oid, retired, schemas }
    }

    pub(super) fn encode(&self) -> Result<Bytes> {
        let bytes = serde_json::to_vec(self);
        Ok(bytes.map_err(|error| Error::internal(format!("could not write a snapshot's manifest: {error}")))?.into())
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| ipc::damaged(format!("{error}.")))?;
        match manifest.format {
            FORMAT => Ok(manifest),
            other => Err(ipc::damaged(format!("The manifest has version {other}; this gateway reads version {FORMAT}."))),
        }
    }
}

/// A digest as its digits.
pub(super) mod digest {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use store::Digest;

    pub(crate) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A digest as its digits, or null.
mod optional_digest {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use store::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
        digest.map(|digest| digest.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}
