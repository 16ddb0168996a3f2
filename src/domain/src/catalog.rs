//! The metadata of all sources at one moment, immutable: what every statement is planned and answered from.
//!
//! A catalog pins one state of the store and one snapshot per source. When a source is changed or refreshed, the next
//! catalog shares everything else with this one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use spi::metadata::Snapshot;
use spi::{Code, Error, Origin, Result};
use store::{Blobs, Replica, Store};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::data_sources::{self, DataSource, State};
use crate::metadata::{Ledger, Loaded, load_snapshot, newest_snapshot};
use crate::time;

/// How many sources are loaded at once. Each of them reads several blobs at once.
const LOADS_AT_ONCE: usize = 4;
/// When to try again to read what a blob store did not give. It costs one request.
const RETRY_LOAD: Duration = Duration::from_secs(5);
/// The longest sleep until a source expires. The wall clock may be set, so no sleep trusts it for longer.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// Before the first harvest nobody knows what the source calls its default schema.
const DEFAULT_SCHEMA: &str = "public";

/// All databases at one moment.
#[derive(Debug)]
pub struct Catalog {
    /// The revision of the store that it shows.
    pub revision: u64,
    /// Sorted by name. A source is among them unless it is dropped, or a draft that was never harvested.
    pub databases: Vec<Arc<Database>>,
}

/// A data source as clients see it.
#[derive(Debug)]
pub struct Database {
    pub source: Arc<DataSource>,
    /// The schema that an unqualified table name means, after `public`.
    pub default_schema: String,
    pub snapshot: Arc<Snapshot>,
}

impl Catalog {
    pub fn database(&self, name: &str) -> Option<&Arc<Database>> {
        self.databases.binary_search_by(|database| database.source.name.as_str().cmp(name)).ok().map(|index| &self.databases[index])
    }
}

/// The current catalog, and what keeps it current. Cheap to clone.
#[derive(Clone)]
pub struct Catalogs {
    inner: Arc<Inner>,
}

struct Inner {
    current: watch::Sender<Arc<Catalog>>,
    /// The newest snapshot of each source, by its OID.
    loaded: Mutex<BTreeMap<u32, Arc<Loaded>>>,
    /// Snapshots that this node is about to commit, so that it need not read back what it has just written.
    offered: Mutex<HashMap<u32, Arc<Loaded>>>,
    ledger: Ledger,
}

impl Catalogs {
    /// Loads the newest snapshot of every source from the store. What cannot be read leaves its source without tables, and
    /// the others as they are.
    pub(crate) async fn load(store: &Store, blobs: &Blobs) -> Result<Self> {
        let ledger = Ledger::load(store).await?;
        let current = watch::Sender::new(Arc::new(Catalog { revision: 0, databases: Vec::new() }));
        let catalogs = Self { inner: Arc::new(Inner { current, loaded: Mutex::default(), offered: Mutex::default(), ledger }) };
        catalogs.update(&store.replica(), blobs).await;
        Ok(catalogs)
    }

    /// What statements are answered from now. Pin it for as long as a statement runs.
    pub fn current(&self) -> Arc<Catalog> {
        self.inner.current.borrow().clone()
    }

    /// Tells of every new catalog. A slow watcher sees only the newest.
    pub fn watch(&self) -> watch::Receiver<Arc<Catalog>> {
        self.inner.current.subscribe()
    }

    /// A catalog that shows a revision of the store, such as that of a change which was just committed.
    pub async fn wait_for(&self, revision: u64, deadline: Duration) -> Result<Arc<Catalog>> {
        let mut catalogs = self.watch();
        let reached = tokio::time::timeout(deadline, catalogs.wait_for(|catalog| catalog.revision >= revision)).await;
        match reached {
            Ok(Ok(catalog)) => Ok(catalog.clone()),
            Ok(Err(_)) | Err(_) => Err(Error::new(Code::Unavailable, "the change is committed but not in use here yet")
                .detail(format!("Revision {revision} is still being loaded."))
                .origin(Origin::Gateway)
                .retryable()),
        }
    }

