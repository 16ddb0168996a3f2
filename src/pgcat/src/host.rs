//! What a statement about the catalog may ask of the session that runs it, and of the server around that.

mod advisory_locks;

pub use advisory_locks::{AdvisoryLocks, Lock, LockKey};

use std::sync::Arc;

use spi::Result;

/// The session behind a statement. All answers are those of the moment when the statement began, unless they say otherwise.
pub trait Host: Send + Sync {
    /// The name of the role whose privileges count.
    fn current_user(&self) -> &str;

    fn session_user(&self) -> &str;

    /// The connection's database.
    fn database(&self) -> &str;

    /// The schemas of `search_path` as they are written there, in order; `$user` is already replaced.
    fn search_path(&self) -> Vec<String>;

    /// A setting's value as SHOW prints it. Names are compared without case.
    fn setting(&self, name: &str) -> Option<String>;

    /// Changes a setting, until the end of the transaction if `local`, and gives its new value as SHOW prints it.
    fn set_setting(&self, name: &str, value: &str, local: bool) -> Result<String>;

    /// All settings that the session knows: name and value as SHOW prints it.
    fn settings(&self) -> Vec<(String, String)>;

    /// What `version()` says.
    fn version(&self) -> String;

    /// The process id that the client knows.
    fn pid(&self) -> i32;

    /// The client's address and port, `None` for a Unix socket.
    fn client(&self) -> Option<(String, i32)>;

    /// The server's address and port that the client uses, `None` for a Unix socket.
    fn server(&self) -> Option<(String, i32)>;

    /// When the server began to serve, in microseconds since 2000-01-01 UTC, like all moments here.
    fn started_at(&self) -> i64;

    fn transaction_started_at(&self) -> i64;

    fn statement_started_at(&self) -> i64;

    /// The time now.
    fn clock(&self) -> i64;

    /// The number of the transaction.
    fn transaction_id(&self) -> u64;

    /// Whether the role is a superuser.
    fn is_superuser(&self) -> bool;

    /// Whether a role, by its OID, has a privilege on an object. Only asked for objects of data sources and the server's own;
    /// what belongs to PostgreSQL itself may be read by everybody.
    fn has_privilege(&self, role: u32, object: Object, privilege: &str) -> bool;

    /// All sessions of this node, in the order of their numbers; who may not see one sees only whose it is.
    fn activity(&self) -> Vec<Activity>;

    /// Cancels what a session of the process id runs. False if there is none.
    fn cancel_backend(&self, pid: i32) -> Result<bool>;

    /// Ends a session of the process id. False if there is none.
    fn terminate_backend(&self, pid: i32) -> Result<bool>;

    fn prepared_statements(&self) -> Vec<PreparedStatement>;

    fn cursors(&self) -> Vec<Cursor>;

    /// The advisory locks that the session holds.
    fn advisory_locks(&self) -> &AdvisoryLocks;

    /// Tells the client something that is no error: severity (`NOTICE`, `WARNING`), SQLSTATE and message.
    fn notice(&self, severity: &'static str, code: &'static str, message: String);

    /// Fails with 57014 where the statement is to stop. Asked for every some rows.
    fn check_cancelled(&self) -> Result<()>;
}

/// What a privilege is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Database(u32),
    Schema(u32),
    Relation(u32),
    Function(u32),
    Type(u32),
    Other,
}

/// A session, as `pg_stat_activity` shows it. Moments are microseconds since 2000-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub pid: i32,
    pub database: Arc<str>,
    pub user: Arc<str>,
    pub application_name: Arc<str>,
    pub client: Option<(String, i32)>,
    pub backend_start: i64,
    pub transaction_start: Option<i64>,
    pub query_start: Option<i64>,
    pub state_change: Option<i64>,
    /// `active`, `idle`, `idle in transaction`, `idle in transaction (aborted)`.
    pub state: &'static str,
    /// The text of the running or last statement, which is empty before the first; `None` where the role may not see the session.
    pub query: Option<Arc<str>>,
}

/// A prepared statement, as `pg_prepared_statements` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedStatement {
    pub name: String,
    pub statement: String,
    pub prepared_at: i64,
    pub parameter_types: Vec<u32>,
    /// `None` where it gives no rows.
    pub result_types: Option<Vec<u32>>,
    pub from_sql: bool,
}

/// A cursor, as `pg_cursors` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub name: String,
    pub statement: String,
    pub is_holdable: bool,
    pub is_binary: bool,
    pub is_scrollable: bool,
    pub created_at: i64,
}
