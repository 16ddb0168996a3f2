//! What the errors of a server, and of the way to it, are for the gateway.

use std::io::ErrorKind;

use spi::connector::Stage;
use spi::{Code, Error};
use sqlx::postgres::PgDatabaseError;

/// The error of opening a connection.
pub(crate) fn connect_failure(source: &str, address: &str, error: sqlx::Error) -> Error {
    let plain = |code, detail: String| Error::source(code, source, format!("could not reach data source \"{source}\"")).detail(detail);
    let silence = format!("or CALL pause_datasource('{source}') to silence this source.");
    let failure = match (&error, connect_stage(&error)) {
        (sqlx::Error::Database(_), _) => return failure(source, format!("could not log in to data source \"{source}\""), error),
        (_, Stage::Tls) => plain(Code::Unreachable, format!("TLS with {address} could not be set up: {}.", text_of(&error)))
            .hint("Check the options \"sslmode\", \"sslrootcert\", \"sslcert\" and \"sslkey\"."),
        (sqlx::Error::Io(io), _) if io.kind() == ErrorKind::ConnectionRefused => {
            plain(Code::Unreachable, format!("Connection to {address} was refused."))
                .hint(format!("Check the options \"host\" and \"port\", {silence}"))
                .retryable()
        }
        (sqlx::Error::Io(io), _) => plain(Code::Unreachable, format!("Connection to {address} failed: {io}."))
            .hint(format!("Check the option \"host\", {silence}"))
            .retryable(),
        (other, _) => plain(Code::Unreachable, format!("{address} does not answer as a PostgreSQL server does: {other}.")),
    };
    failure.cause(error)
}

/// At which stage of a connection test opening a connection failed, given that the host is reachable.
pub(crate) fn connect_stage(error: &sqlx::Error) -> Stage {
    match error {
        sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => Stage::Tls,
        // How the TLS library reports a certificate that it does not accept, and a certificate file that is not there.
        sqlx::Error::Io(io) if matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Stage::Tls
        }
        _ => Stage::Authenticate,
    }
}

/// The error of a statement. `message` says what the gateway could not do, and names the source.
pub(crate) fn failure(source: &str, message: impl Into<String>, error: sqlx::Error) -> Error {
    let plain = |code| Error::source(code, source, message.into());
    let Some(server) = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>()) else {
        return match &error {
            sqlx::Error::Io(io) => {
                let detail = format!("The connection was lost: {io}.");
                plain(Code::ConnectionLost).detail(detail).hint("Try again: the next statement makes a new connection.").retryable()
            }
            other => plain(Code::BadData).detail(format!("The answer of the server was not understood: {other}.")),
        }
        .cause(error);
    };
    let has_changed = has_changed(server);
    let failure = plain(if has_changed { Code::DatatypeMismatch } else { code_of(server.code()) }).detail(says(server));
    let failure = match server.code() {
        _ if has_changed => failure.retryable(),
        "28P01" => failure.hint("Check the options \"user\" and \"password\"."),
        "28000" => failure.hint("The server's pg_hba.conf says who may log in from where, and how."),
        "3D000" => failure.hint("Check the option \"database\"."),
        "42501" => failure.hint("The role of the option \"user\" lacks the privilege."),
        "53300" => failure.hint("Lower the option \"connections_max\", or raise max_connections of the server.").retryable(),
        "57P01" | "57P02" | "57P03" | "40001" => failure.retryable(),
        _ => failure,
    };
    failure.cause(error)
}

/// Whether a type changed while the server went from planning the statement to running it, which has no SQLSTATE of its own.
fn has_changed(server: &PgDatabaseError) -> bool {
    server.code() == "0A000" && server.routine() == Some("RevalidateCachedQuery")
}

/// The code of ours for a SQLSTATE of the server. What is left over is an expression of the database that fails, for example in a
/// view; the detail names its state.
fn code_of(sqlstate: &str) -> Code {
    match sqlstate {
        "28P01" => Code::Password,
        "28000" => Code::Authorization,
        "3D000" => Code::UndefinedDatabase,
        "42501" => Code::Privilege,
        "42P01" => Code::UndefinedTable,
        "3F000" => Code::UndefinedSchema,
        "22001" => Code::TooLong,
        "22003" | "22008" => Code::OutOfRange,
        "22007" => Code::DatetimeFormat,
        "22012" => Code::DivisionByZero,
        "22021" => Code::InvalidEncoding,
        "22P02" => Code::InvalidText,
        "23502" => Code::NotNullViolation,
        "23503" => Code::ForeignKeyViolation,
        "23505" => Code::UniqueViolation,
        "23514" => Code::CheckViolation,
        other if other.starts_with("23") => Code::IntegrityViolation,
        "0A000" => Code::Unsupported,
        "25001" => Code::ActiveTransaction,
        "25006" => Code::ReadOnly,
        "42601" => Code::Syntax,
        "42702" => Code::Ambiguous,
        "42703" => Code::UndefinedColumn,
        "42704" => Code::UndefinedObject,
        "42710" | "42P06" | "42P07" | "42P04" | "42723" | "42701" => Code::AlreadyExists,
        "42804" => Code::DatatypeMismatch,
        "42803" => Code::Grouping,
        "42809" | "428C9" => Code::WrongObject,
        "42846" => Code::CannotCast,
        "42883" => Code::UndefinedFunction,
        "42P02" => Code::UndefinedParameter,
        "40001" | "40P01" => Code::Conflict,
        "53100" => Code::DiskFull,
        "53200" => Code::OutOfMemory,
        "53300" => Code::TooManyConnections,
        "57014" => Code::Cancelled,
        "57P01" | "57P02" => Code::ConnectionLost,
        "57P03" => Code::Unavailable,
        "55P03" => Code::InUse,
        other if other.starts_with("08") => Code::ConnectionLost,
        other if other.starts_with("58") => Code::Io,
        _ => Code::BadData,
    }
}

/// The server's own words.
fn says(server: &PgDatabaseError) -> String {
    let mut text = format!("The server says: {} ({}).", server.message().trim_end_matches('.'), server.code());
    if let Some(detail) = server.detail() {
        text += &format!(" {detail}");
    }
    if let Some(place) = server.r#where().filter(|place| place.starts_with("COPY ")) {
        text += &format!(" In {place}.");
    }
    text
}

fn text_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Tls(inner) | sqlx::Error::Configuration(inner) => inner.to_string(),
        sqlx::Error::Io(io) if io.kind() == ErrorKind::NotFound => "a file that an option names does not exist".to_owned(),
        sqlx::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_the_server_keep_their_meaning() {
        for (state, code) in [
            ("28P01", Code::Password),
            ("3D000", Code::UndefinedDatabase),
            ("08P01", Code::ConnectionLost),
            ("58030", Code::Io),
            ("22P02", Code::InvalidText),
            ("23P01", Code::IntegrityViolation),
            ("2200L", Code::BadData),
        ] {
            assert_eq!(code_of(state), code, "{state}");
        }
    }

    #[test]
    fn a_refused_connection_says_where() {
        let error = connect_failure("shop", "db1:5432", sqlx::Error::Io(ErrorKind::ConnectionRefused.into()));
        assert_eq!((error.code, error.retryable), (Code::Unreachable, true));
        assert_eq!(error.detail.as_deref(), Some("Connection to db1:5432 was refused."));
    }
}
