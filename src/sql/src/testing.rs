//! A gateway in memory with one fake kind of data source, for the tests of this crate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::keyring::Keyring;
use domain::{Actor, Parts, Services, access};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{Connector, ConnectorKind, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope, Stage, TestStage};
use spi::metadata::{Harvest, TableKind, TableRow};
use spi::predicate::Predicate;
use spi::{Code, Error, Result, Secret};
use store::journal::{JournalEntry, JournalFilter};
use store::{Blobs, Journal, MemoryBackend, Store};

use crate::call_context::CallContext;
use crate::notices::Notices;

/// A domain of its own, with the role `admin`.
pub(crate) async fn services() -> Arc<Services> {
    let store = Store::open(Arc::new(MemoryBackend::new()), "node").await.expect("a store in memory");
    access::ensure_admin(&store, &Secret::new("admin's password".to_owned())).await.expect("the first role");
    let journal = Journal::in_memory().await.expect("a journal in memory");
    let blobs = Blobs::remote(Arc::new(object_store::memory::InMemory::new()));
    let keyring = Keyring::parse(&Secret::new(STANDARD.encode([1; 32])), "test").expect("a key");
    domain::start(Parts { store, journal, blobs, factories: vec![Arc::new(Fake)], keyring }).await.expect("a domain")
}

/// What a statement of the role knows.
pub(crate) fn context(services: &Arc<Services>, role: &str) -> CallContext {
    let superuser = access::role(&services.store.replica(), role).is_some_and(|role| role.superuser);
    let (session_pid, client_addr, database) = (1, "127.0.0.1".to_owned(), "metagate".to_owned());
    let actor = Actor { role: role.to_owned(), superuser, session_pid, client_addr, database };
    CallContext { services: Arc::clone(services), actor, notices: Notices::default(), time_zone: "UTC".to_owned() }
}

/// The audit journal, the oldest entry first.
pub(crate) async fn audit(services: &Services) -> Vec<JournalEntry> {
    let mut entries = services.journal.read(&JournalFilter::default()).await.expect("a journal");
    entries.sort_by_key(|entry| entry.seq);
    entries
}

pub(crate) struct Fake;

/// Options of a fake source.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct FakeOptions {
    /// Any word.
    #[serde(default)]
    path: String,
    /// A secret.
    #[allow(dead_code)]
    password: Option<Secret<String>>,
    /// Any number.
    #[serde(default)]
    #[allow(dead_code)]
    port: u16,
    /// Whether a test of it fails.
    #[serde(default)]
    broken: bool,
    /// Whether a test of it does not end.
    #[serde(default)]
    silent: bool,
}

impl ConnectorKind for Fake {
    type Options = FakeOptions;
    const KIND: &'static str = "fake";
    const SUMMARY: &'static str = "A source for tests.";

    async fn open(&self, options: FakeOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(FakeConnector { options, remote_calls: context.remote_calls, source: context.source }))
    }
}

struct FakeConnector {
    options: FakeOptions,
    remote_calls: RemoteCalls,
    source: String,
}

#[async_trait]
impl Connector for FakeConnector {
    fn default_schema(&self) -> &str {
        "main"
    }

    fn applies(&self, _: &Predicate) -> bool {
        false
    }

    async fn test(&self) -> Vec<TestStage> {
        self.remote_calls.count();
        let stage = |stage, outcome| TestStage { stage, latency: Duration::ZERO, outcome };
        if self.options.silent {
            std::future::pending::<()>().await;
        }
        let connected = stage(Stage::Connect, Ok(format!("connected to \"{}\"", self.options.path)));
        let refused = || Error::source(Code::Password, &self.source, "the server refused the password");
        if self.options.broken { vec![connected, stage(Stage::Authenticate, Err(refused()))] } else { vec![connected] }
    }

    async fn harvest(&self, _: &Scope, harvest: &mut Harvest) -> Result<()> {
        self.remote_calls.count();
        let (schema, kind) = ("main", TableKind::Table);
        harvest.table(TableRow { schema, name: "t", kind, owner: None, comment: None, row_estimate: None, size_bytes: None })
    }

    async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
        Err(Error::source(Code::Unreachable, &self.source, "there is nothing to read"))
    }
}
