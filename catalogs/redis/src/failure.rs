//! What the errors of the servers, and of the way to them, are for the gateway.

use std::io;

use redis::{ErrorKind, RedisError, ServerError};
use spi::{Code, Error};

use crate::endpoint::{Address, Endpoint};

/// Opening a connection took too long.
pub(crate) fn timed_out(endpoint: &Endpoint, address: &Address) -> Error {
    let detail = format!("{address} had not answered after {} ms.", endpoint.connect_timeout.as_millis());
    unreachable(endpoint, detail)
}

/// No connection came about.
pub(crate) fn unreached(endpoint: &Endpoint, address: &Address, error: io::Error) -> Error {
    let detail = match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("Connection to {address} was refused."),
        _ => format!("Connection to {address} failed: {error}."),
    };
    unreachable(endpoint, detail).cause(error)
}

/// TLS did not come about; why is a sentence.
pub(crate) fn unencrypted(endpoint: &Endpoint, address: &Address, why: String) -> Error {
    let source = endpoint.source();
    Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
        .detail(format!("TLS with {address} failed: {why}"))
        .hint("Check the options \"tls\", \"cacert\", \"cert\", \"key\" and \"sni\".")
}

/// The connection ended, or what came over it is not Redis' protocol, before anything was read.
pub(crate) fn connect_failure(endpoint: &Endpoint, address: &Address, error: RedisError) -> Error {
    let detail = match error.kind() {
        ErrorKind::Parse => format!("{address} does not answer as a Redis server: it may want TLS, see the option \"tls\"."),
        _ if error.is_timeout() => format!("{address} had not answered after {} ms.", endpoint.command_timeout.as_millis()),
        _ => format!("{address} closed the connection: it may want TLS, see the option \"tls\"."),
    };
    unreachable(endpoint, detail).cause(error)
}

/// The server does not let us in.
pub(crate) fn refused(endpoint: &Endpoint, address: &Address, error: &ServerError) -> Error {
    let source = endpoint.source();
    let code = match code_of(error) {
        // A server without passwords says so with an ordinary error.
        Code::BadData => Code::Password,
        code => code,
    };
    let failed = Error::source(code, source, format!("could not connect to data source \"{source}\""))
        .detail(format!("{address} says: {}.", said(error)));
    with_hint(failed)
}

/// The error of a request whose connection failed. `what` says what the gateway could not do: `read table "db0.user"`.
pub(crate) fn lost(endpoint: &Endpoint, address: &Address, what: &str, error: RedisError) -> Error {
    let source = endpoint.source();
    let failed = |detail: String| {
        Error::source(Code::ConnectionLost, source, format!("could not {what} of data source \"{source}\"")).detail(detail).retryable()
    };
    match error.kind() {
        _ if error.is_timeout() => {
            failed(format!("{address} had not answered after {} ms.", endpoint.command_timeout.as_millis())).cause(error)
        }
        ErrorKind::Parse => failed(format!("What {address} sent is not Redis' protocol.")).cause(error),
        _ => failed(format!("The connection to {address} was lost.")).cause(error),
    }
}

/// The error that the server answered a command with.
pub(crate) fn said_no(endpoint: &Endpoint, address: &Address, what: &str, error: &ServerError) -> Error {
    let source = endpoint.source();
    let failed = Error::source(code_of(error), source, format!("could not {what} of data source \"{source}\""))
        .detail(format!("{address} says: {}.", said(error)));
    with_hint(failed)
}

/// An answer of a shape that the command does not have: what answers is no Redis, or one from the future.
pub(crate) fn unexpected(endpoint: &Endpoint, address: &Address, command: &str) -> Error {
    let source = endpoint.source();
    Error::source(Code::BadData, source, format!("could not understand data source \"{source}\""))
        .detail(format!("{address} answered {command} in a way that is not known."))
}

/// The error that an object is not there any more: it was when the metadata was read.
pub(crate) fn vanished(source: &str, code: Code, object: &str) -> Error {
    Error::source(code, source, format!("{object} of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
}

/// The error of a walk through the keys of a cluster that keeps them elsewhere by now.
pub(crate) fn moved(source: &str, what: &str) -> Error {
    let failed = Error::source(Code::Unavailable, source, format!("could not {what} of data source \"{source}\""))
        .detail("Other servers of the cluster have got its slots meanwhile: of keys that moved, some were missed, or read twice.");
    with_hint(failed)
}

pub(crate) fn unreachable(endpoint: &Endpoint, detail: String) -> Error {
    let source = endpoint.source();
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint(format!("Check the options of the data source, or CALL pause_datasource('{source}') to silence this source."))
        .retryable()
}

/// Whether the user may not run the command, or nobody may: operators rename commands, and what only speaks the protocol does not have all.
pub(crate) fn is_forbidden(error: &ServerError) -> bool {
    error.code() == "NOPERM" || is_unknown(error)
}

fn is_unknown(error: &ServerError) -> bool {
    error.code() == "ERR" && error.details().is_some_and(|details| details.starts_with("unknown command"))
}

/// Whether the user may run the command, but not on this key. Releases differ in the words, but only a refused command is named.
pub(crate) fn is_of_hidden_key(error: &ServerError) -> bool {
    is_forbidden(error) && !error.details().is_some_and(|details| details.contains("command"))
}

/// Whether the key holds another type of value than the command is for.
pub(crate) fn is_of_other_type(error: &ServerError) -> bool {
    error.code() == "WRONGTYPE"
}

fn said(error: &ServerError) -> String {
    let details = error.details().unwrap_or_default();
    // Of a command that it does not know, a server repeats the arguments. Those of AUTH are secret.
    let details = details.split(", with args beginning with").next().unwrap_or_default().trim_end_matches('.');
    match error.code() {
        "ERR" => details.to_owned(),
        code => format!("{code} {details}"),
    }
}

fn code_of(error: &ServerError) -> Code {
    let details = error.details().unwrap_or_default();
    match error.code() {
        "WRONGPASS" | "NOAUTH" => Code::Password,
        "NOPERM" => Code::Privilege,
        "DENIED" => Code::Authorization,
        "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" | "BUSY" => Code::Unavailable,
        "READONLY" => Code::ReadOnly,
        "OOM" => Code::OutOfMemory,
        "WRONGTYPE" => Code::WrongObject,
        "ERR" if details.starts_with("max number of clients") => Code::TooManyConnections,
        "ERR" if details.starts_with("DB index is out of range") => Code::UndefinedSchema,
        "ERR" if is_unknown(error) || details.starts_with("This instance has cluster support disabled") => Code::Unsupported,
        _ => Code::BadData,
    }
}

fn with_hint(error: Error) -> Error {
    match error.code {
        Code::Password => error.hint("Check the options \"user\" and \"password\"."),
        Code::Privilege => error.hint("ACL SETUSER on the server gives a user commands and keys."),
        Code::Unavailable => error.hint("Ask again in a moment.").retryable(),
        Code::TooManyConnections => {
            error.hint("Lower the option \"connections_max\", or raise the server's setting maxclients.").retryable()
        }
        _ => error,
    }
}
