//! What the errors of the server, and of the way to it, are for the gateway.

use std::io;

use spi::{Code, Error};

use crate::channel::ChannelError;
use crate::endpoint::Endpoint;

/// The driver's error.
pub(crate) type Remote = tiberius::error::Error;

/// Errors of the server by their numbers, as `sys.messages` has them.
const CODES: &[(Code, &[u32])] = &[
    (Code::Password, &[18456, 18487, 18488]),
    (Code::Authorization, &[18452, 18470, 18486, 40532, 40615]),
    (Code::UndefinedDatabase, &[911, 4060, 4064]),
    (Code::TooManyConnections, &[10928, 10929, 17809, 17810]),
    (Code::Unavailable, &[1222, 17142, 17187, 40197, 40501, 40613, 49918, 49919, 49920]),
    (Code::Conflict, &[1205, 3960]),
    (Code::ConnectionLost, &[596, 6005]),
    (Code::Privilege, &[229, 230, 262, 297, 300, 916, 15247]),
    (Code::UndefinedTable, &[208, 3701, 4701]),
    (Code::UndefinedColumn, &[207]),
    (Code::UndefinedFunction, &[195, 2812, 4121]),
    (Code::Syntax, &[102, 105, 156, 170, 319, 343]),
    (Code::OutOfRange, &[220, 232, 8115]),
    (Code::TooLong, &[2628, 8152]),
    (Code::DivisionByZero, &[8134]),
    (Code::InvalidText, &[235, 241, 245, 8114, 8169]),
    (Code::DatetimeRange, &[242, 517]),
    (Code::NotNullViolation, &[515]),
    (Code::UniqueViolation, &[2601, 2627]),
    // Of a foreign key, or of a check: the number is the same.
    (Code::IntegrityViolation, &[547]),
    // Values for columns that take none: computed ones, row versions, identities.
    (Code::Unsupported, &[271, 273, 544]),
    (Code::ReadOnly, &[3906, 3908]),
    (Code::OutOfMemory, &[701, 8645, 8651]),
    (Code::DiskFull, &[1101, 1105, 9002]),
    (Code::Corrupt, &[823, 824, 825]),
];

/// The error of a server that does not answer.
pub(crate) fn timed_out(endpoint: &Endpoint) -> Error {
    let detail = format!("{} had not answered after {} s.", endpoint.address(), endpoint.connect_timeout.as_secs());
    unreachable(endpoint, detail).hint(silence(endpoint))
}

/// The error of a socket that could not be opened.
pub(crate) fn unconnected(endpoint: &Endpoint, error: io::Error) -> Error {
    let detail = io_detail(&endpoint.address(), error.kind(), &error.to_string());
    unreachable(endpoint, detail).hint(silence(endpoint)).cause(error)
}

/// The error of a server that sends the login from door to door.
pub(crate) fn lost(endpoint: &Endpoint) -> Error {
    let detail = format!("{} sends the login to another server again and again.", endpoint.address());
    unreachable(endpoint, detail).hint(silence(endpoint))
}

pub(crate) fn unencrypted(endpoint: &Endpoint, problem: String) -> Error {
    let source = endpoint.source();
    Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
        .detail(problem)
        .hint("Check the options \"encrypt\", \"trust_server_certificate\" and \"ca_certificate\".")
}

/// The error of what comes before the login.
pub(crate) fn of_channel(endpoint: &Endpoint, error: ChannelError) -> Error {
    let address = endpoint.address();
    match error {
        ChannelError::Io(error) => unconnected(endpoint, error),
        ChannelError::Tls(text) => unencrypted(endpoint, format!("TLS with {address} failed: {}.", text.trim_end_matches('.'))),
        ChannelError::Protocol(text) => {
            unreachable(endpoint, format!("Something listens at {address}, but {text}.")).hint(silence(endpoint))
        }
    }
}

/// The error of a login.
pub(crate) fn refused(endpoint: &Endpoint, error: Remote) -> Error {
    let (source, address) = (endpoint.source(), endpoint.address());
    match &error {
        Remote::Server(told) => {
            let code = code_of(told.code());
            let failed = Error::source(code, source, format!("could not connect to data source \"{source}\""))
                .detail(format!("{address} says: {}.", told.message().trim_end_matches('.')));
            match code {
                Code::Password => failed.hint("Check the options \"user\" and \"password\", and that the server has logins of its own."),
                Code::UndefinedDatabase => failed.hint("Check the option \"database\", and that the login may use it."),
                Code::TooManyConnections => failed.hint("Lower the option \"connections_max\", or raise the server's limit.").retryable(),
                Code::Unavailable => failed.hint(silence(endpoint)).retryable(),
                _ => failed.hint(silence(endpoint)),
            }
        }
        Remote::Io { kind, message } => unreachable(endpoint, io_detail(&address, *kind, message)).hint(silence(endpoint)),
        other => unreachable(endpoint, format!("{address} does not answer as a SQL Server: {other}.")).hint(silence(endpoint)),
    }
    .cause(error)
}

/// The error of a statement. `message` says what the gateway could not do, and names the source.
pub(crate) fn failure(source: &str, message: impl Into<String>, error: Remote) -> Error {
    let failed = |code, detail: String| Error::source(code, source, message).detail(detail);
    match &error {
        Remote::Server(told) => {
            let code = code_of(told.code());
            let failed = failed(code, format!("The server says: {}.", told.message().trim_end_matches('.')));
            let again = matches!(code, Code::ConnectionLost | Code::Conflict | Code::TooManyConnections | Code::Unavailable);
            if again { failed.retryable() } else { failed }
        }
        // A half of a pair of code units, which the server lets anybody store.
        Remote::Utf16 | Remote::Utf8 | Remote::Encoding(_) => {
            failed(Code::InvalidEncoding, "A row holds text that is no valid Unicode.".to_owned())
        }
        Remote::Io { message: text, .. } => {
            failed(Code::ConnectionLost, format!("The connection to the server was lost: {text}.")).retryable()
        }
        other => failed(Code::ConnectionLost, format!("The connection to the server cannot be used: {other}.")).retryable(),
    }
    .cause(error)
}

/// The error of a change that may have been made although it failed: the server was lost, or had not answered in time.
pub(crate) fn in_doubt(error: Error) -> Error {
    if matches!(error.code, Code::ConnectionLost | Code::Unavailable) { error.in_doubt() } else { error }
}

/// What happened to a connection, as a sentence.
fn io_detail(address: &str, kind: io::ErrorKind, text: &str) -> String {
    match kind {
        io::ErrorKind::ConnectionRefused => format!("Connection to {address} was refused."),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!("{address} closed the connection."),
        _ => format!("Connection to {address} failed: {text}."),
    }
}

pub(crate) fn unreachable(endpoint: &Endpoint, detail: String) -> Error {
    let source = endpoint.source();
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\"")).detail(detail).retryable()
}

fn silence(endpoint: &Endpoint) -> String {
    format!("Check the options of the data source, or CALL pause_datasource('{}') to silence this source.", endpoint.source())
}

fn code_of(number: u32) -> Code {
    // Statements are ours, or have been described: what else fails is in the data or in a view.
    CODES.iter().find(|(_, numbers)| numbers.contains(&number)).map_or(Code::BadData, |(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_code() {
        for (place, (_, numbers)) in CODES.iter().enumerate() {
            for number in *numbers {
                assert!(CODES[..place].iter().all(|(_, earlier)| !earlier.contains(number)), "{number}");
            }
        }
        assert_eq!((code_of(18456), code_of(208), code_of(50000)), (Code::Password, Code::UndefinedTable, Code::BadData));
    }
}
