//! What the driver's errors are for the gateway.
//!
//! Codes of the server: `src/mongo/base/error_codes.yml` of MongoDB.

use mongodb::error::{Error as DriverError, ErrorKind};
use spi::{Code, Error};

use crate::server::Server;

/// The server's own numbers.
mod number {
    pub(super) const BAD_VALUE: [i32; 3] = [2, 9, 14];
    pub(super) const UNAUTHORIZED: i32 = 13;
    pub(super) const AUTHENTICATION: [i32; 3] = [11, 18, 8000];
    pub(super) const NAMESPACE_NOT_FOUND: i32 = 26;
    pub(super) const CURSOR_NOT_FOUND: i32 = 43;
    pub(super) const TIMED_OUT: [i32; 3] = [50, 262, 11_601];
    pub(super) const COMMAND_NOT_FOUND: [i32; 4] = [59, 115, 238, 40_324];
    pub(super) const KILLED: i32 = 237;
    /// It stops, steps down, or has lost its own peers; or what a plan read from is gone, and another plan may do.
    pub(super) const NOT_SERVING: [i32; 14] = [6, 7, 89, 91, 133, 134, 175, 189, 9001, 10_107, 11_600, 11_602, 13_435, 13_436];
    pub(super) const OUT_OF_MEMORY: [i32; 2] = [146, 292];
}

/// The error of a call. `message` says what the gateway could not do, and names the source.
pub(crate) fn failure(server: &Server, message: String, error: DriverError) -> Error {
    let source = &server.context.source;
    let failed = |code, message: String, detail: String| Error::source(code, source, message).detail(detail);
    let lost =
        |text: &str| failed(Code::ConnectionLost, message.clone(), format!("The connection to the server was lost: {text}.")).retryable();
    let out_of_reach = |detail: String, hint: &str| failed(Code::Unreachable, server.unreached(), detail).hint(hint).retryable();
    match &*error.kind {
        // The gateway's own, which was passed through the driver.
        ErrorKind::Custom(_) => match error.get_custom::<Error>() {
            Some(own) => return own.clone(),
            None => lost("the driver gave no reason"),
        },
        ErrorKind::Command(command) => {
            let text = command.message.trim_end_matches('.');
            let code = code_of(command.code);
            let error = failed(code, message.clone(), format!("The server says: {text}."));
            match code {
                Code::Password => refused(server, text),
                Code::Privilege => error.hint("The login needs the role \"read\" on the database, or \"readAnyDatabase\"."),
                Code::Unavailable | Code::ConnectionLost => error.retryable(),
                _ => error,
            }
        }
        ErrorKind::Authentication { message: text, .. } => refused(server, text.trim_end_matches('.')),
        ErrorKind::ServerSelection { message: text, .. } => {
            out_of_reach(unselected(server, text), "Check the options \"host\", \"port\", \"replica_set\" and those of TLS.")
        }
        ErrorKind::DnsResolve { message: text, .. } => {
            out_of_reach(format!("The name was not found: {}.", text.trim_end_matches('.')), "Check the options \"host\" and \"srv\".")
        }
        ErrorKind::InvalidTlsConfig { message: text, .. } => {
            Error::new(Code::InvalidArgument, format!("could not encrypt the connection to data source \"{source}\""))
                .detail(format!("{}.", text.trim_end_matches('.')))
                .hint("Check the options \"tls_ca_file\" and \"tls_certificate_key_file\".")
        }
        ErrorKind::InvalidArgument { message: text, .. } => {
            failed(Code::InvalidArgument, message.clone(), format!("{}.", text.trim_end_matches('.')))
        }
        ErrorKind::IncompatibleServer { message: text, .. } => {
            failed(Code::Unsupported, message.clone(), format!("{}.", text.trim_end_matches('.')))
        }
        ErrorKind::Io(text) => lost(&text.to_string()),
        ErrorKind::ConnectionPoolCleared { message: text, .. } => lost(text.trim_end_matches('.')),
        ErrorKind::Shutdown => lost("the source was closed"),
        other => failed(Code::BadData, message.clone(), format!("The server's answer cannot be used: {other}.")),
    }
    .cause(error)
}

/// The error that the server does not have an object any more: it was there when the metadata was read.
pub(crate) fn vanished(source: &str, table: &str) -> Error {
    Error::source(Code::UndefinedTable, source, format!("table \"{table}\" of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
}

fn refused(server: &Server, text: &str) -> Error {
    let source = &server.context.source;
    Error::source(Code::Password, source, format!("could not log in to data source \"{source}\""))
        .detail(format!("{} says: {text}.", server.address()))
        .hint("Check the options \"user\", \"password\", \"auth_source\" and \"auth_mechanism\".")
}

/// Why no server was found: what the driver has heard of each, without its own words around it.
fn unselected(server: &Server, text: &str) -> String {
    let reason = text.split_once("Error: ").map(|(_, reason)| reason.trim_end_matches(['.', ' ', '}', ']', ',']));
    let after = format!("{} had no server that can answer within {} ms", server.address(), server.options.connect_timeout);
    match reason {
        Some(reason) if !reason.is_empty() => format!("{after}: {reason}."),
        _ => format!("{after}."),
    }
}

fn code_of(number: i32) -> Code {
    use number::*;
    match number {
        UNAUTHORIZED => Code::Privilege,
        NAMESPACE_NOT_FOUND => Code::UndefinedTable,
        CURSOR_NOT_FOUND => Code::ConnectionLost,
        KILLED => Code::Cancelled,
        _ if AUTHENTICATION.contains(&number) => Code::Password,
        _ if TIMED_OUT.contains(&number) => Code::Cancelled,
        _ if COMMAND_NOT_FOUND.contains(&number) => Code::Unsupported,
        _ if NOT_SERVING.contains(&number) => Code::Unavailable,
        _ if OUT_OF_MEMORY.contains(&number) => Code::OutOfMemory,
        _ if BAD_VALUE.contains(&number) => Code::InvalidArgument,
        // What is left over is an expression that fails, in the data or in a view.
        _ => Code::BadData,
    }
}