    /// Waits until the catalog shows when a source was last seen, as the ledger has it now, or until `deadline`.
    pub(crate) async fn wait_for_observation(&self, source_oid: u32, deadline: Duration) {
        let observed_at = self.inner.ledger.get(source_oid).observed_at;
        let is_shown = |catalog: &Arc<Catalog>| {
            let database = catalog.databases.iter().find(|database| database.source.oid == source_oid);
            database.is_none_or(|database| database.snapshot.observed_at.is_none_or(|shown| Some(shown) >= observed_at))
        };
        // Late is no failure: the next catalog shows it.
        let _ = tokio::time::timeout(deadline, self.watch().wait_for(is_shown)).await;
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// The newest snapshot of a source as this node holds it.
    pub(crate) fn newest(&self, source_oid: u32) -> Option<Arc<Loaded>> {
        self.loaded().get(&source_oid).cloned()
    }

    /// Holds a snapshot ready for when the change that makes it the newest one is seen.
    pub(crate) fn offer(&self, source_oid: u32, loaded: Arc<Loaded>) {
        self.offered().insert(source_oid, loaded);
    }

    pub(crate) fn withdraw(&self, source_oid: u32) {
        self.offered().remove(&source_oid);
    }

    /// Follows the store and the harvests until `stop`.
    pub(crate) async fn reconcile(self, store: Store, blobs: Blobs, stop: CancellationToken) {
        let (mut replicas, mut attempts) = (store.watch(), self.inner.ledger.watch());
        loop {
            attempts.mark_unchanged();
            let replica = replicas.borrow_and_update().clone();
            self.update(&replica, &blobs).await;
            tokio::select! {
                () = stop.cancelled() => return,
                changed = replicas.changed() => if changed.is_err() { return },
                changed = attempts.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(self.sleep()) => {}
            }
        }
    }

    /// How long nothing changes by time alone.
    fn sleep(&self) -> Duration {
        if self.loaded().values().any(|loaded| loaded.is_worth_another_try()) {
            return RETRY_LOAD;
        }
        let now = time::now();
        let expiries = self.current().databases.iter().filter_map(|database| database.source.expires_at).filter(|at| *at > now).min();
        expiries.map_or(SLEEP_MAX, |at| Duration::from_micros((at - now) as u64).min(SLEEP_MAX))
    }

    async fn update(&self, replica: &Replica, blobs: &Blobs) {
        let mut sources = data_sources::list(replica);
        sources.retain(|source| source.state != State::Dropped);
        let loads = sources.iter().map(|source| self.follow(replica, blobs, source.oid, &source.name));
        let loads: Vec<_> = loads.collect();
        let loaded: BTreeMap<u32, Arc<Loaded>> =
            stream::iter(loads).buffer_unordered(LOADS_AT_ONCE).filter_map(std::future::ready).collect().await;
        let catalog = self.build(replica.revision(), sources, &loaded);
        *self.loaded() = loaded;
        self.inner.current.send_replace(Arc::new(catalog));
    }

    /// The newest snapshot of one source: the one at hand, the one that a harvest of this node made, or the stored one.
    async fn follow(&self, replica: &Replica, blobs: &Blobs, source_oid: u32, name: &str) -> Option<(u32, Arc<Loaded>)> {
        let record = match newest_snapshot(replica, source_oid) {
            Ok(record) => record?,
            Err(error) => {
                tracing::error!(source = name, %error, "the newest snapshot is not known");
                return None;
            }
        };
        let held = self.newest(source_oid);
        if let Some(held) = held.as_ref().filter(|held| held.record == record && !held.is_worth_another_try()) {
            return Some((source_oid, Arc::clone(held)));
        }
        let offered = self.offered().remove(&source_oid).filter(|offered| offered.record == record);
        match offered {
            Some(offered) => Some((source_oid, offered)),
            None => Some((source_oid, Arc::new(load_snapshot(blobs, name, record, held.as_deref()).await))),
        }
    }

    fn build(&self, revision: u64, sources: Vec<DataSource>, loaded: &BTreeMap<u32, Arc<Loaded>>) -> Catalog {
        let before = self.current();
        let before: HashMap<u32, &Arc<Database>> = before.databases.iter().map(|database| (database.source.oid, database)).collect();
        let mut databases: Vec<Arc<Database>> = sources
            .into_iter()
            .filter(|source| source.published_version.is_some() || source.state == State::Expired || loaded.contains_key(&source.oid))
            .map(|source| {
                let database = self.database(source, loaded);
                match before.get(&database.source.oid) {
                    Some(before) if is_same(before, &database) => Arc::clone(before),
                    _ => Arc::new(database),
                }
            })
            .collect();
        databases.sort_unstable_by(|left, right| left.source.name.cmp(&right.source.name));
        Catalog { revision, databases }
    }

    fn database(&self, source: DataSource, loaded: &BTreeMap<u32, Arc<Loaded>>) -> Database {
        let (default_schema, snapshot) = match loaded.get(&source.oid) {
            Some(loaded) => {
                // A harvest that finds nothing new makes no snapshot: only the ledger knows that it took place.
                let observed_at = loaded.snapshot.observed_at.map(|at| self.inner.ledger.get(source.oid).observed_at.unwrap_or(at).max(at));
                (loaded.record.default_schema.clone(), Snapshot { observed_at, ..loaded.snapshot.clone() })
            }
            None => (DEFAULT_SCHEMA.to_owned(), Snapshot::empty()),
        };
        Database { source: Arc::new(source), default_schema, snapshot: Arc::new(snapshot) }
    }

    fn loaded(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Loaded>>> {
        self.inner.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offered(&self) -> MutexGuard<'_, HashMap<u32, Arc<Loaded>>> {
        self.inner.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(left: &Database, right: &Database) -> bool {
    left.source == right.source
        && left.default_schema == right.default_schema
        && (left.snapshot.number, left.snapshot.observed_at) == (right.snapshot.number, right.snapshot.observed_at)
        && left.snapshot.schemas.len() == right.snapshot.schemas.len()
        && left.snapshot.schemas.iter().zip(&right.snapshot.schemas).all(|(left, right)| Arc::ptr_eq(left, right))
}
