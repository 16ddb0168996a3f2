//! A gateway in memory with one scripted kind of source, which can be started again on the same store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{Connector, ConnectorFactory, ConnectorKind, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope, TestStage};
use spi::metadata::Harvest;
use spi::predicate::Predicate;
use spi::{Code, Error, Result, Secret};
use store::{Blobs, Digest, Journal, MemoryBackend, Store};
use tokio::sync::watch;

use super::estate::Estate;
use crate::catalog::Database;
use crate::data_sources::{self, Create};
use crate::metadata::{Freshness, RefreshSummary};
use crate::services::{self, Parts, Services};
use crate::testing;

/// No test waits longer for anything: it has failed by then.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What the source does when it is harvested.
#[derive(Clone, Debug)]
pub(super) enum Script {
    Answers(Estate),
    /// Pushes everything, then fails.
    FailsAfter(Estate),
    /// Does not answer until the script is another one.
    Hangs,
}

/// What is outside of the gateway: its store, its blobs, and the sources.
#[derive(Clone)]
pub(super) struct World {
    backend: Arc<MemoryBackend>,
    pub objects: Arc<InMemory>,
    scripts: Arc<Mutex<BTreeMap<String, watch::Sender<Script>>>>,
    /// Harvests by source.
    pub harvests: Arc<watch::Sender<BTreeMap<String, u64>>>,
    /// What every source says when it is asked whether it has changed; an error with its message.
    pub fingerprint: Arc<Mutex<Option<std::result::Result<String, String>>>>,
    /// The fingerprint that the last harvest was told that the earlier one had.
    pub since: Arc<Mutex<Option<String>>>,
    /// The databases of every source that stands for a server.
    pub databases: Arc<Mutex<Vec<String>>>,
}

pub(super) struct Gateway {
    pub services: Arc<Services>,
    pub world: World,
}

impl World {
    pub(super) fn new() -> Self {
        let harvests = Arc::new(watch::Sender::new(BTreeMap::new()));
        Self {
            backend: Arc::new(MemoryBackend::new()),
            objects: Arc::new(InMemory::new()),
            scripts: Arc::default(),
            harvests,
            fingerprint: Arc::default(),
            since: Arc::default(),
            databases: Arc::default(),
        }
    }

    /// Sets what a source does from now on.
    pub(super) fn script(&self, source: &str, script: Script) {
        let mut scripts = self.scripts.lock().expect("scripts");
        scripts.entry(source.to_owned()).or_insert_with(|| watch::Sender::new(Script::Hangs)).send_replace(script);
    }

    pub(super) fn says(&self, fingerprint: std::result::Result<&str, &str>) {
        *self.fingerprint.lock().expect("a fingerprint") = Some(fingerprint.map(str::to_owned).map_err(str::to_owned));
    }

    fn watch_script(&self, source: &str) -> watch::Receiver<Script> {
        self.scripts.lock().expect("scripts")[source].subscribe()
    }

    pub(super) fn harvests(&self, source: &str) -> u64 {
        self.harvests.borrow().get(source).copied().unwrap_or_default()
    }

    /// Waits until a source was harvested so many times, counted when they begin.
    pub(super) async fn harvested(&self, source: &str, times: u64) {
        let mut harvests = self.harvests.subscribe();
        let reached = harvests.wait_for(|harvests| harvests.get(source).copied().unwrap_or_default() >= times);
        drop(tokio::time::timeout(PATIENCE, reached).await.expect("a harvest in time"));
    }

    pub(super) async fn start(&self) -> Gateway {
        let store = Store::open(self.backend.clone(), "node").await.expect("a store in memory");
        let journal = Journal::in_memory().await.expect("a journal in memory");
        let blobs = Blobs::remote(self.objects.clone());
        let factories: Vec<Arc<dyn ConnectorFactory>> = vec![Arc::new(Scripted { world: self.clone() })];
        let services = services::start(Parts { store, journal, blobs, factories, keyring: testing::keyring(1) }).await.expect("a domain");
        Gateway { services, world: self.clone() }
    }

    /// The paths of all blobs.
    pub(super) async fn blobs(&self) -> Vec<Path> {
        let listed = self.objects.list(Some(&Path::from("sha256"))).map_ok(|object| object.location);
        listed.try_collect().await.expect("a listing")
    }

    pub(super) async fn damage(&self, digest: &Digest) {
        let name = digest.to_string();
        let path = Path::from_iter(["sha256", &name[..2], &name]);
        self.objects.head(&path).await.expect("the blob");
        self.objects.put(&path, "damaged".into()).await.expect("a damaged blob");
    }
}

impl Gateway {
    /// A gateway of its own with one harvested source `shop`.
    pub(super) async fn with_shop(estate: Estate) -> Self {
        let gateway = World::new().start().await;
        gateway.world.script("shop", Script::Answers(estate));
        gateway.create("shop", "0").await;
        gateway
    }

