//! What errors of the cluster, and of the way to it, are for the gateway.

use std::io;
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use spi::{Code, Error};

use crate::client::{Client, sentence};

/// The most of a server's reason that is repeated: some quote the whole request.
const REASON_CHARS_MAX: usize = 500;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// An error of ours already: of the way, or of the gateway.
    Own(Error),
    /// The cluster refuses.
    Remote(Remote),
    /// The answer is longer than wanted.
    TooLong,
}

/// What a cluster says when it refuses.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    /// The status of HTTP.
    status: u16,
    /// The product's own name of the error, for example `index_not_found_exception`.
    kind: String,
    reason: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Own(error)
    }
}

impl Failure {
    /// What the body of an answer with a bad status says.
    pub(crate) fn remote(status: u16, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &answer["error"];
        // The cause of what failed on shards is that of the first shard.
        let cause = Some(&error["root_cause"][0]).filter(|cause| cause.is_object()).unwrap_or(error);
        let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
        let reason = match (text("reason"), error.as_str()) {
            (reason, Some(plain)) if reason.is_empty() => plain.to_owned(),
            (reason, _) => reason,
        };
        let reason = reason.chars().take(REASON_CHARS_MAX).collect();
        Failure::Remote(Remote { status, kind: text("type"), reason })
    }

    /// Whether the cluster does not let us in, whatever is asked.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Failure::Remote(Remote { status: 401, .. }))
    }

    /// Whether there is nothing of the name that was asked for.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Failure::Remote(remote) if remote.kind == "index_not_found_exception")
    }

    /// Whether the server has none of what was asked for.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Failure::Remote(Remote { status: 404, .. }))
    }

    /// Whether less of the same may be answered: it is too long for the gateway, or too much for the server's memory.
    pub(crate) fn is_of_size(&self) -> bool {
        matches!(self, Failure::TooLong) || matches!(self, Failure::Remote(remote) if remote.kind == "circuit_breaking_exception")
    }

    /// Whether the cluster is too busy now for what it would answer later.
    pub(crate) fn is_of_load(&self) -> bool {
        matches!(self, Failure::Remote(Remote { status: 429, .. })) && !self.is_of_size()
    }

    /// Whether the login may not ask this, or the server does not know the question.
    pub(crate) fn is_unanswerable(&self) -> bool {
        matches!(self, Failure::Remote(Remote { status: 400 | 403 | 404 | 405, .. }))
    }

    /// Whether the server takes what is asked for no question of its language.
    pub(crate) fn is_of_question(&self) -> bool {
        matches!(self, Failure::Remote(Remote { status: 400, .. }))
    }

    /// The error of a request; `what` says what could not be done: `read table "t"`.
    pub(crate) fn into_error(self, client: &Client, what: &str) -> Error {
        let source = &client.source;
        let message = format!("could not {what} of data source \"{source}\"");
        match self {
            Failure::Own(error) => error,
            Failure::TooLong => Error::source(Code::Limit, source, message)
                .detail("The answer is longer than the gateway takes.")
                .hint("Narrow the option \"indices\", or leave out the largest fields."),
            Failure::Remote(remote) => of_remote(remote, source, message),
        }
    }
}

