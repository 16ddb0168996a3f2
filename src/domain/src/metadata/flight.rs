//! One refresh: harvest, compare, store, commit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use spi::connector::{Connector, Scope};
use spi::metadata::{Harvest, Snapshot};
use spi::{Code, Error, Origin, Result};
use store::{Blobs, Op, Replica, Store, failpoint};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::difference::Difference;
use super::freshness::{Attempts, Fingerprinted};
use super::prepare::prepare;
use super::records::{self, SnapshotRecord};
use super::refresh::RefreshSummary;
use super::stored::{self, Loaded};
use crate::catalog::Catalogs;
use crate::connectors::Connectors;
use crate::data_sources::{self, DataSource, databases};
use crate::{change, table_definitions, time};

/// How long a harvest may take. The largest estates that we know of answer their bulk queries within two minutes.
const HARVEST_DEADLINE: Duration = Duration::from_secs(600);
/// How long this node may take to use a snapshot that it has just made.
const APPLY_DEADLINE: Duration = Duration::from_secs(30);
/// How long a source may take to say whether it has changed. One that takes longer is harvested.
const FINGERPRINT_DEADLINE: Duration = Duration::from_secs(10);
/// How long a server may take to list its databases, which it has in memory.
const DATABASES_DEADLINE: Duration = Duration::from_secs(30);
/// For how long a source that says that nothing has changed is believed: what a fingerprint does not notice, estimates of sizes above
/// all, is then an hour old at most.
const FINGERPRINT_AGE_MAX: Duration = Duration::from_secs(60 * 60);
/// The longest sleep until a source expires. The wall clock may be set, so no sleep trusts it for longer.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What one refresh needs.
pub(super) struct Flight {
    pub store: Store,
    pub blobs: Blobs,
    pub connectors: Connectors,
    pub catalogs: Catalogs,
    /// To be had in this order: the source's own, then one of the few of the node.
    pub turns: [Arc<Semaphore>; 2],
    pub source_oid: u32,
    pub scope: Scope,
    /// Harvest even a source that says that nothing has changed.
    pub full: bool,
    pub actor: String,
}

/// What a refresh works on.
struct Subject {
    replica: Arc<Replica>,
    source: DataSource,
    version: u64,
}

/// What a refresh came to.
struct Refreshed {
    difference: Difference,
    /// When the harvest began, in microseconds since 1970 UTC: what it saw is not older.
    seen_at: i64,
    /// Whether there was a harvest at all: a source may say that nothing has changed.
    harvested: bool,
    /// What spares the next one a harvest, where the source has a way to tell.
    fingerprinted: Option<Fingerprinted>,
}

/// Waits for its turn, refreshes, and notes how it went. Dropping it at any point leaves the newest snapshot as it is.
pub(super) async fn run(flight: Flight) -> Result<RefreshSummary> {
    let [source_turn, turn] = &flight.turns;
    let (_source_turn, _turn) = (source_turn.acquire().await, turn.acquire().await);
    let started = Instant::now();
    let calls_before = flight.connectors.remote_calls(flight.source_oid);
    let subject = flight.subject()?;
    let refreshed = AssertUnwindSafe(flight.refresh(&subject)).catch_unwind().await;
    let refreshed =
        refreshed.unwrap_or_else(|_| Err(Error::internal(format!("the refresh of data source \"{}\" panicked", subject.source.name))));
    let remote_calls = flight.connectors.remote_calls(flight.source_oid) - calls_before;
    flight.note(&subject, &refreshed, remote_calls).await;
    let Refreshed { difference, harvested, .. } = refreshed?;
    flight.catalogs.wait_for_observation(flight.source_oid, APPLY_DEADLINE).await;
    let loaded = flight.catalogs.newest(flight.source_oid);
    Ok(RefreshSummary {
        version: subject.version,
        snapshot: loaded.as_ref().map_or(0, |loaded| loaded.record.number),
        objects: loaded.as_ref().map_or(0, |loaded| loaded.snapshot.objects() as u64),
        added: difference.added,
        changed: difference.changed,
        removed: difference.removed,
        harvested,
        remote_calls,
        elapsed_ms: started.elapsed().as_millis() as u64,
    })
}

