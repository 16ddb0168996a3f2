//! Which files a source is, and how they are opened: read-only, never created, and without trust in their schema.

use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use spi::connector::OpenContext;
use spi::{Code, Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};

use crate::SqliteOptions;
use crate::failure::failure;

/// What SQLite calls the database that is not attached.
pub(crate) const MAIN_SCHEMA: &str = "main";

/// What SQLite allows (`SQLITE_MAX_ATTACHED`).
const ATTACHED_MAX: usize = 10;

/// Longer than any session wants to hang; SQLite itself takes up to 24 days.
const BUSY_TIMEOUT_MS_MAX: u32 = 60_000;

/// Opening reads the schema of every file, and waits for a lock at most as long as `busy_timeout_ms` says, once per file.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// How many instructions of SQLite's machine run between two looks at whether the statement is still wanted: well below a millisecond.
const INSTRUCTIONS_PER_CHECK: i32 = 10_000;

/// Rows that SQLite's thread works ahead. They are of any size, so there are few of them.
const ROWS_AHEAD: usize = 64;

/// The files of a data source.
pub(crate) struct Database {
    pub(crate) context: OpenContext,
    path: PathBuf,
    /// Schema name and file.
    attached: Vec<(String, PathBuf)>,
    busy_timeout: Duration,
}

/// An open connection. Dropping it closes it.
pub(crate) struct Connection {
    pub(crate) sqlite: SqliteConnection,
    /// The files as they were right before they were opened.
    pub(crate) identity: Vec<FileIdentity>,
    /// Seen by SQLite's thread at its next check.
    interrupted: Arc<AtomicBool>,
}

/// Tells a file from one that took its place under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl Database {
    /// Checks the options. The files are not looked at: they may come later than their data source.
    pub(crate) fn new(options: &SqliteOptions, context: OpenContext) -> Result<Self> {
        if options.attach.len() > ATTACHED_MAX {
            return Err(Error::new(Code::InvalidArgument, format!("option \"attach\" has more than {ATTACHED_MAX} files")));
        }
        if options.busy_timeout_ms > BUSY_TIMEOUT_MS_MAX {
            return Err(Error::new(Code::InvalidArgument, format!("option \"busy_timeout_ms\" is more than {BUSY_TIMEOUT_MS_MAX}")));
        }
        let mut attached: Vec<(String, PathBuf)> = Vec::with_capacity(options.attach.len());
        for (schema, file) in &options.attach {
            check_schema_name(schema, &attached)?;
            attached.push((schema.clone(), absolute("attach", file)?));
        }
        let busy_timeout = Duration::from_millis(options.busy_timeout_ms.into());
        Ok(Self { context, path: absolute("path", &options.path)?, attached, busy_timeout })
    }

    /// The schemas that the source has.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &str> {
        std::iter::once(MAIN_SCHEMA).chain(self.attached.iter().map(|(schema, _)| schema.as_str()))
    }

    /// What the files are now.
    pub(crate) async fn identity(&self) -> Result<Vec<FileIdentity>> {
        let mut identity = vec![self.file_identity("path", &self.path).await?];
        for (_, file) in &self.attached {
            identity.push(self.file_identity("attach", file).await?);
        }
        Ok(identity)
    }

    async fn file_identity(&self, option: &str, file: &Path) -> Result<FileIdentity> {
        let source = &self.context.source;
        let failed = |code, detail: String| {
            Error::source(code, source, format!("could not open data source \"{source}\""))
                .detail(detail)
                .hint(format!("Check the option \"{option}\", or CALL pause_datasource('{source}') to silence this source."))
        };
        let metadata = match tokio::fs::metadata(file).await {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(failed(Code::Io, format!("File \"{}\" does not exist.", file.display())).cause(error));
            }
            Err(error) => return Err(failed(Code::Io, format!("File \"{}\" cannot be read: {error}.", file.display())).cause(error)),
        };
        // A pipe would block whoever opens it.
        if !metadata.is_file() {
            return Err(failed(Code::BadData, format!("\"{}\" is not a file.", file.display())));
        }
        Ok(FileIdentity { device: metadata.dev(), inode: metadata.ino() })
    }

    /// Opens the files. That they are databases shows with the first statement.
    pub(crate) async fn open(&self) -> Result<Connection> {
        let identity = self.identity().await?;
        self.within(OPEN_TIMEOUT, "open", self.connect(identity)).await
    }

    /// The result of a call, unless it takes longer than its time.
    pub(crate) async fn within<T>(&self, timeout: Duration, verb: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(timeout, call).await.unwrap_or_else(|_| {
            let source = &self.context.source;
            let error = Error::source(Code::Unavailable, source, format!("could not {verb} data source \"{source}\" in time"));
            Err(error.detail(format!("SQLite had not answered after {} s.", timeout.as_secs())).retryable())
        })
    }

    async fn connect(&self, identity: Vec<FileIdentity>) -> Result<Connection> {
        let failed = |error| failure(&self.context.source, format!("could not open data source \"{}\"", self.context.source), error);
        self.context.remote_calls.count();
        let mut sqlite = self.connect_options().connect().await.map_err(failed)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&interrupted);
        let mut handle = sqlite.lock_handle().await.map_err(failed)?;
        handle.set_progress_handler(INSTRUCTIONS_PER_CHECK, move || !seen.load(Ordering::Relaxed));
        drop(handle);
        for (schema, file) in &self.attached {
            self.context.remote_calls.count();
            // Paths are absolute, and UTF-8 as the options are: SQLite takes none of them for a URI.
            let attach = sqlx::query("ATTACH DATABASE ? AS ?").bind(file.to_string_lossy().into_owned()).bind(schema);
            sqlite.execute(attach).await.map_err(failed)?;
        }
        Ok(Connection { sqlite, identity, interrupted })
    }

    fn connect_options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .read_only(true)
            .create_if_missing(false)
            .busy_timeout(self.busy_timeout)
            .row_buffer_size(ROWS_AHEAD)
            .pragma("query_only", "ON")
            // Functions and virtual tables with side effects do not run out of a view that the file brings along.
            .pragma("trusted_schema", "OFF")
            // A damaged page is an error instead of wrong rows.
            .pragma("cell_size_check", "ON")
            // The gateway logs its own statements, and names the source there.
            .disable_statement_logging()
    }
}

