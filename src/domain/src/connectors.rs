//! Live connectors of published versions: opened at first use, shared by everyone, closed by a reconciler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spi::connector::{Connector, OpenContext, RemoteCalls};
use spi::options::Options;
use spi::{Code, Error, Result};
use store::{Replica, Store};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::data_sources::{self, DataSource};
use crate::factories::Factories;
use crate::keyring::Keyring;

mod guarded;

use guarded::Guarded;

/// How long a connector may take to be made. It opens nothing remote then, so this only ends what hangs by mistake.
const OPEN_DEADLINE: Duration = Duration::from_secs(30);

/// How often connectors are checked without a change: sources expire by time alone.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(5);

/// The connectors of one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Connectors {
    inner: Arc<Inner>,
}

struct Inner {
    factories: Factories,
    keyring: Keyring,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By data source: at most one, of the version that was asked for last.
    open: HashMap<u32, Open>,
    /// By data source. Outlives its connectors, so that a count never falls.
    remote_calls: HashMap<u32, RemoteCalls>,
}

/// A connector of one version, made by whoever asks first.
#[derive(Clone)]
struct Open {
    version: u64,
    /// The source's name when it was made: the connector's messages have it.
    name: String,
    connector: Arc<OnceCell<Arc<dyn Connector>>>,
}

impl Connectors {
    pub fn new(factories: Factories, keyring: Keyring) -> Self {
        Self { inner: Arc::new(Inner { factories, keyring, state: Mutex::default() }) }
    }

    /// The connector of the published version, or why nothing may connect to the source now.
    pub async fn get(&self, replica: &Replica, source_oid: u32) -> Result<Arc<dyn Connector>> {
        let source = data_sources::by_oid(replica, source_oid)?;
        let version = data_sources::require_readable(&source)?;
        let open = self.open_cell(&source, version);
        let made = open.connector.get_or_try_init(|| async {
            let options = data_sources::opened_options(&self.inner.keyring, replica, source_oid, version)?;
            self.make(&source.name, &source.kind, &options, self.counter(source_oid)).await
        });
        made.await.cloned()
    }

    /// A connector of options that may not be saved, for a test. It is not kept; its requests are counted in `remote_calls`.
    pub async fn open_version(&self, name: &str, kind: &str, options: &Options, remote_calls: &RemoteCalls) -> Result<Arc<dyn Connector>> {
        self.make(name, kind, options, remote_calls.clone()).await
    }

    /// Requests that this gateway has made to a source since it started.
    pub fn remote_calls(&self, source_oid: u32) -> u64 {
        self.state().remote_calls.get(&source_oid).map_or(0, RemoteCalls::total)
    }

    /// Requests that this gateway has made to all sources since it started.
    pub fn remote_calls_total(&self) -> u64 {
        self.state().remote_calls.values().map(RemoteCalls::total).sum()
    }

    /// The sources that have a connector now.
    pub fn open_sources(&self) -> Vec<u32> {
        let mut sources: Vec<u32> = self.state().open.keys().copied().collect();
        sources.sort_unstable();
        sources
    }

    /// Where requests to a source are counted.
    pub(crate) fn counter(&self, source_oid: u32) -> RemoteCalls {
        self.state().remote_calls.entry(source_oid).or_default().clone()
    }

    /// Counts requests that were made to a source with other options than its published ones.
    pub(crate) fn add_remote_calls(&self, source_oid: u32, made: &RemoteCalls) {
        let counter = self.counter(source_oid);
        (0..made.total()).for_each(|_| counter.count());
    }

    /// Closes the connectors that the state does not want: those of other versions or names, and of sources that may not be
    /// connected to.
    pub(crate) fn keep_wanted(&self, replica: &Replica) {
        self.state().open.retain(|oid, open| {
            let source = data_sources::by_oid(replica, *oid);
            source.is_ok_and(|source| source.name == open.name && data_sources::require_readable(&source).ok() == Some(open.version))
        });
    }

    pub(crate) fn close_all(&self) {
        self.state().open.clear();
    }

    fn open_cell(&self, source: &DataSource, version: u64) -> Open {
        let mut state = self.state();
        match state.open.get(&source.oid) {
            Some(open) if open.version == version && open.name == source.name => open.clone(),
            _ => {
                let open = Open { version, name: source.name.clone(), connector: Arc::default() };
                state.open.insert(source.oid, open.clone());
                open
            }
        }
    }

