//! What a harvest makes of the newest snapshot, before anything is stored.

use std::sync::Arc;

use bytes::Bytes;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{Harvest, SchemaMetadata};
use store::Digest;

use super::difference::{Difference, difference, is_same};
use super::identity::{Candidate, RetiredChange, assign};
use super::manifest::Chunk;
use super::retired::Retired;
use super::{chunk, splice};

/// What the next snapshot is built on.
pub(super) struct Base {
    /// A harvest that finds nothing new makes a snapshot too: there is none yet, it is lost, or its record is out of date.
    pub must_advance: bool,
    /// Sorted by name.
    pub schemas: Vec<Arc<SchemaMetadata>>,
    /// The blobs of the schemas, in the same order.
    pub chunks: Vec<Chunk>,
    pub next_oid: u32,
    pub retired: Option<Digest>,
    /// The content of `retired`, if that could be read.
    pub retired_content: Option<Bytes>,
}

/// A snapshot whose new parts are not stored yet.
pub(super) struct Prepared {
    pub schemas: Vec<Arc<SchemaMetadata>>,
    /// The blobs of the schemas, in the same order.
    pub chunks: Vec<Blob<Chunk>>,
    pub retired: Blob<Option<Digest>>,
    pub next_oid: u32,
    pub difference: Difference,
}

/// Content that has a blob, or needs one.
pub(super) enum Blob<T> {
    Stored(T),
    New(Bytes),
}

/// The next snapshot, or `None` if the harvest found nothing else than the newest one has. Takes as long as compressing all
/// that changed, so it belongs on a thread of its own.
pub(super) fn prepare(base: &Base, harvest: Harvest, scope: &Scope) -> Result<Option<Prepared>> {
    let candidates = splice::candidates(&base.schemas, harvest.finish()?, scope)?;
    let assigned = assign(&base.schemas, candidates, base.next_oid, || read_retired(base))?;

    let mut schemas = Vec::with_capacity(assigned.schemas.len());
    let mut chunks = Vec::with_capacity(assigned.schemas.len());
    let mut changed = base.must_advance || assigned.schemas.len() != base.schemas.len();
    for candidate in assigned.schemas {
        let name = candidate.schema().name.as_str();
        let old = base.schemas.binary_search_by(|schema| schema.name.as_str().cmp(name)).ok();
        let (schema, chunk) = match (old, candidate) {
            (Some(old), candidate) if is_unchanged(&base.schemas[old], &candidate) => {
                (Arc::clone(&base.schemas[old]), Blob::Stored(base.chunks[old].clone()))
            }
            (_, candidate) => {
                changed = true;
                let content = chunk::encode(candidate.schema())?;
                // Serving what was read back, and not what was built, is both smaller and the same as after a restart.
                (Arc::new(chunk::decode(&content)?), Blob::New(content.into()))
            }
        };
        schemas.push(schema);
        chunks.push(chunk);
    }
    if !changed {
        return Ok(None);
    }
    let difference = difference(&base.schemas, &schemas)?;
    let retired = match assigned.retired {
        RetiredChange::Unchanged => Blob::Stored(base.retired),
        RetiredChange::Changed(Some(content)) => Blob::New(content.into()),
        RetiredChange::Changed(None) => Blob::Stored(None),
    };
    Ok(Some(Prepared { schemas, chunks, retired, next_oid: assigned.next_oid, difference }))
}

fn is_unchanged(old: &Arc<SchemaMetadata>, candidate: &Candidate) -> bool {
    match candidate {
        Candidate::Kept(schema) => Arc::ptr_eq(old, schema),
        Candidate::Harvested(schema) => is_same(old, schema),
    }
}

/// Without its blob the ids of vanished objects are forgotten: a returning object gets a new one, and none is given twice.
fn read_retired(base: &Base) -> Retired {
    match base.retired_content.as_deref().map(Retired::decode) {
        Some(Ok(retired)) => retired,
        Some(Err(error)) => {
            tracing::error!(%error, "ids of vanished objects could not be read and are forgotten");
            Retired::empty()
        }
        None => Retired::empty(),
    }
}
