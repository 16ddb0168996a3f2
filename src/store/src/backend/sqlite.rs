//! The store in one SQLite file: the default, for a gateway on one host.
//!
//! Every write is one `BEGIN IMMEDIATE` transaction with `synchronous=FULL` on the only writing connection; readers have
//! connections of their own and are never held up by it. Soft state lives in a second file, which may be lost.

use std::path::{Path, PathBuf};
use std::time::Instant;

use async_trait::async_trait;
use futures::stream::BoxStream;
use spi::{Error, Result};
use sqlx::Connection;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool, SqliteSynchronous};
use uuid::Uuid;

use super::{Append, Appended, Backend, FORMAT, Head, Health, Listing, Log, Snapshot, Truncated};
use crate::errors;
use crate::record::Record;
use crate::sqlite_file;

mod rows;
mod soft;
mod wakeups;

use soft::SoftFile;

/// Readers at once: one that watches for changes, the follower, the committer, and a few views of the log.
const READERS_MAX: u32 = 6;

/// Entries deleted in one transaction, so that truncating a long log holds no writer up for long.
const TRUNCATE_ROWS: i64 = 500;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS head (
        id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, store_id BLOB NOT NULL, history_id BLOB NOT NULL,
        rev INTEGER NOT NULL, entry_hash BLOB NOT NULL, root BLOB NOT NULL, floor INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS log (rev INTEGER PRIMARY KEY, hash BLOB NOT NULL, content BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS change (id BLOB PRIMARY KEY, rev INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS change_rev ON change (rev);
    CREATE TABLE IF NOT EXISTS record (
        key TEXT PRIMARY KEY, rev INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

pub struct SqliteBackend {
    path: PathBuf,
    version: String,
    writer: SqlitePool,
    readers: SqlitePool,
    soft: SoftFile,
}

impl SqliteBackend {
    /// Opens the file, or makes a new store in it. Soft state goes to a file beside it, ending in `.soft`.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let options = sqlite_file::options(&path).synchronous(SqliteSynchronous::Full);
        let writer = sqlite_file::pool(options.clone(), 1);
        let version = create(&path, &writer).await?;
        let readers = sqlite_file::pool(options.create_if_missing(false).read_only(true), READERS_MAX);
        let soft = SoftFile::open(path.with_extension("soft")).await?;
        Ok(Self { path, version, writer, readers, soft })
    }

    async fn writer(&self) -> Result<PoolConnection<Sqlite>> {
        self.writer.acquire().await.map_err(|error| self.failed(error))
    }

    /// Gives the writing connection back after a transaction.
    ///
    /// After an error it is thrown away instead: SQLite may have rolled back by itself (a full disk does that), and a
    /// connection that believes to be in a transaction that is gone would refuse every later one.
    fn written<T>(&self, mut writer: PoolConnection<Sqlite>, outcome: Result<T, Failure>) -> Result<T> {
        if outcome.is_err() {
            writer.close_on_drop();
        }
        outcome.map_err(|failure| failure.explain(&self.path))
    }

    async fn read_log(&self, after: u64, limit: usize) -> Result<Log, Failure> {
        let mut reader = self.readers.begin().await?;
        let head = rows::head(&mut reader).await?;
        if after < head.floor {
            return Ok(Log::Compacted { floor: head.floor });
        }
        Ok(Log::Entries(rows::log(&mut reader, after, limit).await?))
    }

    async fn read_snapshot(&self) -> Result<Snapshot, Failure> {
        let mut reader = self.readers.begin().await?;
        let head = rows::head(&mut reader).await?;
        let last = match head.rev {
            0 => None,
            rev => rows::log(&mut reader, rev - 1, 1).await?.pop(),
        };
        Ok(Snapshot { records: rows::records(&mut reader).await?, head, last })
    }

    /// The connection is given back after every batch, so that appends get their turn.
    async fn forget_batch(&self, floor: u64) -> Result<u64> {
        let mut writer = self.writer().await?;
        let gone = forget(&mut writer, floor).await;
        self.written(writer, gone)
    }

    async fn read_listing(&self) -> Result<Listing, Failure> {
        let mut reader = self.readers.begin().await?;
        Ok(Listing { head: rows::head(&mut reader).await?, records: rows::listed(&mut reader).await? })
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        sqlite_file::failed(&self.path, error)
    }
}

async fn create(path: &Path, writer: &SqlitePool) -> Result<String> {
    let failed = |error| sqlite_file::failed(path, error);
    let mut connection = writer.acquire().await.map_err(failed)?;
    let version = sqlite_file::check_version(&mut connection, path).await?;
    let genesis = Head::genesis();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(failed)?;
    // Only an empty file gets a head: a lost one must not turn a store into the beginning of another.
    sqlx::query("INSERT OR IGNORE INTO head SELECT 1, ?, ?, ?, 0, ?, ?, 0 WHERE NOT EXISTS (SELECT 1 FROM log)")
        .bind(FORMAT)
        .bind(genesis.store_id.as_bytes().as_slice())
        .bind(genesis.history_id.as_bytes().as_slice())
        .bind(genesis.entry_hash.as_bytes().as_slice())
        .bind(genesis.root.to_bytes().as_slice())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let format: Option<u32> = sqlx::query_scalar("SELECT format FROM head").fetch_optional(&mut *transaction).await.map_err(failed)?;
    let format = format.ok_or_else(|| errors::corrupt("the head of the store is missing"))?;
    if format != FORMAT {
        return Err(errors::too_new(format!("store \"{}\" has format {format}", path.display()))
            .detail(format!("This gateway knows format {FORMAT}.")));
    }
    transaction.commit().await.map_err(failed)?;
    Ok(version)
}

#[async_trait]
impl Backend for SqliteBackend {
    async fn head(&self) -> Result<Head> {
        let mut reader = self.readers.acquire().await.map_err(|error| self.failed(error))?;
        rows::head(&mut reader).await.map_err(|failure| failure.explain(&self.path))
    }

    async fn append(&self, append: &Append) -> Result<Appended> {
        let mut writer = self.writer().await?;
        let appended = append_in(&mut writer, append).await;
        self.written(writer, appended)
    }

    async fn log(&self, after: u64, limit: usize) -> Result<Log> {
        self.read_log(after, limit).await.map_err(|failure| failure.explain(&self.path))
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        self.read_snapshot().await.map_err(|failure| failure.explain(&self.path))
    }

    async fn listing(&self) -> Result<Listing> {
        self.read_listing().await.map_err(|failure| failure.explain(&self.path))
    }

    async fn find_change(&self, change_id: Uuid) -> Result<Option<u64>> {
        let mut reader = self.readers.acquire().await.map_err(|error| self.failed(error))?;
        rows::change(&mut reader, change_id).await.map_err(|failure| failure.explain(&self.path))
    }

    fn wakeups(&self) -> BoxStream<'static, ()> {
        wakeups::wakeups(self.readers.clone())
    }

    async fn soft_put(&self, key: &str, body: &[u8]) -> Result<()> {
        self.soft.put(key, body).await
    }

    async fn soft_list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        self.soft.list(prefix).await
    }

    async fn soft_delete(&self, key: &str) -> Result<()> {
        self.soft.delete(key).await
    }

    async fn truncate(&self, expected: &Head, floor: u64) -> Result<Truncated> {
        let mut writer = self.writer().await?;
        let truncated = move_floor(&mut writer, expected, floor).await;
        let truncated = self.written(writer, truncated)?;
        if truncated == Truncated::Done {
            while self.forget_batch(floor).await? > 0 {}
        }
        Ok(truncated)
    }

    async fn repair(&self, expected: &Head, puts: &[Record], deletes: &[String]) -> Result<bool> {
        let mut writer = self.writer().await?;
        let repaired = repair_in(&mut writer, expected, puts, deletes).await;
        self.written(writer, repaired)
    }

    async fn health(&self) -> Result<Health> {
        let started = Instant::now();
        let head = self.head().await?;
        let latency = started.elapsed();
        let size_bytes: i64 = sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(Health {
            backend: format!("sqlite {}", self.version),
            latency,
            size_bytes: size_bytes.unsigned_abs(),
            revision: head.rev,
            floor: head.floor,
            notifies: true,
        })
    }

    async fn close(&self) {
        self.readers.close().await;
        self.soft.close().await;
        // Last: the last connection to close moves the WAL into the file, and only a writing one can.
        self.writer.close().await;
    }
}

async fn append_in(connection: &mut SqliteConnection, append: &Append) -> Result<Appended, Failure> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let head = rows::head(&mut transaction).await?;
    if !head.is_same_place(&append.expected) {
        return Ok(Appended::HeadMoved(head));
    }
    if let Some(rev) = rows::change(&mut transaction, append.change_id).await? {
        return Ok(Appended::Repeated(rev));
    }
    rows::write(&mut transaction, append).await?;
    transaction.commit().await?;
    Ok(Appended::Done)
}

