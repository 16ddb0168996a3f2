//! A local folder that cannot be left: an object store over it that only reads, and only what is inside.
//!
//! `object_store`'s own local store follows links wherever they lead. Here a link counts as what it leads to if that is
//! inside the folder, and does not exist otherwise. What is opened is resolved first; only somebody who can write into the
//! folder at that very moment could still exchange a file for a link.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path as LocalPath, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::local::LocalFileSystem;
use object_store::path::{Path, PathPart};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result,
};
use tokio::sync::mpsc;

use crate::layout::is_hidden;

/// How many entries a listing may be ahead of whoever takes them: enough to hide the hand-over, nothing to speak of in memory.
const LISTED_AHEAD: usize = 1024;

/// The name under which errors of this store go.
const STORE: &str = "ConfinedFolder";

#[derive(Debug)]
pub(crate) struct ConfinedFolder {
    /// Without links, so that what is inside begins with it.
    root: PathBuf,
    files: LocalFileSystem,
}

impl ConfinedFolder {
    /// Fails if there is no such folder. Blocks on the file system.
    pub(crate) fn open(folder: &LocalPath) -> Result<Self> {
        let root = folder.canonicalize().map_err(|error| local_error(folder, error))?;
        if !root.is_dir() {
            return Err(local_error(folder, io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { files: LocalFileSystem::new_with_prefix(&root)?, root })
    }

    fn local_path(&self, location: &Path) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(location.parts().map(|part| part.as_ref().to_owned()));
        path
    }

    /// Fails unless the location, all links followed, is inside the folder.
    async fn check(&self, location: &Path) -> Result<()> {
        let (root, path) = (self.root.clone(), self.local_path(location));
        tokio::task::spawn_blocking(move || resolve(&root, &path).map(|_| ()).map_err(|error| local_error(&path, error))).await?
    }
}

/// Where a path leads, all links followed. What is outside the root is refused.
fn resolve(root: &LocalPath, path: &LocalPath) -> io::Result<PathBuf> {
    let resolved = path.canonicalize()?;
    if resolved.starts_with(root) {
        Ok(resolved)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "it leads out of the data source's folder"))
    }
}

fn local_error(path: &LocalPath, error: io::Error) -> Error {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        io::ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: error.into() },
        _ => Error::Generic { store: STORE, source: error.into() },
    }
}

/// A file or folder that a listing found.
struct Entry {
    location: Path,
    /// Without links.
    path: PathBuf,
    metadata: std::fs::Metadata,
}

impl Entry {
    fn object(&self) -> io::Result<ObjectMeta> {
        let last_modified = self.metadata.modified()?.into();
        Ok(ObjectMeta { location: self.location.clone(), last_modified, size: self.metadata.len(), e_tag: None, version: None })
    }
}

/// What is directly in a folder. Left out are hidden names, names that no object path can have, links that lead nowhere or
/// outside, and what vanishes meanwhile.
fn entries(root: &LocalPath, folder: &LocalPath, location: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(part) = PathPart::parse(&name) else { continue };
        if is_hidden(&name) {
            continue;
        }
        let is_link = entry.file_type()?.is_symlink();
        let path = if is_link { resolve(root, &entry.path()).ok() } else { Some(entry.path()) };
        let Some((path, metadata)) = path.and_then(|path| path.metadata().ok().map(|metadata| (path, metadata))) else { continue };
        found.push(Entry { location: location.clone().join(part), path, metadata });
    }
    Ok(found)
}

/// Gives every file below a folder to `found`, until that answers false. `above` are the folders on the way: a link back to
/// one of them ends there.
fn walk(
    root: &LocalPath,
    folder: &LocalPath,
    location: &Path,
    above: &mut Vec<PathBuf>,
    found: &mut dyn FnMut(Result<ObjectMeta>) -> bool,
) -> bool {
    if above.iter().any(|path| path == folder) {
        return true;
    }
    let entries = match entries(root, folder, location) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
        Err(error) => return found(Err(local_error(folder, error))),
    };
    above.push(folder.to_owned());
    let finished = entries.into_iter().all(|entry| {
        if entry.metadata.is_dir() {
            walk(root, &entry.path, &entry.location, above, found)
        } else if entry.metadata.is_file() {
            found(entry.object().map_err(|error| local_error(&entry.path, error)))
        } else {
            true
        }
    });
    above.pop();
    finished
}

impl fmt::Display for ConfinedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE}({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for ConfinedFolder {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.check(location).await?;
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.check(location).await?;
        self.files.get_ranges(location, ranges).await
    }

    /// Dropping the stream ends the walk.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (root, prefix) = (self.root.clone(), prefix.cloned().unwrap_or_default());
        let folder = self.local_path(&prefix);
        let (sender, receiver) = mpsc::channel(LISTED_AHEAD);
        tokio::task::spawn_blocking(move || {
            if let Some(folder) = resolve(&root, &folder).ok().filter(|folder| folder.is_dir()) {
                walk(&root, &folder, &prefix, &mut Vec::new(), &mut |object| sender.blocking_send(object).is_ok());
            }
        });
        stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|object| (object, receiver)) }).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (root, prefix) = (self.root.clone(), prefix.cloned().unwrap_or_default());
        let folder = self.local_path(&prefix);
        tokio::task::spawn_blocking(move || {
            let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
            let Some(folder) = resolve(&root, &folder).ok().filter(|folder| folder.is_dir()) else { return Ok(result) };
            for entry in entries(&root, &folder, &prefix).map_err(|error| local_error(&folder, error))? {
                if entry.metadata.is_dir() {
                    result.common_prefixes.push(entry.location);
                } else if entry.metadata.is_file() {
                    result.objects.push(entry.object().map_err(|error| local_error(&entry.path, error))?);
                }
            }
            Ok(result)
        })
        .await?
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(read_only()) }).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

fn read_only() -> Error {
    Error::NotSupported { source: "the folder is only read".into() }
}