fn of_remote(remote: Remote, source: &str, message: String) -> Error {
    let said = match (remote.kind.as_str(), remote.reason.as_str()) {
        ("", "") => format!("The server answers with status {}.", remote.status),
        ("", reason) => format!("The server says: {}.", reason.trim_end_matches('.')),
        (kind, reason) => format!("The server says: {} ({kind}).", reason.trim_end_matches('.')),
    };
    let failed = |code| Error::source(code, source, message.clone()).detail(said.clone());
    match (remote.status, remote.kind.as_str()) {
        (401, _) => Error::source(Code::Password, source, format!("could not log in to data source \"{source}\""))
            .detail(said.clone())
            .hint("Check the options \"username\" and \"password\", \"api_key\" or \"bearer_auth\"."),
        (_, "cluster_block_exception") => {
            let error = failed(Code::Unavailable).hint("Somebody, or the cluster itself, has blocked it: see the settings index.blocks.");
            if remote.status == 403 { error } else { error.retryable() }
        }
        (_, "index_closed_exception") => failed(Code::Unavailable).hint("Open the index, or take it out of the alias."),
        (403, _) => failed(Code::Privilege).hint("Give the login the privileges view_index_metadata, monitor and read on the indices."),
        (_, "index_not_found_exception") => {
            failed(Code::UndefinedTable).hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
        }
        (_, "search_context_missing_exception") => failed(Code::ConnectionLost)
            .hint("The server forgets a read that is not continued for some minutes, or when it is restarted. Read the table again.")
            .retryable(),
        (_, "circuit_breaking_exception") => failed(Code::OutOfMemory).retryable(),
        (429, _) => failed(Code::TooManyConnections).hint("Lower the options \"connections_max\" and \"slices\".").retryable(),
        (502..=504, _) => failed(Code::Unavailable).retryable(),
        _ => failed(Code::BadData),
    }
}

/// A request that reached nobody, or whose connection broke before there was an answer.
pub(crate) fn unsent(source: &str, host: &Url, error: reqwest::Error) -> Error {
    let address = address(host);
    if is_of_tls(&error) {
        return Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
            .detail(format!("TLS with {address} failed: {}", sentence(&error)))
            .hint("Check the options \"ca_certs\", \"verify_certs\", \"client_cert\" and \"client_key\".")
            .cause(error);
    }
    if !error.is_connect() && !error.is_timeout() {
        return interrupted(source, error);
    }
    let detail = match io_kind(&error) {
        Some(io::ErrorKind::ConnectionRefused) => format!("Connection to {address} was refused."),
        _ => format!("Connection to {address} failed: {}", sentence(&error)),
    };
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint("Check the option \"hosts\".")
        .retryable()
        .cause(error)
}

/// A connection that broke before the whole answer was there.
pub(crate) fn interrupted(source: &str, error: reqwest::Error) -> Error {
    Error::source(Code::ConnectionLost, source, format!("the connection to data source \"{source}\" was lost"))
        .detail(sentence(&error))
        .retryable()
        .cause(error)
}

/// A request that took too long.
pub(crate) fn late(client: &Client, limit: Duration) -> Error {
    let source = &client.source;
    Error::source(Code::ConnectionLost, source, format!("the connection to data source \"{source}\" was lost"))
        .detail(format!("{} had not answered after {} ms.", address(client.host()), limit.as_millis()))
        .hint("Raise the option \"request_timeout\" if the cluster needs longer.")
        .retryable()
}

/// An answer that no cluster gives.
pub(crate) fn not_json(source: &str, error: &serde_json::Error) -> Error {
    Error::source(Code::BadData, source, format!("could not read an answer of data source \"{source}\""))
        .detail(format!("It is not JSON: {error}."))
        .hint("Check that the option \"hosts\" names an Elasticsearch or OpenSearch server.")
}

/// Whether nobody was reached: the next request will most likely fail in the same way.
pub(crate) fn is_of_the_way(error: &Error) -> bool {
    matches!(error.code, Code::Unreachable | Code::ConnectionLost)
}

/// Host and port.
pub(crate) fn address(host: &Url) -> String {
    let port = host.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", host.host_str().unwrap_or_default())
}

fn is_of_tls(error: &reqwest::Error) -> bool {
    // Rustls reports what it refuses as invalid data, and no socket does.
    io_kind(error) == Some(io::ErrorKind::InvalidData)
}

/// The kind of the innermost error of a socket. Those of TLS are errors of sockets within others.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    let mut kind = None;
    while let Some(one) = next {
        next = match one.downcast_ref::<io::Error>() {
            Some(io) => {
                kind = Some(io.kind());
                io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static))
            }
            None => one.source(),
        };
    }
    kind
}