    /// Registers a source and waits for its first harvest.
    pub(super) async fn create(&self, name: &str, refresh_interval: &str) -> u32 {
        let request = Create {
            kind: "scripted".to_owned(),
            options: [("refresh_interval".to_owned(), refresh_interval.into())].into_iter().collect(),
            ..testing::new_source(name, "{}")
        };
        data_sources::create(&self.services, &testing::superuser(), request).await.expect("a new source");
        self.oid(name)
    }

    pub(super) fn oid(&self, name: &str) -> u32 {
        data_sources::get(&self.services.store.replica(), name).expect("a source").oid
    }

    pub(super) async fn refresh(&self, name: &str) -> Result<RefreshSummary> {
        self.refresh_part(name, Scope::default()).await
    }

    pub(super) async fn refresh_part(&self, name: &str, scope: Scope) -> Result<RefreshSummary> {
        let admin = testing::superuser();
        let refreshed = self.services.refreshes.refresh(&admin, self.oid(name), scope, true);
        tokio::time::timeout(PATIENCE, refreshed).await.expect("a refresh in time")
    }

    /// A refresh that believes a source that says that nothing has changed.
    pub(super) async fn refresh_if_changed(&self, name: &str) -> Result<RefreshSummary> {
        let admin = testing::superuser();
        let refreshed = self.services.refreshes.refresh(&admin, self.oid(name), Scope::default(), false);
        tokio::time::timeout(PATIENCE, refreshed).await.expect("a refresh in time")
    }

    pub(super) fn database(&self, name: &str) -> Arc<Database> {
        self.services.catalogs.current().database(name).expect("a database").clone()
    }

    pub(super) fn freshness(&self, name: &str) -> Freshness {
        self.services.refreshes.freshness().into_iter().find(|freshness| freshness.name == name).expect("its freshness")
    }

    pub(super) fn revision(&self) -> u64 {
        self.services.store.replica().revision()
    }

    /// The tables, as `schema.table`, with their ids.
    pub(super) fn tables(&self, name: &str) -> Vec<(String, u32)> {
        let database = self.database(name);
        let schemas = database.snapshot.schemas.iter();
        let tables = schemas.flat_map(|schema| {
            let names = schema.table_names().iter().flatten().enumerate();
            names.map(|(row, table)| (format!("{}.{table}", schema.name), schema.table_oid(row))).collect::<Vec<_>>()
        });
        tables.collect()
    }

    /// Ends this gateway and starts another one on the same store.
    pub(super) async fn restart(self) -> Self {
        self.services.stop().await;
        let world = self.world.clone();
        drop(self);
        world.start().await
    }
}

struct Scripted {
    world: World,
}

#[derive(Deserialize, JsonSchema)]
struct ScriptedOptions {
    /// Any word.
    #[allow(dead_code)]
    database: Option<String>,
    /// Any word makes it a server.
    databases: Option<String>,
    /// A secret.
    #[allow(dead_code)]
    password: Option<Secret<String>>,
}

impl ConnectorKind for Scripted {
    type Options = ScriptedOptions;
    const KIND: &'static str = "scripted";
    const SUMMARY: &'static str = "A source that does what a test says.";
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

    async fn open(&self, options: ScriptedOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let (world, is_server) = (self.world.clone(), options.databases.is_some());
        Ok(Arc::new(ScriptedConnector { world, source: context.source, is_server, remote_calls: context.remote_calls }))
    }
}

struct ScriptedConnector {
    world: World,
    source: String,
    is_server: bool,
    remote_calls: RemoteCalls,
}

#[async_trait]
impl Connector for ScriptedConnector {
    fn default_schema(&self) -> &str {
        "main"
    }

    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    async fn test(&self) -> Vec<TestStage> {
        Vec::new()
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        self.remote_calls.count();
        self.world.harvests.send_modify(|harvests| *harvests.entry(self.source.clone()).or_default() += 1);
        *self.world.since.lock().expect("a fingerprint") = harvest.earlier_fingerprint().map(str::to_owned);
        let mut script = self.world.watch_script(&self.source);
        let script = script.wait_for(|script| !matches!(script, Script::Hangs)).await.expect("a script").clone();
        match script {
            Script::Answers(estate) => estate.push(scope, harvest),
            Script::FailsAfter(estate) => {
                estate.push(scope, harvest)?;
                Err(Error::source(Code::ConnectionLost, &self.source, format!("could not harvest data source \"{}\"", self.source))
                    .detail("It hung up."))
            }
            Script::Hangs => Ok(()),
        }
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        let fingerprint = self.world.fingerprint.lock().expect("a fingerprint").clone();
        fingerprint.transpose().map_err(|reason| Error::source(Code::Unreachable, &self.source, reason))
    }

    async fn databases(&self) -> Result<Option<Vec<String>>> {
        Ok(self.is_server.then(|| self.world.databases.lock().expect("databases").clone()))
    }

    async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
        Err(Error::internal("nothing reads here"))
    }
}
