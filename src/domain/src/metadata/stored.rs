//! Snapshots in the blobs: written before the record that names them, read when a node starts or learns of a new one.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use spi::metadata::{SchemaMetadata, Snapshot};
use spi::{Code, Error, Result};
use store::{Blobs, Digest};

use super::chunk;
use super::identity::FIRST_OID;
use super::manifest::{Chunk, Manifest};
use super::prepare::{Base, Blob, Prepared};
use super::records::SnapshotRecord;

/// How many blobs of one snapshot are read or written at once: enough to keep a few cores and a slow object store busy, and
/// few enough that what is in flight stays small beside what is kept.
const BLOBS_AT_ONCE: usize = 8;

/// A source's newest snapshot as this node holds it.
pub(crate) struct Loaded {
    pub record: SnapshotRecord,
    /// Empty where the snapshot could not be read.
    pub snapshot: Snapshot,
    /// What the snapshot consists of, or why it could not be read.
    pub(super) manifest: Result<Manifest>,
}

impl Loaded {
    /// Why the snapshot could not be read.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.manifest.as_ref().err()
    }

    /// Whether reading it again may help.
    pub(crate) fn is_worth_another_try(&self) -> bool {
        self.failure().is_some_and(|error| error.code != Code::Corrupt)
    }

    /// Whether its content is lost, so that only another harvest helps.
    pub(crate) fn is_lost(&self) -> bool {
        self.failure().is_some_and(|error| error.code == Code::Corrupt)
    }
}

/// Reads the snapshot that a record names. Schemas that `known` has are shared with it.
pub(crate) async fn load(blobs: &Blobs, source: &str, record: SnapshotRecord, known: Option<&Loaded>) -> Loaded {
    match read(blobs, &record, known).await {
        Ok((manifest, schemas)) => {
            let snapshot = Snapshot { number: record.number, observed_at: Some(record.observed_at), schemas };
            Loaded { record, snapshot, manifest: Ok(manifest) }
        }
        Err(error) => {
            let code = error.code;
            let error = Error { detail: Some(format!("{error}.")), ..error };
            let error = Error { message: format!("could not read the stored metadata of data source \"{source}\""), ..error };
            match code {
                Code::Corrupt => tracing::error!(source, %error, "stored metadata is lost until the next refresh"),
                _ => tracing::warn!(source, %error, "stored metadata cannot be read now"),
            }
            Loaded { record, snapshot: Snapshot::empty(), manifest: Err(error) }
        }
    }
}

async fn read(blobs: &Blobs, record: &SnapshotRecord, known: Option<&Loaded>) -> Result<(Manifest, Vec<Arc<SchemaMetadata>>)> {
    let content = blobs.get(&record.manifest).await?;
    let manifest = Manifest::decode(&content).map_err(|error| named(&record.manifest, error))?;
    let known: HashMap<Digest, &Arc<SchemaMetadata>> = match known.map(|known| (&known.manifest, &known.snapshot)) {
        Some((Ok(manifest), snapshot)) => manifest.schemas.iter().map(|chunk| chunk.blob).zip(&snapshot.schemas).collect(),
        _ => HashMap::new(),
    };
    let reads = manifest.schemas.iter().map(|chunk| {
        let (known, blobs, digest) = (known.get(&chunk.blob).map(|schema| Arc::clone(schema)), blobs.clone(), chunk.blob);
        async move {
            match known {
                Some(schema) => Ok(schema),
                None => read_chunk(blobs, digest).await,
            }
        }
    });
    let reads: Vec<_> = reads.collect();
    let schemas = stream::iter(reads).buffered(BLOBS_AT_ONCE).try_collect().await?;
    Ok((manifest, schemas))
}

/// A task of its own, because checking the digest takes a core for as long as decoding does.
async fn read_chunk(blobs: Blobs, digest: Digest) -> Result<Arc<SchemaMetadata>> {
    let read = store::spawn("metadata.chunk", async move {
        let content = blobs.get(&digest).await?;
        let decoded = tokio::task::spawn_blocking(move || chunk::decode(&content)).await.map_err(broken)?;
        decoded.map(Arc::new).map_err(|error| named(&digest, error))
    });
    read.await.map_err(broken)?
}

fn broken(error: tokio::task::JoinError) -> Error {
    Error::internal("a task that reads metadata ended early").cause(error)
}

/// Content with the right digest that is no metadata.
fn named(digest: &Digest, error: Error) -> Error {
    Error { message: format!("blob \"{digest}\" is damaged"), ..error }
}

/// What the next snapshot is built on; without a snapshot, nothing.
pub(super) async fn base(blobs: &Blobs, loaded: Option<&Loaded>) -> Result<Base> {
    let nothing =
        |next_oid| Base { must_advance: true, schemas: Vec::new(), chunks: Vec::new(), next_oid, retired: None, retired_content: None };
    let Some(loaded) = loaded else { return Ok(nothing(FIRST_OID)) };
    let manifest = match &loaded.manifest {
        Ok(manifest) => manifest,
        Err(_) if loaded.is_lost() => return Ok(nothing(loaded.record.next_oid)),
        Err(error) => return Err(error.clone()),
    };
    let retired_content = match &manifest.retired {
        Some(digest) => readable(blobs.get(digest).await)?,
        None => None,
    };
    Ok(Base {
        must_advance: false,
        schemas: loaded.snapshot.schemas.clone(),
        chunks: manifest.schemas.clone(),
        next_oid: manifest.next_oid,
        retired: manifest.retired,
        retired_content,
    })
}

/// A blob that is lost must not stop the source from being refreshed for ever.
fn readable(content: Result<Bytes>) -> Result<Option<Bytes>> {
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.code == Code::Corrupt => {
            tracing::error!(%error, "ids of vanished objects could not be read and are forgotten");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Stores what is new, and then the manifest that names everything.
pub(super) async fn save(blobs: &Blobs, prepared: &Prepared) -> Result<(Manifest, Digest)> {
    let writes = prepared.schemas.iter().zip(&prepared.chunks).map(|(schema, chunk)| {
        let (name, oid) = (schema.name.clone(), schema.oid);
        let (tables, columns) = (schema.table_count() as u64, schema.column_count() as u64);
        async move {
            match chunk {
                Blob::Stored(chunk) => Ok::<_, Error>(chunk.clone()),
                Blob::New(content) => Ok(Chunk { schema: name, oid, blob: blobs.put(content.clone()).await?, tables, columns }),
            }
        }
    });
    let writes: Vec<_> = writes.collect();
    let chunks = stream::iter(writes).buffered(BLOBS_AT_ONCE).try_collect().await?;
    let retired = match &prepared.retired {
        Blob::Stored(digest) => *digest,
        Blob::New(content) => Some(blobs.put(content.clone()).await?),
    };
    let manifest = Manifest::new(prepared.next_oid, retired, chunks);
    let digest = blobs.put(manifest.encode()?).await?;
    Ok((manifest, digest))
}
