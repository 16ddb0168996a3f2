//! One entry of the change log: what changed, who changed it, and the links that chain it to everything before it.
//!
//! An entry is hashed as the very bytes that are stored. It holds the hash of the entry before it and the root of the
//! state after it, so a node that applies it notices a lost, reordered or altered entry, and a diverged state, at once.

use std::collections::HashSet;

use bytes::Bytes;
use spi::{Code, Error, Result};
use uuid::Uuid;

use crate::errors;
use crate::record::{self, KIND_BYTES_MAX, Root};

mod codec;

pub use blake3::Hash as EntryHash;

/// Most records in one change. etcd takes 128 operations in a transaction, and ours adds the log, the head and a marker.
pub const OPS_MAX: usize = 100;
/// Most bytes in one change. etcd takes requests of 1.5 MiB, and every body is written twice.
pub const CHANGE_BYTES_MAX: usize = 512 * 1024;
/// Longest name of an actor or a node in the log.
pub const NAME_BYTES_MAX: usize = 256;
/// What the first entry is chained to.
pub const GENESIS: EntryHash = EntryHash::from_bytes([0; 32]);

/// What a change does to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes the record, whether it exists or not.
    Put { key: String, kind: String, body: Vec<u8> },
    /// Removes the record.
    Delete { key: String },
}

impl Op {
    pub fn put(key: impl Into<String>, kind: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::Put { key: key.into(), kind: kind.into(), body: body.into() }
    }

    pub fn delete(key: impl Into<String>) -> Self {
        Self::Delete { key: key.into() }
    }

    pub fn key(&self) -> &str {
        match self {
            Op::Put { key, .. } | Op::Delete { key } => key,
        }
    }
}

/// One entry of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log: 1, 2, 3 and so on, without a gap.
    pub rev: u64,
    /// The hash of the entry before it.
    pub prev: EntryHash,
    /// The root of the state after it.
    pub root: Root,
    /// The caller's name for the change: the same id is never committed twice.
    pub change_id: Uuid,
    /// When it was made, in microseconds since 1970. It never falls along the log. For people, and for how long the entry
    /// is kept: nothing else is decided by it.
    pub at: i64,
    /// The role that made it.
    pub actor: String,
    /// The gateway that it was made on.
    pub node: String,
    pub ops: Vec<Op>,
}

impl Entry {
    /// The entry as it is stored.
    pub fn seal(&self) -> LogRow {
        let content = codec::encode(self);
        LogRow { rev: self.rev, hash: blake3::hash(&content), content }
    }
}

/// An entry as a backend stores it: opaque content, and the hash of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    pub rev: u64,
    pub hash: EntryHash,
    pub content: Bytes,
}

impl LogRow {
    /// The entry, once its bytes are known to be those that were written.
    pub fn open(&self) -> Result<Entry> {
        let damaged = || errors::corrupt(format!("change log entry {} is damaged", self.rev));
        if blake3::hash(&self.content) != self.hash {
            return Err(damaged().detail("Its content does not have the hash that was stored with it."));
        }
        let entry = codec::decode(self.rev, self.content.clone())?;
        if entry.rev != self.rev {
            return Err(damaged().detail(format!("Its content is that of entry {}.", entry.rev)));
        }
        Ok(entry)
    }
}

/// Refuses a change that some backend could not take whole.
pub fn check_ops(ops: &[Op]) -> Result<()> {
    if ops.len() > OPS_MAX {
        return Err(errors::too_large(format!("a change of {} records is too large", ops.len()))
            .detail(format!("One change writes at most {OPS_MAX} records.")));
    }
    let mut keys = HashSet::with_capacity(ops.len());
    let mut bytes = 0;
    for op in ops {
        record::check_key(op.key())?;
        if !keys.insert(op.key()) {
            return Err(Error::internal(format!("a change names record \"{}\" twice", op.key())));
        }
        bytes += op.key().len();
        if let Op::Put { key, kind, body } = op {
            check_kind(key, kind)?;
            record::check_body(key, body)?;
            bytes += kind.len() + body.len();
        }
    }
    if bytes > CHANGE_BYTES_MAX {
        return Err(errors::too_large(format!("a change of {bytes} bytes is too large"))
            .detail(format!("One change writes at most {CHANGE_BYTES_MAX} bytes.")));
    }
    Ok(())
}

