//! The transaction of a session: PostgreSQL's states, and what of the session belongs to them.
//!
//! A transaction here reads: it pins one catalog, and it owns settings and cursors. Statements outside an explicit block form an
//! implicit transaction each, or one together if the client sent them in one text.

use std::sync::Arc;

use domain::catalog::Catalog;
use spi::{Code, Error, Result};

use crate::answer::Notice;
use crate::settings::{SessionSettings, Settings};

/// Drivers that set a savepoint before each statement may never release one; memory must not grow with that for ever.
const SAVEPOINTS_MAX: usize = 100_000;

/// What ReadyForQuery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    Idle,
    InTransaction,
    /// Only the end of the transaction is accepted.
    Failed,
}

/// The transaction that a session is in.
#[derive(Debug)]
pub(crate) struct Transaction {
    state: State,
    settings: SessionSettings,
    /// The settings that a rollback returns to.
    settings_before: Arc<Settings>,
    savepoints: Vec<Savepoint>,
    /// Set by the first statement that needs it, and kept for the whole block.
    catalog: Option<Arc<Catalog>>,
    id: u64,
    started_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// Begun by a statement outside a block. `script`: others of the same text follow or went before.
    Implicit {
        script: bool,
    },
    Block,
    Failed,
}

#[derive(Debug)]
struct Savepoint {
    name: String,
    settings: Arc<Settings>,
    /// The number of the first cursor that is declared after it.
    next_cursor: u64,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Committed,
    RolledBack,
    /// There was none: nothing changes but a warning.
    Nothing,
}

impl Transaction {
    pub(crate) fn new(settings: SessionSettings) -> Self {
        let settings_before = settings.current();
        Self { state: State::Idle, settings, settings_before, savepoints: Vec::new(), catalog: None, id: 0, started_at: 0 }
    }

    pub(crate) fn status(&self) -> TransactionStatus {
        match self.state {
            State::Idle | State::Implicit { .. } => TransactionStatus::Idle,
            State::Block => TransactionStatus::InTransaction,
            State::Failed => TransactionStatus::Failed,
        }
    }

