//! One client's session: its database, role, settings, transaction, cursors and prepared statements.
//!
//! The wire drives a session one call at a time. Only its [`Canceller`] is used from elsewhere.

mod identity;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::Utc;
use domain::access;
use pgcat::host::AdvisoryLocks;
use spi::{Code, Error, Result};
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Column, Format, Notice};
use crate::canceller::Canceller;
use crate::cursor::Cursors;
use crate::dispatch::{self, Work};
use crate::engine::Engine;
use crate::notices::Notices;
use crate::parameters::{self, Parameter};
use crate::parse::{self, Command, Statement, TransactionCommand};
use crate::plan::{Plan, Values};
use crate::plan_context::PlanContext;
use crate::prepared::{Prepared, PreparedStatements, Request};
use crate::sessions::Registration;
use crate::settings::SessionSettings;
use crate::transaction::{Transaction, TransactionStatus};
use identity::Identity;

/// More open portals than any driver keeps; each may hold files and connections of a data source.
const PORTALS_MAX: usize = 100;

/// Who connects to which database, and with what wishes.
#[derive(Clone, Debug)]
pub struct Startup {
    /// The role, which has proved who it is.
    pub role: String,
    /// The role's name where it is missing.
    pub database: Option<String>,
    /// Startup parameters that are settings, and those of `options=-c name=value`.
    pub settings: Vec<(String, String)>,
    pub client_addr: String,
    pub pid: i32,
}

/// The types of a statement's parameters, and its columns; `None` where it gives no rows.
pub type Description = (Vec<u32>, Option<Arc<[Column]>>);

/// A session. Dropping it drops everything that it opened.
pub struct Session {
    pub(crate) engine: Arc<Engine>,
    pub(crate) settings: SessionSettings,
    pub(crate) notices: Notices,
    pub(crate) transaction: Transaction,
    pub(crate) cursors: Cursors,
    pub(crate) advisory_locks: AdvisoryLocks,
    pub(crate) prepared: PreparedStatements,
    canceller: Canceller,
    identity: Identity,
    portals: HashMap<String, Portal>,
    /// What the client knows about the settings that are reported.
    reported: Vec<(&'static str, String)>,
    client_addr: Arc<str>,
    registration: Registration,
}

/// A prepared statement with values.
struct Portal {
    statement: Statement,
    plan: Option<Arc<Plan>>,
    values: Values,
    /// `None` where the statement gives no rows.
    columns: Option<Arc<[Column]>>,
    formats: Vec<Format>,
}

impl Session {
    pub(crate) fn open(engine: Arc<Engine>, startup: Startup) -> Result<Session> {
        let Startup { role, database, settings, client_addr, pid } = startup;
        let replica = engine.services().store.replica();
        let no_role = || Error::new(Code::Authorization, format!("role \"{role}\" does not exist"));
        let role = access::role(&replica, &role).ok_or_else(no_role)?;
        let superuser = if role.superuser { "on" } else { "off" };
        let known = [
            ("is_superuser", superuser.to_owned()),
            ("session_authorization", role.name.clone()),
            ("metagate.version", engine.version().to_owned()),
        ];
        let settings = SessionSettings::open(&settings, &known)?;
        let identity = Identity::new(&engine, role, database)?;
        let (canceller, client_addr): (_, Arc<str>) = (Canceller::default(), client_addr.into());
        let registration = engine.sessions().register(pid, &identity.role.name, &client_addr, &identity.database, canceller.clone());
        Ok(Session {
            transaction: Transaction::new(settings.clone()),
            reported: settings.current().reported(),
            engine,
            settings,
            notices: Notices::default(),
            cursors: Cursors::default(),
            advisory_locks: AdvisoryLocks::default(),
            prepared: PreparedStatements::default(),
            canceller,
            identity,
            portals: HashMap::new(),
            client_addr,
            registration,
        })
    }

    /// Stops what the session runs. Planning, execution and rows all observe it, and `statement_timeout` as well.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// The settings that a client is told at startup.
    pub fn reported_settings(&self) -> Vec<(&'static str, String)> {
        self.reported.clone()
    }

    /// Those that changed since they were last told.
    pub fn take_changed_settings(&mut self) -> Vec<(&'static str, String)> {
        let now = self.settings.current().reported();
        let changed = now.iter().filter(|setting| !self.reported.contains(setting)).cloned().collect();
        self.reported = now;
        changed
    }

    /// The notices since the last call that the client wants to see.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let settings = self.settings.current();
        self.notices.take().into_iter().filter(|notice| settings.sends(notice.severity)).collect()
    }

    pub fn transaction_status(&self) -> TransactionStatus {
        self.transaction.status()
    }

    /// How long the session may wait for its client now. A transaction that is idle for longer ends with 25P03, a session with 57P05.
    pub fn idle_timeout(&self) -> Option<Duration> {
        let settings = self.settings.current();
        if self.transaction.in_block() { settings.idle_in_transaction_timeout() } else { settings.idle_session_timeout() }
    }

    /// The settings now, for the forms of values.
    pub fn settings(&self) -> SessionSettings {
        self.settings.clone()
    }

