//! When metadata is refreshed: on request, on schedule, and as soon as a new version of a source is published.
//!
//! One reconciler starts what is due. Whoever else wants the same part of the same source refreshed meanwhile waits for
//! the harvest that is under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, Shared, join_all};
use spi::connector::Scope;
use spi::options::{CommonOptions, Options};
use spi::{Code, Error, Result};
use store::{Blobs, Replica, Store};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::flight::{self, Flight};
use super::freshness::Freshness;
use super::interval;
use super::schedule::{self, History};
use crate::audit::Actor;
use crate::catalog::Catalogs;
use crate::connectors::Connectors;
use crate::data_sources::{self, DataSource, State, databases};
use crate::{table_definitions, time};

/// How many harvests this node runs at once: each holds the metadata of a whole source twice while it is compared.
const HARVESTS_AT_ONCE: usize = 4;
/// The longest sleep until a refresh is due. The wall clock may be set, so no sleep trusts it for longer.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// How often a first harvest is awaited anew when another version turns out to have been harvested.
const FIRST_HARVEST_TRIES: usize = 3;
/// How long a refresh of a server's source waits for the first harvests of databases that are new.
const MEMBERS_DEADLINE: Duration = Duration::from_secs(30);
/// Who commits what the schedule found, as the log says.
const SCHEDULE_ACTOR: &str = "metadata-refresh";

/// What a refresh did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshSummary {
    /// The version of the source that was harvested.
    pub version: u64,
    /// The newest snapshot, which is an older one if nothing has changed.
    pub snapshot: u64,
    /// Schemas, tables, routines, types and sequences of the whole source.
    pub objects: u64,
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    /// Whether there was a harvest at all: a source may say that nothing has changed.
    pub harvested: bool,
    pub remote_calls: u64,
    pub elapsed_ms: u64,
}

/// What is known of a source after the first harvest of a version was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Harvested {
    /// Schemas, tables, routines, types and sequences of the newest snapshot.
    pub objects: u64,
    /// Requests that the harvest made.
    pub remote_calls: u64,
}

/// The refreshes of one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Refreshes {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    blobs: Blobs,
    connectors: Connectors,
    catalogs: Catalogs,
    /// Turns of all harvests.
    turns: Arc<Semaphore>,
    state: Mutex<Running>,
    /// Changes whenever a harvest has ended and everything about it is noted.
    ended: watch::Sender<u64>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Running {
    /// Harvests that wait for their turn or are under way.
    flights: HashMap<Target, Shared<BoxFuture<'static, Result<RefreshSummary>>>>,
    /// One turn per source: two harvests of one source would build on the same snapshot, and one of them in vain.
    source_turns: HashMap<u32, Arc<Semaphore>>,
}

/// A part of a source, and how it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Target {
    source_oid: u32,
    schema: Option<String>,
    table: Option<String>,
    full: bool,
    /// A harvest that began before the newest change of a definition does not show it.
    definition_changes: u64,
}