    /// Whether the client said BEGIN.
    pub(crate) fn in_block(&self) -> bool {
        matches!(self.state, State::Block | State::Failed)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn started_at(&self) -> i64 {
        self.started_at
    }

    /// A statement begins, and with it an implicit transaction if there is none. `id` makes the number of a new one.
    pub(crate) fn enter(&mut self, script: bool, now: i64, id: impl FnOnce() -> u64) {
        if self.state == State::Idle {
            self.state = State::Implicit { script };
            self.settings_before = self.settings.current();
            (self.id, self.started_at) = (id(), now);
        }
    }

    /// Refuses everything while the block is failed; the statements that end it are let through by the caller.
    pub(crate) fn require_working(&self) -> Result<()> {
        match self.state {
            State::Failed => {
                Err(Error::new(Code::FailedTransaction, "current transaction is aborted, commands ignored until end of transaction block"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses outside a block, or a text of several statements, which is nearly one.
    pub(crate) fn require_block(&self, what: &str) -> Result<()> {
        match self.state {
            State::Block | State::Failed | State::Implicit { script: true } => Ok(()),
            State::Idle | State::Implicit { script: false } => Err(no_block(what)),
        }
    }

    /// Refuses inside a block: what the statement does could not be rolled back with it.
    pub(crate) fn forbid_block(&self, what: &str) -> Result<()> {
        match self.in_block() {
            true => Err(Error::new(Code::ActiveTransaction, format!("{what} cannot run inside a transaction block"))
                .hint("End the transaction first: each administrative statement is a transaction of its own.")),
            false => Ok(()),
        }
    }

    /// The catalog of the transaction: within a block the one that its first statement saw.
    pub(crate) fn pin(&mut self, current: impl FnOnce() -> Arc<Catalog>) -> Arc<Catalog> {
        match (&self.catalog, self.in_block()) {
            (Some(catalog), true) => Arc::clone(catalog),
            (_, in_block) => {
                let catalog = current();
                self.catalog = in_block.then(|| Arc::clone(&catalog));
                catalog
            }
        }
    }

    /// BEGIN. Statements that went before in the same text belong to the block.
    pub(crate) fn begin(&mut self) -> Option<Notice> {
        if self.in_block() {
            return Some(Notice::warning(Code::ActiveTransaction.sqlstate(), "there is already a transaction in progress"));
        }
        self.state = State::Block;
        None
    }

    /// COMMIT. A failed block is rolled back.
    pub(crate) fn commit(&mut self) -> Ended {
        match self.state {
            State::Block => self.end(Ended::Committed),
            State::Failed => self.end(Ended::RolledBack),
            State::Idle | State::Implicit { .. } => {
                self.end(Ended::Committed);
                Ended::Nothing
            }
        }
    }

    /// ROLLBACK.
    pub(crate) fn rollback(&mut self) -> Ended {
        let in_block = self.in_block();
        self.end(Ended::RolledBack);
        if in_block { Ended::RolledBack } else { Ended::Nothing }
    }

    /// The texts of one round trip are done, and with them the implicit transaction. Gives whether there was one.
    pub(crate) fn finish_implicit(&mut self) -> bool {
        let implicit = matches!(self.state, State::Implicit { .. });
        if implicit {
            self.end(Ended::Committed);
        }
        implicit
    }

    /// A statement failed. Gives whether that ended an implicit transaction.
    pub(crate) fn fail(&mut self) -> bool {
        match self.state {
            State::Idle | State::Failed => false,
            State::Implicit { .. } => {
                self.end(Ended::RolledBack);
                true
            }
            State::Block => {
                self.state = State::Failed;
                false
            }
        }
    }

    /// SAVEPOINT. `next_cursor` is the number of the next cursor to be declared.
    pub(crate) fn savepoint(&mut self, name: &str, next_cursor: u64) -> Result<()> {
        self.require_real_block("SAVEPOINT")?;
        if self.savepoints.len() >= SAVEPOINTS_MAX {
            return Err(Error::new(Code::Limit, "too many savepoints").detail(format!("A transaction can have {SAVEPOINTS_MAX}.")));
        }
        self.savepoints.push(Savepoint { name: name.to_owned(), settings: self.settings.current(), next_cursor });
        Ok(())
    }

    /// RELEASE SAVEPOINT: it and all later ones are forgotten, and what was done since stays.
    pub(crate) fn release(&mut self, name: &str) -> Result<()> {
        self.require_real_block("RELEASE SAVEPOINT")?;
        let index = self.find_savepoint(name)?;
        self.savepoints.truncate(index);
        Ok(())
    }

    /// ROLLBACK TO SAVEPOINT: the block works again, and the savepoint stays. Gives the number of the first cursor to be closed.
    pub(crate) fn rollback_to(&mut self, name: &str) -> Result<u64> {
        self.require_real_block("ROLLBACK TO SAVEPOINT")?;
        let index = self.find_savepoint(name)?;
        self.savepoints.truncate(index + 1);
        self.state = State::Block;
        let savepoint = &self.savepoints[index];
        self.settings.restore(Arc::clone(&savepoint.settings));
        Ok(savepoint.next_cursor)
    }

    fn require_real_block(&self, what: &str) -> Result<()> {
        if self.in_block() { Ok(()) } else { Err(no_block(what)) }
    }

    fn find_savepoint(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .rposition(|savepoint| savepoint.name == name)
            .ok_or_else(|| Error::new(Code::UndefinedSavepoint, format!("savepoint \"{name}\" does not exist")))
    }

    fn end(&mut self, how: Ended) -> Ended {
        match how {
            Ended::RolledBack if self.state != State::Idle => self.settings.restore(Arc::clone(&self.settings_before)),
            _ => self.settings.commit(),
        }
        self.state = State::Idle;
        self.savepoints.clear();
        self.catalog = None;
        how
    }
}

fn no_block(what: &str) -> Error {
    Error::new(Code::NoTransaction, format!("{what} can only be used in transaction blocks"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Scope;

    fn transaction() -> (Transaction, SessionSettings) {
        let settings = SessionSettings::default();
        (Transaction::new(settings.clone()), settings)
    }

    fn enter(transaction: &mut Transaction) {
        transaction.enter(false, 0, || 1);
    }

    #[track_caller]
    fn timeout(settings: &SessionSettings) -> String {
        settings.current().show("lock_timeout").expect("a setting")
    }

    #[test]
    fn a_failed_block_accepts_only_its_end() {
        let (mut transaction, _) = transaction();
        enter(&mut transaction);
        assert_eq!(transaction.begin(), None);
        assert_eq!(transaction.begin().expect("a warning").code, "25001");
        assert!(!transaction.fail());
        assert_eq!(transaction.status(), TransactionStatus::Failed);
        assert_eq!(transaction.require_working().expect_err("failed").code, Code::FailedTransaction);
        assert_eq!((transaction.commit(), transaction.status()), (Ended::RolledBack, TransactionStatus::Idle));
        assert!(transaction.require_working().is_ok());
    }

    #[test]
    fn outside_a_block_its_end_does_nothing() {
        let (mut transaction, _) = transaction();
        enter(&mut transaction);
        assert_eq!((transaction.commit(), transaction.rollback()), (Ended::Nothing, Ended::Nothing));
        let error = transaction.savepoint("a", 0).expect_err("no block");
        assert_eq!((error.code, error.message.as_str()), (Code::NoTransaction, "SAVEPOINT can only be used in transaction blocks"));
        assert!(transaction.require_block("DECLARE CURSOR").is_err());
        assert!(transaction.forbid_block("CALL").is_ok());
    }

    #[test]
    fn a_text_of_several_statements_is_nearly_a_block() {
        let (mut transaction, settings) = transaction();
        transaction.enter(true, 0, || 1);
        assert!(transaction.require_block("DECLARE CURSOR").is_ok());
        settings.set("lock_timeout", "1s", Scope::Session).expect("a value");
        assert!(transaction.fail());
        assert_eq!(timeout(&settings), "0");
    }

    #[test]
    fn settings_follow_the_transaction() {
        let (mut transaction, settings) = transaction();
        enter(&mut transaction);
        transaction.begin();
        settings.set("lock_timeout", "1s", Scope::Session).expect("a value");
        settings.set("lock_timeout", "2s", Scope::Transaction).expect("a value");
        assert_eq!(timeout(&settings), "2s");
        transaction.savepoint("a", 0).expect("a block");
        settings.set("lock_timeout", "3s", Scope::Session).expect("a value");
        transaction.fail();
        transaction.rollback_to("a").expect("a savepoint");
        assert_eq!((timeout(&settings).as_str(), transaction.status()), ("2s", TransactionStatus::InTransaction));
        assert_eq!((transaction.commit(), timeout(&settings).as_str()), (Ended::Committed, "1s"));
        enter(&mut transaction);
        transaction.begin();
        settings.set("lock_timeout", "9s", Scope::Session).expect("a value");
        assert_eq!((transaction.rollback(), timeout(&settings).as_str()), (Ended::RolledBack, "1s"));
    }

    #[test]
    fn savepoints_of_one_name_hide_each_other() {
        let (mut transaction, _) = transaction();
        enter(&mut transaction);
        transaction.begin();
        transaction.savepoint("a", 1).expect("a block");
        transaction.savepoint("b", 2).expect("a block");
        transaction.savepoint("a", 3).expect("a block");
        assert_eq!(transaction.rollback_to("a").expect("a savepoint"), 3);
        transaction.release("a").expect("a savepoint");
        assert_eq!(transaction.rollback_to("a").expect("a savepoint"), 1);
        let error = transaction.release("b").expect_err("rolled back");
        assert_eq!((error.code, error.message.as_str()), (Code::UndefinedSavepoint, "savepoint \"b\" does not exist"));
    }
}
