//! What a statement about the catalog may ask of its session and of the server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::access::{self, Privilege};
use pgcat::host::{Activity, AdvisoryLocks, Cursor, Host, Object, PreparedStatement};
use spi::{Code, Error, Result};

use super::POSTGRES_EPOCH;
use crate::answer::{Notice, Severity};
use crate::canceller::Canceller;
use crate::own_database;
use crate::plan_context::PlanContext;
use crate::session::now;
use crate::sessions::SessionEntry;
use crate::settings::{SERVER_VERSION, Scope};

/// What `pg_stat_activity` says where the port is not known.
const UNKNOWN_PORT: i32 = -1;

/// A session, as one statement sees it.
pub(super) struct SessionHost {
    context: Arc<PlanContext>,
    canceller: Canceller,
    abandoned: Arc<AtomicBool>,
    was_asked: AtomicBool,
}

impl SessionHost {
    pub(super) fn new(context: Arc<PlanContext>) -> Self {
        let canceller = context.canceller.clone();
        Self { context, canceller, abandoned: Arc::default(), was_asked: AtomicBool::new(false) }
    }

    /// To be set when nobody wants what is computed any more.
    pub(super) fn abandoned(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.abandoned)
    }

    /// Whether something was asked that other sessions would answer differently, or the same one later. The
    /// search path does not count: plans are kept with it.
    pub(super) fn was_asked(&self) -> bool {
        self.was_asked.load(Ordering::Relaxed)
    }

    /// The session, for what is not the same for all of them.
    fn session(&self) -> &PlanContext {
        self.note_asked();
        &self.context
    }

    fn note_asked(&self) {
        self.was_asked.store(true, Ordering::Relaxed);
    }

    fn sees(&self, entry: &SessionEntry) -> bool {
        self.session().role.superuser || *entry.role == self.session().role.name
    }

    /// The session of a process id, which the role may do something with.
    fn reachable(&self, pid: i32, what: &str) -> Result<Option<Arc<SessionEntry>>> {
        match self.session().engine.sessions().get(pid) {
            Some(entry) if !self.sees(&entry) => Err(Error::new(Code::Privilege, format!("permission denied to {what}"))
                .detail("Only roles with the SUPERUSER attribute may end or cancel the sessions of other roles.")),
            entry => Ok(entry),
        }
    }
}

impl Host for SessionHost {
    fn current_user(&self) -> &str {
        &self.session().role.name
    }

    fn session_user(&self) -> &str {
        &self.session().role.name
    }

    fn database(&self) -> &str {
        &self.session().database
    }

    fn search_path(&self) -> Vec<String> {
        self.context.searched_schemas()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.session().settings.current().show(name).ok()
    }

    fn set_setting(&self, name: &str, value: &str, local: bool) -> Result<String> {
        let scope = if local { Scope::Transaction } else { Scope::Session };
        self.session().settings.set(name, value, scope)?;
        self.session().settings.current().show(name)
    }

    fn settings(&self) -> Vec<(String, String)> {
        self.session().settings.current().rows().into_iter().map(|row| (row.name, row.shown)).collect()
    }

    fn version(&self) -> String {
        let architecture = std::env::consts::ARCH;
        let own = self.session().engine.version();
        format!("PostgreSQL {SERVER_VERSION} (metagate {own}) on {architecture}-pc-linux-gnu, compiled by rustc, 64-bit")
    }

    fn pid(&self) -> i32 {
        self.session().pid
    }

    fn client(&self) -> Option<(String, i32)> {
        address(&self.session().client_addr)
    }

    fn server(&self) -> Option<(String, i32)> {
        None
    }

    fn started_at(&self) -> i64 {
        self.session().engine.started_at() - POSTGRES_EPOCH
    }

    fn transaction_started_at(&self) -> i64 {
        self.session().transaction_started_at - POSTGRES_EPOCH
    }

    fn statement_started_at(&self) -> i64 {
        self.session().statement_started_at - POSTGRES_EPOCH
    }

    fn clock(&self) -> i64 {
        self.note_asked();
        now() - POSTGRES_EPOCH
    }

    fn transaction_id(&self) -> u64 {
        self.session().transaction_id
    }

