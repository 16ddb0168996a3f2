//! A file that is read by parts, each with a deadline.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use spi::{Code, Error, Result};

use crate::read::Folder;
use crate::storage::Storage;

/// How long a store may take for a part of a file, which is at most as long as a stripe.
const PART_TIMEOUT: Duration = Duration::from_secs(120);

/// A file of a table.
pub(super) struct RemoteFile<'a> {
    pub(super) storage: &'a Storage,
    pub(super) folder: &'a Folder,
    pub(super) object: ObjectMeta,
}

impl<'a> RemoteFile<'a> {
    /// The file of this path in the folder's store.
    pub(super) async fn find(storage: &'a Storage, folder: &'a Folder, path: Path) -> Result<Self> {
        // As long as nobody has looked it has no size.
        let object = ObjectMeta { location: path, last_modified: DateTime::default(), size: 0, e_tag: None, version: None };
        let file = Self { storage, folder, object };
        storage.context.remote_calls.count();
        let object = file.within(folder.location.store.head(&file.object.location)).await?;
        Ok(Self { object, ..file })
    }

    pub(super) fn size(&self) -> u64 {
        self.object.size
    }

    /// One part. It must be within the file.
    pub(super) async fn bytes(&self, range: Range<u64>) -> Result<Bytes> {
        self.storage.context.remote_calls.count();
        let read = self.folder.location.store.get_range(&self.object.location, range);
        self.within(read).await
    }

    /// Several parts. The store fetches together what is close together.
    pub(super) async fn parts(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.storage.context.remote_calls.count();
        let read = self.folder.location.store.get_ranges(&self.object.location, ranges);
        self.within(read).await
    }

    async fn within<T>(&self, read: impl Future<Output = object_store::Result<T>>) -> Result<T> {
        let late = |_| {
            let late = format!("{} gave nothing for {} s.", self.place(), PART_TIMEOUT.as_secs());
            self.storage.error(Code::Io, late).retryable()
        };
        let read = tokio::time::timeout(PART_TIMEOUT, read).await.map_err(late)?;
        read.map_err(|error| self.storage.failure(&self.place(), error))
    }

    /// Does a step of decoding. The libraries that know the formats panic at some files that break their rules: to the reader, that is
    /// an error like the others.
    pub(super) fn decode<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        step: impl FnOnce() -> std::result::Result<T, E>,
    ) -> Result<T> {
        match catch_unwind(AssertUnwindSafe(step)) {
            Ok(decoded) => decoded.map_err(|error| self.damaged("It could not be decoded.").cause(error)),
            Err(_) => Err(self.damaged("It breaks the rules of its format.")),
        }
    }

    /// A file that is not what its table says.
    pub(super) fn damaged(&self, why: &str) -> Error {
        self.storage.error(Code::BadData, format!("The file {} is damaged, or of another format. {why}", self.place()))
    }

    /// A file that is read no further.
    pub(super) fn unsupported(&self, why: &str) -> Error {
        self.storage.error(Code::Unsupported, format!("The file {} is not read. {why}", self.place()))
    }

    /// A file that needs more memory than a query is given.
    pub(super) fn too_large(&self, what: &str, bytes: u64, bytes_max: u64) -> Error {
        self.storage.error(Code::Limit, format!("{what} of the file {} has {bytes} bytes, and at most {bytes_max} are read.", self.place()))
    }

    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.folder.location.store_name, self.object.location)
    }
}