fn check_kind(key: &str, kind: &str) -> Result<()> {
    if !kind.is_empty() && kind.len() <= KIND_BYTES_MAX {
        return Ok(());
    }
    Err(Error::internal(format!("record \"{key}\" has no valid kind")).detail(format!("A kind has 1 to {KIND_BYTES_MAX} bytes.")))
}

/// Refuses a name that would not fit the log.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    if name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    Err(Error::new(Code::Limit, format!("{what} name is too long")).detail(format!("It has {} bytes; {NAME_BYTES_MAX} fit.", name.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::BODY_BYTES_MAX;

    #[test]
    fn an_entry_opens_as_it_was_sealed() {
        let row = sample().seal();
        assert_eq!(row.open().unwrap(), sample());
    }

    #[test]
    fn one_changed_bit_anywhere_is_noticed() {
        let row = sample().seal();
        for at in 0..row.content.len() {
            let mut content = row.content.to_vec();
            content[at] ^= 1;
            let error = LogRow { content: content.into(), ..row.clone() }.open().unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (Code::Corrupt, "change log entry 3 is damaged"));
        }
    }

    #[test]
    fn content_under_another_revision_is_noticed() {
        let row = LogRow { rev: 4, ..sample().seal() };
        assert_eq!(row.open().unwrap_err().message, "change log entry 4 is damaged");
    }

    #[test]
    fn content_cut_short_is_noticed_even_with_a_fitting_hash() {
        let row = sample().seal();
        for length in 0..row.content.len() {
            let content = row.content.slice(..length);
            let error = LogRow { rev: 3, hash: blake3::hash(&content), content }.open().unwrap_err();
            assert_eq!(error.code, Code::Corrupt, "{length}");
        }
    }

    #[test]
    fn an_entry_of_a_newer_gateway_is_refused_not_guessed() {
        let mut content = sample().seal().content.to_vec();
        content[0] = 2;
        let row = LogRow { rev: 3, hash: blake3::hash(&content), content: content.into() };
        assert_eq!(row.open().unwrap_err().code, Code::Unsupported);
    }

    #[test]
    fn limits() {
        let puts = |count: usize, bytes: usize| (0..count).map(|i| Op::put(format!("k/{i}"), "word", vec![0; bytes])).collect::<Vec<_>>();
        let code = |ops: &[Op]| check_ops(ops).err().map(|error| error.code);
        assert_eq!(code(&puts(OPS_MAX, 10)), None);
        assert_eq!(code(&puts(OPS_MAX + 1, 10)), Some(Code::Limit));
        assert_eq!(code(&puts(3, BODY_BYTES_MAX)), None);
        assert_eq!(code(&puts(4, BODY_BYTES_MAX)), Some(Code::Limit));
        assert_eq!(code(&puts(1, BODY_BYTES_MAX + 1)), Some(Code::Limit));
        assert_eq!(code(&[Op::delete("a"), Op::put("a", "word", "")]), Some(Code::Internal));
        assert_eq!(code(&[Op::put("a", "", "")]), Some(Code::Internal));
        assert_eq!(code(&[Op::put("A", "word", "")]), Some(Code::InvalidArgument));
    }

    fn sample() -> Entry {
        Entry {
            rev: 3,
            prev: blake3::hash(b"two"),
            root: Root::from_bytes([9; 16]),
            change_id: Uuid::from_u128(42),
            at: 1_700_000_000_000_000,
            actor: "admin".to_owned(),
            node: "node-1".to_owned(),
            ops: vec![Op::put("ds/1", "data_source", vec![0, 255, 7]), Op::delete("ds/2")],
        }
    }
}
