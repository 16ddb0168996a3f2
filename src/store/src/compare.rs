//! Compares this node's records with those of the store, and repairs whichever side is damaged.
//!
//! The follower checks what changes; a bit that flips in memory, a row that was edited behind our back or a page that went
//! bad are only found by looking at everything. The root at the head says which side is right: the one whose records add
//! up to it. A damaged row is written again from this node's copy, by its key; a damaged copy is loaded anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use spi::{Error, Result};
use tokio::time::timeout;

use crate::backend::{Backend, Head, LOG_PAGE_ROWS, Log};
use crate::errors;
use crate::follower::{Follower, SNAPSHOT_DEADLINE, call, too_slow};
use crate::record::{Record, RecordHash, Root};
use crate::replica::Replica;

/// Rows that one call of the backend writes again. As few as one change writes, for the same reasons.
const REPAIR_ROWS_MAX: usize = crate::change::OPS_MAX;

/// What to read of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The hashes that are stored beside the records: 100,000 are 4 MB.
    Hashes,
    /// All of every record, so that content which no longer has its hash is found, too: 100,000 are 30 MB.
    Bodies,
}

/// What a comparison found and repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The keys of records that were damaged in this node's memory.
    pub here: Vec<String>,
    /// The keys of rows that were damaged in the store.
    pub stored: Vec<String>,
}

/// A record as the store has it.
#[derive(Debug)]
struct Row {
    rev: u64,
    hash: RecordHash,
    /// Whether the content has this hash; believed where it was not read.
    is_intact: bool,
}

pub(crate) async fn compare(backend: &dyn Backend, follower: &Follower, depth: Depth) -> Result<Compared> {
    let ours = follower.replica();
    let (head, rows) = read(backend, depth).await?;
    let ours = at(backend, ours, &head).await?;
    let work = tokio::task::spawn_blocking(move || differences(&ours, rows));
    let Some(repair) = work.await.map_err(|error| Error::internal("a comparison ended early").cause(error))?? else {
        return Ok(Compared::default());
    };
    // In this order: what is loaded anew must be whole.
    write_again(backend, &head, &repair).await?;
    if let Some(first) = repair.here.first() {
        follower.reload(format!("{} records were not what the store holds, the first is \"{first}\"", repair.here.len())).await?;
    }
    Ok(Compared { here: repair.here, stored: repair.stored.into_keys().collect() })
}

async fn read(backend: &dyn Backend, depth: Depth) -> Result<(Head, BTreeMap<String, Row>)> {
    match depth {
        Depth::Hashes => {
            let listing = timeout(SNAPSHOT_DEADLINE, backend.listing()).await.map_err(|_| too_slow())??;
            let rows = listing.records.into_iter().map(|row| (row.key, Row { rev: row.rev, hash: row.hash, is_intact: true }));
            Ok((listing.head, rows.collect()))
        }
        Depth::Bodies => {
            let snapshot = timeout(SNAPSHOT_DEADLINE, backend.snapshot()).await.map_err(|_| too_slow())??;
            let row = |record: Record| Row { rev: record.rev, hash: record.hash, is_intact: record.is_intact() };
            Ok((snapshot.head, snapshot.records.into_iter().map(|record| (record.key.to_string(), row(record))).collect()))
        }
    }
}

/// Our state at a head that was read after it, so that both sides show the same revision however busy the store is.
async fn at(backend: &dyn Backend, mut ours: Arc<Replica>, head: &Head) -> Result<Arc<Replica>> {
    while ours.revision() < head.rev {
        let Log::Entries(rows) = call(backend.log(ours.revision(), LOG_PAGE_ROWS)).await? else { break };
        let before = ours.revision();
        for row in rows.iter().filter(|row| row.rev <= head.rev) {
            ours = Arc::new(ours.apply(row)?);
        }
        if ours.revision() == before {
            break;
        }
    }
    if ours.head().is_same_place(head) {
        return Ok(ours);
    }
    // The follower notices the same, knows what to do about it, and tells an operator.
    let (here, there) = (ours.revision(), head.rev);
    Err(errors::unavailable("the records could not be compared")
        .detail(format!("Revision {here} of this gateway and revision {there} of the store are not in the same history.")))
}

/// What is to be done so that both sides are right.
#[derive(Debug, Default)]
struct Repair {
    /// Keys of our damaged records.
    here: Vec<String>,
    /// The rows that the store should have, by key; nothing where it has one too many.
    stored: BTreeMap<String, Option<Record>>,
}

