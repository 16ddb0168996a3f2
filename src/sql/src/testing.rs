//! A gateway in memory with one fake kind of data source, for the tests of this crate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::util::display::array_value_to_string;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::keyring::Keyring;
use domain::{Actor, Parts, Services, access};
use futures::{StreamExt, TryStreamExt};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::connector::{
    Capabilities, Connector, ConnectorKind, OpenContext, QueryColumn, ReadPlan, ReadRequest, RemoteCalls, RowStream, RunRequest, Scope,
    Stage, TestStage, WriteRequest,
};
use spi::metadata::{ColumnRow, Generated, Harvest, TableKind, TableRow, ViewRow};
use spi::predicate::Predicate;
use spi::types::{PgType, oid, to_arrow};
use spi::{Code, Error, Result, Secret};
use store::journal::{JournalEntry, JournalFilter};
use store::{Blobs, Journal, MemoryBackend, Store};

use crate::call_context::CallContext;
use crate::notices::Notices;

/// A domain of its own, with the role `admin`.
pub(crate) async fn services() -> Arc<Services> {
    services_with(Fake::default()).await
}

/// The same, with fake sources that keep an account of what is done to them.
pub(crate) async fn services_with(fake: Fake) -> Arc<Services> {
    let store = Store::open(Arc::new(MemoryBackend::new()), "node").await.expect("a store in memory");
    access::ensure_admin(&store, &Secret::new("admin's password".to_owned())).await.expect("the first role");
    let journal = Journal::in_memory().await.expect("a journal in memory");
    let blobs = Blobs::remote(Arc::new(object_store::memory::InMemory::new()));
    let keyring = Keyring::parse(&Secret::new(STANDARD.encode([1; 32])), "test").expect("a key");
    domain::start(Parts { store, journal, blobs, factories: vec![Arc::new(fake)], keyring }).await.expect("a domain")
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

#[derive(Clone, Default)]
pub(crate) struct Fake {
    /// What was written, asked and executed, as text.
    pub(crate) done: Arc<Mutex<Vec<String>>>,
}

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
    /// Queries of views that the gateway is to run, by their names. Each has the columns `id` and `name`.
    #[serde(default)]
    views: BTreeMap<String, String>,
    /// Whether it takes no rows and no statements.
    #[serde(default = "yes")]
    read_only: bool,
}

fn yes() -> bool {
    true
}

impl ConnectorKind for Fake {
    type Options = FakeOptions;
    const KIND: &'static str = "fake";
    const SUMMARY: &'static str = "A source for tests.";
    const CAPABILITIES: Capabilities = Capabilities { writes: true, native_statements: true, ..Capabilities::NONE };
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

    async fn open(&self, options: FakeOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let done = Arc::clone(&self.done);
        Ok(Arc::new(FakeConnector { options, remote_calls: context.remote_calls, source: context.source, done }))
    }
}

struct FakeConnector {
    options: FakeOptions,
    remote_calls: RemoteCalls,
    source: String,
    done: Arc<Mutex<Vec<String>>>,
}

impl FakeConnector {
    fn note(&self, what: String) {
        self.done.lock().expect("no panic while it was held").push(what);
    }
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
        harvest.table(TableRow { schema, name: "t", kind, owner: None, comment: None, row_estimate: None, size_bytes: None })?;
        let columns = [
            ("id", PgType::new(oid::INT4), None),
            ("name", PgType::varchar(5), None),
            ("total", PgType::numeric(10, 2), None),
            ("twice", PgType::new(oid::INT8), Some(Generated::Stored)),
            ("day", PgType::new(oid::DATE), None),
            ("key", PgType::new(oid::UUID), None),
        ];
        let push = |harvest: &mut Harvest, table: &str, ordinal, (name, pg_type, generated)| {
            harvest.column(ColumnRow {
                schema,
                table,
                name,
                ordinal,
                data_type: &to_arrow(pg_type),
                pg_type,
                native_type: "",
                nullable: true,
                default: None,
                generated,
                collation: None,
                comment: None,
            })
        };
        for (ordinal, column) in (1..).zip(columns) {
            push(harvest, "t", ordinal, column)?;
        }
        for (name, query) in &self.options.views {
            let kind = TableKind::View;
            harvest.table(TableRow { schema, name, kind, owner: None, comment: None, row_estimate: None, size_bytes: None })?;
            for (ordinal, column) in (1..).zip(columns).take(2) {
                push(harvest, name, ordinal, column)?;
            }
            harvest.view(ViewRow { schema, name, definition: query, query: Some(query), updatable: false })?;
        }
        Ok(())
    }

    fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    async fn write(&self, request: WriteRequest, mut rows: RowStream) -> Result<u64> {
        let mut written = Vec::new();
        while let Some(batch) = rows.try_next().await? {
            let found: Vec<_> = batch.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
            let wanted: Vec<_> = request.columns.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
            assert_eq!(found, wanted);
            let text = |row: usize| {
                let values = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("a value"));
                values.collect::<Vec<_>>().join("|")
            };
            written.extend((0..batch.num_rows()).map(text));
        }
        let columns: Vec<&str> = request.columns.iter().map(|field| field.name().as_str()).collect();
        let WriteRequest { schema, table, user, .. } = &request;
        self.note(format!("{user} into {schema}.{table} ({}): {}", columns.join(","), written.join(",")));
        Ok(written.len() as u64)
    }

    async fn describe(&self, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
        self.note(format!("{user} describes {query}"));
        if query.contains("shy") {
            std::future::pending::<()>().await;
        }
        if query.contains("wrong") {
            return Err(Error::source(Code::Syntax, &self.source, "syntax error in a query"));
        }
        let column = |pg_type| QueryColumn { name: "a".to_owned(), data_type: to_arrow(pg_type), pg_type };
        Ok(vec![column(PgType::new(oid::INT4)), column(PgType::varchar(5))])
    }

    fn run(&self, request: RunRequest) -> RowStream {
        self.note(format!("{} runs {}", request.user, request.statement.text));
        if request.statement.text.contains("endless") {
            return futures::stream::pending().boxed();
        }
        let columns: [ArrayRef; 2] = [Arc::new(Int32Array::from(vec![1, 2])), Arc::new(StringArray::from(vec![Some("x"), None]))];
        let rows = RecordBatch::try_new(request.columns, columns.into()).map_err(Error::from);
        let failure = request.statement.text.contains("half").then(|| Error::source(Code::BadData, &self.source, "half of the rows"));
        futures::stream::iter([rows].into_iter().chain(failure.map(Err))).boxed()
    }

    async fn execute(&self, statement: &str, user: &str) -> Result<u64> {
        self.note(format!("{user} executes {statement}"));
        Ok(3)
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        request.top_n.as_ref().map(|top_n| format!("the first {} by {}", top_n.rows, top_n.column))
    }

    async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
        Err(Error::source(Code::Unreachable, &self.source, "there is nothing to read"))
    }
}