/// A connection that nobody needs any more also stops the statement that still runs on its thread.
impl Drop for Connection {
    fn drop(&mut self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }
}

/// A file as an absolute path, so that SQLite takes it neither for a URI (`file:…?mode=rwc`) nor for `:memory:`.
fn absolute(option: &str, file: &str) -> Result<PathBuf> {
    let refused = |detail: &str| Error::new(Code::InvalidArgument, format!("option \"{option}\" does not name a file")).detail(detail);
    if file.contains('\0') {
        return Err(refused("A file name cannot contain a zero byte."));
    }
    std::path::absolute(file).map_err(|error| refused("The file name is empty, or the working directory is gone.").cause(error))
}

fn check_schema_name(schema: &str, attached: &[(String, PathBuf)]) -> Result<()> {
    let refused = |detail: &str| {
        Err(Error::new(Code::InvalidArgument, format!("option \"attach\" cannot name a schema \"{schema}\"")).detail(detail.to_owned()))
    };
    let same = |other: &str| schema.eq_ignore_ascii_case(other);
    if schema.is_empty() || schema.contains('\0') {
        refused("A schema needs a name without zero bytes.")
    } else if [MAIN_SCHEMA, "temp"].into_iter().any(same) {
        refused("SQLite uses the name itself.")
    } else if ["information_schema", "pg_catalog"].into_iter().any(same) {
        refused("Every database has a schema of that name.")
    } else if attached.iter().any(|(other, _)| same(other)) {
        refused("SQLite does not tell upper from lower case in names of schemas.")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(path: &str, attach: &[&str]) -> Result<Database> {
        let attach = attach.iter().map(|schema| (schema.to_string(), "x.db".to_owned())).collect();
        let options = SqliteOptions { path: path.to_owned(), attach, busy_timeout_ms: 0, connections_max: 1 };
        Database::new(&options, OpenContext { source: "s".to_owned(), remote_calls: Default::default() })
    }

    #[test]
    fn every_path_is_that_of_a_file() {
        for path in ["file:/tmp/x.db?mode=rwc", ":memory:", "x.db", "/x.db"] {
            assert!(new(path, &[]).expect(path).path.is_absolute());
        }
        for path in ["", "a\0b"] {
            assert_eq!(new(path, &[]).err().map(|error| error.code), Some(Code::InvalidArgument), "{path:?}");
        }
    }

    #[test]
    fn schema_names_that_mean_something_else_are_refused() {
        for names in [&["MAIN"][..], &["temp"], &[""], &["pg_catalog"], &["A", "a"]] {
            assert_eq!(new("x.db", names).err().map(|error| error.code), Some(Code::InvalidArgument), "{names:?}");
        }
        let database = new("x.db", &["archive", "odd \"name\""]).expect("two schemas");
        assert_eq!(database.schemas().collect::<Vec<_>>(), ["main", "archive", "odd \"name\""]);
    }
}
