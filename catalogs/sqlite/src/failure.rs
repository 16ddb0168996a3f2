//! What SQLite's errors are for the gateway.

use spi::{Code, Error};

/// Result codes of SQLite, without their extensions (https://sqlite.org/rescode.html).
mod result_code {
    pub(super) const ERROR: i32 = 1;
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const READONLY: i32 = 8;
    pub(super) const INTERRUPT: i32 = 9;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

/// The error of a statement. `message` says what the gateway could not do, and names the source.
pub(crate) fn failure(source: &str, message: impl Into<String>, error: sqlx::Error) -> Error {
    use result_code::*;
    let Some(code) = result_code_of(&error) else {
        return Error::source(Code::Io, source, message).detail(sentence(&error.to_string())).cause(error);
    };
    let plain = |code| Error::source(code, source, message.into()).detail(sentence(&text_of(&error)));
    match code {
        BUSY | LOCKED => plain(Code::Unavailable)
            .hint("Another program has locked the database. Try again, or raise the option \"busy_timeout_ms\".")
            .retryable(),
        NOTADB => plain(Code::BadData).hint("Check the option \"path\"; an encrypted database cannot be read either."),
        CORRUPT => plain(Code::BadData).hint("PRAGMA integrity_check in SQLite's own shell says more."),
        READONLY | CANTOPEN => plain(Code::Io).hint("A database in WAL mode needs a folder in which the gateway may write its -shm file."),
        PERM | IOERR => plain(Code::Io),
        FULL => plain(Code::DiskFull),
        NOMEM => plain(Code::OutOfMemory),
        INTERRUPT => plain(Code::Cancelled),
        // Also ERROR: the statements are ours, so what fails is an expression of the database, for example in a view.
        _ => plain(Code::BadData),
    }
    .cause(error)
}

/// What SQLite itself says, without our words around it.
pub(crate) fn text_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        other => other.to_string(),
    }
}

/// Whether the database itself is fine, but names in it or an expression are not.
pub(crate) fn is_broken_expression(error: &sqlx::Error) -> bool {
    result_code_of(error) == Some(result_code::ERROR)
}

fn result_code_of(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn sentence(text: &str) -> String {
    format!("SQLite says: {}.", text.trim_end_matches('.'))
}
