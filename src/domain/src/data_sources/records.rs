//! The records of data sources.
//!
//! | key | holds |
//! | --- | --- |
//! | `ds/<oid>` | the source itself |
//! | `ds/<oid>/v/<n>` | a version, never changed |
//! | `ds/<oid>/current`, `ds/<oid>/published` | which version is the newest, which one is read |
//! | `ds/<oid>/publications/<n>` | a move of the published pointer |
//! | `source-name/<name in hex>` | the OID of the source that has the name; a dropped one has none |
//! | `counter/oid` | the next OID of sources and roles |
//!
//! What else is under `ds/<oid>/` belongs to the source's metadata and goes with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spi::options::did_you_mean;
use spi::{Code, Error, Result};
use store::{Op, Record, Replica};

use super::{DataSource, Membership, Publication, PublicationAction, SealedOptions, State, Version};
use crate::{record, time};

const SOURCES: &str = "ds/";

/// PostgreSQL gives OIDs below this to itself.
const FIRST_OID: u32 = 16384;
/// Some clients keep OIDs in signed integers.
const LAST_OID: u32 = i32::MAX as u32;
const OID_COUNTER: &str = "counter/oid";

/// A data source as its record holds it.
#[derive(Serialize, Deserialize)]
struct SourceBody {
    name: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member_of: Option<Membership>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default)]
    paused: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped_at: Option<i64>,
    created_at: i64,
    created_by: String,
    changed_at: i64,
    changed_by: String,
}

#[derive(Serialize, Deserialize)]
struct VersionBody {
    options: SealedOptions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    created_at: i64,
    created_by: String,
}

#[derive(Serialize, Deserialize)]
struct PublicationBody {
    action: PublicationAction,
    version: u64,
    at: i64,
    by: String,
}

/// All data sources, dropped ones too, by OID.
pub fn list(replica: &Replica) -> Vec<DataSource> {
    let own = replica.scan(SOURCES).filter(|record| !record.key[SOURCES.len()..].contains('/'));
    let mut sources: Vec<DataSource> = own.filter_map(|record| decode(replica, record)).collect();
    sources.sort_unstable_by_key(|source| source.oid);
    sources
}

/// The data source of a name: the one that has it, else the one that had it and was dropped last.
pub fn get(replica: &Replica, name: &str) -> Result<DataSource> {
    match named(replica, name).or_else(|| dropped(replica, name)) {
        Some(source) => Ok(source),
        None => Err(unknown(replica, name)),
    }
}

/// The data source that has a name. A dropped one has none.
pub(crate) fn get_live(replica: &Replica, name: &str) -> Result<DataSource> {
    named(replica, name).ok_or_else(|| unknown(replica, name))
}

pub fn by_oid(replica: &Replica, oid: u32) -> Result<DataSource> {
    let found = replica.get(&source_key(oid)).and_then(|record| decode(replica, record));
    found.ok_or_else(|| Error::new(Code::UndefinedObject, format!("data source with OID {oid} does not exist")))
}

/// The data source that has a name.
pub(super) fn named(replica: &Replica, name: &str) -> Option<DataSource> {
    by_oid(replica, record::read(replica.get(&name_key(name))?)?).ok()
}

/// Of the dropped data sources that had a name, the one that was dropped last.
pub(super) fn dropped(replica: &Replica, name: &str) -> Option<DataSource> {
    let dropped = list(replica).into_iter().filter(|source| source.name == name && source.dropped_at.is_some());
    dropped.max_by_key(|source| (source.dropped_at, source.revision))
}

/// All versions of a source, the oldest first.
pub fn versions(replica: &Replica, oid: u32) -> Vec<Version> {
    let published = pointer(replica, &published_key(oid));
    let prefix = format!("{}/v/", source_key(oid));
    let numbered = replica.scan(&prefix).filter_map(|record| Some((record.key[prefix.len()..].parse().ok()?, record)));
    let mut versions: Vec<Version> = numbered.filter_map(|(number, record)| decode_version(number, record, published)).collect();
    versions.sort_unstable_by_key(|version| version.number);
    versions
}

/// One version of a source.
pub fn version(replica: &Replica, source: &DataSource, number: u64) -> Result<Version> {
    let found = replica.get(&version_key(source.oid, number)).and_then(|record| decode_version(number, record, source.published_version));
    found.ok_or_else(|| {
        Error::new(Code::UndefinedObject, format!("version {number} of data source \"{}\" does not exist", source.name))
            .hint(format!("Its versions are 1 to {}.", source.current_version))
    })
}

/// The moves of a source's published pointer, the oldest first.
pub fn publications(replica: &Replica, oid: u32) -> Vec<Publication> {
    let prefix = publications_prefix(oid);
    let decode = |record: &Record| {
        let PublicationBody { action, version, at, by } = record::read(record)?;
        Some(Publication { number: record.key[prefix.len()..].parse().ok()?, action, version, at, by })
    };
    let mut publications: Vec<Publication> = replica.scan(&prefix).filter_map(decode).collect();
    publications.sort_unstable_by_key(|publication| publication.number);
    publications
}

