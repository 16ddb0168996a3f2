//! Soft state in a file of its own: written without waiting for the disk, and made anew when it is damaged.

use std::path::{Path, PathBuf};

use spi::{Code, Error, Origin, Result};
use sqlx::sqlite::{SqlitePool, SqliteSynchronous};

use crate::{errors, sqlite_file};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS soft (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID";

/// One file, one connection: soft state is small and nobody waits for it long.
pub(super) struct SoftFile {
    path: PathBuf,
    pool: SqlitePool,
}

impl SoftFile {
    /// Opens the file, or starts anew if it is damaged.
    pub(super) async fn open(path: PathBuf) -> Result<Self> {
        if let Some(pool) = open_intact(&path).await? {
            return Ok(Self { path, pool });
        }
        tracing::warn!(file = %path.display(), "soft state was damaged and starts anew");
        remove(&path)?;
        match open_intact(&path).await? {
            Some(pool) => Ok(Self { path, pool }),
            None => Err(errors::corrupt(format!("file \"{}\" is damaged as soon as it is made", path.display()))),
        }
    }

    pub(super) async fn put(&self, key: &str, body: &[u8]) -> Result<()> {
        let put = sqlx::query("INSERT OR REPLACE INTO soft (key, body) VALUES (?, ?)").bind(key).bind(body);
        put.execute(&self.pool).await.map(|_| ()).map_err(|error| self.failed(error))
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        // substr instead of LIKE: a key may hold "_", which is a pattern there.
        let list = sqlx::query_as("SELECT key, body FROM soft WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key");
        list.bind(prefix).fetch_all(&self.pool).await.map_err(|error| self.failed(error))
    }

    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        let delete = sqlx::query("DELETE FROM soft WHERE key = ?").bind(key);
        delete.execute(&self.pool).await.map(|_| ()).map_err(|error| self.failed(error))
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        sqlite_file::failed(&self.path, error)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_damaged_file_starts_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.soft");
        let soft = SoftFile::open(path.clone()).await.unwrap();
        for i in 0..100 {
            soft.put(&format!("beat/{i}"), &[7; 1000]).await.unwrap();
        }
        soft.close().await;

        let whole = std::fs::read(&path).unwrap();
        let mut pages = whole.clone();
        pages[4096..].fill(0x55);
        for damaged in [b"garbage".repeat(1000), pages] {
            std::fs::write(&path, damaged).unwrap();
            let soft = SoftFile::open(path.clone()).await.unwrap();
            assert_eq!(soft.list("").await.unwrap(), []);
            soft.put("beat/1", b"1").await.unwrap();
            soft.close().await;
        }

        std::fs::write(&path, whole).unwrap();
        assert_eq!(SoftFile::open(path).await.unwrap().list("").await.unwrap().len(), 100, "what is whole is kept");
    }
}
