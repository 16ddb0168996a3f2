//! Soft state in a file of its own: written without waiting for the disk, and made anew when it is damaged.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use spi::{Code, Error, Origin, Result};
use sqlx::sqlite::{SqlitePool, SqliteSynchronous};
use tokio::sync::RwLock;

use crate::{errors, sqlite_file};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS soft (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID";

/// One file, one connection: soft state is small and nobody waits for it long.
pub(super) struct SoftFile {
    path: PathBuf,
    /// Locked for writing only while a damaged file is replaced.
    pool: RwLock<SqlitePool>,
}

impl SoftFile {
    pub(super) async fn open(path: PathBuf) -> Result<Self> {
        let pool = RwLock::new(open(&path).await?);
        Ok(Self { path, pool })
    }

    pub(super) async fn put(&self, key: &str, body: &[u8]) -> Result<()> {
        let pool = self.pool().await;
        match put(&pool, key, body).await {
            Err(error) => put(&self.heal(&pool, error).await?, key, body).await.map_err(|error| self.failed(error)),
            Ok(()) => Ok(()),
        }
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<(String, Bytes)>> {
        let pool = self.pool().await;
        let rows = match list(&pool, prefix).await {
            Err(error) => list(&self.heal(&pool, error).await?, prefix).await.map_err(|error| self.failed(error))?,
            Ok(rows) => rows,
        };
        Ok(rows.into_iter().map(|(key, body)| (key, Bytes::from(body))).collect())
    }

    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        let pool = self.pool().await;
        match delete(&pool, key).await {
            Err(error) => delete(&self.heal(&pool, error).await?, key).await.map_err(|error| self.failed(error)),
            Ok(()) => Ok(()),
        }
    }

    pub(super) async fn close(&self) {
        self.pool().await.close().await;
    }

    async fn pool(&self) -> SqlitePool {
        self.pool.read().await.clone()
    }

    /// A pool that works, if `error` says that the file of `damaged` is: the work is then done once more.
    async fn heal(&self, damaged: &SqlitePool, error: sqlx::Error) -> Result<SqlitePool> {
        if !sqlite_file::is_damaged(&error) {
            return Err(self.failed(error));
        }
        let mut pool = self.pool.write().await;
        // Whoever comes second takes the file that the first one made.
        if !damaged.is_closed() {
            damaged.close().await;
            *pool = renew(&self.path).await?;
        }
        Ok(pool.clone())
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        sqlite_file::failed(&self.path, error)
    }
}

async fn put(pool: &SqlitePool, key: &str, body: &[u8]) -> sqlx::Result<()> {
    sqlx::query("INSERT OR REPLACE INTO soft (key, body) VALUES (?, ?)").bind(key).bind(body).execute(pool).await.map(|_| ())
}

/// `substr` instead of `LIKE`: a key may hold "_", which is a pattern there.
async fn list(pool: &SqlitePool, prefix: &str) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
    sqlx::query_as("SELECT key, body FROM soft WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key")
        .bind(prefix)
        .fetch_all(pool)
        .await
}

async fn delete(pool: &SqlitePool, key: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM soft WHERE key = ?").bind(key).execute(pool).await.map(|_| ())
}

async fn open(path: &Path) -> Result<SqlitePool> {
    match open_intact(path).await? {
        Some(pool) => Ok(pool),
        None => renew(path).await,
    }
}

async fn renew(path: &Path) -> Result<SqlitePool> {
    tracing::warn!(file = %path.display(), "soft state was damaged and starts anew");
    remove(path)?;
    open_intact(path).await?.ok_or_else(|| errors::corrupt(format!("file \"{}\" is damaged as soon as it is made", path.display())))
}

/// Nothing if the file is damaged. A crash of the machine can leave any page so, because nothing here waits for the disk.
async fn open_intact(path: &Path) -> Result<Option<SqlitePool>> {
    let pool = sqlite_file::pool(sqlite_file::options(path).synchronous(SqliteSynchronous::Off), 1);
    match check(&pool).await {
        Ok(found) if found == "ok" => return Ok(Some(pool)),
        Ok(_) => {}
        Err(error) if sqlite_file::is_damaged(&error) => {}
        Err(error) => return Err(sqlite_file::failed(path, error)),
    }
    pool.close().await;
    Ok(None)
}

async fn check(pool: &SqlitePool) -> sqlx::Result<String> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await
}

/// Removes the file with its WAL and shared memory, which belong to the old content.
fn remove(path: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Error::new(Code::Io, format!("could not replace damaged file \"{}\"", path.display()))
                    .detail(format!("Removing it failed: {error}."))
                    .origin(Origin::Gateway));
            }
        }
    }
    Ok(())
}