/// A new OID, and what counts it as used.
pub(crate) fn next_oid(replica: &Replica) -> Result<(u32, Op)> {
    let oid = first_free_oid(replica)?;
    Ok((oid, put_first_free_oid(oid + 1)?))
}

/// The OID that no source and no role had yet, and neither had any after it.
pub(super) fn first_free_oid(replica: &Replica) -> Result<u32> {
    match replica.get(OID_COUNTER) {
        Some(record) => record::read(record).ok_or_else(|| Error::internal("the OID counter cannot be read")),
        None => Ok(FIRST_OID),
    }
}

/// What counts all OIDs before this one as used.
pub(super) fn put_first_free_oid(oid: u32) -> Result<Op> {
    if oid - 1 > LAST_OID {
        return Err(Error::new(Code::Limit, "all OIDs are used").detail(format!("The last one is {LAST_OID}.")));
    }
    record::put(OID_COUNTER.to_owned(), "counter", &oid)
}

pub(super) fn put_source(source: &DataSource) -> Result<Op> {
    let source = source.clone();
    let body = SourceBody {
        name: source.name,
        kind: source.kind,
        comment: source.comment,
        labels: source.labels,
        member_of: source.member_of,
        expires_at: source.expires_at,
        paused: source.paused,
        dropped_at: source.dropped_at,
        created_at: source.created_at,
        created_by: source.created_by,
        changed_at: source.changed_at,
        changed_by: source.changed_by,
    };
    record::put(source_key(source.oid), "data_source", &body)
}

/// What saves a version and makes it the newest.
pub(super) fn put_version(oid: u32, version: Version) -> Result<[Op; 2]> {
    let Version { number, options, comment, labels, created_at, created_by, published: _ } = version;
    let body = VersionBody { options, comment, labels, created_at, created_by };
    Ok([record::put(version_key(oid, number), "data_source_version", &body)?, record::put(current_key(oid), "version_pointer", &number)?])
}

/// What moves the published pointer and remembers who moved it.
pub(super) fn put_publication(replica: &Replica, oid: u32, action: PublicationAction, version: u64, by: &str) -> Result<[Op; 2]> {
    let moved = match action {
        PublicationAction::Unpublish => Op::delete(published_key(oid)),
        PublicationAction::Publish | PublicationAction::Rollback => record::put(published_key(oid), "version_pointer", &version)?,
    };
    let number = publications(replica, oid).last().map_or(1, |last| last.number + 1);
    let body = PublicationBody { action, version, at: time::now(), by: by.to_owned() };
    Ok([moved, record::put(format!("{}{number}", publications_prefix(oid)), "publication", &body)?])
}

pub(super) fn put_name(name: &str, oid: u32) -> Result<Op> {
    record::put(name_key(name), "source_name", &oid)
}

pub(super) fn delete_name(name: &str) -> Op {
    Op::delete(name_key(name))
}

pub(super) fn source_key(oid: u32) -> String {
    format!("{SOURCES}{oid}")
}

/// Also what the secrets of a version are sealed for.
pub(super) fn version_key(oid: u32, number: u64) -> String {
    format!("{SOURCES}{oid}/v/{number}")
}

fn current_key(oid: u32) -> String {
    format!("{SOURCES}{oid}/current")
}

fn published_key(oid: u32) -> String {
    format!("{SOURCES}{oid}/published")
}

fn publications_prefix(oid: u32) -> String {
    format!("{SOURCES}{oid}/publications/")
}

/// Keys take fewer characters than names: a name is written in hexadecimal.
fn name_key(name: &str) -> String {
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("source-name/{hex}")
}

fn pointer(replica: &Replica, key: &str) -> Option<u64> {
    record::read(replica.get(key)?)
}

fn decode(replica: &Replica, record: &Record) -> Option<DataSource> {
    let oid = record.key[SOURCES.len()..].parse().ok()?;
    let body: SourceBody = record::read(record)?;
    let mut source = DataSource {
        oid,
        name: body.name,
        kind: body.kind,
        state: State::Draft,
        comment: body.comment,
        labels: body.labels,
        member_of: body.member_of,
        current_version: pointer(replica, &current_key(oid))?,
        published_version: pointer(replica, &published_key(oid)),
        expires_at: body.expires_at,
        paused: body.paused,
        dropped_at: body.dropped_at,
        created_at: body.created_at,
        created_by: body.created_by,
        changed_at: body.changed_at,
        changed_by: body.changed_by,
        revision: record.rev,
    };
    source.state = State::at(&source, time::now());
    Some(source)
}

fn decode_version(number: u64, record: &Record, published: Option<u64>) -> Option<Version> {
    let VersionBody { options, comment, labels, created_at, created_by } = record::read(record)?;
    Some(Version { number, options, comment, labels, created_at, created_by, published: published == Some(number) })
}

fn unknown(replica: &Replica, name: &str) -> Error {
    let error = Error::not_found("data source", name);
    let sources = list(replica);
    let known: Vec<&str> = sources.iter().filter(|source| source.dropped_at.is_none()).map(|source| source.name.as_str()).collect();
    match did_you_mean(name, &known) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
        None => error,
    }
}
