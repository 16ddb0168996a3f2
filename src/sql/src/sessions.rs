//! The sessions of this node: what `pg_stat_activity` shows of them, and how `pg_cancel_backend` and `pg_terminate_backend` reach them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::canceller::Canceller;
use crate::parse::{Command, Statement};
use crate::session::now;
use crate::transaction::TransactionStatus;

/// All open sessions, by their process id.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<i32, Arc<SessionEntry>>>);

/// One session, as others see it.
pub(crate) struct SessionEntry {
    pub(crate) pid: i32,
    pub(crate) role: Arc<str>,
    pub(crate) client_addr: Arc<str>,
    /// Microseconds since 1970 UTC, like all moments here.
    pub(crate) began_at: i64,
    pub(crate) canceller: Canceller,
    /// Cancelled when somebody ends the session.
    pub(crate) terminated: CancellationToken,
    doing: Mutex<Doing>,
}

/// What a session does, or did last.
#[derive(Clone, Debug)]
pub(crate) struct Doing {
    pub(crate) database: Arc<str>,
    pub(crate) application_name: Arc<str>,
    pub(crate) state: &'static str,
    pub(crate) changed_at: i64,
    pub(crate) transaction_began_at: Option<i64>,
    pub(crate) statement_began_at: Option<i64>,
    pub(crate) statement: Option<Arc<str>>,
}

/// A session's place among the others, given up when it is dropped.
pub(crate) struct Registration {
    sessions: Arc<Sessions>,
    pub(crate) entry: Arc<SessionEntry>,
}

impl Sessions {
    pub(crate) fn register(
        self: &Arc<Self>,
        pid: i32,
        role: &str,
        client_addr: &Arc<str>,
        database: &Arc<str>,
        canceller: Canceller,
    ) -> Registration {
        let began_at = now();
        let doing = Doing {
            database: Arc::clone(database),
            application_name: "".into(),
            state: "idle",
            changed_at: began_at,
            transaction_began_at: None,
            statement_began_at: None,
            statement: None,
        };
        let entry = Arc::new(SessionEntry {
            pid,
            role: role.into(),
            client_addr: Arc::clone(client_addr),
            began_at,
            canceller,
            terminated: CancellationToken::new(),
            doing: Mutex::new(doing),
        });
        self.lock().insert(pid, Arc::clone(&entry));
        Registration { sessions: Arc::clone(self), entry }
    }

    pub(crate) fn all(&self) -> Vec<Arc<SessionEntry>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn get(&self, pid: i32) -> Option<Arc<SessionEntry>> {
        self.lock().get(&pid).cloned()
    }

    /// Every change is one call, so a panic elsewhere cannot leave the map half changed.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Arc<SessionEntry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionEntry {
    pub(crate) fn doing(&self) -> Doing {
        self.lock().clone()
    }

    /// A statement begins.
    pub(crate) fn begin(&self, statement: &Statement, database: &Arc<str>, application_name: &str, transaction_began_at: i64, at: i64) {
        let mut doing = self.lock();
        if *doing.application_name != *application_name {
            doing.application_name = application_name.into();
        }
        doing.database = Arc::clone(database);
        doing.state = "active";
        doing.changed_at = at;
        doing.transaction_began_at = Some(transaction_began_at);
        doing.statement_began_at = Some(at);
        doing.statement = Some(shown(statement));
    }

    /// The session waits for its client.
    pub(crate) fn end(&self, status: TransactionStatus) {
        let mut doing = self.lock();
        doing.state = match status {
            TransactionStatus::Idle => "idle",
            TransactionStatus::InTransaction => "idle in transaction",
            TransactionStatus::Failed => "idle in transaction (aborted)",
        };
        if status == TransactionStatus::Idle {
            doing.transaction_began_at = None;
        }
        doing.changed_at = now();
    }

    fn lock(&self) -> MutexGuard<'_, Doing> {
        // Fields are assigned one by one and each is valid with any other.
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.sessions.lock().remove(&self.entry.pid);
    }
}

/// The statement as others may see it. Administration comes with passwords in its text, so only what it is called is told of it, and
/// of a script with several statements only that it is one.
fn shown(statement: &Statement) -> Arc<str> {
    if statement.in_script {
        return "<several statements>".into();
    }
    match statement.command.as_ref() {
        Command::Call(call) => format!("CALL {}", call.name.join(".")).into(),
        Command::Role(role) => role.tag().into(),
        Command::Server(server) => server.tag().into(),
        Command::Refused(refused) => refused.kind.as_str().into(),
        _ => Arc::clone(&statement.source.0),
    }
}
