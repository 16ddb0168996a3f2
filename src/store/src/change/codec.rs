//! The bytes of a log entry: a format number, fixed fields, then counted strings, all little-endian.
//!
//! Written by hand because the bytes are hashed and kept for ever: no library may reorder or pad them in an upgrade.

use bytes::{Buf, BufMut, Bytes, BytesMut, TryGetError};
use spi::Result;
use uuid::Uuid;

use super::{Entry, EntryHash, Op};
use crate::errors;
use crate::record::Root;

/// Raised when an older gateway could misread an entry. It then refuses to go on instead of skipping it.
const FORMAT: u8 = 1;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// Lengths fit their fields: `check_ops` and `check_name` have bounded keys, kinds, bodies and names far below 2^32.
pub(super) fn encode(entry: &Entry) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    out.put_u8(FORMAT);
    out.put_u64_le(entry.rev);
    out.put_slice(entry.prev.as_bytes());
    out.put_slice(&entry.root.to_bytes());
    out.put_slice(entry.change_id.as_bytes());
    out.put_i64_le(entry.at);
    put_counted(&mut out, entry.actor.as_bytes());
    put_counted(&mut out, entry.node.as_bytes());
    out.put_u32_le(entry.ops.len() as u32);
    for op in &entry.ops {
        match op {
            Op::Put { key, kind, body } => {
                out.put_u8(PUT);
                put_counted(&mut out, key.as_bytes());
                put_counted(&mut out, kind.as_bytes());
                put_counted(&mut out, body);
            }
            Op::Delete { key } => {
                out.put_u8(DELETE);
                put_counted(&mut out, key.as_bytes());
            }
        }
    }
    out.freeze()
}

/// `rev` only names the entry in an error.
pub(super) fn decode(rev: u64, mut content: Bytes) -> Result<Entry> {
    let damaged = || errors::corrupt(format!("change log entry {rev} is damaged")).detail("Its content cannot be decoded.");
    let format = content.try_get_u8().map_err(|_| damaged())?;
    if format > FORMAT {
        return Err(errors::too_new(format!("change log entry {rev} was written by a newer gateway")));
    }
    decode_fields(&mut content).map_err(|_: Malformed| damaged())
}

fn decode_fields(content: &mut Bytes) -> Result<Entry, Malformed> {
    let entry = Entry {
        rev: content.try_get_u64_le()?,
        prev: EntryHash::from_bytes(get_fixed(content)?),
        root: Root::from_bytes(get_fixed(content)?),
        change_id: Uuid::from_bytes(get_fixed(content)?),
        at: content.try_get_i64_le()?,
        actor: get_string(content)?,
        node: get_string(content)?,
        ops: get_ops(content)?,
    };
    if content.has_remaining() { Err(Malformed) } else { Ok(entry) }
}

fn get_ops(content: &mut Bytes) -> Result<Vec<Op>, Malformed> {
    let count = content.try_get_u32_le()?;
    let mut ops = Vec::new();
    for _ in 0..count {
        ops.push(match content.try_get_u8()? {
            PUT => Op::Put { key: get_string(content)?, kind: get_string(content)?, body: get_counted(content)?.to_vec() },
            DELETE => Op::Delete { key: get_string(content)? },
            _ => return Err(Malformed),
        });
    }
    Ok(ops)
}

fn put_counted(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32_le(bytes.len() as u32);
    out.put_slice(bytes);
}

fn get_counted(content: &mut Bytes) -> Result<Bytes, Malformed> {
    let length = content.try_get_u32_le()? as usize;
    if length > content.remaining() { Err(Malformed) } else { Ok(content.split_to(length)) }
}

fn get_string(content: &mut Bytes) -> Result<String, Malformed> {
    String::from_utf8(get_counted(content)?.to_vec()).map_err(|_| Malformed)
}

fn get_fixed<const N: usize>(content: &mut Bytes) -> Result<[u8; N], Malformed> {
    let mut bytes = [0; N];
    content.try_copy_to_slice(&mut bytes)?;
    Ok(bytes)
}

/// The bytes are not those of an entry. Where exactly does not help anyone: the entry is lost as a whole.
struct Malformed;

impl From<TryGetError> for Malformed {
    fn from(_: TryGetError) -> Self {
        Self
    }
}
