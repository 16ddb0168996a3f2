//! The lines of a table's files, folder by folder, read as far as they are wanted.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::{GetResultPayload, ObjectMeta, ObjectStoreExt};
use spi::{Code, Result};

use super::lines::{Block, Lines};
use crate::listing;
use crate::options::Settings;
use crate::read::Folder;
use crate::storage::Storage;

/// How long a store may take for the next part of a file.
const PART_TIMEOUT: Duration = Duration::from_secs(60);

/// What is read of a local file at a time: an object store gives parts of 8 KiB, and each of them costs a change of threads.
const LOCAL_PART_BYTES: u64 = 1 << 20;

/// Reads the files of folders, one after the other.
pub(super) struct Scan {
    storage: Arc<Storage>,
    settings: Settings,
    header_lines: usize,
    folders: std::vec::IntoIter<Folder>,
    /// The folder whose files are being read, and those that have not been begun.
    folder: Option<(Arc<Folder>, std::vec::IntoIter<ObjectMeta>)>,
    file: Option<OpenFile>,
    /// How many files were listed.
    files: usize,
    /// So many lines more.
    left: usize,
}

impl Scan {
    pub(super) fn new(storage: Arc<Storage>, settings: Settings, header_lines: usize, folders: Vec<Folder>, left: usize) -> Self {
        Self { storage, settings, header_lines, folders: folders.into_iter(), folder: None, file: None, files: 0, left }
    }

    /// The next lines, and the folder of their file.
    pub(super) async fn next(&mut self) -> Result<Option<(Arc<Folder>, Block)>> {
        while self.left > 0 {
            let Some((folder, files)) = &mut self.folder else {
                let Some(folder) = self.folders.next() else { return Ok(None) };
                let files = listing::files(&self.storage, &self.settings, &folder.location).await?;
                self.files += files.len();
                if self.files > self.settings.files_max {
                    return Err(listing::too_many(&self.storage, &self.settings));
                }
                self.folder = Some((Arc::new(folder), files.into_iter()));
                continue;
            };
            let Some(file) = &mut self.file else {
                match files.next() {
                    Some(object) => self.file = Some(OpenFile::open(&self.storage, folder, &object, self.header_lines).await?),
                    None => self.folder = None,
                }
                continue;
            };
            match file.next(&self.storage, self.left).await? {
                Some(block) => {
                    self.left -= block.len();
                    return Ok(Some((Arc::clone(folder), block)));
                }
                None => self.file = None,
            }
        }
        Ok(None)
    }
}

/// A file of which not all was read.
struct OpenFile {
    place: String,
    lines: Lines,
    /// What follows; `None` once it has been read to its end.
    parts: Option<Parts>,
}

enum Parts {
    Local(Arc<File>),
    Remote(BoxStream<'static, object_store::Result<Bytes>>),
}

impl OpenFile {
    async fn open(storage: &Storage, folder: &Folder, object: &ObjectMeta, header_lines: usize) -> Result<Self> {
        let place = format!("{}/{}", folder.location.store_name, object.location);
        let lines = Lines::new(&place, object.location.extension(), header_lines).map_err(|why| storage.error(Code::Unsupported, why))?;
        storage.context.remote_calls.count();
        let opened = within(storage, &place, folder.location.store.get(&object.location)).await?;
        let opened = opened.map_err(|error| storage.failure(&place, error))?;
        let parts = match opened.payload {
            GetResultPayload::File(file, _) => Parts::Local(Arc::new(file)),
            GetResultPayload::Stream(parts) => Parts::Remote(parts),
        };
        Ok(Self { place, lines, parts: Some(parts) })
    }

    /// The next lines, at most so many; `None` at the end of the file.
    async fn next(&mut self, storage: &Storage, lines_max: usize) -> Result<Option<Block>> {
        let damaged = |why| storage.error(Code::BadData, why);
        loop {
            let block = self.lines.next_block(lines_max).map_err(damaged)?;
            if block.is_some() {
                return Ok(block);
            }
            let Some(parts) = &mut self.parts else { return Ok(None) };
            match parts.next(storage, &self.place).await? {
                Some(part) => self.lines.push(part),
                None => {
                    self.parts = None;
                    self.lines.finish().map_err(damaged)?;
                }
            }
        }
    }
}

impl Parts {
    async fn next(&mut self, storage: &Storage, place: &str) -> Result<Option<Bytes>> {
        let part = match self {
            Self::Remote(parts) => within(storage, place, parts.next()).await?.transpose(),
            Self::Local(file) => {
                let file = Arc::clone(file);
                let read = move || {
                    let mut part = Vec::with_capacity(LOCAL_PART_BYTES as usize);
                    file.take(LOCAL_PART_BYTES).read_to_end(&mut part).map(|_| part)
                };
                let part = storage.on_disk(place, read).await?;
                let part = part.map_err(|error| object_store::Error::Generic { store: "local", source: error.into() });
                part.map(|part| (!part.is_empty()).then(|| Bytes::from(part)))
            }
        };
        part.map_err(|error| storage.failure(place, error))
    }
}

async fn within<T>(storage: &Storage, place: &str, step: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PART_TIMEOUT, step).await.map_err(|_| {
        let late = format!("{place} gave nothing for {} s.", PART_TIMEOUT.as_secs());
        storage.error(Code::Io, late).retryable()
    })
}
