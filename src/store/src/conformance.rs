//! What every backend must do, as one suite that all of them pass unchanged.
//!
//! The first half speaks to the backend itself, the second half to stores on it. A new backend implements [`Place`] for
//! its tests and adds one line to `suite!`; nothing else here may know which backend it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use spi::{Code, Error};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backend::{Append, Appended, Backend, Head, Log, Truncated};
use crate::change::{GENESIS, Op};
use crate::compare::Depth;
use crate::follower::Follower;
use crate::record::{Record, Root};
use crate::replica::Replica;
use crate::retention::Retention;
use crate::store::Store;
use crate::verify::verify;
use crate::{MemoryBackend, SqliteBackend};

/// Long enough that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somewhere to put one store. Every call connects to the same one, as another node would.
#[async_trait]
trait Place: Send + Sync {
    async fn connect(&self) -> Arc<dyn Backend>;
}

#[derive(Default)]
struct InMemory(Arc<MemoryBackend>);

#[async_trait]
impl Place for InMemory {
    async fn connect(&self) -> Arc<dyn Backend> {
        self.0.clone()
    }
}

struct InSqlite(tempfile::TempDir);

impl Default for InSqlite {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Place for InSqlite {
    async fn connect(&self) -> Arc<dyn Backend> {
        Arc::new(SqliteBackend::open(self.0.path().join("store.db")).await.unwrap())
    }
}

macro_rules! suite {
    ($($name:ident: $place:ty),*) => { $(mod $name { suite!(@checks $place:
        a_new_store_is_empty, append_is_all_or_nothing, append_compares_the_head, a_change_is_appended_once, log_is_contiguous,
        a_truncated_log_says_so, a_node_behind_the_floor_takes_a_snapshot, a_long_log_is_forgotten_while_it_grows,
        damaged_rows_are_written_again, soft_state_is_outside_the_log, a_hint_follows_an_append_of_another, records_survive_as_bytes,
        the_largest_change_fits, a_commit_is_seen_by_every_node, the_same_change_id_is_one_change, nothing_to_change_commits_nothing,
        a_refusal_is_passed_on, writers_of_one_record_lose_no_update, any_history_folds_to_the_same_state);
    })* };
    (@checks $place:ty: $($check:ident),*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            super::$check(&<$place>::default()).await;
        }
    )* };
}

suite!(memory: super::InMemory, sqlite: super::InSqlite);

async fn a_new_store_is_empty(place: &dyn Place) {
    let backend = place.connect().await;
    let head = backend.head().await.unwrap();
    assert_eq!((head.rev, head.floor, head.root, head.entry_hash), (0, 0, Root::EMPTY, GENESIS));
    assert_eq!(backend.log(0, 10).await.unwrap(), Log::Entries(vec![]));
    let snapshot = backend.snapshot().await.unwrap();
    assert_eq!((snapshot.head, snapshot.last, snapshot.records), (head.clone(), None, vec![]));
    assert!(backend.listing().await.unwrap().records.is_empty());
    assert_eq!(place.connect().await.head().await.unwrap(), head, "a second connection is to the same store");
}

async fn append_is_all_or_nothing(place: &dyn Place) {
    let backend = place.connect().await;
    let first = append(&*backend, vec![put("b", "1"), put("a", "1")]).await;
    let second = append(&*backend, vec![put("b", "2"), Op::delete("a"), put("c", "2")]).await;

    let head = backend.head().await.unwrap();
    assert_eq!((head.rev, head.entry_hash, head.root), (2, second.row.hash, second.root));
    assert_eq!(backend.log(0, 10).await.unwrap(), Log::Entries(vec![first.row, second.row.clone()]));
    assert_eq!(backend.find_change(first.change_id).await.unwrap(), Some(1));
    assert_eq!(backend.find_change(second.change_id).await.unwrap(), Some(2));
    assert_eq!(backend.find_change(Uuid::now_v7()).await.unwrap(), None);

    let snapshot = backend.snapshot().await.unwrap();
    assert_eq!((snapshot.head, snapshot.last), (head, Some(second.row)));
    assert_eq!(snapshot.records, second.puts, "the records of the second change, in key order");
    let listed: Vec<_> = backend.listing().await.unwrap().records.into_iter().map(|listed| (listed.key, listed.rev, listed.hash)).collect();
    let records: Vec<_> = second.puts.iter().map(|record| (record.key.to_string(), record.rev, record.hash)).collect();
    assert_eq!(listed, records);
}