    async fn make(&self, name: &str, kind: &str, options: &Options, remote_calls: RemoteCalls) -> Result<Arc<dyn Connector>> {
        let factories = &self.inner.factories;
        let factory = factories.get(kind)?;
        let guard = Guarded::new(factories.options(kind)?, options);
        let own = factories.own_options(kind, options)?;
        let context = OpenContext { source: name.to_owned(), remote_calls };
        let opened = tokio::time::timeout(OPEN_DEADLINE, factory.open(&own, context)).await.map_err(|_| {
            Error::source(Code::Unreachable, name, format!("could not open data source \"{name}\""))
                .detail(format!("It took longer than {} s.", OPEN_DEADLINE.as_secs()))
                .retryable()
        })?;
        Ok(guard.around(opened.map_err(|error| guard.cleaned(error))?))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connectors as the state changes, until `stop`. The same after a restart, when there are none to close.
pub(crate) async fn reconcile(connectors: Connectors, store: Store, stop: CancellationToken) {
    let mut replicas = store.watch();
    loop {
        let replica = replicas.borrow_and_update().clone();
        connectors.keep_wanted(&replica);
        tokio::select! {
            () = stop.cancelled() => return,
            changed = replicas.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(RECONCILE_INTERVAL) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::{Alter, alter, create, drop, pause, rename, unpublish};
    use crate::testing::{self, SECRET, failure, new_source, options, superuser};

    #[tokio::test]
    async fn a_connector_is_made_once_and_shared() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let replica = services.store.replica();
        let (one, other) = tokio::join!(services.connectors.get(&replica, 16384), services.connectors.get(&replica, 16384));
        assert!(Arc::ptr_eq(&one.expect("a connector"), &other.expect("a connector")));
        assert_eq!(services.connectors.open_sources(), [16384]);
    }

    #[tokio::test]
    async fn connectors_that_are_no_longer_wanted_are_closed() {
        let services = testing::start().await;
        for name in ["paused", "dropped", "unpublished", "renamed", "altered", "kept"] {
            testing::create(&services, name, r#"{"refresh_interval": "0"}"#).await;
        }
        let replica = services.store.replica();
        for oid in 16384..16390 {
            services.connectors.get(&replica, oid).await.expect("a connector");
        }
        let admin = superuser();
        pause(&services, &admin, "paused").await.expect("paused");
        drop(&services, &admin, "dropped", false).await.expect("dropped");
        unpublish(&services, &admin, "unpublished").await.expect("unpublished");
        rename(&services, &admin, "renamed", "other").await.expect("renamed");
        let before = services.connectors.get(&replica, 16388).await.expect("a connector");
        let request = Alter { options: Some(options(r#"{"path": "b"}"#)), publish: true, test: true, ..Alter::default() };
        alter(&services, &admin, "altered", request).await.expect("altered");
        let replica = services.store.replica();
        let closed = || services.connectors.open_sources().into_iter().all(|oid| ![16384, 16385, 16386].contains(&oid));
        testing::eventually("the end of the connectors", closed).await;
        assert!(services.connectors.open_sources().contains(&16389));
        assert!(!Arc::ptr_eq(&services.connectors.get(&replica, 16388).await.expect("a connector"), &before));

        services.connectors.keep_wanted(&replica);
        let open = services.connectors.open_sources();
        services.connectors.keep_wanted(&replica);
        assert_eq!(services.connectors.open_sources(), open, "doing it twice changes nothing");
        services.stop().await;
        assert!(services.connectors.open_sources().is_empty());
    }

    #[tokio::test]
    async fn a_source_without_a_published_version_is_not_read() {
        let services = testing::start().await;
        let request = data_sources::Create { publish: false, ..new_source("it's", "{}") };
        create(&services, &superuser(), request).await.expect("a draft");
        let (code, message, _, hint) = failure(services.connectors.get(&services.store.replica(), 16384).await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"it's\" has no published version"));
        assert_eq!(hint, "CALL publish_datasource('it''s', 1).");
        assert_eq!(failure(services.connectors.get(&services.store.replica(), 1).await).0, "42704");
    }

    #[tokio::test]
    async fn errors_of_a_connector_never_tell_its_secrets() {
        let services = testing::start().await;
        testing::create(&services, "shop", &format!(r#"{{"path": "db1", "password": "{SECRET}"}}"#)).await;
        let connector = services.connectors.get(&services.store.replica(), 16384).await.expect("a connector");
        let request = spi::connector::ReadRequest {
            schema: "main".to_owned(),
            table: "t".to_owned(),
            columns: Vec::new(),
            user: "alice".to_owned(),
            ..spi::connector::ReadRequest::default()
        };
        let (_, message, detail, _) = failure(connector.read(request).await);
        assert_eq!((message.as_str(), detail.as_str()), ("could not log in to db1 with ********", "The server refused ********."));
    }
}
