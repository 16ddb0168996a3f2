//! What the errors of the server, and of the way to it, are for the gateway.

use std::io;

use spi::connector::Stage;
use spi::{Code, Error};
use sqlx::mysql::{MySqlDatabaseError, MySqlSslMode};

use crate::endpoint::Endpoint;

/// Numbers of the server's errors. Where two are named, the second one is MariaDB's.
mod number {
    pub(super) const TOO_MANY_CONNECTIONS: u16 = 1040;
    pub(super) const DATABASE_ACCESS_DENIED: u16 = 1044;
    pub(super) const ACCESS_DENIED: u16 = 1045;
    pub(super) const UNKNOWN_DATABASE: u16 = 1049;
    pub(super) const SHUTDOWN: u16 = 1053;
    pub(super) const UNKNOWN_COLUMN: u16 = 1054;
    pub(super) const UNKNOWN_TABLE: u16 = 1109;
    pub(super) const HOST_BLOCKED: u16 = 1129;
    pub(super) const HOST_NOT_PRIVILEGED: u16 = 1130;
    pub(super) const TABLE_ACCESS_DENIED: u16 = 1142;
    pub(super) const COLUMN_ACCESS_DENIED: u16 = 1143;
    pub(super) const NO_SUCH_TABLE: u16 = 1146;
    pub(super) const TOO_MANY_USER_CONNECTIONS: u16 = 1203;
    pub(super) const LOCK_WAIT_TIMEOUT: u16 = 1205;
    pub(super) const DEADLOCK: u16 = 1213;
    pub(super) const USER_LIMIT_REACHED: u16 = 1226;
    pub(super) const SPECIFIC_ACCESS_DENIED: u16 = 1227;
    pub(super) const UNSUPPORTED_AUTHENTICATION: u16 = 1251;
    pub(super) const QUERY_INTERRUPTED: u16 = 1317;
    pub(super) const ROUTINE_ACCESS_DENIED: u16 = 1370;
    pub(super) const ACCESS_DENIED_WITHOUT_PASSWORD: u16 = 1698;
    pub(super) const PASSWORD_EXPIRED: [u16; 2] = [1820, 1862];
    pub(super) const CONNECTION_KILLED: u16 = 1927;
    pub(super) const STATEMENT_TIMED_OUT: [u16; 2] = [3024, 1969];
    pub(super) const ACCOUNT_LOCKED: [u16; 2] = [3118, 4151];
    pub(super) const TLS_REQUIRED: u16 = 3159;
}

/// Why a connection could not be opened, and how far it came.
pub(crate) struct ConnectFailure {
    pub(crate) stage: Stage,
    pub(crate) error: Error,
}

impl ConnectFailure {
    pub(crate) fn timed_out(endpoint: &Endpoint) -> Self {
        let detail = format!("{} had not answered after {} ms.", endpoint.address(), endpoint.connect_timeout.as_millis());
        Self { stage: Stage::Connect, error: unreachable(endpoint, detail) }
    }

    /// The error, with a hint where it has none yet.
    pub(crate) fn named(mut self, endpoint: &Endpoint) -> Self {
        let source = &endpoint.context.source;
        self.error.hint.get_or_insert_with(|| {
            format!("Check the options of the data source, or CALL pause_datasource('{source}') to silence this source.")
        });
        self
    }
}

/// The error of opening a connection.
pub(crate) fn connect_failure(endpoint: &Endpoint, error: sqlx::Error) -> ConnectFailure {
    let address = endpoint.address();
    let at = |stage, error: Error| ConnectFailure { stage, error };
    match &error {
        sqlx::Error::Database(database) => {
            let text = database.message().trim_end_matches('.');
            let stage = match number_of(&error) {
                Some(number::TOO_MANY_CONNECTIONS | number::HOST_BLOCKED | number::HOST_NOT_PRIVILEGED) => Stage::Connect,
                Some(number::TLS_REQUIRED) => Stage::Tls,
                _ => Stage::Authenticate,
            };
            let source = &endpoint.context.source;
            let failed = Error::source(code_of(&error), source, format!("could not connect to data source \"{source}\""))
                .detail(format!("{address} says: {text}."));
            at(stage, with_hint(endpoint, &error, failed).cause(error))
        }
        sqlx::Error::Tls(text) => at(Stage::Tls, unencrypted(endpoint, &text.to_string()).cause(error)),
        // Rustls reports what it refuses as invalid data, and no socket reports the others: a file of certificates does.
        sqlx::Error::Io(text) if may_encrypt(endpoint) && is_of_tls(text.kind()) => {
            at(Stage::Tls, unencrypted(endpoint, &text.to_string()).cause(error))
        }
        sqlx::Error::Configuration(text) => at(Stage::Tls, unencrypted(endpoint, &text.to_string()).cause(error)),
        sqlx::Error::Io(text) => at(Stage::Connect, unreachable(endpoint, io_detail(&address, text)).cause(error)),
        other => {
            let detail = format!("{address} does not answer as a MySQL server: {other}.");
            at(Stage::Connect, unreachable(endpoint, detail).cause(error))
        }
    }
}

