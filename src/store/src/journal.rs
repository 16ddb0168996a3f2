//! The audit journal: who asked for what, and what came of it. Append-only, in a SQLite file of its own.
//!
//! It is apart from the change log because it also holds what changed nothing: refused calls, failed log-ins, reads that
//! a policy wants to know of. One journal per gateway; nothing in it is ever decided upon.

use std::path::{Path, PathBuf};

use spi::{Error, Result};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow, SqliteSynchronous};
use uuid::Uuid;

use crate::{errors, sqlite_file};

/// Entries that are kept. At 300 bytes each the file stays near 300 MB.
pub const JOURNAL_ROWS_MAX: i64 = 1_000_000;

/// How often old entries are removed, in entries: a removal costs about as much as an entry.
const PRUNE_EVERY: i64 = 1000;

/// Most entries that one read gives: they are held in memory.
pub const JOURNAL_READ_MAX: usize = 100_000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS journal (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, role_name TEXT NOT NULL, session_pid INTEGER, client_addr TEXT,
        database TEXT, action TEXT NOT NULL, object TEXT, arguments TEXT, sqlstate TEXT, message TEXT, revision INTEGER,
        change_id BLOB, elapsed_ms REAL NOT NULL
    ) STRICT";

/// One thing that someone asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalEntry {
    /// Its place in the journal, given by [`Journal::append`].
    pub seq: i64,
    /// When it was answered, in microseconds since 1970.
    pub at: i64,
    pub role_name: String,
    pub session_pid: Option<i32>,
    pub client_addr: Option<String>,
    pub database: Option<String>,
    /// The procedure or statement, such as `create_datasource`.
    pub action: String,
    /// What it was done to.
    pub object: Option<String>,
    /// The arguments as JSON. Whoever appends has masked the secrets in it.
    pub arguments: Option<String>,
    /// Nothing if it succeeded.
    pub sqlstate: Option<String>,
    pub message: Option<String>,
    /// The revision that it became, if it changed something.
    pub revision: Option<u64>,
    pub change_id: Option<Uuid>,
    pub elapsed_ms: f64,
}

/// Which entries to read.
#[derive(Clone, Debug, Default)]
pub struct JournalFilter {
    /// From this time on, in microseconds since 1970.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
    /// The newest so many of them; no more than [`JOURNAL_READ_MAX`].
    pub limit: Option<usize>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    path: PathBuf,
    pool: SqlitePool,
}