async fn append_compares_the_head(place: &dyn Place) {
    let backend = place.connect().await;
    let state = load(&*backend).await;
    let winner = draft(&state, vec![put("a", "winner")]);
    let loser = draft(&state, vec![put("a", "loser"), put("b", "loser")]);
    assert_eq!(backend.append(&winner).await.unwrap(), Appended::Done);
    let head = backend.head().await.unwrap();
    assert_eq!(backend.append(&loser).await.unwrap(), Appended::HeadMoved(head.clone()));

    // The same revision with another hash is another history.
    let expected = Head { entry_hash: loser.row.hash, ..head.clone() };
    let forged = Append { expected, ..draft(&load(&*backend).await, vec![put("b", "forged")]) };
    assert_eq!(backend.append(&forged).await.unwrap(), Appended::HeadMoved(head.clone()));

    assert_eq!(backend.head().await.unwrap(), head);
    assert_eq!(backend.snapshot().await.unwrap().records, winner.puts);
    assert_eq!(backend.find_change(loser.change_id).await.unwrap(), None);
}

async fn a_change_is_appended_once(place: &dyn Place) {
    let backend = place.connect().await;
    let first = append(&*backend, vec![put("a", "1")]).await;
    append(&*backend, vec![put("a", "2")]).await;
    let again = Append { change_id: first.change_id, ..draft(&load(&*backend).await, vec![put("a", "3")]) };
    assert_eq!(backend.append(&again).await.unwrap(), Appended::Repeated(1));
    assert_eq!(backend.head().await.unwrap().rev, 2);
}

