//! Adds rows to a table: COPY in text form in one transaction, so that the server reads each value in its own type's words.
//!
//! Rows are pulled while the server takes them. An error, of theirs or of the server's, closes the connection, which rolls back; so
//! does dropping the future.

use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};

use crate::dialect;
use crate::failure::failure;
use crate::pool::Pool;
use crate::server::Server;
use crate::table;
use crate::text::Texts;

/// How many bytes of rows are gathered before they are sent.
const CHUNK_BYTES: usize = 64 << 10;

/// How many bytes one COPY takes. The server tells of a row that it refuses only when its COPY ends.
const COPY_BYTES_MAX: usize = 16 << 20;

/// Whether rows have to arrive by INSERT: COPY knows neither rules, of which every view
/// has one, nor row security, and writes identities that only the server gives.
const LOOK_UP: &str = "SELECT c.relhasrules OR row_security_active(c.oid) OR EXISTS (SELECT FROM pg_catalog.pg_attribute a \
     WHERE a.attrelid = c.oid AND a.attidentity = 'a' AND a.attname = ANY ($3)) \
     FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid WHERE n.nspname = $1 AND c.relname = $2";

/// Holds the rows that arrive by INSERT, until they do.
const WAITING: &str = "pg_temp.metagate_rows";

/// Adds the rows and says how many there were.
pub(crate) async fn write(pool: &Arc<Pool>, request: WriteRequest, rows: RowStream) -> Result<u64> {
    let server = pool.server();
    let target = Target::new(server, &request);
    let mut lease = pool.acquire_for(&request.user, format!("add rows to table \"{}\"", target.name)).await?;
    let mut source = Source { rows, batch: Vec::new(), rows_left: 0..0 };
    match target.transaction(lease.postgres(), &mut source).await {
        Ok(count) => {
            lease.finish();
            Ok(count)
        }
        Err(error) => {
            lease.close();
            Err(error)
        }
    }
}

/// The table that is written to.
struct Target<'a> {
    server: &'a Server,
    request: &'a WriteRequest,
    /// With its schema, for messages.
    name: String,
    /// The same for statements.
    table: String,
    /// Their names for statements.
    columns: String,
}

impl<'a> Target<'a> {
    fn new(server: &'a Server, request: &'a WriteRequest) -> Self {
        let columns: Vec<String> = request.columns.iter().map(|field| dialect::quoted(field.name())).collect();
        Self {
            server,
            request,
            name: format!("{}.{}", request.schema, request.table),
            table: format!("{}.{}", dialect::quoted(&request.schema), dialect::quoted(&request.table)),
            columns: columns.join(", "),
        }
    }

