//! What errors of the metastore, of the way to it, and of the files are for the gateway.

use std::io;
use std::time::Duration;

use hive_metastore::*;
use spi::{Code, Error};
use volo_thrift::{ClientError, MaybeException};

use crate::client::Client;
use crate::dial::{Address, Endpoint};
use crate::sasl::Problem;

/// The most of a server's message that is repeated: some quote whole statements of its database.
const MESSAGE_CHARS_MAX: usize = 500;

/// What to do where what comes back is nothing that a metastore says.
const TLS_OR_LOGIN: &str = "Check that the option \"uris\" names a metastore, and whether it wants TLS (option \"use_ssl\"), a password \
                            (option \"password\") or Kerberos (option \"kerberos_service_principal\").";

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// An error of ours already: of the way, or of the gateway.
    Own(Error),
    /// The connection ended, or what came over it is not Thrift.
    Lost(ClientError),
    /// The metastore refuses.
    Refused(Refusal),
}

/// What a metastore says when it refuses.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// Its own name of the error, for example `NoSuchObjectException`.
    kind: &'static str,
    message: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Own(error)
    }
}

/// The answer of a question, told apart from what the metastore says against it.
pub(crate) fn said<T, E: Into<Refusal>>(answer: Result<MaybeException<T, E>, ClientError>) -> Result<T, Failure> {
    match answer {
        Ok(MaybeException::Ok(answer)) => Ok(answer),
        Ok(MaybeException::Exception(exception)) => Err(Failure::Refused(exception.into())),
        Err(error) => Err(unanswered(error)),
    }
}

/// What the Thrift runtime reports.
pub(crate) fn unanswered(error: ClientError) -> Failure {
    match error {
        ClientError::Application(exception) => Failure::Refused(Refusal { kind: "TApplicationException", message: exception.to_string() }),
        other => Failure::Lost(other),
    }
}

macro_rules! kinds {
    ($($exception:ident)*) => {$(
        impl From<$exception> for Refusal {
            fn from(exception: $exception) -> Self {
                Refusal { kind: stringify!($exception), message: exception.message.unwrap_or_default().to_string() }
            }
        }
    )*};
}

kinds! { MetaException NoSuchObjectException InvalidOperationException UnknownDbException }

macro_rules! refusals {
    ($($exception:ident: $($variant:ident)*;)*) => {$(
        impl From<$exception> for Refusal {
            fn from(exception: $exception) -> Self {
                match exception {
                    $($exception::$variant(said) => said.into(),)*
                }
            }
        }
    )*};
}

refusals! {
    ThriftHiveMetastoreGetAllDatabasesException: O1;
    ThriftHiveMetastoreGetDatabaseException: O1 O2;
    ThriftHiveMetastoreGetTableMetaException: O1;
    ThriftHiveMetastoreGetTableObjectsByNameReqException: O1 O2 O3;
    ThriftHiveMetastoreGetTableReqException: O1 O2;
    ThriftHiveMetastoreGetPartitionsException: O1 O2;
    ThriftHiveMetastoreGetPartitionsByFilterException: O1 O2;
    ThriftHiveMetastoreGetPartitionNamesException: O2;
    ThriftHiveMetastoreGetPartitionsByNamesException: O1 O2;
    ThriftHiveMetastoreGetPrimaryKeysException: O1 O2;
    ThriftHiveMetastoreGetForeignKeysException: O1 O2;
    ThriftHiveMetastoreSetUgiException: O1;
}