async fn log_is_contiguous(place: &dyn Place) {
    let backend = place.connect().await;
    for i in 0..25 {
        append(&*backend, vec![put("a", &i.to_string())]).await;
    }
    let revisions = async |after, limit| match backend.log(after, limit).await.unwrap() {
        Log::Entries(rows) => rows.iter().map(|row| row.rev).collect::<Vec<_>>(),
        Log::Compacted { floor } => panic!("compacted up to {floor}"),
    };
    assert_eq!(revisions(0, 10).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(revisions(20, 10).await, (21..=25).collect::<Vec<_>>());
    assert!(revisions(25, 10).await.is_empty());
}

async fn a_truncated_log_says_so(place: &dyn Place) {
    let backend = place.connect().await;
    let first = append(&*backend, vec![put("a", "1")]).await;
    let before = backend.head().await.unwrap();
    for i in 2..=5 {
        append(&*backend, vec![put("b", &i.to_string())]).await;
    }
    let head = backend.head().await.unwrap();
    assert_eq!(backend.truncate(&before, 3).await.unwrap(), Truncated::HeadMoved(head.clone()));
    assert!(backend.truncate(&head, 5).await.is_err(), "the last entry stays");
    assert_eq!(backend.truncate(&head, 3).await.unwrap(), Truncated::Done);

    let truncated = backend.head().await.unwrap();
    assert_eq!(truncated, Head { floor: 3, ..head });
    assert_eq!(backend.truncate(&truncated, 2).await.unwrap(), Truncated::HeadMoved(truncated.clone()), "the floor never falls");
    assert_eq!(backend.log(2, 10).await.unwrap(), Log::Compacted { floor: 3 });
    assert!(matches!(backend.log(3, 10).await.unwrap(), Log::Entries(rows) if rows.len() == 2 && rows[0].rev == 4));
    assert_eq!(backend.find_change(first.change_id).await.unwrap(), None, "its marker went with its entry");
    assert_eq!(backend.snapshot().await.unwrap().records.len(), 2, "records stay");
    append(&*backend, vec![put("c", "6")]).await;
    assert_eq!(verify(&*backend).await.unwrap().damage, []);
}

async fn a_node_behind_the_floor_takes_a_snapshot(place: &dyn Place) {
    let backend = place.connect().await;
    append(&*backend, vec![put("a", "1"), put("b", "1")]).await;
    let asleep = load(&*backend).await;
    for i in 2..=5 {
        append(&*backend, vec![put("a", &i.to_string()), Op::delete("b")]).await;
    }
    assert_eq!(backend.truncate(&backend.head().await.unwrap(), 4).await.unwrap(), Truncated::Done);

    let (awake, task) = Follower::new(backend.clone(), asleep, CancellationToken::new());
    tokio::spawn(task);
    let state = awake.reach(5, PATIENCE).await.unwrap();
    assert_eq!((state.root(), state.entry_hash()), (load(&*backend).await.root(), backend.head().await.unwrap().entry_hash));
    assert_eq!((state.get("a").unwrap().body.as_ref(), state.get("b")), (&b"5"[..], None));
    append(&*backend, vec![put("a", "6")]).await;
    assert_eq!(awake.reach(6, PATIENCE).await.unwrap().get("a").unwrap().body, "6");
}

/// More than one batch of rows, and a writer that does not stop meanwhile.
async fn a_long_log_is_forgotten_while_it_grows(place: &dyn Place) {
    let (one, two) = (open(place, "one").await, open(place, "two").await);
    for _ in 0..600 {
        one.commit("admin", Uuid::now_v7(), add_one).await.unwrap();
    }
    let retention = Retention { age: Duration::ZERO, entries: 10, entries_max: 100 };
    let write = async {
        for _ in 0..20 {
            two.commit("admin", Uuid::now_v7(), add_one).await.unwrap();
        }
    };
    let (floor, ()) = futures::join!(one.truncate_log(&retention, i64::MAX), write);
    let floor = floor.unwrap();
    assert!((590..=610).contains(&floor), "{floor}");

    let state = one.wait_for(620, PATIENCE).await.unwrap();
    assert_eq!((count(&state), state.root()), (620, two.wait_for(620, PATIENCE).await.unwrap().root()));
    assert_eq!(open(place, "three").await.replica().root(), state.root());
    let kept: Vec<u64> = two.history(0, 1000).await.unwrap().iter().map(|entry| entry.rev).collect();
    assert_eq!(kept, (floor + 1..=620).collect::<Vec<_>>());
    let report = verify(&*place.connect().await).await.unwrap();
    assert_eq!((report.entries, report.damage), (620 - floor, vec![]));
}

async fn damaged_rows_are_written_again(place: &dyn Place) {
    let backend = place.connect().await;
    append(&*backend, vec![put("a", "1"), put("b", "1"), put("c", "1")]).await;
    let store = open(place, "one").await;
    let (head, whole) = (backend.head().await.unwrap(), backend.snapshot().await.unwrap().records);
    let flipped = Record { body: "flipped".into(), ..whole[1].clone() };
    assert!(backend.repair(&head, &[flipped, Record::new("x", 1, "word", "1")], &["a".to_owned()]).await.unwrap());
    assert_eq!(backend.head().await.unwrap(), head, "it is no change");
    assert_eq!(verify(&*backend).await.unwrap().damage.len(), 4, "three records and the root");

    let compared = store.compare(Depth::Bodies).await.unwrap();
    assert_eq!((compared.stored.join(" "), compared.here), ("a b x".to_owned(), vec![]));
    assert_eq!(backend.snapshot().await.unwrap().records, whole);
    assert_eq!(verify(&*backend).await.unwrap().damage, []);

    append(&*backend, vec![put("d", "1")]).await;
    assert!(!backend.repair(&head, &[Record::new("a", 1, "word", "late")], &[]).await.unwrap(), "the head has moved");
    assert_eq!(backend.snapshot().await.unwrap().records[0], whole[0]);
}

async fn soft_state_is_outside_the_log(place: &dyn Place) {
    let (backend, other) = (place.connect().await, place.connect().await);
    for (key, body) in [("beat/b", "1"), ("beat/a", "1"), ("beat/b", "2"), ("beats", "1"), ("beat_", "1")] {
        backend.soft_put(key, body.as_bytes()).await.unwrap();
    }
    let found = |rows: Vec<(String, Vec<u8>)>| rows.into_iter().map(|(key, body)| format!("{key}={}", String::from_utf8_lossy(&body)));
    let listed: Vec<_> = found(other.soft_list("beat/").await.unwrap()).collect();
    assert_eq!(listed, ["beat/a=1", "beat/b=2"]);
    other.soft_delete("beat/a").await.unwrap();
    other.soft_delete("beat/a").await.unwrap();
    assert_eq!(backend.soft_list("beat/").await.unwrap().len(), 1);
    assert_eq!(backend.soft_list("").await.unwrap().len(), 3);
    assert_eq!(backend.head().await.unwrap().rev, 0);
}

async fn a_hint_follows_an_append_of_another(place: &dyn Place) {
    let (backend, other) = (place.connect().await, place.connect().await);
    if !backend.health().await.unwrap().notifies {
        return;
    }
    let mut hints = backend.wakeups();
    // An early hint is allowed, so the appends go on until one has come.
    let appending = async {
        loop {
            append(&*other, vec![put("a", "1")]).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        hint = timeout(PATIENCE, hints.next()) => assert_eq!(hint.unwrap(), Some(())),
        () = appending => {}
    }
}

async fn records_survive_as_bytes(place: &dyn Place) {
    let backend = place.connect().await;
    let all_bytes: Vec<u8> = (0..=255).collect();
    append(&*backend, vec![Op::put("a.b-c_d~e/0", "kind of \u{fc}", all_bytes.clone()), Op::put("empty", "word", "")]).await;
    let replica = load(&*place.connect().await).await;
    assert_eq!(replica.get("a.b-c_d~e/0").unwrap().body, all_bytes);
    assert_eq!(replica.get("a.b-c_d~e/0").unwrap().kind, "kind of \u{fc}");
    assert!(replica.get("empty").unwrap().body.is_empty());
}

async fn the_largest_change_fits(place: &dyn Place) {
    let backend = place.connect().await;
    let ops: Vec<Op> = (0..100).map(|i| Op::put(format!("{}/{i:02}", "k".repeat(509)), "word", vec![i; 4720])).collect();
    crate::change::check_ops(&ops).unwrap();
    append(&*backend, ops).await;
    assert_eq!(load(&*backend).await.len(), 100);
}

async fn a_commit_is_seen_by_every_node(place: &dyn Place) {
    let (one, two) = (open(place, "one").await, open(place, "two").await);
    let committed = one.commit("admin", Uuid::now_v7(), |_| Ok(vec![put("a", "1")])).await.unwrap();
    assert_eq!((committed.revision, one.replica().revision()), (1, 1));
    assert_eq!(committed.replica.get("a").unwrap().rev, 1);
    let seen = two.wait_for(1, PATIENCE).await.unwrap();
    assert_eq!((seen.root(), seen.entry_hash()), (committed.replica.root(), committed.replica.entry_hash()));

    let entry = two.history(0, 10).await.unwrap().remove(0);
    assert_eq!((entry.rev, entry.actor.as_str(), entry.node.as_str()), (1, "admin", "one"));
    assert_eq!((entry.change_id, entry.at), (committed.change_id, seen.at()));

    let later = open(place, "three").await;
    assert_eq!(later.replica().entry_hash(), seen.entry_hash());
    one.close().await;
    assert_eq!(one.commit("admin", Uuid::now_v7(), |_| Ok(vec![])).await.unwrap_err().code, Code::Unavailable);
}

async fn the_same_change_id_is_one_change(place: &dyn Place) {
    let stores = [open(place, "one").await, open(place, "two").await, open(place, "three").await];
    for round in 1..=20 {
        let change_id = Uuid::now_v7();
        let commits = stores.iter().map(|store| store.commit("admin", change_id, add_one));
        for committed in futures::future::join_all(commits).await {
            assert_eq!(committed.unwrap().revision, round);
        }
    }
    let again = stores[0].commit("admin", Uuid::now_v7(), add_one).await.unwrap();
    let repeated =
        stores[1].commit("admin", again.change_id, |_| Err(Error::internal("a change that is made does not run"))).await.unwrap();
    assert_eq!((repeated.revision, count(&repeated.replica)), (21, 21));
}

async fn nothing_to_change_commits_nothing(place: &dyn Place) {
    let store = open(place, "one").await;
    store.commit("admin", Uuid::now_v7(), add_one).await.unwrap();
    let nothing = store.commit("admin", Uuid::now_v7(), |_| Ok(vec![])).await.unwrap();
    let removed = store.commit("admin", Uuid::now_v7(), |_| Ok(vec![Op::delete("missing")])).await.unwrap();
    assert_eq!((nothing.revision, removed.revision, store.replica().revision()), (1, 1, 1));
}

async fn a_refusal_is_passed_on(place: &dyn Place) {
    let store = open(place, "one").await;
    let refused = store.commit("admin", Uuid::now_v7(), |_| Err(Error::new(Code::Conflict, "changed by another"))).await;
    assert_eq!(refused.unwrap_err().code, Code::Conflict);
    let too_many = |_: &Replica| Ok((0..101).map(|i| put(&format!("k/{i}"), "1")).collect());
    assert_eq!(store.commit("admin", Uuid::now_v7(), too_many).await.unwrap_err().code, Code::Limit);
    let panicked = store.commit("admin", Uuid::now_v7(), |_| panic!("a defect")).await;
    assert_eq!(panicked.unwrap_err().code, Code::Internal);
    assert_eq!(store.commit("admin", Uuid::now_v7(), add_one).await.unwrap().revision, 1, "the committer lives on");
}

async fn writers_of_one_record_lose_no_update(place: &dyn Place) {
    let stores = [open(place, "one").await, open(place, "two").await, open(place, "three").await];
    // Each writer says which count it has seen; a writer that saw an old one gets a conflict and looks again.
    let write = async |store: &Store| {
        let mut conflicts = 0;
        for _ in 0..10 {
            loop {
                let seen = count(&store.replica());
                let result = store.commit("admin", Uuid::now_v7(), move |state| match count(state) == seen {
                    true => add_one(state),
                    false => Err(Error::new(Code::Conflict, "changed by another")),
                });
                match result.await {
                    Ok(_) => break,
                    Err(error) => assert_eq!(error.code, Code::Conflict, "{error}"),
                }
                conflicts += 1;
            }
        }
        conflicts
    };
    let conflicts: u32 = futures::future::join_all(stores.iter().map(write)).await.iter().sum();
    let last = stores[0].wait_for(30, PATIENCE).await.unwrap();
    assert_eq!((count(&last), last.revision()), (30, 30), "after {conflicts} conflicts");
}

/// The model: whatever several nodes commit at random, the log is dense, and folding it, loading it, following it and
/// listing it all give the state that a plain map has.
async fn any_history_folds_to_the_same_state(place: &dyn Place) {
    const SEED: u64 = 0x5eed;
    let stores = [open(place, "one").await, open(place, "two").await];
    let work = stores.iter().enumerate().map(|(node, store)| async move {
        let mut random = StdRng::seed_from_u64(SEED + node as u64);
        let mut acknowledged = Vec::new();
        for _ in 0..60 {
            let ops = random_ops(&mut random);
            let committed = store.commit("admin", Uuid::now_v7(), move |_| Ok(ops.clone())).await.unwrap();
            acknowledged.push((committed.revision, committed.change_id));
        }
        acknowledged
    });
    let acknowledged: Vec<(u64, Uuid)> = futures::future::join_all(work).await.into_iter().flatten().collect();

    let log = stores[0].history(0, 1000).await.unwrap();
    let mut model: BTreeMap<String, (u64, Vec<u8>)> = BTreeMap::new();
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry.rev, index as u64 + 1, "dense");
        for op in &entry.ops {
            match op {
                Op::Put { key, body, .. } => model.insert(key.clone(), (entry.rev, body.clone())),
                Op::Delete { key } => model.remove(key),
            };
        }
    }
    for (revision, change_id) in acknowledged {
        // A change that had nothing to remove is in no entry, and was answered with the revision that it ran on.
        if let Some(entry) = log.iter().find(|entry| entry.change_id == change_id) {
            assert_eq!(entry.rev, revision, "an acknowledged change is in the log at its place");
        }
    }
    assert!(log.len() > 60, "most changes change something");

    let head = log.len() as u64;
    let reopened = open(place, "three").await;
    for store in stores.iter().chain([&reopened]) {
        let state = store.wait_for(head, PATIENCE).await.unwrap();
        assert_eq!((state.revision(), state.root()), (head, log[log.len() - 1].root));
        let held: Vec<_> = state.scan("").map(|record| (record.key.to_string(), (record.rev, record.body.to_vec()))).collect();
        assert_eq!(held, model.clone().into_iter().collect::<Vec<_>>());
    }
    assert_eq!(verify(&*place.connect().await).await.unwrap().damage, []);
}