    /// The statements of a text, which are then to be run one after the other until one fails. A syntax error anywhere refuses all.
    pub fn statements(&self, text: &str) -> Result<Vec<Statement>> {
        parse::script(text)
    }

    /// Runs one statement of the simple protocol.
    pub async fn run(&mut self, statement: Statement) -> Result<Answer> {
        let work = Work { statement, plan: None, values: Values::NONE };
        let result = self.perform(work).await;
        self.failing(result)
    }

    /// Prepares a statement. `parameter_types` may be fewer than the parameters, and 0 where the client does not know.
    pub async fn parse(&mut self, name: &str, text: &str, parameter_types: &[u32]) -> Result<()> {
        let result = self.prepare(name, text, parameter_types).await;
        self.failing(result)
    }

    /// What a prepared statement takes and gives.
    pub fn describe_statement(&self, name: &str) -> Result<Description> {
        let prepared = self.prepared.get(name)?;
        Ok((prepared.parameter_types.clone(), prepared.columns.clone()))
    }

    /// Makes a portal of a prepared statement and values.
    pub async fn bind(&mut self, portal: &str, statement: &str, values: Vec<Option<Parameter>>, result_formats: Vec<Format>) -> Result<()> {
        let result = self.make_portal(portal, statement, &values, result_formats).await;
        self.failing(result)
    }

    /// The columns of a portal in the formats that the client chose; none where it gives no rows. A cursor is a portal too.
    pub fn describe_portal(&self, portal: &str) -> Result<Option<Arc<[Column]>>> {
        match self.portal(portal) {
            Ok(portal) => Ok(portal.columns.clone()),
            Err(unknown) => self.cursors.columns(portal).map(Some).map_err(|_| unknown),
        }
    }

    /// Runs a portal for the first time.
    pub async fn execute(&mut self, portal: &str) -> Result<Answer> {
        let result = self.run_portal(portal).await;
        self.failing(result)
    }

    /// To be called before more rows are read of a portal that was suspended: its statement's time begins anew.
    pub fn resume(&mut self, portal: &str) -> Result<()> {
        self.portal(portal)?;
        self.canceller.begin(self.settings.current().statement_timeout());
        Ok(())
    }

    pub fn close_statement(&mut self, name: &str) {
        self.prepared.remove(name);
    }

    pub fn close_portal(&mut self, portal: &str) {
        self.portals.remove(portal);
    }

    /// The end of a round trip: Sync, or the end of a simple query. Ends an implicit transaction; the session now waits for its client.
    pub async fn sync(&mut self) {
        if self.transaction.finish_implicit() {
            self.transaction_ended(true);
        }
        self.canceller.end();
        self.registration.entry.end(self.transaction.status());
    }

    /// Resolves when somebody ends the session with `pg_terminate_backend`.
    pub fn terminated(&self) -> CancellationToken {
        self.registration.entry.terminated.clone()
    }

    /// A statement failed, while it ran or while its rows were read: a transaction block accepts only its end from now on.
    pub fn fail(&mut self) {
        if self.transaction.fail() {
            self.transaction_ended(false);
        }
    }

    /// A transaction ended, and with it what belongs to it.
    pub(crate) fn transaction_ended(&mut self, committed: bool) {
        self.portals.clear();
        self.cursors.transaction_ended(committed);
    }

    /// DISCARD ALL, apart from what is a command of its own.
    pub(crate) fn discard_portals(&mut self) {
        self.portals.clear();
    }