    fn is_superuser(&self) -> bool {
        self.session().role.superuser
    }

    fn has_privilege(&self, role: u32, object: Object, privilege: &str) -> bool {
        let session = self.session();
        let replica = session.services().store.replica();
        let role = if role == session.role.oid {
            session.role.as_ref().clone()
        } else {
            match access::roles(&replica).into_iter().find(|other| other.oid == role) {
                Some(role) => role,
                None => return false,
            }
        };
        if role.superuser {
            return true;
        }
        let source = match object {
            Object::Database(oid) => Some(oid),
            Object::Schema(oid) | Object::Relation(oid) | Object::Function(oid) | Object::Type(oid) => session.pg_catalog().source_of(oid),
            Object::Other => None,
        };
        let own = own_database::get().source.oid;
        let Some(source) = source.filter(|source| *source != own) else {
            // Everybody may read what the gateway says of itself, which is about what the role may see.
            return matches!(privilege, "CONNECT" | "USAGE" | "SELECT" | "EXECUTE");
        };
        if !access::visible(&replica, &role).sees(source) {
            return false;
        }
        match (object, privilege) {
            (Object::Database(_), "CONNECT") | (Object::Relation(_), "SELECT") => true,
            (Object::Schema(_) | Object::Type(_) | Object::Other, "USAGE") | (Object::Function(_), "EXECUTE") => true,
            (Object::Relation(_), "INSERT") => {
                let source = session.catalog.databases.iter().find(|database| database.source.oid == source);
                source.is_some_and(|database| access::has_privilege(&replica, &role, &database.source, Privilege::Insert))
            }
            _ => false,
        }
    }

    fn activity(&self) -> Vec<Activity> {
        let sessions = self.session().engine.sessions().all();
        let shown = |entry: Arc<SessionEntry>| {
            let doing = entry.doing();
            let sees = self.sees(&entry);
            Activity {
                pid: entry.pid,
                database: doing.database,
                user: Arc::clone(&entry.role),
                application_name: doing.application_name,
                client: address(&entry.client_addr),
                backend_start: entry.began_at - POSTGRES_EPOCH,
                transaction_start: doing.transaction_began_at.map(|at| at - POSTGRES_EPOCH),
                query_start: doing.statement_began_at.map(|at| at - POSTGRES_EPOCH),
                state_change: Some(doing.changed_at - POSTGRES_EPOCH),
                state: doing.state,
                query: sees.then(|| doing.statement.unwrap_or_default()),
            }
        };
        sessions.into_iter().map(shown).collect()
    }

    fn cancel_backend(&self, pid: i32) -> Result<bool> {
        let entry = self.reachable(pid, "cancel query")?;
        entry.iter().for_each(|entry| entry.canceller.cancel());
        Ok(entry.is_some())
    }

    fn terminate_backend(&self, pid: i32) -> Result<bool> {
        let entry = self.reachable(pid, "terminate process")?;
        if let Some(entry) = &entry {
            entry.terminated.cancel();
            entry.canceller.cancel();
        }
        Ok(entry.is_some())
    }

    fn prepared_statements(&self) -> Vec<PreparedStatement> {
        self.session().prepared.all()
    }

    fn cursors(&self) -> Vec<Cursor> {
        self.session().cursors.all()
    }

    fn advisory_locks(&self) -> &AdvisoryLocks {
        &self.session().advisory_locks
    }

    fn notice(&self, severity: &'static str, code: &'static str, message: String) {
        let severity = if severity == "WARNING" { Severity::Warning } else { Severity::Notice };
        self.session().notices.push(Notice { severity, code, message, detail: None, hint: None });
    }

    fn check_cancelled(&self) -> Result<()> {
        if self.abandoned.load(Ordering::Relaxed) {
            return Err(Error::new(Code::Cancelled, "canceling statement because its rows are not wanted any more"));
        }
        self.canceller.check()
    }
}

/// An address with or without its port, as the wire tells it.
fn address(text: &str) -> Option<(String, i32)> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Some((address.ip().to_string(), i32::from(address.port()))),
        Err(_) => text.parse::<IpAddr>().ok().map(|ip| (ip.to_string(), UNKNOWN_PORT)),
    }
}
