//! A domain in memory with one fake kind of source, for the tests of this crate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{
    Capabilities, Connector, ConnectorFactory, ConnectorKind, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope, Stage, TestStage,
};
use spi::documents::{Document, Inference, InferenceOptions, Sample, TableDefinition};
use spi::metadata::{ColumnRow, Harvest, TableKind, TableRow};
use spi::options::Options;
use spi::predicate::Predicate;
use spi::{Code, Error, Result, Secret};
use store::{Blobs, Journal, MemoryBackend, Store};

use crate::access;
use crate::audit::Actor;
use crate::data_sources::{self, Create, Outcome};
use crate::keyring::Keyring;
use crate::services::{self, Parts, Services};

/// What every secret in tests is. It must not turn up anywhere.
pub(crate) const SECRET: &str = "hunter2-never-shown";

/// A gateway of its own, with the role `admin`.
pub(crate) async fn start() -> Arc<Services> {
    start_on(Arc::new(MemoryBackend::new()), keyring(1)).await
}

/// A gateway on a backend that others may be on too.
pub(crate) async fn start_on(backend: Arc<MemoryBackend>, keyring: Keyring) -> Arc<Services> {
    let store = Store::open(backend, "node").await.expect("a store in memory");
    access::ensure_admin(&store, &Secret::new("admin's password".to_owned())).await.expect("the first role");
    let journal = Journal::in_memory().await.expect("a journal in memory");
    let blobs = Blobs::remote(Arc::new(object_store::memory::InMemory::new()));
    services::start(Parts { store, journal, blobs, factories: vec![factory()], keyring }).await.expect("a domain")
}

pub(crate) fn keyring(byte: u8) -> Keyring {
    use base64::Engine;
    let key = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
    Keyring::parse(&Secret::new(key), "test").expect("a key")
}

pub(crate) fn superuser() -> Actor {
    Actor { superuser: true, ..actor("admin") }
}

pub(crate) fn actor(role: &str) -> Actor {
    let (session_pid, client_addr) = (1, "127.0.0.1".to_owned());
    Actor { role: role.to_owned(), superuser: false, session_pid, client_addr, database: "metagate".to_owned() }
}

pub(crate) fn options(text: &str) -> Options {
    serde_json::from_str(text).expect("a JSON object")
}

/// A request for a fake source: tested and published.
pub(crate) fn new_source(name: &str, given: &str) -> Create {
    Create {
        name: name.to_owned(),
        kind: "fake".to_owned(),
        options: options(given),
        comment: None,
        labels: Default::default(),
        test: true,
        publish: true,
        if_not_exists: false,
    }
}

pub(crate) async fn create(services: &Services, name: &str, given: &str) -> Outcome {
    data_sources::create(services, &superuser(), new_source(name, given)).await.expect("a new source")
}

/// SQLSTATE, message, detail and hint of what must have failed.
pub(crate) fn failure<T>(result: Result<T>) -> (&'static str, String, String, String) {
    let error = result.err().expect("a failure");
    (error.code.sqlstate(), error.message, error.detail.unwrap_or_default(), error.hint.unwrap_or_default())
}

/// The options of the newest version, opened.
pub(crate) fn newest_options(services: &Services, name: &str) -> Options {
    let replica = services.store.replica();
    let source = data_sources::get(&replica, name).expect("a source");
    data_sources::opened_options(&services.keyring, &replica, source.oid, source.current_version).expect("its options")
}

/// Everything that the store holds, as one text.
pub(crate) fn stored_text(services: &Services) -> String {
    services.store.replica().scan("").map(|record| String::from_utf8_lossy(&record.body).into_owned()).collect()
}

/// Waits for what a reconciler brings about.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| panic!("{what} did not happen"));
}

pub(crate) fn factory() -> Arc<dyn ConnectorFactory> {
    Arc::new(Fake)
}

struct Fake;

/// Options of a fake source.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct FakeOptions {
    /// Any word.
    #[serde(default)]
    path: String,
    /// A secret.
    password: Option<Secret<String>>,
    /// What a test of it does.
    #[serde(default)]
    behaviour: Behaviour,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Behaviour {
    /// Passes.
    #[default]
    Good,
    /// Fails at the second stage, and tells its password in the message.
    Refusing,
}

impl ConnectorKind for Fake {
    type Options = FakeOptions;
    const KIND: &'static str = "fake";
    const SUMMARY: &'static str = "A source for tests.";
    const CAPABILITIES: Capabilities = Capabilities { definitions: true, ..Capabilities::NONE };
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

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
        match self.options.behaviour {
            Behaviour::Good => vec![stage(Stage::Connect, Ok("connected".to_owned()))],
            Behaviour::Refusing => vec![stage(Stage::Connect, Ok("connected".to_owned())), stage(Stage::Authenticate, Err(self.refused()))],
        }
    }

    async fn harvest(&self, _: &Scope, harvest: &mut Harvest) -> Result<()> {
        let sample = self.infer("main", "t", harvest.definitions().get("main", "t").map(Arc::as_ref)).await?;
        let (schema, kind) = ("main", TableKind::Table);
        harvest.table(TableRow { schema, name: "t", kind, owner: None, comment: None, row_estimate: None, size_bytes: None })?;
        for (ordinal, column) in (1..).zip(&sample.columns) {
            harvest.column(ColumnRow {
                schema,
                table: "t",
                name: &column.name,
                ordinal,
                data_type: &column.data_type(),
                pg_type: column.pg_type(),
                native_type: &column.native_type,
                nullable: column.nullable,
                default: None,
                generated: None,
                collation: None,
                comment: None,
            })?;
        }
        Ok(())
    }

    /// Of the one document that there is.
    async fn infer(&self, _: &str, _: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        self.remote_calls.count();
        let documents = [Document::object([("price", Document::Int(5))])];
        let mut inference = Inference::new(InferenceOptions::default());
        documents.iter().for_each(|document| inference.add(document));
        let inferred = inference.finish(&[]).columns;
        let columns = definition.cloned().unwrap_or_default().columns(&inferred, &[])?;
        Ok(Sample::new(inferred, columns, &documents))
    }

    async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
        self.remote_calls.count();
        Err(self.refused())
    }
}

impl FakeConnector {
    /// What a careless driver says.
    fn refused(&self) -> Error {
        let password = self.options.password.as_ref().map(|password| password.expose().as_str()).unwrap_or_default();
        Error::source(Code::Password, &self.source, format!("could not log in to {} with {password}", self.options.path))
            .detail(format!("The server refused {password}."))
    }
}
