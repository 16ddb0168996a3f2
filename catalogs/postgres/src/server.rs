//! Which server and database a source is, and how a connection to it is opened.

use std::future::Future;
use std::time::{Duration, Instant};

use spi::connector::OpenContext;
use spi::{Code, Error, Result, Secret};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

use crate::failure::{connect_failure, failure};
use crate::options::{PostgresOptions, SslMode};
use crate::variant::{Lineage, Variant};

/// What the server's own lists of sessions show where the gateway asks for itself.
const APPLICATION_NAME: &str = "metagate";

/// PostgreSQL cuts longer names (`NAMEDATALEN`), wherever a character ends.
const APPLICATION_NAME_BYTES_MAX: usize = 63;

/// Settings of every session, given with the log-in so that they cost no statement. A scan takes as long as its reader wants, and
/// the gateway's own timeouts end it.
const SETTINGS: [(&str, &str); 3] = [("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0")];

/// Those of them that version 9.2 knew: another one would be refused, and the log-in with it.
const OLD_SETTINGS: [(&str, &str); 1] = [("statement_timeout", "0")];

/// Statements that a connection keeps prepared: those of ours that do not vary are few.
const STATEMENTS_KEPT: usize = 8;

/// As many digits of a float as read back to the same number, where one becomes text at the server.
const FLOAT_DIGITS: i8 = 3;

/// One database of one server.
pub(crate) struct Server {
    pub(crate) context: OpenContext,
    pub(crate) variant: &'static Variant,
    pub(crate) options: PostgresOptions,
}

/// Who a session works for, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// What the server's own lists of sessions show.
    pub(crate) application_name: String,
    /// Whether its transactions write nothing unless they say so. Nothing that a view calls may write.
    pub(crate) read_only: bool,
}

/// An open connection. Dropping it closes it; a statement that still runs on it is then ended as `cancel.rs` says.
pub(crate) struct Connection {
    pub(crate) postgres: PgConnection,
    /// The process of the server that works for this connection. It is a thread of 64 bits where the server has no processes.
    pub(crate) process: i64,
    pub(crate) opened: Instant,
    pub(crate) session: Session,
}

impl Session {
    /// The gateway's own.
    pub(crate) fn of_gateway() -> Self {
        Self { application_name: APPLICATION_NAME.to_owned(), read_only: true }
    }

    /// A role's of the gateway.
    pub(crate) fn of_user(user: &str) -> Self {
        // The protocol ends its strings with a zero byte.
        let name = format!("{APPLICATION_NAME}/{}", user.replace('\0', ""));
        let end = name.floor_char_boundary(APPLICATION_NAME_BYTES_MAX);
        Self { application_name: name[..end].to_owned(), read_only: true }
    }

    /// The same, but it may write.
    pub(crate) fn writing(self) -> Self {
        Self { read_only: false, ..self }
    }
}

impl Server {
    pub(crate) fn new(variant: &'static Variant, options: PostgresOptions, context: OpenContext) -> Self {
        Self { context, variant, options }
    }

    pub(crate) fn source(&self) -> &str {
        &self.context.source
    }

    pub(crate) fn port(&self) -> u16 {
        self.options.port.unwrap_or(self.variant.default_port)
    }

