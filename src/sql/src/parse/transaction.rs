//! BEGIN, COMMIT, ROLLBACK and savepoints.

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransactionCommand {
    Begin {
        modes: TransactionModes,
        /// `BEGIN` or `START TRANSACTION`, as its command tag repeats it.
        tag: &'static str,
    },
    /// `chain`: another transaction of the same kind follows at once.
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
}

/// What a transaction is said to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionModes {
    /// In the words of the setting `transaction_isolation`.
    pub(crate) isolation: Option<&'static str>,
    pub(crate) read_only: Option<bool>,
    pub(crate) deferrable: Option<bool>,
}

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<TransactionCommand> {
    if tokens.word("BEGIN") {
        tokens.one_of(&["WORK", "TRANSACTION"]);
        return Ok(TransactionCommand::Begin { modes: parse_optional_modes(tokens)?, tag: "BEGIN" });
    }
    if tokens.word("START") {
        tokens.expect_word("TRANSACTION")?;
        return Ok(TransactionCommand::Begin { modes: parse_optional_modes(tokens)?, tag: "START TRANSACTION" });
    }
    if tokens.word("SAVEPOINT") {
        return tokens.identifier().map(TransactionCommand::Savepoint);
    }
    if tokens.word("RELEASE") {
        tokens.word("SAVEPOINT");
        return tokens.identifier().map(TransactionCommand::Release);
    }
    let commits = tokens.word("COMMIT") || tokens.word("END");
    if !commits && !tokens.word("ROLLBACK") && !tokens.word("ABORT") {
        return Err(tokens.unexpected());
    }
    if tokens.word("PREPARED") {
        return Err(prepared_transactions());
    }
    tokens.one_of(&["WORK", "TRANSACTION"]);
    if !commits && tokens.word("TO") {
        tokens.word("SAVEPOINT");
        return tokens.identifier().map(TransactionCommand::RollbackTo);
    }
    let chain = tokens.word("AND") && {
        let chain = !tokens.word("NO");
        tokens.expect_word("CHAIN")?;
        chain
    };
    Ok(if commits { TransactionCommand::Commit { chain } } else { TransactionCommand::Rollback { chain } })
}

/// What `max_prepared_transactions` being 0 means.
pub(super) fn prepared_transactions() -> Error {
    Error::new(Code::WrongState, "prepared transactions are disabled")
}

fn parse_optional_modes(tokens: &mut Tokens<'_>) -> Result<TransactionModes> {
    if tokens.at_end() { Ok(TransactionModes::default()) } else { parse_modes(tokens) }
}

/// At least one mode. Commas between them may be left out.
pub(super) fn parse_modes(tokens: &mut Tokens<'_>) -> Result<TransactionModes> {
    let mut modes = TransactionModes::default();
    loop {
        if tokens.words(&["ISOLATION", "LEVEL"]) {
            modes.isolation = Some(isolation(tokens)?);
        } else if tokens.words(&["READ", "ONLY"]) {
            modes.read_only = Some(true);
        } else if tokens.words(&["READ", "WRITE"]) {
            modes.read_only = Some(false);
        } else if tokens.words(&["NOT", "DEFERRABLE"]) {
            modes.deferrable = Some(false);
        } else if tokens.word("DEFERRABLE") {
            modes.deferrable = Some(true);
        } else {
            return Err(tokens.unexpected());
        }
        if !tokens.token(&Token::Comma) && tokens.at_end() {
            return Ok(modes);
        }
    }
}

fn isolation(tokens: &mut Tokens<'_>) -> Result<&'static str> {
    if tokens.word("SERIALIZABLE") {
        Ok("serializable")
    } else if tokens.words(&["REPEATABLE", "READ"]) {
        Ok("repeatable read")
    } else if tokens.words(&["READ", "COMMITTED"]) {
        Ok("read committed")
    } else if tokens.words(&["READ", "UNCOMMITTED"]) {
        Ok("read uncommitted")
    } else {
        Err(tokens.unexpected())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: TransactionCommand) {
        match script(text).expect("a statement")[0].command.as_ref() {
            Command::Transaction(command) => assert_eq!(*command, expected, "{text}"),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn every_form() {
        let name = || "pgjdbc_autosave".to_owned();
        check("BEGIN", TransactionCommand::Begin { modes: TransactionModes::default(), tag: "BEGIN" });
        let modes = TransactionModes { isolation: Some("repeatable read"), read_only: Some(true), deferrable: Some(false) };
        check(
            "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY, NOT DEFERRABLE",
            TransactionCommand::Begin { modes, tag: "START TRANSACTION" },
        );
        check("END WORK", TransactionCommand::Commit { chain: false });
        check("COMMIT AND CHAIN", TransactionCommand::Commit { chain: true });
        check("ABORT TRANSACTION AND NO CHAIN", TransactionCommand::Rollback { chain: false });
        check("SAVEPOINT PGJDBC_AUTOSAVE", TransactionCommand::Savepoint(name()));
        check("RELEASE pgjdbc_autosave", TransactionCommand::Release(name()));
        check("ROLLBACK WORK TO SAVEPOINT pgjdbc_autosave", TransactionCommand::RollbackTo(name()));
    }

    #[test]
    fn refuses_half_a_statement() {
        for text in ["START", "BEGIN READ", "BEGIN READ ONLY,", "COMMIT AND", "SAVEPOINT", "ROLLBACK TO", "COMMIT TO x"] {
            assert_eq!(script(text).expect_err("refused").code, Code::Syntax, "{text}");
        }
    }
}
