//! A record: one key, its body, and the hash that lets any node check both.
//!
//! The sum of all record hashes is the state's [`Root`]. A sum can be kept up to date by adding and subtracting what a
//! change touches, so comparing two nodes after every change costs nothing, however many records there are.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use spi::{Code, Error, Result};

use crate::errors;

/// Longest key. Backends index keys; PostgreSQL and etcd both keep keys of this size on one page.
pub const KEY_BYTES_MAX: usize = 512;
/// Longest name of a kind. Kinds are words such as `data_source`.
pub const KIND_BYTES_MAX: usize = 64;
/// Largest body. etcd takes requests of 1.5 MiB, and a change writes every body twice: in the log and in the record.
pub const BODY_BYTES_MAX: usize = 128 * 1024;

/// One record of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Segments of `[a-z0-9._~-]`, joined by `/`.
    pub key: Arc<str>,
    /// The revision that wrote it last.
    pub rev: u64,
    /// What the body is, as the domain names it.
    pub kind: String,
    /// Opaque here. Secrets in it are already sealed.
    pub body: Bytes,
    /// The hash of all of the above, as stored.
    pub hash: RecordHash,
}

impl Record {
    pub fn new(key: impl Into<Arc<str>>, rev: u64, kind: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let (key, kind, body) = (key.into(), kind.into(), body.into());
        let hash = RecordHash::of(&key, rev, &kind, &body);
        Self { key, rev, kind, body, hash }
    }

    /// Whether the stored hash is the one that the content has.
    pub fn is_intact(&self) -> bool {
        self.hash == RecordHash::of(&self.key, self.rev, &self.kind, &self.body)
    }
}

/// BLAKE3 of a record, cut to 128 bits: 100,000 records are listed in 1.6 MB, and nobody chooses them to collide.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecordHash(pub [u8; 16]);

impl RecordHash {
    fn of(key: &str, rev: u64, kind: &str, body: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        // Every part but the last is preceded by its length, so that no two records hash the same bytes.
        hasher.update(&(key.len() as u32).to_le_bytes()).update(key.as_bytes());
        hasher.update(&rev.to_le_bytes());
        hasher.update(&(kind.len() as u32).to_le_bytes()).update(kind.as_bytes());
        hasher.update(body);
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        Self(hash)
    }
}

impl fmt::Debug for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// The sum of the hashes of all records, modulo 2^128.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Root(u128);

impl Root {
    /// The root of the state without records.
    pub const EMPTY: Root = Root(0);

    #[must_use]
    pub fn plus(self, hash: RecordHash) -> Self {
        Self(self.0.wrapping_add(u128::from_le_bytes(hash.0)))
    }

    #[must_use]
    pub fn minus(self, hash: RecordHash) -> Self {
        Self(self.0.wrapping_sub(u128::from_le_bytes(hash.0)))
    }

    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({self})")
    }
}

/// Refuses a key that some backend could not hold, order or index.
pub fn check_key(key: &str) -> Result<()> {
    if key.len() > KEY_BYTES_MAX {
        return Err(errors::too_large(format!("record key of {} bytes is too long", key.len()))
            .detail(format!("A key has at most {KEY_BYTES_MAX} bytes.")));
    }
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'~' | b'-');
    if key.split('/').all(|segment| !segment.is_empty() && segment.bytes().all(allowed)) {
        return Ok(());
    }
    Err(Error::new(Code::InvalidArgument, format!("record key \"{key}\" is not valid"))
        .detail("A key is made of segments of a-z, 0-9, \".\", \"_\", \"~\" and \"-\", joined by \"/\"."))
}

/// Refuses a body that is larger than every backend takes.
pub fn check_body(key: &str, body: &[u8]) -> Result<()> {
    if body.len() <= BODY_BYTES_MAX {
        return Ok(());
    }
    Err(errors::too_large(format!("record \"{key}\" is too large"))
        .detail(format!("It has {} bytes; a record has at most {BODY_BYTES_MAX}.", body.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_record_is_in_its_hash() {
        let record = Record::new("a/b", 7, "word", "body");
        let others = [
            Record::new("a/c", 7, "word", "body"),
            Record::new("a/b", 8, "word", "body"),
            Record::new("a/b", 7, "wore", "body"),
            Record::new("a/b", 7, "word", "bodz"),
            Record::new("a/b", 7, "wordb", "ody"),
        ];
        assert!(record.is_intact());
        for other in others {
            assert_ne!(record.hash, other.hash, "{other:?}");
            assert!(!Record { hash: other.hash, ..record.clone() }.is_intact());
        }
    }

    #[test]
    fn the_root_does_not_depend_on_the_order() {
        let [a, b] = ["a", "b"].map(|key| Record::new(key, 1, "word", "body").hash);
        let both = Root::EMPTY.plus(a).plus(b);
        assert_eq!(both, Root::EMPTY.plus(b).plus(a));
        assert_eq!(both.minus(a), Root::EMPTY.plus(b));
        assert_ne!(both, Root::EMPTY);
        assert_eq!(both.minus(a).minus(b), Root::EMPTY);
        assert_eq!(Root::from_bytes(both.to_bytes()), both);
    }

    #[test]
    fn keys() {
        for key in ["a", "ds/01-2_3~4.5/v/1", &"k".repeat(KEY_BYTES_MAX)] {
            assert!(check_key(key).is_ok(), "{key}");
        }
        for key in ["", "/", "a/", "/a", "a//b", "A", "a b", "a\0", "é", "a%"] {
            assert_eq!(check_key(key).unwrap_err().code, Code::InvalidArgument, "{key}");
        }
        assert_eq!(check_key(&"k".repeat(KEY_BYTES_MAX + 1)).unwrap_err().code, Code::Limit);
    }

    #[test]
    fn bodies() {
        assert!(check_body("a", &vec![0; BODY_BYTES_MAX]).is_ok());
        let error = check_body("a", &vec![0; BODY_BYTES_MAX + 1]).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::Limit, "record \"a\" is too large"));
    }
}