    /// Host and port, for messages.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.options.host, self.port())
    }

    /// Whether a schema belongs to the source.
    pub(crate) fn shows(&self, schema: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|name| name == schema);
        let included = self.options.schemas.is_empty() || listed(&self.options.schemas);
        included && !listed(&self.options.exclude_schemas) && !self.variant.hides(schema)
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.options.connect_timeout.into())
    }

    /// Opens a connection within the time that the option allows.
    pub(crate) async fn open(&self, session: &Session) -> Result<Connection> {
        self.within(self.connect_timeout(), Code::Unreachable, "reach", async {
            let postgres = self.connect_as(session).await.map_err(|error| connect_failure(self.source(), &self.address(), error))?;
            self.identify(postgres, session.clone()).await
        })
        .await
    }

    /// A connection of the gateway's own, its errors as they are.
    pub(crate) async fn connect(&self) -> sqlx::Result<PgConnection> {
        self.connect_as(&Session::of_gateway()).await
    }

    async fn connect_as(&self, session: &Session) -> sqlx::Result<PgConnection> {
        self.context.remote_calls.count();
        self.connect_options(session).connect().await
    }

    /// Learns the server's process of a new connection.
    async fn identify(&self, mut postgres: PgConnection, session: Session) -> Result<Connection> {
        self.context.remote_calls.count();
        let process = sqlx::query_scalar("SELECT pg_catalog.pg_backend_pid()::int8").persistent(false).fetch_one(&mut postgres).await;
        let process =
            process.map_err(|error| failure(self.source(), format!("could not query data source \"{}\"", self.source()), error))?;
        Ok(Connection { postgres, process, opened: Instant::now(), session })
    }

    /// The result of a call, unless it takes longer than its time.
    pub(crate) async fn within<T>(&self, timeout: Duration, code: Code, verb: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(timeout, call).await.unwrap_or_else(|_| {
            let error = Error::source(code, self.source(), format!("could not {verb} data source \"{}\" in time", self.source()));
            Err(error.detail(format!("{} had not answered after {} s.", self.address(), timeout.as_secs())).retryable())
        })
    }

    fn settings(&self) -> &'static [(&'static str, &'static str)] {
        match self.variant.lineage {
            Lineage::Recent => &SETTINGS,
            Lineage::OpenGauss => &OLD_SETTINGS,
        }
    }

    fn connect_options(&self, session: &Session) -> PgConnectOptions {
        let given = &self.options;
        // The password is always given: none at all would make the driver look for one in the gateway's environment.
        let password = given.password.as_ref().map_or("", |password| password.expose());
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&given.host)
            .port(self.port())
            .database(given.database())
            .username(&given.user)
            .password(password)
            .ssl_mode(ssl_mode(given))
            .application_name(&session.application_name)
            .statement_cache_capacity(STATEMENTS_KEPT)
            .extra_float_digits(FLOAT_DIGITS)
            .options(self.settings().iter().copied())
            .options([("default_transaction_read_only", if session.read_only { "on" } else { "off" })])
            // The gateway logs its own statements, and names the source there.
            .disable_statement_logging();
        if let Some(certificates) = &given.sslrootcert {
            options = match is_pem(certificates) {
                true => options.ssl_root_cert_from_pem(certificates.clone().into_bytes()),
                false => options.ssl_root_cert(certificates),
            };
        }
        if let Some(certificate) = &given.sslcert {
            options = match is_pem(certificate) {
                true => options.ssl_client_cert_from_pem(certificate),
                false => options.ssl_client_cert(certificate),
            };
        }
        match given.sslkey.as_ref().map(Secret::expose) {
            Some(key) if is_pem(key) => options.ssl_client_key_from_pem(key),
            Some(key) => options.ssl_client_key(key),
            None => options,
        }
    }
}

/// As libpq has it, authorities that are given are also asked where encryption alone is required.
fn ssl_mode(options: &PostgresOptions) -> PgSslMode {
    match options.sslmode {
        SslMode::Disable => PgSslMode::Disable,
        SslMode::Prefer => PgSslMode::Prefer,
        SslMode::Require if options.sslrootcert.is_some() => PgSslMode::VerifyCa,
        SslMode::Require => PgSslMode::Require,
        SslMode::VerifyCa => PgSslMode::VerifyCa,
        SslMode::VerifyFull => PgSslMode::VerifyFull,
    }
}

/// PEM text, as opposed to the name of a file.
fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_named_after_their_user_as_far_as_there_is_room() {
        assert_eq!(Session::of_user("ana").application_name, "metagate/ana");
        assert_eq!(Session::of_user("a\0b").application_name, "metagate/ab");
        let long = Session::of_user(&"ä".repeat(40)).application_name;
        assert_eq!(long, format!("metagate/{}", "ä".repeat(27)));
    }
}
