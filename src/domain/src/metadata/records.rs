//! The records of a source's snapshots: one per snapshot, and a pointer to the newest.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use spi::{Code, Error, Origin, Result};
use store::{Digest, Op, Record, Replica};

use super::difference::Difference;
use super::manifest::digest;

/// How many snapshots of a source are remembered. A source that changed with every refresh fills them in three days; a
/// record takes about 300 bytes of every node's memory.
const SNAPSHOTS_KEPT: u64 = 1000;

const POINTER: &str = "snapshot_pointer";
const SNAPSHOT: &str = "snapshot";

/// One snapshot of a source, as it was committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// Counts the snapshots of the source from 1.
    pub number: u64,
    /// The version of the data source that was harvested.
    pub version: u64,
    /// When the source was first seen to be like this, in microseconds since 1970 UTC.
    pub observed_at: i64,
    /// When the whole source was harvested for it; `None` for a snapshot that a harvest of a part has made.
    pub harvested_at: Option<i64>,
    #[serde(with = "digest")]
    pub manifest: Digest,
    /// As in the manifest. Kept here too: no damaged blob may ever cause an id to be given twice.
    pub next_oid: u32,
    /// The schema that an unqualified table name means, after `public`.
    pub default_schema: String,
    /// Schemas, tables, routines, types and sequences.
    pub objects: u64,
    /// What differs from the snapshot before.
    #[serde(flatten)]
    pub difference: Difference,
}

#[derive(Serialize, Deserialize)]
struct Pointer {
    number: u64,
}

/// The number of a source's newest snapshot; 0 before the first.
pub(super) fn newest_number(replica: &Replica, source_oid: u32) -> Result<u64> {
    match replica.get(&pointer_key(source_oid)) {
        Some(record) => Ok(read::<Pointer>(record)?.number),
        None => Ok(0),
    }
}

/// A source's newest snapshot.
pub(crate) fn newest(replica: &Replica, source_oid: u32) -> Result<Option<SnapshotRecord>> {
    match newest_number(replica, source_oid)? {
        0 => Ok(None),
        number => {
            let key = snapshot_key(source_oid, number);
            let record = replica.get(&key).ok_or_else(|| damaged(&key).detail("It is missing."))?;
            read(record).map(Some)
        }
    }
}

/// All remembered snapshots of a source, oldest first.
pub fn snapshots(replica: &Replica, source_oid: u32) -> Result<Vec<SnapshotRecord>> {
    let mut snapshots: Vec<SnapshotRecord> = replica.scan(&format!("ds/{source_oid}/snapshots/")).map(read).collect::<Result<_>>()?;
    snapshots.sort_by_key(|snapshot| snapshot.number);
    Ok(snapshots)
}

/// What makes a snapshot the newest one of its source.
pub(super) fn advance(source_oid: u32, snapshot: &SnapshotRecord) -> Result<Vec<Op>> {
    let number = snapshot.number;
    let mut ops = vec![
        Op::put(snapshot_key(source_oid, number), SNAPSHOT, write(snapshot)?),
        Op::put(pointer_key(source_oid), POINTER, write(&Pointer { number })?),
    ];
    if number > SNAPSHOTS_KEPT {
        ops.push(Op::delete(snapshot_key(source_oid, number - SNAPSHOTS_KEPT)));
    }
    Ok(ops)
}

fn pointer_key(source_oid: u32) -> String {
    format!("ds/{source_oid}/snapshot")
}

fn snapshot_key(source_oid: u32, number: u64) -> String {
    format!("ds/{source_oid}/snapshots/{number}")
}

fn read<T: DeserializeOwned>(record: &Record) -> Result<T> {
    serde_json::from_slice(&record.body).map_err(|error| damaged(&record.key).detail(format!("{error}.")))
}

fn write<T: Serialize>(body: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| Error::internal(format!("could not write a snapshot's record: {error}")))
}

fn damaged(key: &str) -> Error {
    Error::new(Code::Corrupt, format!("record \"{key}\" is damaged")).origin(Origin::Gateway)
}