/// Nothing if both sides are equal and whole.
///
/// Which of two different records is right cannot be seen by looking at them. So both answers are tried, and the one
/// that adds up to the root is the truth; no other set of records does.
fn differences(ours: &Replica, mut rows: BTreeMap<String, Row>) -> Result<Option<Repair>> {
    let mut repair = Repair::default();
    let mut differing = Vec::new();
    // What adds up if our record is right wherever it is whole, and if the store is right.
    let (mut root_of_ours, mut root_of_rows) = (Root::EMPTY, Root::EMPTY);
    for record in ours.scan("") {
        let row = rows.remove(record.key.as_ref()).filter(|row| row.is_intact);
        root_of_rows = row.as_ref().map_or(root_of_rows, |row| root_of_rows.plus(row.hash));
        if !record.is_intact() {
            root_of_ours = row.as_ref().map_or(root_of_ours, |row| root_of_ours.plus(row.hash));
            repair.here.push(record.key.to_string());
            continue;
        }
        root_of_ours = root_of_ours.plus(record.hash);
        if !row.is_some_and(|row| (row.rev, row.hash) == (record.rev, record.hash)) {
            differing.push(record.key.to_string());
            repair.stored.insert(record.key.to_string(), Some(record.clone()));
        }
    }
    for (key, row) in rows {
        root_of_rows = if row.is_intact { root_of_rows.plus(row.hash) } else { root_of_rows };
        differing.push(key.clone());
        repair.stored.insert(key, None);
    }
    if root_of_ours == ours.root() {
        let is_whole = repair.here.is_empty() && repair.stored.is_empty();
        return Ok((!is_whole).then_some(repair));
    }
    if root_of_rows == ours.root() {
        repair.here.extend(differing);
        return Ok(Some(Repair { here: repair.here, stored: BTreeMap::new() }));
    }
    let named: Vec<String> = repair.here.iter().chain(&differing).take(3).map(|key| format!("\"{key}\"")).collect();
    Err(errors::corrupt(format!("records of revision {} are damaged", ours.revision())).detail(match named.is_empty() {
        true => "Neither side's records add up to the root of that revision, although they are equal.".to_owned(),
        false => format!("Neither this gateway's records nor the store's add up to its root. They differ in {}.", named.join(", ")),
    }))
}