fn random_ops(random: &mut StdRng) -> Vec<Op> {
    let mut ops: BTreeMap<u8, Op> = BTreeMap::new();
    for _ in 0..random.random_range(1..6) {
        let key = random.random_range(0..20);
        let op = match random.random_bool(0.3) {
            true => Op::delete(format!("k/{key:02}")),
            false => Op::put(format!("k/{key:02}"), "word", vec![random.random(); random.random_range(0..50)]),
        };
        ops.insert(key, op);
    }
    ops.into_values().collect()
}

async fn open(place: &dyn Place, node: &str) -> Store {
    Store::open(place.connect().await, node).await.unwrap()
}

async fn load(backend: &dyn Backend) -> Replica {
    Replica::load(backend.snapshot().await.unwrap()).unwrap()
}

async fn append(backend: &dyn Backend, ops: Vec<Op>) -> Append {
    let append = draft(&load(backend).await, ops);
    assert_eq!(backend.append(&append).await.unwrap(), Appended::Done);
    append
}

fn draft(state: &Replica, ops: Vec<Op>) -> Append {
    state.draft(Uuid::now_v7(), "admin", "node", 1, ops)
}

fn put(key: &str, body: &str) -> Op {
    Op::put(key, "word", body)
}

fn count(state: &Replica) -> u64 {
    state.get("count").map_or(0, |record| String::from_utf8_lossy(&record.body).parse().unwrap())
}

fn add_one(state: &Replica) -> spi::Result<Vec<Op>> {
    Ok(vec![put("count", &(count(state) + 1).to_string())])
}
