//! Large content, named by its SHA-256: metadata snapshots and engine packages. Records only point to it.
//!
//! A blob is written before the record that points to it is committed, so a record never points to nothing; what a crash
//! leaves behind is a blob that nobody points to. [`Blobs::collect`] removes those once they are old.
//!
//! A record points to a blob by its digest, in the 64 digits that are the only form in which a [`Digest`] leaves this
//! crate. A blob that a record points to may point to further ones, if it is a JSON object; those point nowhere.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use ring::digest;
use spi::{Code, Error, Origin, Result};
use tokio::sync::Semaphore;

use crate::{errors, failpoint};

mod collect;

pub use collect::Collected;

/// Largest blob. Blobs are held in memory whole while they are written, read and checked.
pub const BLOB_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How young a blob must be to be as good as a new one: half of what [`collect`] leaves alone.
const RENEW_AFTER: TimeDelta = TimeDelta::hours(12);

/// How many blobs are written at once. Few enough that what is in flight stays small beside what is kept.
const WRITES_AT_ONCE: u32 = 64;

/// Where blobs are. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    /// The folder, if it is one: its files are then forced to the disk here, which object_store does not do.
    folder: Option<PathBuf>,
    /// Turns to write. Removing a blob takes all of them, so that none is removed that is just being written again. That is
    /// enough as long as one gateway uses the blobs, which the lock on the data folder is for.
    turns: Arc<Semaphore>,
}

impl Blobs {
    /// Blobs in a folder of this machine, which is made if it does not exist.
    pub fn local(folder: &Path) -> Result<Self> {
        let unusable = |error: std::io::Error| {
            Error::new(Code::Io, format!("could not use blob folder \"{}\"", folder.display()))
                .detail(format!("{error}."))
                .origin(Origin::Gateway)
                .cause(error)
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let folder = folder.canonicalize().map_err(unusable)?;
        let objects =
            LocalFileSystem::new_with_prefix(&folder).map_err(|error| failed("open the blob folder", &folder.display(), error))?;
        Ok(Self::new(Arc::new(objects), Some(folder)))
    }

    /// Blobs in an object store that makes them durable by itself.
    pub fn remote(objects: Arc<dyn ObjectStore>) -> Self {
        Self::new(objects, None)
    }

    fn new(objects: Arc<dyn ObjectStore>, folder: Option<PathBuf>) -> Self {
        Self { objects, folder, turns: Arc::new(Semaphore::new(WRITES_AT_ONCE as usize)) }
    }

    /// Stores `content` durably and gives its name. Content that is there already is not written again unless it is old:
    /// whoever stores it is about to point to it, and it must be as young as a new blob until then.
    pub async fn put(&self, content: Bytes) -> Result<Digest> {
        if content.len() > BLOB_BYTES_MAX {
            return Err(errors::too_large(format!("a blob of {} bytes is too large", content.len()))
                .detail(format!("A blob has at most {BLOB_BYTES_MAX} bytes.")));
        }
        let digest = Digest::of(&content);
        let _turn = self.turns.acquire().await;
        match self.objects.put_opts(&digest.path(), content.clone().into(), PutMode::Create.into()).await {
            Ok(_) => {}
            Err(object_store::Error::AlreadyExists { .. }) => self.renew_or_replace(&digest, content).await?,
            Err(error) => return Err(failed("write blob", &digest, error)),
        }
        self.force_to_disk(&digest).await?;
        failpoint::reach("blob.put.after");
        Ok(digest)
    }

    /// The content, once it is known to be what was stored.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes> {
        self.get_with_age(digest).await.map(|(content, _)| content)
    }

    /// The content, and when it was written.
    async fn get_with_age(&self, digest: &Digest) -> Result<(Bytes, DateTime<Utc>)> {
        let (content, written_at) = match self.objects.get(&digest.path()).await {
            Ok(found) => {
                let written_at = found.meta.last_modified;
                (found.bytes().await.map_err(|error| failed("read blob", digest, error))?, written_at)
            }
            Err(object_store::Error::NotFound { .. }) => {
                return Err(errors::corrupt(format!("blob \"{digest}\" is missing")));
            }
            Err(error) => return Err(failed("read blob", digest, error)),
        };
        let found = Digest::of(&content);
        if found == *digest {
            return Ok((content, written_at));
        }
        Err(errors::corrupt(format!("blob \"{digest}\" is damaged"))
            .detail(format!("Its {} bytes have the digest {found}.", content.len())))
    }