impl Journal {
    /// Opens the file, or makes it.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        // An audit entry that was answered for must survive a power cut like the change that it tells of.
        let options = sqlite_file::options(&path).synchronous(SqliteSynchronous::Full);
        Self::with(path, options).await
    }

    /// A journal that is gone with its last clone: for tests and benchmarks.
    pub async fn in_memory() -> Result<Self> {
        Self::with(PathBuf::from("journal in memory"), SqliteConnectOptions::new().in_memory(true)).await
    }

    async fn with(path: PathBuf, options: SqliteConnectOptions) -> Result<Self> {
        // One connection: writers wait for each other anyway, and a database in memory belongs to its connection.
        let pool = sqlite_file::pool(options, 1);
        sqlx::raw_sql(SCHEMA).execute(&pool).await.map_err(|error| sqlite_file::failed(&path, error))?;
        Ok(Self { path, pool })
    }

    /// Writes an entry and gives its place. `entry.seq` is not looked at.
    pub async fn append(&self, entry: &JournalEntry) -> Result<i64> {
        let revision = entry.revision.map(i64::try_from).transpose().map_err(|_| Error::internal("a revision does not fit the journal"))?;
        let written = sqlx::query(
            "INSERT INTO journal (at, role_name, session_pid, client_addr, database, action, object, arguments, sqlstate, message,
                revision, change_id, elapsed_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(entry.at)
        .bind(&entry.role_name)
        .bind(entry.session_pid)
        .bind(&entry.client_addr)
        .bind(&entry.database)
        .bind(&entry.action)
        .bind(&entry.object)
        .bind(&entry.arguments)
        .bind(&entry.sqlstate)
        .bind(&entry.message)
        .bind(revision)
        .bind(entry.change_id.map(|id| id.as_bytes().to_vec()))
        .bind(entry.elapsed_ms)
        .execute(&self.pool)
        .await
        .map_err(|error| self.failed(error))?;
        let seq = written.last_insert_rowid();
        if seq % PRUNE_EVERY == 0 {
            self.prune(seq - JOURNAL_ROWS_MAX).await?;
        }
        Ok(seq)
    }

    /// The entries that `filter` asks for, the newest last.
    pub async fn read(&self, filter: &JournalFilter) -> Result<Vec<JournalEntry>> {
        let limit = filter.limit.unwrap_or(JOURNAL_READ_MAX).min(JOURNAL_READ_MAX);
        let mut rows = sqlx::query(
            "SELECT seq, at, role_name, session_pid, client_addr, database, action, object, arguments, sqlstate, message, revision,
                change_id, elapsed_ms FROM journal WHERE at >= ? AND at < ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(filter.since.unwrap_or(i64::MIN))
        .bind(filter.until.unwrap_or(i64::MAX))
        .bind(limit as i64)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.failed(error))?;
        rows.reverse();
        rows.iter().map(|row| decode(row, &self.path)).collect()
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn prune(&self, last: i64) -> Result<()> {
        sqlx::query("DELETE FROM journal WHERE seq <= ?").bind(last).execute(&self.pool).await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        sqlite_file::failed(&self.path, error)
    }
}

fn decode(row: &SqliteRow, path: &Path) -> Result<JournalEntry> {
    let seq: i64 = row.try_get(0).map_err(|error| sqlite_file::failed(path, error))?;
    decode_fields(row, seq).map_err(|error| errors::corrupt(format!("audit journal entry {seq} is damaged")).cause(error))
}

fn decode_fields(row: &SqliteRow, seq: i64) -> sqlx::Result<JournalEntry> {
    Ok(JournalEntry {
        seq,
        at: row.try_get(1)?,
        role_name: row.try_get(2)?,
        session_pid: row.try_get(3)?,
        client_addr: row.try_get(4)?,
        database: row.try_get(5)?,
        action: row.try_get(6)?,
        object: row.try_get(7)?,
        arguments: row.try_get(8)?,
        sqlstate: row.try_get(9)?,
        message: row.try_get(10)?,
        revision: row.try_get::<Option<i64>, _>(11)?.and_then(|revision| revision.try_into().ok()),
        change_id: row.try_get::<Option<Vec<u8>>, _>(12)?.and_then(|id| Uuid::from_slice(&id).ok()),
        elapsed_ms: row.try_get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entries_come_back_whole_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path().join("journal.db")).await.unwrap();
        let full = JournalEntry {
            session_pid: Some(7),
            client_addr: Some("127.0.0.1:1".to_owned()),
            database: Some("shop".to_owned()),
            object: Some("shop".to_owned()),
            arguments: Some("{\"password\": \"***\"}".to_owned()),
            sqlstate: Some("42501".to_owned()),
            message: Some("refused".to_owned()),
            revision: Some(9),
            change_id: Some(Uuid::from_u128(5)),
            elapsed_ms: 1.5,
            ..entry(10, "a")
        };
        assert_eq!(journal.append(&full).await.unwrap(), 1);
        assert_eq!(journal.append(&entry(20, "b")).await.unwrap(), 2);
        journal.close().await;

        let journal = Journal::open(folder.path().join("journal.db")).await.unwrap();
        let read = journal.read(&JournalFilter::default()).await.unwrap();
        assert_eq!(read, [JournalEntry { seq: 1, ..full }, JournalEntry { seq: 2, ..entry(20, "b") }]);
    }

    #[tokio::test]
    async fn a_filter_gives_the_newest_of_a_time() {
        let journal = Journal::in_memory().await.unwrap();
        for at in 1..=9 {
            journal.append(&entry(at, "a")).await.unwrap();
        }
        let filter = JournalFilter { since: Some(3), until: Some(8), limit: Some(2) };
        let times: Vec<i64> = journal.read(&filter).await.unwrap().iter().map(|entry| entry.at).collect();
        assert_eq!(times, [6, 7]);
    }

    #[tokio::test]
    async fn old_entries_go_and_numbers_are_not_used_again() {
        let journal = Journal::in_memory().await.unwrap();
        for at in 1..=3 {
            journal.append(&entry(at, "a")).await.unwrap();
        }
        journal.prune(3).await.unwrap();
        assert_eq!(journal.append(&entry(4, "b")).await.unwrap(), 4);
        assert_eq!(journal.read(&JournalFilter::default()).await.unwrap().len(), 1);
    }

    fn entry(at: i64, action: &str) -> JournalEntry {
        JournalEntry { at, role_name: "admin".to_owned(), action: action.to_owned(), ..JournalEntry::default() }
    }
}
