//! How metagate opens the SQLite files that are its own, and what their errors mean.

use std::path::Path;
use std::time::Duration;

use spi::{Code, Error, Origin, Result};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

use crate::errors;

/// How long a statement waits for another writer, and a caller for a connection. A writer that was stopped for longer
/// holds everyone up, and the answer is then "unavailable" instead of a hang.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// Rows that SQLite's thread may be ahead of the reader: a snapshot is read in long runs, and switching threads costs more
/// than a row.
const ROWS_AHEAD: usize = 1024;

/// The first version in which two processes cannot corrupt a WAL while resetting it.
const VERSION_MIN: [u32; 3] = [3, 51, 3];

/// A file in WAL mode. Every caller says how durable it must be. Statements are not logged: their arguments are records.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(WAIT)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

/// Connections are opened when first needed and kept: an idle SQLite connection costs a thread and a page cache.
pub(crate) fn pool(options: SqliteConnectOptions, connections_max: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// The library's version, if it is one that can be trusted with a shared file.
pub(crate) async fn check_version(connection: &mut SqliteConnection, path: &Path) -> Result<String> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await.map_err(|error| failed(path, error))?;
    if is_safe(&version) {
        return Ok(version);
    }
    let [major, minor, patch] = VERSION_MIN;
    Err(Error::internal(format!("SQLite {version} is too old for the store"))
        .detail(format!("Before {major}.{minor}.{patch} two processes could damage a shared file.")))
}

fn is_safe(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>());
    let mut next = || numbers.next().and_then(|number| number.ok());
    match (next(), next(), next()) {
        (Some(major), Some(minor), Some(patch)) => [major, minor, patch] >= VERSION_MIN,
        _ => false,
    }
}

/// What a failure of SQLite means for the caller.
pub(crate) fn failed(path: &Path, error: sqlx::Error) -> Error {
    let name = path.display();
    let reason = error.to_string();
    let answer = match primary_code(&error) {
        Some(FULL) => Error::new(Code::DiskFull, format!("could not write to \"{name}\": the disk is full"))
            .hint("Free some space. The gateway goes on by itself then.")
            .origin(Origin::Gateway),
        Some(BUSY | LOCKED) => errors::unavailable(format!("\"{name}\" is locked by another process"))
            .detail(format!("It stayed locked for {} s.", WAIT.as_secs())),
        Some(CORRUPT | NOT_A_DATABASE) => errors::corrupt(format!("file \"{name}\" is damaged")).detail(format!("SQLite says: {reason}.")),
        Some(READ_ONLY) => Error::new(Code::ReadOnly, format!("\"{name}\" cannot be written")).origin(Origin::Gateway),
        Some(IO | CANNOT_OPEN) => {
            Error::new(Code::Io, format!("could not use \"{name}\"")).detail(format!("SQLite says: {reason}.")).origin(Origin::Gateway)
        }
        _ if matches!(error, sqlx::Error::PoolTimedOut) => {
            errors::unavailable(format!("\"{name}\" is busy")).detail(format!("No connection was free for {} s.", WAIT.as_secs()))
        }
        _ if matches!(error, sqlx::Error::PoolClosed) => errors::unavailable(format!("\"{name}\" has been closed")),
        _ if matches!(error, sqlx::Error::ColumnDecode { .. }) => {
            errors::corrupt(format!("file \"{name}\" is damaged")).detail(format!("A row cannot be read: {reason}."))
        }
        _ => Error::internal(format!("could not use \"{name}\"")).detail(format!("SQLite says: {reason}.")),
    };
    answer.cause(error)
}

/// Whether the file itself is damaged, as opposed to what is in it.
pub(crate) fn is_damaged(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(CORRUPT | NOT_A_DATABASE))
}

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const IO: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;

/// SQLite's result code without its extension, which is in the bits above the lowest eight.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for safe in ["3.51.3", "3.52.0", "4.0.0"] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in ["3.51.2", "3.40.1", "2.99.99", "3.51", ""] {
            assert!(!is_safe(unsafe_one), "{unsafe_one}");
        }
    }
}
