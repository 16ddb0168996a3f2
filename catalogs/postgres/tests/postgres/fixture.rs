//! A database made for a test, and the connector opened on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_postgres::Postgresql;
use futures::TryStreamExt;
use serde_json::json;
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tokio::sync::Mutex;

use crate::server::{self, Server};

/// A database of its own, and a data source `shop` on it.
pub(crate) struct Fixture {
    pub(crate) server: &'static Server,
    pub(crate) name: String,
    pub(crate) connector: Arc<dyn Connector>,
    /// Another program's connection.
    pub(crate) other: Mutex<PgConnection>,
}

/// A data source on a new database of the shared server that the statements fill; `None` where there is no server.
pub(crate) async fn database(sql: &str) -> Option<Fixture> {
    let server = server::shared()?;
    let name = new_database(server, sql).await;
    Some(Fixture::new(server, name).await)
}

/// A new database with the statements in it.
pub(crate) async fn new_database(server: &Server, sql: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("metagate_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    // Nobody can be connected to this template, which would keep it from being copied.
    run(&mut login(server, "postgres").await, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    let mut connection = login(server, &name).await;
    // What version 11 does not have yet is left out there.
    let sql = match has_generated_columns(&connection) {
        true => sql.to_owned(),
        false => sql.replace(" GENERATED ALWAYS AS (a*2) STORED", "").replace(", deterministic = false", ""),
    };
    run(&mut connection, &sql).await;
    name
}

/// Whether the server has generated columns and collations for which equal is not identical: since version 12.
pub(crate) fn has_generated_columns(connection: &PgConnection) -> bool {
    connection.server_version_num().is_some_and(|version| version >= 120_000)
}

/// The options of a data source on a database.
pub(crate) fn options(server: &Server, database: &str) -> serde_json::Value {
    json!({"host": server.host, "port": server.port, "database": database, "user": server.user, "password": server.password})
}

/// The same with other options in addition.
pub(crate) fn with(mut options: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    options
}

/// A connector with these options.
pub(crate) async fn open(options: serde_json::Value) -> Result<Arc<dyn Connector>> {
    open_as(&Postgresql, options).await
}

/// A connector of this kind.
pub(crate) async fn open_as(kind: &impl ConnectorFactory, options: serde_json::Value) -> Result<Arc<dyn Connector>> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    kind.open(&options, context).await
}

/// Another program's connection.
pub(crate) async fn login(server: &Server, database: &str) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass().host(&server.host).port(server.port).ssl_mode(PgSslMode::Prefer);
    options.username(&server.user).password(&server.password).database(database).connect().await.expect("a connection")
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("valid statements");
}

impl Fixture {
    /// A data source on a database that is there.
    pub(crate) async fn new(server: &'static Server, name: String) -> Self {
        let connector = open(options(server, &name)).await.expect("a connector");
        let other = Mutex::new(login(server, &name).await);
        Self { server, name, connector, other }
    }

    pub(crate) async fn execute(&self, sql: &str) {
        run(&mut *self.other.lock().await, sql).await;
    }

    /// What the server itself answers to a statement that gives arrays of text: their elements separated by `|`, and the rows sorted.
    pub(crate) async fn answer(&self, sql: &str) -> Vec<String> {
        let sql = format!("SELECT array_to_string(r, '|', 'NULL') FROM ({sql}) AS t(r)");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *self.other.lock().await).await.expect("an answer");
        let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        rows.sort();
        rows
    }

    pub(crate) async fn harvest(&self) -> Vec<SchemaMetadata> {
        harvest(&*self.connector, &Scope::default()).await.expect("a harvest")
    }

    /// The request for all columns of a table.
    pub(crate) async fn request(&self, schema: &str, table: &str) -> ReadRequest {
        let schemas = self.harvest().await;
        let metadata = schemas.iter().find(|found| found.name == schema).expect("the schema");
        let columns = metadata.arrow_fields(metadata.table(table).expect("the table"));
        ReadRequest { schema: schema.to_owned(), table: table.to_owned(), columns, user: "ana".to_owned(), ..ReadRequest::default() }
    }

    pub(crate) async fn stream(&self, request: ReadRequest) -> RowStream {
        match self.connector.read(request).await.expect("a plan") {
            ReadPlan::Rows(rows) => rows,
            _ => panic!("PostgreSQL gives rows"),
        }
    }

    pub(crate) async fn batches(&self, request: ReadRequest) -> Result<Vec<RecordBatch>> {
        self.stream(request).await.try_collect().await
    }

    /// Each row as text, its values separated by `|`.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        Ok(self.batches(request).await?.iter().flat_map(texts).collect())
    }
}

pub(crate) async fn harvest(connector: &dyn Connector, scope: &Scope) -> Result<Vec<SchemaMetadata>> {
    let mut harvest = Harvest::new();
    connector.harvest(scope, &mut harvest).await?;
    harvest.finish()
}

/// Each row of a batch as text.
pub(crate) fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter")).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

/// A relation of all schemas as text, sorted: the schema, the table or routine that a row belongs to, and the columns. `type` is the
/// native type and the one that clients see.
pub(crate) fn relation(schemas: &[SchemaMetadata], relation: Relation, columns: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    for schema in schemas {
        let cells: Vec<Vec<String>> = columns.iter().map(|column| cells(schema, relation, column)).collect();
        let owners = owners(schema, relation);
        for row in 0..schema.relation(relation).num_rows() {
            let owner = owners.as_ref().map(|owners| owners[row].as_str());
            let cells = cells.iter().map(|column| column[row].as_str());
            rows.push([schema.name.as_str()].into_iter().chain(owner).chain(cells).collect::<Vec<_>>().join("|"));
        }
    }
    rows.sort();
    rows
}

fn cells(schema: &SchemaMetadata, relation: Relation, column: &str) -> Vec<String> {
    if column == "type" {
        let types = schema.integers(relation, column).values().iter().map(|place| &schema.column_types[*place as usize]);
        return types.map(|one| format!("{}|{}", one.native, one.pg.format())).collect();
    }
    let place = schema.relation(relation).schema().index_of(column).expect("a column");
    texts(&schema.relation(relation).project(&[place]).expect("a projection"))
}

/// The names of the tables, or routines, to which the rows of a relation belong.
fn owners(schema: &SchemaMetadata, relation: Relation) -> Option<Vec<String>> {
    if relation == Relation::Columns {
        let tables = (0..schema.table_count()).flat_map(|table| schema.columns_of(table).map(move |_| table));
        return Some(tables.map(|table| schema.table_names().value(table).to_owned()).collect());
    }
    let (column, owners) = match relation {
        Relation::Parameters => ("routine", schema.text(Relation::Routines, "specific_name")),
        _ => ("table", schema.table_names()),
    };
    let rows = schema.relation(relation).column_by_name(column).map(|_| schema.numbers(relation, column))?;
    Some(rows.values().iter().map(|row| owners.value(*row as usize).to_owned()).collect())
}
