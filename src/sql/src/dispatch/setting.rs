//! SET, RESET and SHOW.

use std::sync::Arc;

use spi::Result;

use crate::answer::{Answer, Column, Notice};
use crate::parse::{SettingCommand, TransactionModes};
use crate::session::Session;
use crate::settings::{Scope, SessionSettings, canonical_name};

pub(super) fn run(session: &mut Session, command: &SettingCommand) -> Result<Answer> {
    let settings = &session.settings;
    match command {
        SettingCommand::Set { name, value, scope } => {
            if *scope == Scope::Transaction {
                warn_outside_block(session, "SET LOCAL");
            }
            match value {
                Some(value) => settings.set(name, value, *scope)?,
                None => settings.reset(name, *scope)?,
            }
            Ok(Answer::command("SET"))
        }
        SettingCommand::SetTransaction(modes) => {
            warn_outside_block(session, "SET TRANSACTION");
            set_modes(settings, modes, "transaction", Scope::Transaction)?;
            Ok(Answer::command("SET"))
        }
        SettingCommand::SetCharacteristics(modes) => {
            set_modes(settings, modes, "default_transaction", Scope::Session)?;
            Ok(Answer::command("SET"))
        }
        SettingCommand::SetConstraints => Ok(Answer::command("SET CONSTRAINTS")),
        SettingCommand::Reset(name) => {
            settings.reset(name, Scope::Session)?;
            Ok(Answer::command("RESET"))
        }
        SettingCommand::ResetAll => {
            settings.reset_all();
            Ok(Answer::command("RESET"))
        }
        SettingCommand::Show(name) => {
            let value = settings.current().show(name)?;
            Answer::text(show_columns(name), vec![vec![value]], "SHOW")
        }
        SettingCommand::ShowAll => {
            let rows = settings.current().rows();
            let values = rows.into_iter().map(|row| (row.name, row.shown, row.description.to_owned()));
            let (names, (shown, descriptions)) = values.map(|(name, shown, description)| (name, (shown, description))).unzip();
            Answer::text(show_all_columns(), vec![names, shown, descriptions], "SHOW")
        }
    }
}

/// The columns that the command answers with.
pub(super) fn columns(command: &SettingCommand) -> Option<Arc<[Column]>> {
    match command {
        SettingCommand::Show(name) => Some(show_columns(name)),
        SettingCommand::ShowAll => Some(show_all_columns()),
        _ => None,
    }
}

/// Sets what is said about the transaction, or about all of them by default.
pub(super) fn set_modes(settings: &SessionSettings, modes: &TransactionModes, prefix: &str, scope: Scope) -> Result<()> {
    let switch = |on: bool| if on { "on" } else { "off" };
    let TransactionModes { isolation, read_only, deferrable } = modes;
    let values = [("isolation", *isolation), ("read_only", read_only.map(switch)), ("deferrable", deferrable.map(switch))];
    for (characteristic, value) in values {
        if let Some(value) = value {
            settings.set(&format!("{prefix}_{characteristic}"), value, scope)?;
        }
    }
    Ok(())
}

fn show_columns(name: &str) -> Arc<[Column]> {
    [Column::text(canonical_name(name))].into()
}

fn show_all_columns() -> Arc<[Column]> {
    ["name", "setting", "description"].map(Column::text).into()
}

fn warn_outside_block(session: &Session, what: &str) {
    if let Err(error) = session.transaction.require_block(what) {
        session.notices.push(Notice::warning(error.code.sqlstate(), error.message));
    }
}