    pub async fn exists(&self, digest: &Digest) -> Result<bool> {
        match self.objects.head(&digest.path()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed("look for blob", digest, error)),
        }
    }

    /// A crash can leave a file whose name is right and whose content is not; we have the content at hand.
    async fn renew_or_replace(&self, digest: &Digest, content: Bytes) -> Result<()> {
        match self.get_with_age(digest).await {
            Ok((_, written_at)) if Utc::now() - written_at < RENEW_AFTER => return Ok(()),
            Ok(_) => {}
            Err(error) if error.code == Code::Corrupt => tracing::warn!(%digest, %error, "replacing a damaged blob"),
            Err(error) => return Err(error),
        }
        self.objects.put(&digest.path(), content.into()).await.map_err(|error| failed("write blob", digest, error))?;
        Ok(())
    }

    async fn force_to_disk(&self, digest: &Digest) -> Result<()> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let path = folder.join(digest.path().as_ref());
        let synced = tokio::task::spawn_blocking(move || sync_up_to(&path, &folder)).await;
        let synced = synced.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        synced.map_err(|error| io_error("write blob", digest, &error).cause(error))
    }
}

/// Forces a file to the disk, and the folders that lead to it: a file without its name is lost too.
fn sync_up_to(file: &Path, root: &Path) -> std::io::Result<()> {
    for path in file.ancestors().take_while(|path| path.starts_with(root)) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

fn failed(action: &str, object: &dyn fmt::Display, error: object_store::Error) -> Error {
    let io = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
        .find_map(|error| error.downcast_ref::<std::io::Error>());
    match io {
        Some(io) => io_error(action, object, io),
        None => errors::unavailable(format!("could not {action} \"{object}\"")).detail(format!("{error}.")),
    }
    .cause(error)
}

fn io_error(action: &str, object: &dyn fmt::Display, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Io,
    };
    Error::new(code, format!("could not {action} \"{object}\"")).detail(format!("{error}.")).origin(Origin::Gateway)
}

/// The SHA-256 of a blob, which is its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of(content: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, content).as_ref());
        Self(bytes)
    }

    /// `sha256/<first two digits>/<digest>`: no folder gets too many files.
    fn path(&self) -> ObjectPath {
        let name = self.to_string();
        ObjectPath::from_iter(["sha256", &name[..2], &name])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid =
            || Error::new(Code::InvalidArgument, format!("\"{text}\" is not a blob digest")).detail("It has 64 digits of 0-9 and a-f.");
        if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digests_are_sha256_and_round_trip() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), ABC);
        assert_eq!(ABC.parse::<Digest>().unwrap(), digest);
        for text in ["", "ba", &ABC.to_uppercase(), &format!("{}+1", &ABC[..62]), &format!("{ABC}00")] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn content_comes_back_under_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(&folder.path().join("blobs")).unwrap();
        let digest = Digest::of(b"abc");
        assert!(!blobs.exists(&digest).await.unwrap());
        let error = blobs.get(&digest).await.unwrap_err();
        assert_eq!((error.code, error.message), (Code::Corrupt, format!("blob \"{ABC}\" is missing")));

        assert_eq!(blobs.put("abc".into()).await.unwrap(), digest);
        assert_eq!(blobs.put("abc".into()).await.unwrap(), digest);
        assert!(blobs.exists(&digest).await.unwrap());
        assert_eq!(blobs.get(&digest).await.unwrap(), "abc");
        assert!(folder.path().join("blobs/sha256/ba").join(ABC).is_file());
    }

    #[tokio::test]
    async fn a_damaged_blob_is_named_and_replaced_by_the_next_put() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(folder.path()).unwrap();
        let digest = blobs.put("abc".into()).await.unwrap();
        std::fs::write(folder.path().join("sha256/ba").join(ABC), "abd").unwrap();
        let error = blobs.get(&digest).await.unwrap_err();
        assert_eq!((error.code, error.message), (Code::Corrupt, format!("blob \"{ABC}\" is damaged")));

        blobs.put("abc".into()).await.unwrap();
        assert_eq!(blobs.get(&digest).await.unwrap(), "abc");
    }
}
