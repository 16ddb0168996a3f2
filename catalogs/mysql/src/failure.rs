//! What the errors of the server, and of the way to it, are for the gateway.

use std::io;

use spi::connector::Stage;
use spi::{Code, Error};
use sqlx::mysql::{MySqlDatabaseError, MySqlSslMode};

use crate::endpoint::Endpoint;

/// Numbers of the server's errors. Some have two, of which the second one is MariaDB's.
mod number {
    pub(super) const DISK_FULL: [u16; 3] = [3, 1021, 1114];
    pub(super) const EXISTS: [u16; 8] = [1007, 1050, 1060, 1061, 1304, 1359, 1396, 1826];
    pub(super) const UNKNOWN_DATABASE_TO_DROP: u16 = 1008;
    pub(super) const DUPLICATE: [u16; 4] = [1022, 1062, 1169, 1586];
    pub(super) const TOO_MANY_CONNECTIONS: u16 = 1040;
    pub(super) const DATABASE_ACCESS_DENIED: u16 = 1044;
    pub(super) const ACCESS_DENIED: u16 = 1045;
    pub(super) const NO_DATABASE: u16 = 1046;
    pub(super) const NULL_VALUE: [u16; 2] = [1048, 1364];
    pub(super) const UNKNOWN_DATABASE: u16 = 1049;
    pub(super) const UNKNOWN_TABLE_TO_DROP: u16 = 1051;
    pub(super) const SHUTDOWN: u16 = 1053;
    pub(super) const UNKNOWN_COLUMN: u16 = 1054;
    pub(super) const SYNTAX: [u16; 3] = [1064, 1065, 1149];
    pub(super) const UNKNOWN_TABLE: u16 = 1109;
    pub(super) const HOST_BLOCKED: u16 = 1129;
    pub(super) const HOST_NOT_PRIVILEGED: u16 = 1130;
    pub(super) const TABLE_ACCESS_DENIED: u16 = 1142;
    pub(super) const COLUMN_ACCESS_DENIED: u16 = 1143;
    pub(super) const NO_SUCH_TABLE: u16 = 1146;
    pub(super) const PACKET_TOO_LARGE: u16 = 1153;
    pub(super) const TOO_MANY_USER_CONNECTIONS: u16 = 1203;
    pub(super) const LOCK_WAIT_TIMEOUT: u16 = 1205;
    pub(super) const DEADLOCK: u16 = 1213;
    pub(super) const FOREIGN_KEY: [u16; 4] = [1216, 1217, 1451, 1452];
    pub(super) const USER_LIMIT_REACHED: u16 = 1226;
    pub(super) const SPECIFIC_ACCESS_DENIED: u16 = 1227;
    pub(super) const UNSUPPORTED_AUTHENTICATION: u16 = 1251;
    pub(super) const OUT_OF_RANGE: [u16; 2] = [1264, 1690];
    pub(super) const DATA_TRUNCATED: u16 = 1265;
    pub(super) const NOT_WRITABLE: [u16; 5] = [1288, 1348, 1471, 1906, 3105];
    pub(super) const READ_ONLY: [u16; 3] = [1290, 1792, 1836];
    pub(super) const DATETIME: u16 = 1292;
    pub(super) const NOT_PREPARABLE: u16 = 1295;
    pub(super) const UNKNOWN_ROUTINE: u16 = 1305;
    pub(super) const QUERY_INTERRUPTED: u16 = 1317;
    pub(super) const INCORRECT_VALUE: [u16; 5] = [1366, 1416, 3140, 3854, 3988];
    pub(super) const ROUTINE_ACCESS_DENIED: u16 = 1370;
    pub(super) const TOO_LONG: u16 = 1406;
    pub(super) const ACCESS_DENIED_WITHOUT_PASSWORD: u16 = 1698;
    pub(super) const PASSWORD_EXPIRED: [u16; 2] = [1820, 1862];
    pub(super) const CONNECTION_KILLED: u16 = 1927;
    pub(super) const STATEMENT_TIMED_OUT: [u16; 2] = [3024, 1969];
    pub(super) const ACCOUNT_LOCKED: [u16; 2] = [3118, 4151];
    pub(super) const TLS_REQUIRED: u16 = 3159;
    pub(super) const CHECK: [u16; 2] = [3819, 4025];
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

/// The error that the server does not have an object any more: it was there when the metadata was read.
pub(crate) fn vanished(source: &str, code: Code, object: &str) -> Error {
    Error::source(code, source, format!("{object} of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
}

/// Whether the server does not have the table that the statement names.
pub(crate) fn is_unknown_table(error: &sqlx::Error) -> bool {
    matches!(number_of(error), Some(number::NO_SUCH_TABLE | number::UNKNOWN_TABLE))
}

/// Whether the server does not have a column that the statement names.
pub(crate) fn is_unknown_column(error: &sqlx::Error) -> bool {
    number_of(error) == Some(number::UNKNOWN_COLUMN)
}

/// Whether the login may not read the table, or the server does not have it.
pub(crate) fn is_unreadable(error: &sqlx::Error) -> bool {
    is_unknown_table(error) || matches!(number_of(error), Some(number::TABLE_ACCESS_DENIED | number::COLUMN_ACCESS_DENIED))
}

/// Whether the server has understood the whole statement, but does not prepare statements of its kind.
pub(crate) fn is_not_preparable(error: &sqlx::Error) -> bool {
    number_of(error) == Some(number::NOT_PREPARABLE)
}

/// The same error for work that may have been done although it failed: trying it again would do it twice.
pub(crate) fn in_doubt(error: Error) -> Error {
    if error.code == Code::ConnectionLost { error.in_doubt() } else { error }
}

/// Whether a note of the server says that it has kept a value only in part, or another one.
pub(crate) fn is_changed_value(note: u64) -> bool {
    let numbers = [number::DATA_TRUNCATED, number::DATETIME, number::TOO_LONG].into_iter();
    numbers.chain(number::OUT_OF_RANGE).chain(number::INCORRECT_VALUE).any(|number| u64::from(number) == note)
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
        DATETIME => Code::DatetimeFormat,
        DATA_TRUNCATED => Code::InvalidText,
        TOO_LONG => Code::TooLong,
        PACKET_TOO_LARGE => Code::Limit,
        NO_DATABASE | UNKNOWN_DATABASE_TO_DROP => Code::UndefinedSchema,
        UNKNOWN_TABLE_TO_DROP => Code::UndefinedTable,
        UNKNOWN_ROUTINE => Code::UndefinedFunction,
        NOT_PREPARABLE => Code::Unsupported,
        _ if INCORRECT_VALUE.contains(&number) => Code::InvalidText,
        _ if OUT_OF_RANGE.contains(&number) => Code::OutOfRange,
        _ if DUPLICATE.contains(&number) => Code::UniqueViolation,
        _ if NULL_VALUE.contains(&number) => Code::NotNullViolation,
        _ if FOREIGN_KEY.contains(&number) => Code::ForeignKeyViolation,
        _ if CHECK.contains(&number) => Code::CheckViolation,
        _ if NOT_WRITABLE.contains(&number) => Code::WrongObject,
        _ if READ_ONLY.contains(&number) => Code::ReadOnly,
        _ if DISK_FULL.contains(&number) => Code::DiskFull,
        _ if EXISTS.contains(&number) => Code::AlreadyExists,
        _ if SYNTAX.contains(&number) => Code::Syntax,
        LOCK_WAIT_TIMEOUT | DEADLOCK => Code::Unavailable,
        QUERY_INTERRUPTED => Code::Cancelled,
        _ if STATEMENT_TIMED_OUT.contains(&number) => Code::Cancelled,
        SHUTDOWN | CONNECTION_KILLED => Code::ConnectionLost,
        // What is left over is an expression that fails, in the data or in a view.
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