async fn move_floor(connection: &mut SqliteConnection, expected: &Head, floor: u64) -> Result<Truncated, Failure> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let head = rows::head(&mut transaction).await?;
    if !head.is_same_place(expected) || head.floor >= floor {
        return Ok(Truncated::HeadMoved(head));
    }
    if floor >= head.rev {
        return Err(Error::internal(format!("the log cannot be truncated up to its last entry {}", head.rev)).into());
    }
    sqlx::query("UPDATE head SET floor = ?").bind(rows::to_sql(floor)?).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Truncated::Done)
}

/// Deletes one batch of what lies below the floor; how many entries and markers that were.
async fn forget(connection: &mut SqliteConnection, floor: u64) -> Result<u64, Failure> {
    let floor = rows::to_sql(floor)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut gone = 0;
    for sql in [
        "DELETE FROM log WHERE rev IN (SELECT rev FROM log WHERE rev <= ? ORDER BY rev LIMIT ?)",
        "DELETE FROM change WHERE id IN (SELECT id FROM change WHERE rev <= ? ORDER BY rev LIMIT ?)",
    ] {
        gone += sqlx::query(sql).bind(floor).bind(TRUNCATE_ROWS).execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    Ok(gone)
}

async fn repair_in(connection: &mut SqliteConnection, expected: &Head, puts: &[Record], deletes: &[String]) -> Result<bool, Failure> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    if !rows::head(&mut transaction).await?.is_same_place(expected) {
        return Ok(false);
    }
    rows::write_records(&mut transaction, puts, deletes).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Why a statement on the store's file failed: SQLite did, or what it answered is not what was written.
enum Failure {
    Sqlite(sqlx::Error),
    Known(Error),
}

impl Failure {
    fn explain(self, path: &Path) -> Error {
        match self {
            Failure::Sqlite(error) => sqlite_file::failed(path, error),
            Failure::Known(error) => error,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::Sqlite(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Known(error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use spi::Code;

    use super::*;
    use crate::change::Op;
    use crate::store::Store;

    #[tokio::test]
    async fn a_store_is_the_same_after_it_was_closed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        put(&store, "1").await.unwrap();
        let before = store.replica();
        store.close().await;
        assert!(!folder.path().join("store.db-wal").exists(), "closing leaves one file");

        let after = open(folder.path()).await.replica();
        assert_eq!((after.store_id(), after.revision(), after.entry_hash()), (before.store_id(), 1, before.entry_hash()));
        assert_eq!(after.get("a").unwrap().body, "1");
    }

    #[tokio::test]
    async fn a_full_disk_is_named_and_writing_resumes_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let backend = Arc::new(SqliteBackend::open(folder.path().join("store.db")).await.unwrap());
        let store = Store::open(backend.clone(), "node").await.unwrap();
        put(&store, "1").await.unwrap();
        // The limit is the connection's own, so it ends with the connection, as a shortage of space would some time.
        sqlx::raw_sql("PRAGMA max_page_count = 1").execute(&backend.writer).await.unwrap();
        let large = "x".repeat(100_000);
        let error = put(&store, &large).await.unwrap_err();
        assert_eq!(error.code, Code::DiskFull);
        assert_eq!(store.replica().revision(), 1);
        assert_eq!(put(&store, &large).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn damage_is_named_when_the_store_is_opened() {
        for (damage, message) in [
            ("UPDATE record SET body = x'00' WHERE key = 'a'", "record \"a\" is damaged"),
            ("UPDATE record SET hash = x'00' WHERE key = 'a'", "record \"a\" is damaged"),
            ("UPDATE record SET kind = 'wore' WHERE key = 'a'", "record \"a\" is damaged"),
            ("DELETE FROM record", "the records of revision 2 are damaged"),
            ("UPDATE log SET content = zeroblob(length(content)) WHERE rev = 2", "change log entry 2 is damaged"),
            ("UPDATE log SET hash = x'00' WHERE rev = 2", "change log entry 2 is damaged"),
            ("DELETE FROM log WHERE rev = 2", "change log entry 2 is missing"),
            ("UPDATE head SET root = x'00'", "the head of the store is damaged"),
            ("DELETE FROM head", "the head of the store is missing"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path()).await;
            put(&store, "1").await.unwrap();
            put(&store, "2").await.unwrap();
            store.close().await;

            let backend = SqliteBackend::open(folder.path().join("store.db")).await.unwrap();
            sqlx::raw_sql(damage).execute(&backend.writer).await.unwrap();
            backend.close().await;

            let opened = match SqliteBackend::open(folder.path().join("store.db")).await {
                Ok(backend) => Store::open(Arc::new(backend), "node").await.map(|_| ()),
                Err(error) => Err(error),
            };
            let error = opened.unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (Code::Corrupt, message), "{damage}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        std::fs::write(&path, b"garbage".repeat(1000)).unwrap();
        assert_eq!(SqliteBackend::open(&path).await.err().unwrap().code, Code::Corrupt);

        let missing = folder.path().join("missing").join("store.db");
        assert_eq!(SqliteBackend::open(missing).await.err().unwrap().code, Code::Io);
    }

    #[tokio::test]
    async fn a_store_of_a_newer_gateway_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let backend = SqliteBackend::open(&path).await.unwrap();
        sqlx::raw_sql("UPDATE head SET format = format + 1").execute(&backend.writer).await.unwrap();
        backend.close().await;
        assert_eq!(SqliteBackend::open(&path).await.err().unwrap().code, Code::Unsupported);
    }

    async fn open(folder: &Path) -> Store {
        Store::open(Arc::new(SqliteBackend::open(folder.join("store.db")).await.unwrap()), "node").await.unwrap()
    }

    async fn put(store: &Store, body: &str) -> Result<u64> {
        let op = Op::put("a", "word", body);
        store.commit("admin", Uuid::now_v7(), move |_| Ok(vec![op.clone()])).await.map(|committed| committed.revision)
    }
}