    async fn transaction(&self, postgres: &mut PgConnection, source: &mut Source) -> Result<u64> {
        let Self { table, columns, .. } = self;
        self.run(postgres, "BEGIN READ WRITE".to_owned()).await?;
        let by_insert = self.look_up(postgres).await?;
        let count = if columns.is_empty() {
            let rows = source.count().await?;
            self.run(postgres, format!("INSERT INTO {table} SELECT FROM pg_catalog.generate_series(1, {rows})")).await?
        } else if by_insert {
            let waiting = format!("CREATE TEMP TABLE metagate_rows ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA");
            self.run(postgres, waiting).await?;
            self.copy(postgres, WAITING, source).await?;
            self.run(postgres, format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {WAITING}")).await?
        } else {
            self.copy(postgres, table, source).await?
        };
        self.server.context.remote_calls.count();
        postgres.execute(sqlx::raw_sql("COMMIT")).await.map_err(|error| self.uncommitted(error))?;
        Ok(count)
    }

    async fn look_up(&self, postgres: &mut PgConnection) -> Result<bool> {
        let WriteRequest { schema, table, columns, .. } = self.request;
        let columns: Vec<&str> = columns.iter().map(|field| field.name().as_str()).collect();
        self.server.context.remote_calls.count();
        let found = sqlx::query_scalar(LOOK_UP).bind(schema).bind(table).bind(columns).fetch_optional(postgres).await;
        let vanished = || table::vanished(self.server.source(), Code::UndefinedTable, format!("table \"{}\"", self.name));
        found.map_err(|error| self.failed(error))?.ok_or_else(vanished)
    }

    /// Copies all rows into a table, several times where they are many.
    async fn copy(&self, postgres: &mut PgConnection, into: &str, source: &mut Source) -> Result<u64> {
        let sql = format!("COPY {into} ({}) FROM STDIN", self.columns);
        let (mut count, mut chunk, mut has_more) = (0, Chunk::default(), true);
        while has_more {
            self.server.context.remote_calls.count();
            let mut copy = postgres.copy_in_raw(&sql).await.map_err(|error| self.failed(error))?;
            let mut sent = 0;
            while has_more && sent < COPY_BYTES_MAX {
                has_more = source.fill(&mut chunk).await?;
                sent += chunk.bytes.len();
                copy.send(chunk.bytes.as_slice()).await.map_err(|error| self.failed(error))?;
                chunk.bytes.clear();
            }
            count += copy.finish().await.map_err(|error| self.failed(error))?;
        }
        Ok(count)
    }

    /// Runs a statement and says how many rows it concerned.
    async fn run(&self, postgres: &mut PgConnection, sql: String) -> Result<u64> {
        self.server.context.remote_calls.count();
        let done = postgres.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        let source = self.server.source();
        failure(source, format!("could not add rows to table \"{}\" of data source \"{source}\"", self.name), error)
    }

    /// The error of the last statement. Trying again may add the rows twice where nothing came of the server.
    fn uncommitted(&self, error: sqlx::Error) -> Error {
        let told = error.as_database_error().is_some();
        match self.failed(error) {
            error if told => error,
            error => error.in_doubt(),
        }
    }
}

/// Rows on their way to the server, in the form of COPY.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// The value that is written, kept for its memory.
    value: String,
}

/// The rows that are still to be sent.
struct Source {
    rows: RowStream,
    /// The columns of the batch in hand.
    batch: Vec<Texts>,
    rows_left: std::ops::Range<usize>,
}

impl Source {
    /// Adds rows until the chunk is large enough; false where there are no more.
    async fn fill(&mut self, chunk: &mut Chunk) -> Result<bool> {
        while chunk.bytes.len() < CHUNK_BYTES {
            match self.rows_left.next() {
                Some(row) => chunk.append(&self.batch, row),
                None => match self.rows.try_next().await? {
                    Some(batch) => {
                        self.batch = batch.columns().iter().map(Texts::new).collect::<Result<_>>()?;
                        self.rows_left = 0..batch.num_rows();
                    }
                    None => return Ok(false),
                },
            }
        }
        Ok(true)
    }

    /// The number of rows without columns.
    async fn count(&mut self) -> Result<usize> {
        let add = |count, batch: RecordBatch| async move { Ok(count + batch.num_rows()) };
        (&mut self.rows).try_fold(0, add).await
    }
}

impl Chunk {
    fn append(&mut self, columns: &[Texts], row: usize) {
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                self.bytes.push(b'\t');
            }
            self.value.clear();
            match column.write(row, &mut self.value) {
                true => escape(self.value.as_bytes(), &mut self.bytes),
                false => self.bytes.extend_from_slice(b"\\N"),
            }
        }
        self.bytes.push(b'\n');
    }
}

/// What separates values and rows stands behind a backslash in them.
fn escape(mut value: &[u8], bytes: &mut Vec<u8>) {
    let word = |byte: &u8| match byte {
        b'\\' => Some(b'\\'),
        b'\t' => Some(b't'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    };
    while let Some((place, word)) = value.iter().enumerate().find_map(|(place, byte)| Some((place, word(byte)?))) {
        bytes.extend_from_slice(&value[..place]);
        bytes.extend_from_slice(&[b'\\', word]);
        value = &value[place + 1..];
    }
    bytes.extend_from_slice(value);
}