    fn failing<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.fail();
        }
        result
    }

    fn portal(&self, name: &str) -> Result<&Portal> {
        self.portals.get(name).ok_or_else(|| Error::new(Code::UndefinedCursor, format!("portal \"{name}\" does not exist")))
    }

    /// A statement begins: its transaction, its time, and what it may see.
    fn begin(&mut self, statement: &Statement) -> Result<Arc<PlanContext>> {
        if !ends_transaction(&statement.command) {
            self.transaction.require_working()?;
        }
        let now = now();
        let engine = &self.engine;
        self.transaction.enter(statement.in_script, now, || engine.next_transaction_id());
        self.canceller.begin(self.settings.current().statement_timeout());
        let catalog = self.transaction.pin(|| engine.services().catalogs.current());
        self.identity.refresh(engine, &catalog)?;
        let application_name = self.settings.current().application_name();
        let entry = &self.registration.entry;
        entry.begin(statement, &self.identity.database, &application_name, self.transaction.started_at(), now);
        Ok(Arc::new(PlanContext {
            engine: Arc::clone(engine),
            catalog,
            visible: self.identity.visible.clone(),
            database: Arc::clone(&self.identity.database),
            role: Arc::clone(&self.identity.role),
            settings: self.settings.clone(),
            notices: self.notices.clone(),
            canceller: self.canceller.clone(),
            prepared: self.prepared.listed().clone(),
            cursors: self.cursors.listed().clone(),
            advisory_locks: self.advisory_locks.clone(),
            pid: self.registration.entry.pid,
            client_addr: Arc::clone(&self.client_addr),
            statement_started_at: now,
            transaction_started_at: self.transaction.started_at(),
            transaction_id: self.transaction.id(),
            pg_catalog: OnceLock::new(),
        }))
    }

    async fn perform(&mut self, work: Work) -> Result<Answer> {
        let context = self.begin(&work.statement)?;
        let canceller = self.canceller.clone();
        // On the heap: every kind of statement is in this future, and each caller would carry it along.
        let answer = canceller.run(Box::pin(dispatch::run(self, &context, work))).await?;
        Ok(match answer {
            Answer::Rows { columns, batches, command } => Answer::Rows { columns, batches: canceller.stream(batches), command },
            Answer::CopyOut { format, columns, batches } => Answer::CopyOut { format, columns, batches: canceller.stream(batches) },
            done @ (Answer::Command { .. } | Answer::Empty) => done,
        })
    }

    async fn prepare(&mut self, name: &str, text: &str, parameter_types: &[u32]) -> Result<()> {
        // The unnamed statement makes place for the next one, also where that turns out to be wrong.
        if name.is_empty() {
            self.prepared.remove(name);
        }
        let request = Request { text: text.to_owned(), parameter_types: parameter_types.to_vec() };
        if let Some(prepared) = self.prepared.recall(&request) {
            let context = self.begin(&prepared.statement)?;
            if prepared.holds_for(&context) {
                return self.prepared.insert(name, prepared);
            }
        }
        let mut statements = parse::script(text)?;
        let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(Error::new(Code::Syntax, "cannot insert multiple commands into a prepared statement"));
        };
        let context = self.begin(&statement)?;
        let canceller = self.canceller.clone();
        let described = canceller.run(dispatch::describe(self, &context, &statement, parameter_types)).await?;
        self.prepared.insert(name, Prepared::new(statement, described, &context, Some(request)))
    }

    async fn make_portal(&mut self, name: &str, statement: &str, values: &[Option<Parameter>], formats: Vec<Format>) -> Result<()> {
        if !name.is_empty() && self.portals.contains_key(name) {
            return Err(Error::new(Code::DuplicateCursor, format!("cursor \"{name}\" already exists")));
        }
        if self.portals.len() >= PORTALS_MAX && !self.portals.contains_key(name) {
            return Err(Error::new(Code::Limit, "too many open portals").detail(format!("A session can have {PORTALS_MAX}.")));
        }
        let text = self.prepared.get(statement)?.statement.clone();
        let context = self.begin(&text)?;
        let canceller = self.canceller.clone();
        let prepared = self.prepared.get_mut(statement)?;
        if values.len() != prepared.parameter_types.len() {
            return Err(Error::new(
                Code::Protocol,
                format!(
                    "bind message supplies {} parameters, but prepared statement \"{statement}\" requires {}",
                    values.len(),
                    prepared.parameter_types.len()
                ),
            ));
        }
        let plan = canceller.run(prepared.plan(&context)).await?;
        let values = match &plan {
            Some(plan) => plan.decode(&context, values)?,
            None => Values::Data(parameters::decode(values, &prepared.parameter_types, &context.settings.current().time_zone())?),
        };
        let columns = prepared.columns.as_deref().map(|columns| with_formats(columns, &formats)).transpose()?;
        self.portals.insert(name.to_owned(), Portal { statement: text, plan, values, columns, formats });
        Ok(())
    }

    async fn run_portal(&mut self, name: &str) -> Result<Answer> {
        let portal = self.portal(name)?;
        let (columns, formats) = (portal.columns.clone(), portal.formats.clone());
        let work = Work { statement: portal.statement.clone(), plan: portal.plan.clone(), values: portal.values.clone() };
        match self.perform(work).await? {
            Answer::Rows { columns: answered, batches, command } => {
                let columns = match columns.filter(|columns| columns.len() == answered.len()) {
                    Some(columns) => columns,
                    None => with_formats(&answered, &formats)?,
                };
                Ok(Answer::Rows { columns, batches, command })
            }
            other => Ok(other),
        }
    }
}

/// Whether a failed transaction block lets the statement through.
fn ends_transaction(command: &Command) -> bool {
    matches!(
        command,
        Command::Transaction(TransactionCommand::Commit { .. } | TransactionCommand::Rollback { .. } | TransactionCommand::RollbackTo(_))
            | Command::Empty
    )
}

/// The columns in the formats of a Bind message: none means text for all, one is for all, otherwise one for each.
fn with_formats(columns: &[Column], formats: &[Format]) -> Result<Arc<[Column]>> {
    if formats.len() > 1 && formats.len() != columns.len() {
        return Err(Error::new(
            Code::Protocol,
            format!("bind message has {} result formats but query has {} columns", formats.len(), columns.len()),
        ));
    }
    let format = |index: usize| match formats {
        [] => Format::Text,
        [all] => *all,
        each => each[index],
    };
    Ok(columns.iter().enumerate().map(|(index, column)| Column { format: format(index), ..column.clone() }).collect())
}

/// Microseconds since 1970 UTC.
pub(crate) fn now() -> i64 {
    Utc::now().timestamp_micros()
}

#[cfg(test)]
mod tests;