impl Failure {
    /// Whether the metastore refuses, whatever the reason.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Failure::Refused(_))
    }

    /// Whether there is nothing of the name that was asked for.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Failure::Refused(Refusal { kind: "NoSuchObjectException" | "UnknownDbException", .. }))
    }

    /// The error of a question; `what` says what could not be done: `list the tables of`.
    pub(crate) fn into_error(self, client: &Client, what: &str) -> Error {
        let source = client.source();
        match self {
            Failure::Own(error) => error,
            Failure::Lost(error) => lost(source, format!("The metastore did not answer: {}.", sentence(&error))).hint(TLS_OR_LOGIN),
            Failure::Refused(refusal) => {
                let code = match refusal.kind {
                    "NoSuchObjectException" | "UnknownDbException" => Code::UndefinedTable,
                    _ => Code::BadData,
                };
                Error::source(code, source, format!("could not {what} data source \"{source}\"")).detail(format!(
                    "The metastore says: {} ({}).",
                    shortened(&refusal.message),
                    refusal.kind
                ))
            }
        }
    }
}

/// The runtime's own words without what it knows of the call.
fn sentence(error: &ClientError) -> String {
    let text = error.to_string();
    text.split(", rpc_info").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// A server that could not be connected to.
pub(crate) fn unreached(endpoint: &Endpoint, address: &Address, error: io::Error) -> Error {
    let detail = match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("Connection to {address} was refused."),
        _ => format!("Connection to {address} failed: {error}."),
    };
    unreachable(endpoint.source(), detail).cause(error)
}

/// A server that did not accept a connection in time.
pub(crate) fn timed_out(endpoint: &Endpoint, address: &Address) -> Error {
    unreachable(endpoint.source(), format!("{address} had not answered after {} ms.", endpoint.connect_timeout.as_millis()))
}

/// No way to a server.
pub(crate) fn unreachable(source: &str, detail: String) -> Error {
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint("Check the option \"uris\".")
        .retryable()
}

/// A connection that could not be encrypted.
pub(crate) fn unencrypted(endpoint: &Endpoint, address: &Address, problem: String) -> Error {
    let source = endpoint.source();
    Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
        .detail(format!("TLS with {address} failed: {problem}"))
        .hint("Check the options \"use_ssl\", \"ca_certs\" and \"verify_certs\".")
}

/// A metastore that does not let us in.
pub(crate) fn not_logged_in(endpoint: &Endpoint, address: &Address, problem: Problem) -> Error {
    let source = endpoint.source();
    match problem {
        Problem::Refused(said) => Error::source(Code::Password, source, format!("data source \"{source}\" refused the login"))
            .detail(format!("{address} says: {}.", shortened(&said)))
            .hint("Check the options \"username\" and \"password\"."),
        Problem::Kerberos(failure) if failure.is_unreachable => {
            unreachable(source, format!("No KDC gives a ticket for {address}: {failure}."))
                .hint("Check the krb5.conf of the gateway's machine.")
        }
        Problem::Kerberos(failure) => Error::source(
            Code::Password,
            source,
            format!("data source \"{source}\" could not be logged in to with Kerberos"),
        )
        .detail(format!("There is no ticket for {address}: {failure}."))
        .hint(
            "Check the options \"kerberos_principal\", \"kerberos_keytab\" and \"kerberos_service_principal\", and the clock and the \
                     krb5.conf of the gateway's machine.",
        ),
        Problem::Lost(error) => lost(source, format!("{address} did not answer the login: {error}.")).hint(TLS_OR_LOGIN).cause(error),
    }
}

/// A connection on which no answer comes.
fn lost(source: &str, detail: String) -> Error {
    Error::source(Code::ConnectionLost, source, format!("the connection to data source \"{source}\" was lost")).detail(detail).retryable()
}

/// The first line of what a server says, without its full stop.
fn shortened(said: &str) -> String {
    let said: String = said.lines().next().unwrap_or_default().chars().take(MESSAGE_CHARS_MAX).collect();
    said.trim_end_matches('.').to_owned()
}

/// A question that took too long.
pub(crate) fn late(client: &Client, limit: Duration) -> Error {
    lost(client.source(), format!("The metastore had not answered after {} ms.", limit.as_millis()))
        .hint("Raise the option \"request_timeout\" if the metastore needs longer.")
}
