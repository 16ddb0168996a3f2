//! BEGIN, COMMIT, ROLLBACK and savepoints.

use spi::{Code, Error, Result};

use super::setting::set_modes;
use crate::answer::{Answer, Notice};
use crate::parse::{TransactionCommand, TransactionModes};
use crate::session::{Session, now};
use crate::settings::Scope;
use crate::transaction::Ended;

pub(super) fn run(session: &mut Session, command: &TransactionCommand) -> Result<Answer> {
    match command {
        TransactionCommand::Begin { modes, tag } => {
            begin(session, modes)?;
            Ok(Answer::command(*tag))
        }
        TransactionCommand::Commit { chain } => {
            let modes = chained_modes(session, *chain, "COMMIT AND CHAIN")?;
            let ended = session.transaction.commit();
            finish(session, ended, modes)?;
            Ok(Answer::command(if ended == Ended::RolledBack { "ROLLBACK" } else { "COMMIT" }))
        }
        TransactionCommand::Rollback { chain } => {
            let modes = chained_modes(session, *chain, "ROLLBACK AND CHAIN")?;
            let ended = session.transaction.rollback();
            finish(session, ended, modes)?;
            Ok(Answer::command("ROLLBACK"))
        }
        TransactionCommand::Savepoint(name) => {
            session.transaction.savepoint(name, session.cursors.next_number())?;
            Ok(Answer::command("SAVEPOINT"))
        }
        TransactionCommand::Release(name) => {
            session.transaction.release(name)?;
            Ok(Answer::command("RELEASE"))
        }
        TransactionCommand::RollbackTo(name) => {
            let first_cursor = session.transaction.rollback_to(name)?;
            session.cursors.close_from(first_cursor);
            Ok(Answer::command("ROLLBACK"))
        }
    }
}

fn begin(session: &mut Session, modes: &TransactionModes) -> Result<()> {
    if let Some(warning) = session.transaction.begin() {
        session.notices.push(warning);
    }
    set_modes(&session.settings, modes, "transaction", Scope::Transaction)
}

/// What the transaction is like, if another one of its kind is to follow.
fn chained_modes(session: &Session, chain: bool, what: &str) -> Result<Option<TransactionModes>> {
    if !chain {
        return Ok(None);
    }
    if !session.transaction.in_block() {
        return Err(Error::new(Code::NoTransaction, format!("{what} can only be used in transaction blocks")));
    }
    Ok(Some(session.settings.current().transaction_modes()))
}

fn finish(session: &mut Session, ended: Ended, chained: Option<TransactionModes>) -> Result<()> {
    if ended == Ended::Nothing {
        session.notices.push(Notice::warning(Code::NoTransaction.sqlstate(), "there is no transaction in progress"));
    }
    session.transaction_ended(ended != Ended::RolledBack);
    match chained {
        Some(modes) => {
            let engine = std::sync::Arc::clone(&session.engine);
            session.transaction.enter(false, now(), || engine.next_transaction_id());
            begin(session, &modes)
        }
        None => Ok(()),
    }
}