impl Refreshes {
    pub(crate) fn new(store: &Store, blobs: &Blobs, connectors: &Connectors, catalogs: &Catalogs) -> Self {
        Self {
            inner: Arc::new(Inner {
                store: store.clone(),
                blobs: blobs.clone(),
                connectors: connectors.clone(),
                catalogs: catalogs.clone(),
                turns: Arc::new(Semaphore::new(HARVESTS_AT_ONCE)),
                state: Mutex::default(),
                ended: watch::Sender::new(0),
                stop: CancellationToken::new(),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// Harvests a source, or a part of it, now; unless `full`, a source that says that nothing has changed is not harvested. The
    /// harvest goes on if the caller does not wait for it.
    pub async fn refresh(&self, actor: &Actor, source_oid: u32, scope: Scope, full: bool) -> Result<RefreshSummary> {
        if scope.table.is_some() && scope.schema.is_none() {
            return Err(Error::new(Code::InvalidArgument, "a table to refresh was named without its schema"));
        }
        data_sources::require_readable(&data_sources::by_oid(&self.inner.store.replica(), source_oid)?)?;
        let summary = self.start(source_oid, scope, full, &actor.role).await?;
        // Nothing is lost with the deadline: the harvests go on.
        let _ = timeout(MEMBERS_DEADLINE, self.harvest_members(source_oid)).await;
        Ok(summary)
    }

    /// Waits until this node has tried to harvest a version that was just published, and says what is known then. A failure
    /// or the end of `deadline` is no error: the harvest goes on, and [`Refreshes::freshness`] tells.
    pub async fn first_harvest(&self, source_oid: u32, version: u64, deadline: Duration) -> Harvested {
        let tried = timeout(deadline, async {
            self.try_first_harvest(source_oid, version).await;
            self.harvest_members(source_oid).await;
        });
        let is_tried = tried.await.is_ok();
        let loaded = self.inner.catalogs.newest(source_oid);
        Harvested {
            objects: loaded.map_or(0, |loaded| loaded.snapshot.objects() as u64),
            remote_calls: if is_tried { self.inner.catalogs.ledger().get(source_oid).remote_calls } else { 0 },
        }
    }

    async fn try_first_harvest(&self, source_oid: u32, version: u64) {
        for _ in 0..FIRST_HARVEST_TRIES {
            if self.history(source_oid).version == version {
                return;
            }
            if let Err(error) = self.start(source_oid, Scope::default(), false, SCHEDULE_ACTOR).await {
                tracing::debug!(source_oid, %error, "the first harvest of a version failed");
            }
        }
    }

    /// Waits until the databases of a server are sources and this node has tried to harvest each of them once. Of any other source
    /// there are none.
    async fn harvest_members(&self, server_oid: u32) {
        let Some(revision) = databases::settled(&self.inner.store, server_oid).await else { return };
        let replica = self.inner.store.replica();
        let version = |oid| data_sources::require_readable(&data_sources::by_oid(&replica, oid).ok()?).ok();
        let members = databases::members(&replica, server_oid).filter_map(|oid| Some(self.try_first_harvest(oid, version(oid)?)));
        join_all(members).await;
        // Late is no failure: the next catalog shows what this one does not.
        let _ = self.inner.catalogs.wait_for(revision, MEMBERS_DEADLINE).await;
    }

    /// How fresh the metadata of every source is that is not dropped.
    pub fn freshness(&self) -> Vec<Freshness> {
        let (replica, now) = (self.inner.store.replica(), time::now());
        let mut sources = data_sources::list(&replica);
        sources.retain(|source| source.state != State::Dropped);
        sources.into_iter().map(|source| self.freshness_of(&replica, source, now)).collect()
    }

    /// Requests that this gateway has made to all sources since it started.
    pub fn remote_calls_total(&self) -> u64 {
        self.inner.connectors.remote_calls_total()
    }

    /// Starts what is due, until `stop`; then cancels what is under way.
    pub(crate) async fn reconcile(self, stop: CancellationToken) {
        let (mut catalogs, mut ended) = (self.inner.catalogs.watch(), self.inner.ended.subscribe());
        loop {
            catalogs.mark_unchanged();
            ended.mark_unchanged();
            let replica = self.inner.store.replica();
            self.forget_purged(&replica).await;
            let pause = self.start_due(&replica);
            let is_over = tokio::select! {
                () = stop.cancelled() => true,
                changed = catalogs.changed() => changed.is_err(),
                changed = ended.changed() => changed.is_err(),
                () = sleep(pause) => false,
            };
            if is_over {
                break;
            }
        }
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Starts what is due now, and says how long nothing else is.
    fn start_due(&self, replica: &Replica) -> Duration {
        let now = time::now();
        let mut pause = SLEEP_MAX;
        for source in data_sources::list(replica) {
            let Some(due_at) = self.due_at(replica, &source, now) else { continue };
            if due_at > now {
                pause = pause.min(Duration::from_micros((due_at - now) as u64));
            } else {
                // The answer is not awaited: the ledger keeps it, and the end of the harvest wakes the reconciler.
                drop(self.start(source.oid, Scope::default(), false, SCHEDULE_ACTOR));
            }
        }
        pause
    }

    /// When a source is to be harvested next; `None` if nothing may connect to it now, or if that is left to its users.
    fn due_at(&self, replica: &Replica, source: &DataSource, now: i64) -> Option<i64> {
        let version = data_sources::require_readable(source).ok()?;
        schedule::due_at(source.oid, version, refresh_interval(replica, source, version), &self.history(source.oid), now)
    }

    fn history(&self, source_oid: u32) -> History {
        let attempts = self.inner.catalogs.ledger().get(source_oid);
        let history = History {
            version: attempts.version,
            attempted_at: attempts.last_whole_attempt_at,
            failures: attempts.failures,
            is_lost: false,
        };
        let Some(loaded) = self.inner.catalogs.newest(source_oid) else { return history };
        let is_lost = loaded.is_lost();
        // A crash may have lost the note that a harvest succeeded, but not the snapshot that it made.
        let harvested_at = loaded.record.harvested_at;
        match harvested_at.filter(|at| history.attempted_at.is_none_or(|attempt| attempt < *at)) {
            Some(at) => History { version: loaded.record.version, attempted_at: Some(at), failures: 0, is_lost },
            None => History { is_lost, ..history },
        }
    }

    fn freshness_of(&self, replica: &Replica, source: DataSource, now: i64) -> Freshness {
        let (attempts, history) = (self.inner.catalogs.ledger().get(source.oid), self.history(source.oid));
        let loaded = self.inner.catalogs.newest(source.oid);
        let observed_at = loaded.as_ref().and_then(|loaded| loaded.snapshot.observed_at);
        let damage = loaded.as_ref().and_then(|loaded| loaded.failure()).map(Error::to_string);
        let missing = databases::shortcomings(replica, source.oid);
        let errors: Vec<String> = damage.into_iter().chain(attempts.last_error).chain(missing).collect();
        Freshness {
            source_oid: source.oid,
            snapshot_number: loaded.as_ref().map_or(0, |loaded| loaded.record.number),
            observed_at: observed_at.map(|at| at.max(attempts.observed_at.unwrap_or(at))),
            last_attempt_at: attempts.last_attempt_at.max(history.attempted_at),
            last_error: (!errors.is_empty()).then(|| errors.join("; ")),
            next_refresh_at: self.due_at(replica, &source, now),
            remote_calls_total: self.inner.connectors.remote_calls(source.oid),
            name: source.name,
        }
    }

    /// The harvest of a part of a source that is under way, else a new one.
    fn start(&self, source_oid: u32, scope: Scope, full: bool, actor: &str) -> Shared<BoxFuture<'static, Result<RefreshSummary>>> {
        // Without a snapshot there is nothing that a part could be a part of.
        let is_blank = self.inner.catalogs.newest(source_oid).is_none_or(|newest| newest.is_lost());
        let scope = if is_blank { Scope::default() } else { scope };
        let definition_changes = table_definitions::changes(&self.inner.store.replica(), source_oid);
        let target = Target { source_oid, schema: scope.schema.clone(), table: scope.table.clone(), full, definition_changes };
        let mut state = self.state();
        // Whoever believes the source is served by a harvest too, but not the other way round.
        let fuller = Target { full: true, ..target.clone() };
        if let Some(flight) = state.flights.get(&target).or_else(|| state.flights.get(&fuller)) {
            return flight.clone();
        }
        let source_turn = state.source_turns.entry(source_oid).or_insert_with(|| Arc::new(Semaphore::new(1)));
        let flight = Flight {
            store: self.inner.store.clone(),
            blobs: self.inner.blobs.clone(),
            connectors: self.inner.connectors.clone(),
            catalogs: self.inner.catalogs.clone(),
            turns: [Arc::clone(source_turn), Arc::clone(&self.inner.turns)],
            source_oid,
            scope,
            full,
            actor: actor.to_owned(),
        };
        let shared = self.spawn(flight, target.clone());
        state.flights.insert(target, shared.clone());
        shared
    }

    fn spawn(&self, flight: Flight, target: Target) -> Shared<BoxFuture<'static, Result<RefreshSummary>>> {
        let refreshes = self.clone();
        let work = async move {
            let stopped = refreshes.inner.stop.clone();
            let outcome = stopped.run_until_cancelled(flight::run(flight)).await;
            refreshes.state().flights.remove(&target);
            refreshes.inner.ended.send_modify(|count| *count += 1);
            outcome.unwrap_or_else(|| Err(flight::stopped()))
        };
        let task = store::spawn("metadata.refresh", self.inner.tasks.track_future(work));
        async move { task.await.unwrap_or_else(|error| Err(Error::internal("a metadata refresh ended early").cause(error))) }
            .boxed()
            .shared()
    }

    async fn forget_purged(&self, replica: &Replica) {
        for source_oid in self.inner.catalogs.ledger().sources() {
            if data_sources::by_oid(replica, source_oid).is_err() {
                self.inner.catalogs.ledger().forget(source_oid).await;
                self.state().source_turns.remove(&source_oid);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Running> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interval that a version asks for. What is no interval was refused when the version was saved.
fn refresh_interval(replica: &Replica, source: &DataSource, version: u64) -> Option<Duration> {
    let version = data_sources::version(replica, source, version).ok()?;
    let name = "refresh_interval";
    let given: Options = version.options.plain(name).map(|value| (name.to_owned(), value.clone())).into_iter().collect();
    let common: CommonOptions = spi::options::parse(&source.kind, &given).ok()?;
    interval::parse(&common.refresh_interval).ok()?
}