/// The error of a statement. `message` says what the gateway could not do, and names the source.
pub(crate) fn failure(source: &str, message: impl Into<String>, error: sqlx::Error) -> Error {
    let failed = |code, detail: String| Error::source(code, source, message).detail(detail);
    match &error {
        sqlx::Error::Database(database) => {
            let code = code_of(&error);
            let failed = failed(code, format!("The server says: {}.", database.message().trim_end_matches('.')));
            let again = matches!(code, Code::ConnectionLost | Code::TooManyConnections | Code::Unavailable);
            if again { failed.retryable() } else { failed }
        }
        sqlx::Error::Io(text) => failed(Code::ConnectionLost, format!("The connection to the server was lost: {text}.")).retryable(),
        other => failed(Code::ConnectionLost, format!("The connection to the server cannot be used: {other}.")).retryable(),
    }
    .cause(error)
}

/// Whether the server does not have the table that the statement names.
pub(crate) fn is_unknown_table(error: &sqlx::Error) -> bool {
    matches!(number_of(error), Some(number::NO_SUCH_TABLE | number::UNKNOWN_TABLE))
}

/// Whether the server does not have a column that the statement names.
pub(crate) fn is_unknown_column(error: &sqlx::Error) -> bool {
    number_of(error) == Some(number::UNKNOWN_COLUMN)
}

fn number_of(error: &sqlx::Error) -> Option<u16> {
    error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

fn code_of(error: &sqlx::Error) -> Code {
    use number::*;
    let Some(number) = number_of(error) else { return Code::BadData };
    match number {
        ACCESS_DENIED | ACCESS_DENIED_WITHOUT_PASSWORD => Code::Password,
        _ if PASSWORD_EXPIRED.contains(&number) => Code::Password,
        HOST_BLOCKED | HOST_NOT_PRIVILEGED | UNSUPPORTED_AUTHENTICATION | TLS_REQUIRED => Code::Authorization,
        _ if ACCOUNT_LOCKED.contains(&number) => Code::Authorization,
        DATABASE_ACCESS_DENIED | TABLE_ACCESS_DENIED | COLUMN_ACCESS_DENIED | SPECIFIC_ACCESS_DENIED | ROUTINE_ACCESS_DENIED => {
            Code::Privilege
        }
        UNKNOWN_DATABASE => Code::UndefinedSchema,
        NO_SUCH_TABLE | UNKNOWN_TABLE => Code::UndefinedTable,
        UNKNOWN_COLUMN => Code::UndefinedColumn,
        TOO_MANY_CONNECTIONS | TOO_MANY_USER_CONNECTIONS | USER_LIMIT_REACHED => Code::TooManyConnections,
        LOCK_WAIT_TIMEOUT | DEADLOCK => Code::Unavailable,
        QUERY_INTERRUPTED => Code::Cancelled,
        _ if STATEMENT_TIMED_OUT.contains(&number) => Code::Cancelled,
        SHUTDOWN | CONNECTION_KILLED => Code::ConnectionLost,
        // The statements are ours, so what fails is in the data or in a view.
        _ => Code::BadData,
    }
}

fn with_hint(endpoint: &Endpoint, error: &sqlx::Error, failed: Error) -> Error {
    match number_of(error) {
        Some(number::ACCESS_DENIED) if matches!(endpoint.encryption, MySqlSslMode::Disabled) => {
            failed.hint("Check the options \"user\" and \"password\"; a server that insists on TLS says the same, see \"ssl_mode\".")
        }
        Some(number::ACCESS_DENIED | number::ACCESS_DENIED_WITHOUT_PASSWORD) => {
            failed.hint("Check the options \"user\" and \"password\", and from which hosts the server lets the user in.")
        }
        Some(number::TLS_REQUIRED) => failed.hint("Set the option \"ssl_mode\" to REQUIRED or stricter."),
        Some(number::TOO_MANY_CONNECTIONS | number::TOO_MANY_USER_CONNECTIONS | number::USER_LIMIT_REACHED) => {
            failed.hint("Lower the option \"connections_max\", or raise the limit of the server or of the login.").retryable()
        }
        Some(number::HOST_BLOCKED) => failed.hint("FLUSH HOSTS on the server lets the gateway in again."),
        _ => failed,
    }
}

fn unreachable(endpoint: &Endpoint, detail: String) -> Error {
    let source = &endpoint.context.source;
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\"")).detail(detail).retryable()
}

fn unencrypted(endpoint: &Endpoint, text: &str) -> Error {
    let source = &endpoint.context.source;
    Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
        .detail(format!("TLS with {} failed: {}.", endpoint.address(), text.trim_end_matches('.')))
        .hint("Check the options \"ssl_mode\", \"ssl_ca\", \"ssl_cert\" and \"ssl_key\".")
}

fn may_encrypt(endpoint: &Endpoint) -> bool {
    !matches!(endpoint.encryption, MySqlSslMode::Disabled)
}

fn is_of_tls(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory)
}

/// What happened to a connection, as a sentence.
pub(crate) fn io_detail(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("Connection to {address} was refused."),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!("{address} closed the connection."),
        _ => format!("Connection to {address} failed: {error}."),
    }
}