/// The error of a refresh that the gateway's end has cancelled.
pub(super) fn stopped() -> Error {
    Error::new(Code::Terminated, "the metadata refresh was cancelled because the gateway stops").origin(Origin::Gateway)
}

impl Flight {
    /// The source and its published version, if it may be connected to now.
    fn subject(&self) -> Result<Subject> {
        let replica = self.store.replica();
        let source = data_sources::by_oid(&replica, self.source_oid)?;
        let version = data_sources::require_readable(&source)?;
        Ok(Subject { replica, source, version })
    }

    fn covers_everything(&self) -> bool {
        self.scope == Scope::default()
    }

    async fn refresh(&self, subject: &Subject) -> Result<Refreshed> {
        self.catalogs.wait_for(subject.replica.revision(), APPLY_DEADLINE).await?;
        let connector = self.connectors.get(&subject.replica, self.source_oid).await?;
        let seen_at = time::now();
        let looked = tokio::select! {
            looked = self.look_at_all(subject, connector.as_ref()) => looked?,
            error = self.until_unreadable(subject.version) => return Err(error),
        };
        let (fingerprint, Some(harvest)) = looked else {
            return Ok(Refreshed { difference: Difference::default(), seen_at, harvested: false, fingerprinted: None });
        };
        // What was taken over unseen is as old as the harvest that saw it, so that the time of the next whole one does not move away.
        let known = self.known(subject).filter(|_| harvest.keeps_tables());
        let looked_at = known.map_or(seen_at, |known| known.harvested_at);
        let kept = self.keep(subject, harvest, connector.default_schema(), seen_at).await;
        let (difference, snapshot) = kept.map_err(|error| self.named(subject, error))?;
        let version = subject.version;
        let fingerprinted = fingerprint.map(|fingerprint| Fingerprinted { version, snapshot, harvested_at: looked_at, fingerprint });
        Ok(Refreshed { difference, seen_at, harvested: true, fingerprinted })
    }

    /// Keeps which databases the server has, where the source stands for one; then looks at the metadata.
    async fn look_at_all(&self, subject: &Subject, connector: &dyn Connector) -> Result<(Option<String>, Option<Harvest>)> {
        if self.covers_everything() {
            self.keep_databases(subject, self.databases(subject, connector).await?).await?;
        }
        self.look(subject, connector).await
    }

    async fn databases(&self, subject: &Subject, connector: &dyn Connector) -> Result<Option<Vec<String>>> {
        timeout(DATABASES_DEADLINE, connector.databases()).await.unwrap_or_else(|_| {
            let name = &subject.source.name;
            Err(Error::source(Code::Unreachable, name, format!("could not list the databases of data source \"{name}\""))
                .detail(format!("It took longer than {} s.", DATABASES_DEADLINE.as_secs()))
                .retryable())
        })
    }

    async fn keep_databases(&self, subject: &Subject, found: Option<Vec<String>>) -> Result<()> {
        if databases::noted(&self.store.replica(), &subject.source, found.as_deref())?.is_empty() {
            return Ok(());
        }
        let (source, version) = (subject.source.clone(), subject.version);
        let kept = change::commit(&self.store, &self.actor, move |replica| {
            check_version(replica, source.oid, version)?;
            Ok((databases::noted(replica, &source, found.as_deref())?, ()))
        });
        kept.await.map(|_| ())
    }

    /// What the source has, and its fingerprint from right before; no harvest where the fingerprint says that nothing has changed.
    async fn look(&self, subject: &Subject, connector: &dyn Connector) -> Result<(Option<String>, Option<Harvest>)> {
        let fingerprint = match self.covers_everything() {
            true => self.fingerprint(subject, connector).await,
            false => None,
        };
        let known = self.known(subject).filter(|_| !self.full && fingerprint.is_some()).map(|known| known.fingerprint);
        match known.is_none() || known != fingerprint {
            true => Ok((fingerprint, Some(self.harvest(subject, connector, known).await?))),
            false => Ok((fingerprint, None)),
        }
    }