async fn write_again(backend: &dyn Backend, head: &Head, repair: &Repair) -> Result<()> {
    let rows: Vec<_> = repair.stored.iter().collect();
    for batch in rows.chunks(REPAIR_ROWS_MAX) {
        let puts: Vec<Record> = batch.iter().filter_map(|(_, record)| (*record).clone()).collect();
        let deletes: Vec<String> = batch.iter().filter(|(_, record)| record.is_none()).map(|(key, _)| (*key).clone()).collect();
        if !call(backend.repair(head, &puts, &deletes)).await? {
            return Err(errors::unavailable("damaged records of the store could not be written again")
                .detail("The store was changed meanwhile. The next comparison finds them again."));
        }
    }
    if let Some((key, _)) = rows.first() {
        let (count, first) = (rows.len(), key.as_str());
        tracing::error!(revision = head.rev, count, first, "records in the store were damaged; written again from this gateway's copy");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use spi::Code;
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::*;
    use crate::MemoryBackend;
    use crate::backend::Appended;
    use crate::change::Op;
    use crate::verify::verify;

    const BOTH: [Depth; 2] = [Depth::Hashes, Depth::Bodies];

    #[tokio::test]
    async fn equal_sides_are_left_alone_even_if_the_store_has_moved_on() {
        for depth in BOTH {
            let backend = store().await;
            let ours = load(&*backend).await;
            assert_eq!(run(&backend, ours.clone(), depth).await.unwrap(), Compared::default());
            append(&*backend, vec![Op::put("d", "word", "1"), Op::delete("a")]).await;
            assert_eq!(run(&backend, ours, depth).await.unwrap(), Compared::default());
        }
    }

    #[tokio::test]
    async fn rows_that_were_edited_removed_or_added_are_written_again() {
        for (puts, deletes, keys) in [
            (vec![Record::new("b", 1, "word", "edited")], vec![], &["b"][..]),
            (vec![], vec!["b".to_owned()], &["b"]),
            (vec![Record::new("x", 1, "word", "added")], vec![], &["x"]),
            (vec![Record::new("b", 1, "word", "edited"), Record::new("x", 1, "word", "")], vec!["a".to_owned()], &["a", "b", "x"]),
        ] {
            let backend = store().await;
            let ours = load(&*backend).await;
            let head = backend.head().await.unwrap();
            assert!(backend.repair(&head, &puts, &deletes).await.unwrap());
            assert_ne!(verify(&*backend).await.unwrap().damage, []);

            let compared = run(&backend, ours.clone(), Depth::Hashes).await.unwrap();
            assert_eq!((compared.stored, compared.here), (keys.iter().map(|key| (*key).to_owned()).collect(), vec![]));
            assert_eq!(verify(&*backend).await.unwrap().damage, []);
            assert_eq!(run(&backend, ours, Depth::Bodies).await.unwrap(), Compared::default());
        }
    }

    #[tokio::test]
    async fn content_without_its_hash_is_found_by_reading_it() {
        let backend = store().await;
        let ours = load(&*backend).await;
        let damaged = Record { body: "flipped".into(), ..ours.get("b").unwrap().clone() };
        backend.repair(&backend.head().await.unwrap(), &[damaged], &[]).await.unwrap();
        assert_eq!(run(&backend, ours.clone(), Depth::Hashes).await.unwrap(), Compared::default());
        let compared = run(&backend, ours, Depth::Bodies).await.unwrap();
        assert_eq!((compared.stored, compared.here), (vec!["b".to_owned()], vec![]));
        assert_eq!(verify(&*backend).await.unwrap().damage, []);
    }

    #[tokio::test]
    async fn a_damaged_copy_is_loaded_anew() {
        for depth in BOTH {
            let backend = store().await;
            let whole = load(&*backend).await;
            let b = whole.get("b").unwrap();
            for damaged in [
                // A bit that flipped, and a record that is whole but wrong.
                whole.with_record(Record { body: "flipped".into(), ..b.clone() }),
                whole.with_record(Record::new("b", b.rev, "word", "wrong")),
            ] {
                let (follower, task) = Follower::new(backend.clone(), damaged, CancellationToken::new());
                tokio::spawn(task);
                let compared = compare(&*backend, &follower, depth).await.unwrap();
                assert_eq!((compared.here, compared.stored), (vec!["b".to_owned()], vec![]));
                assert_eq!(follower.replica().get("b"), Some(b));
            }
        }
    }

    #[tokio::test]
    async fn damage_of_different_records_on_both_sides_is_repaired_on_both() {
        let backend = store().await;
        let whole = load(&*backend).await;
        let damaged = whole.with_record(Record { body: "flipped".into(), ..whole.get("b").unwrap().clone() });
        backend.repair(&backend.head().await.unwrap(), &[], &["a".to_owned()]).await.unwrap();
        let compared = run(&backend, damaged, Depth::Hashes).await.unwrap();
        assert_eq!((compared.here, compared.stored), (vec!["b".to_owned()], vec!["a".to_owned()]));
        assert_eq!(verify(&*backend).await.unwrap().damage, []);
    }

    #[tokio::test]
    async fn what_is_lost_on_both_sides_is_named_and_nothing_is_written() {
        let backend = store().await;
        let whole = load(&*backend).await;
        let wrong = whole.with_record(Record::new("b", 1, "word", "wrong"));
        backend.repair(&backend.head().await.unwrap(), &[Record::new("b", 1, "word", "also wrong")], &[]).await.unwrap();
        let error = run(&backend, wrong, Depth::Hashes).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::Corrupt, "records of revision 2 are damaged"));
        assert!(error.detail.unwrap().ends_with("They differ in \"b\"."));
        assert_eq!(backend.snapshot().await.unwrap().records[1].body, "also wrong");
    }

    #[tokio::test]
    async fn another_history_is_left_to_the_follower() {
        let backend = store().await;
        let ours = load(&*store().await).await;
        assert_eq!(run(&backend, ours, Depth::Hashes).await.unwrap_err().message, "the records could not be compared");
    }

    async fn run(backend: &Arc<MemoryBackend>, ours: Replica, depth: Depth) -> Result<Compared> {
        let (follower, task) = Follower::new(backend.clone(), ours, CancellationToken::new());
        tokio::spawn(task);
        compare(&**backend, &follower, depth).await
    }

    /// Records "a", "b" and "c" at revision 2.
    async fn store() -> Arc<MemoryBackend> {
        let backend = Arc::new(MemoryBackend::new());
        append(&*backend, vec![Op::put("a", "word", "1"), Op::put("b", "word", "1")]).await;
        append(&*backend, vec![Op::put("c", "word", "1")]).await;
        backend
    }

    async fn append(backend: &dyn Backend, ops: Vec<Op>) {
        let append = load(backend).await.draft(Uuid::now_v7(), "admin", "node", 1, ops);
        assert_eq!(backend.append(&append).await.unwrap(), Appended::Done);
    }

    async fn load(backend: &dyn Backend) -> Replica {
        Replica::load(backend.snapshot().await.unwrap()).unwrap()
    }
}