    /// What goes wrong here, goes wrong with the harvest too, which then says so.
    async fn fingerprint(&self, subject: &Subject, connector: &dyn Connector) -> Option<String> {
        let found = timeout(FINGERPRINT_DEADLINE, connector.fingerprint()).await;
        found.ok()?.unwrap_or_else(|error| {
            tracing::debug!(source = %subject.source.name, %error, "no fingerprint of the metadata");
            None
        })
    }

    /// The harvest that the newest snapshot comes from, with its fingerprint, if that is not too long ago.
    fn known(&self, subject: &Subject) -> Option<Fingerprinted> {
        let newest = self.catalogs.newest(self.source_oid).filter(|newest| !newest.is_lost())?;
        let known = self.catalogs.ledger().get(self.source_oid).fingerprinted?;
        let age = time::now() - known.harvested_at;
        let is_recent = (0..FINGERPRINT_AGE_MAX.as_micros() as i64).contains(&age);
        let is_same = (known.version, known.snapshot) == (subject.version, newest.record.number);
        (is_same && is_recent).then_some(known)
    }

    /// Makes the harvest the newest snapshot, if it differs from that, and says which one is the newest then.
    async fn keep(&self, subject: &Subject, harvest: Harvest, default_schema: &str, seen_at: i64) -> Result<(Difference, u64)> {
        let newest = self.catalogs.newest(self.source_oid);
        let mut base = stored::base(&self.blobs, newest.as_deref()).await?;
        base.must_advance |= newest.as_ref().is_some_and(|newest| newest.record.default_schema != default_schema);
        let scope = self.scope.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&base, harvest, &scope)).await;
        let prepared = prepared.map_err(|error| Error::internal("a harvest could not be compared").cause(error))??;
        let newest_number = newest.as_ref().map_or(0, |newest| newest.record.number);
        let Some(prepared) = prepared else { return Ok((Difference::default(), newest_number)) };

        failpoint::reach("refresh.before_blobs");
        let (manifest, digest) = stored::save(&self.blobs, &prepared).await?;
        failpoint::reach("refresh.after_blobs");
        let observed_at = match &newest {
            // The rest of the source was not looked at.
            Some(newest) if !self.covers_everything() => newest.record.observed_at,
            _ => seen_at,
        };
        let number = newest_number + 1;
        let snapshot = Snapshot { number, observed_at: Some(observed_at), schemas: prepared.schemas };
        let record = SnapshotRecord {
            number,
            version: subject.version,
            observed_at,
            harvested_at: self.covers_everything().then(time::now),
            manifest: digest,
            next_oid: manifest.next_oid,
            default_schema: default_schema.to_owned(),
            objects: snapshot.objects() as u64,
            difference: prepared.difference,
        };
        self.commit(Loaded { record, snapshot, manifest: Ok(manifest) }).await?;
        Ok((prepared.difference, number))
    }

    /// What the source has. Where it is known with which fingerprint the newest snapshot was harvested, unchanged tables may be those of
    /// that.
    async fn harvest(&self, subject: &Subject, connector: &dyn Connector, known: Option<String>) -> Result<Harvest> {
        let schemas = self.catalogs.newest(self.source_oid).map(|newest| newest.snapshot.schemas.clone()).unwrap_or_default();
        // As they are now, and not when the source was found: whoever changes one waits for the harvest that comes after.
        let definitions = table_definitions::current(&self.store.replica(), self.source_oid);
        let mut harvest = Harvest::after(schemas, Arc::new(definitions));
        if let Some(fingerprint) = known {
            harvest = harvest.since(fingerprint);
        }
        match timeout(HARVEST_DEADLINE, connector.harvest(&self.scope, &mut harvest)).await {
            Ok(harvested) => harvested.map(|()| harvest),
            Err(_) => {
                let name = &subject.source.name;
                Err(Error::source(Code::Unreachable, name, format!("could not harvest data source \"{name}\""))
                    .detail(format!("It took longer than {} s.", HARVEST_DEADLINE.as_secs()))
                    .retryable())
            }
        }
    }

    /// Returns when the source may no longer be connected to in this version: paused, expired, dropped, published anew.
    async fn until_unreadable(&self, version: u64) -> Error {
        let mut replicas = self.store.watch();
        loop {
            let replica = replicas.borrow_and_update().clone();
            if let Err(error) = check_version(&replica, self.source_oid, version) {
                return error;
            }
            let expires_at = data_sources::by_oid(&replica, self.source_oid).ok().and_then(|source| source.expires_at);
            let left = expires_at.map_or(SLEEP_MAX, |at| Duration::from_micros((at - time::now()).max(0) as u64).min(SLEEP_MAX));
            tokio::select! {
                changed = replicas.changed() => if changed.is_err() { return stopped() },
                () = sleep(left) => {}
            }
        }
    }

    /// Makes a stored snapshot the newest one, if it is built on the newest one.
    async fn commit(&self, loaded: Loaded) -> Result<()> {
        let (source_oid, record) = (self.source_oid, loaded.record.clone());
        self.catalogs.offer(source_oid, Arc::new(loaded));
        failpoint::reach("refresh.before_commit");
        let committed = self.store.commit(&self.actor, Uuid::now_v7(), move |replica| advance(replica, source_oid, &record)).await;
        failpoint::reach("refresh.after_commit");
        match committed {
            Ok(committed) => self.catalogs.wait_for(committed.revision, APPLY_DEADLINE).await.map(|_| ()),
            Err(error) => {
                self.catalogs.withdraw(source_oid);
                Err(error)
            }
        }
    }

    /// A limit that the source has reached is told with its name.
    fn named(&self, subject: &Subject, error: Error) -> Error {
        match error.code {
            Code::Limit | Code::BadData => {
                let detail =
                    Some(error.detail.as_ref().map_or(format!("{}.", error.message), |detail| format!("{}: {detail}", error.message)));
                Error { message: format!("could not refresh data source \"{}\"", subject.source.name), detail, ..error }
            }
            _ => error,
        }
    }

    async fn note(&self, subject: &Subject, refreshed: &Result<Refreshed>, remote_calls: u64) {
        if let Err(error) = refreshed {
            tracing::warn!(source = %subject.source.name, %error, "metadata refresh failed");
        }
        let is_whole = self.covers_everything();
        let edit = |attempts: &mut Attempts| {
            if is_whole {
                attempts.version = subject.version;
                attempts.last_whole_attempt_at = attempts.last_attempt_at;
                attempts.remote_calls = remote_calls;
            }
            match refreshed {
                Ok(refreshed) if is_whole => {
                    attempts.observed_at = Some(refreshed.seen_at);
                    attempts.failures = 0;
                    attempts.last_error = None;
                    if refreshed.harvested {
                        attempts.fingerprinted = refreshed.fingerprinted.clone();
                    }
                }
                // What is wrong with the rest of the source is not known to be right now.
                Ok(_) => {}
                Err(error) => {
                    attempts.failures = attempts.failures.saturating_add(u32::from(is_whole));
                    attempts.last_error = Some(error.to_string());
                }
            }
        };
        self.catalogs.ledger().note(self.source_oid, edit).await;
    }
}

fn advance(replica: &Replica, source_oid: u32, record: &SnapshotRecord) -> Result<Vec<Op>> {
    check_version(replica, source_oid, record.version)?;
    if records::newest_number(replica, source_oid)? + 1 != record.number {
        return Err(Error::new(Code::Conflict, "another gateway has refreshed the data source meanwhile").hint("Try again.").retryable());
    }
    records::advance(source_oid, record)
}

/// Refuses what a version that is no longer read has to say.
fn check_version(replica: &Replica, source_oid: u32, version: u64) -> Result<()> {
    let source = data_sources::by_oid(replica, source_oid)?;
    match data_sources::require_readable(&source)? {
        published if published == version => Ok(()),
        published => {
            Err(Error::new(Code::Conflict, format!("version {published} of data source \"{}\" was published meanwhile", source.name))
                .detail(format!("What version {version} was harvested for is of no use."))
                .retryable())
        }
    }
}
