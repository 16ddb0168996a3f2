//! Where the server is, and how a connection to it is opened: its session is read-only, in UTC, in UTF-8 and strict, and looks names
//! without a database up in the first one of the options.

use std::future::Future;
use std::time::{Duration, Instant};

use spi::connector::OpenContext;
use spi::options::invalid;
use spi::{Code, Error, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor};

use crate::dialect::quoted;
use crate::failure::{ConnectFailure, connect_failure};
use crate::kinds::Flavor;
use crate::options::{MySqlOptions, check_connect_timeout, check_ssl_mode};

/// How long the server waits for a reader that has paused, before it gives the connection up: as long as a session may idle
/// by the server's own default (`wait_timeout`). The server's 60 s would end a cursor that a person scrolls through.
const WRITE_TIMEOUT_S: u32 = 28_800;

/// How many notes of a statement the server keeps: as many as an `INSERT` has rows, and as MySQL does by default.
pub(crate) const NOTES_MAX: usize = 1_024;

/// A connection is given up after this, so that a changed address, certificate or privilege is noticed.
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 60);

/// Saying goodbye is one small packet; a server that does not take it is left without.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How many prepared statements a connection keeps before it is given up. Closing one is a message without an answer, and as
/// the driver leaves Nagle's algorithm on, the message after it would wait 40 ms for the server's acknowledgement. So none is
/// closed: a connection that has this many is. Servers take 16,382 of all connections together.
const STATEMENTS_MAX: usize = 64;

/// A write prepares the most: an `INSERT` for each power of two of rows, from 1 to 1,024. A read prepares its statement, and perhaps
/// the question for the columns' forms.
const STATEMENTS_PER_LEASE: usize = 11;

/// What names without a schema mean, where the options name no database: nothing, as on the server itself.
const NO_DATABASE: &str = "public";

/// Schemas of the server itself.
pub(crate) const SYSTEM_SCHEMAS: &[&str] = &["information_schema", "mysql", "performance_schema", "sys"];

/// A server, and who we are to it.
pub(crate) struct Endpoint {
    pub(crate) context: OpenContext,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) flavor: Flavor,
    pub(crate) connect_timeout: Duration,
    /// Only these, unless empty.
    pub(crate) databases: Vec<String>,
    pub(crate) encryption: MySqlSslMode,
    /// Whether nobody may write.
    pub(crate) read_only: bool,
    options: MySqlConnectOptions,
}

/// An open connection. Dropping it closes the socket without a goodbye.
pub(crate) struct Connection {
    pub(crate) mysql: MySqlConnection,
    /// What `KILL` knows it by.
    pub(crate) id: u64,
    pub(crate) server: Server,
    /// Which machine answered: behind one address there may be several. `None` for a cluster's.
    pub(crate) machine: Option<String>,
    opened_at: Instant,
}

/// What the server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) mariadb: bool,
    /// Major, minor and patch, of the protocol's family: what a variant says to be compatible with.
    pub(crate) version: (u32, u32, u32),
    /// The whole text.
    pub(crate) text: String,
}

impl Endpoint {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: MySqlOptions, flavor: Flavor, context: OpenContext) -> Result<Self> {
        if options.host.is_empty() {
            return Err(invalid("option \"host\" is empty"));
        }
        if let Some(hidden) = options.databases.iter().find(|name| SYSTEM_SCHEMAS.contains(&name.to_lowercase().as_str())) {
            return Err(invalid(format!("option \"databases\" cannot name \"{hidden}\"")).detail("It belongs to the server itself."));
        }
        if options.ssl_cert.is_some() != options.ssl_key.is_some() {
            return Err(invalid("options \"ssl_cert\" and \"ssl_key\" need each other"));
        }
        let port = options.port.unwrap_or(flavor.port);
        let encryption = check_ssl_mode(&options.ssl_mode)?;
        Ok(Self {
            context,
            port,
            flavor,
            connect_timeout: check_connect_timeout(options.connect_timeout)?,
            encryption,
            read_only: options.read_only,
            options: connect_options(&options, port, encryption),
            host: options.host,
            databases: options.databases,
        })
    }

    pub(crate) fn default_database(&self) -> &str {
        self.databases.first().map_or(NO_DATABASE, String::as_str)
    }

    /// The server for a message: `db1:3306`.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// A new connection with its session set up.
    pub(crate) async fn open(&self) -> Result<Connection, ConnectFailure> {
        let opened = tokio::time::timeout(self.connect_timeout, Box::pin(self.connect())).await;
        opened.unwrap_or_else(|_| Err(ConnectFailure::timed_out(self))).map_err(|failure| failure.named(self))
    }

    async fn connect(&self) -> Result<Connection, ConnectFailure> {
        self.context.remote_calls.count();
        let mut mysql = self.options.connect().await.map_err(|error| connect_failure(self, error))?;
        for statement in self.session_statements() {
            self.context.remote_calls.count();
            mysql.execute(AssertSqlSafe(statement)).await.map_err(|error| connect_failure(self, error))?;
        }
        if let Some(database) = self.databases.first() {
            self.context.remote_calls.count();
            // The metadata is there without it: a database that is missing, or that the login may not use, is no obstacle.
            let used = mysql.execute(AssertSqlSafe(format!("USE {}", quoted(database)))).await;
            used.map(drop)
                .or_else(|error| error.as_database_error().is_some().then_some(()).ok_or(error))
                .map_err(|error| connect_failure(self, error))?;
        }
        self.context.remote_calls.count();
        let question =
            if self.flavor.original { "SELECT CONNECTION_ID(), VERSION(), @@hostname" } else { "SELECT CONNECTION_ID(), VERSION(), NULL" };
        let row = mysql.fetch_one(question).await.map_err(|error| connect_failure(self, error))?;
        let id = crate::metadata::number(&row, 0).unwrap_or_default();
        let server = Server::of(crate::metadata::text(&row, 1).unwrap_or_default());
        let machine = crate::metadata::text(&row, 2).map(str::to_owned);
        Ok(Connection { mysql, id, server, machine, opened_at: Instant::now() })
    }

    fn session_statements(&self) -> Vec<String> {
        // A literal is what it says (no escapes with backslashes), a wrong value is an error, a zero is no request for the next number,
        // and CHAR comes without its padding.
        // A write looks at the notes of its statements, which the server may be set not to take.
        let notes = if self.flavor.original { ", sql_notes = 1" } else { "" };
        // MariaDB alone reads the comment. It would keep 64 notes; with MySQL only an administrator may say how many, and the write looks
        // whether they are enough. MariaDB caches what a sub-query says of a text, and takes texts that are equal in their collation
        // for the same, also where the sub-query compares their bytes.
        let mut statements = vec![format!(
            "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO', \
             net_write_timeout = {WRITE_TIMEOUT_S}{notes} \
             /*M!, optimizer_switch = 'subquery_cache=off', max_error_count = {NOTES_MAX} */"
        )];
        if self.flavor.read_only_transactions {
            statements.push("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY".to_owned());
        }
        statements
    }

    /// The result of a call, unless it takes longer than its time.
    pub(crate) async fn within<T>(&self, timeout: Duration, verb: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(timeout, call).await.unwrap_or_else(|_| {
            let source = &self.context.source;
            let error = Error::source(Code::Unavailable, source, format!("could not {verb} data source \"{source}\" in time"));
            Err(error.detail(format!("{} had not answered after {} s.", self.address(), timeout.as_secs())).retryable())
        })
    }
}

fn connect_options(options: &MySqlOptions, port: u16, encryption: MySqlSslMode) -> MySqlConnectOptions {
    let mut connect = MySqlConnectOptions::new()
        .host(&options.host)
        .port(port)
        .username(&options.user)
        .ssl_mode(encryption)
        // The session is set up by our own statements.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .statement_cache_capacity(STATEMENTS_MAX + STATEMENTS_PER_LEASE)
        // The gateway logs its own statements, and names the source there.
        .disable_statement_logging();
    if let Some(password) = &options.password {
        connect = connect.password(password.expose());
    }
    if let Some(ca) = &options.ssl_ca {
        connect = if is_pem(ca) { connect.ssl_ca_from_pem(ca.clone().into_bytes()) } else { connect.ssl_ca(ca) };
    }
    if let Some(cert) = &options.ssl_cert {
        connect = if is_pem(cert) { connect.ssl_client_cert_from_pem(cert) } else { connect.ssl_client_cert(cert) };
    }
    if let Some(key) = options.ssl_key.as_ref().map(|key| key.expose()) {
        connect = if is_pem(key) { connect.ssl_client_key_from_pem(key) } else { connect.ssl_client_key(key) };
    }
    connect
}

/// Whether an option is a certificate or key itself, not the name of its file.
fn is_pem(option: &str) -> bool {
    option.trim_start().starts_with("-----BEGIN ")
}

impl Connection {
    /// Whether it may serve another statement.
    pub(crate) fn is_fresh(&self) -> bool {
        self.opened_at.elapsed() <= LIFETIME_MAX && self.mysql.cached_statements_size() < STATEMENTS_MAX
    }

    /// Says goodbye, so that the server does not count the connection as aborted.
    pub(crate) async fn close(self) {
        // Without an answer the socket is closed all the same.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.mysql.close()).await;
    }
}

impl Server {
    fn of(text: &str) -> Self {
        // Old replication clients are told "5.5.5-10.11.14-MariaDB"; VERSION() itself is never that, but a proxy's may be.
        let plain = text.strip_prefix("5.5.5-").unwrap_or(text);
        let numbers = plain.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
        let mut numbers = numbers.chain(std::iter::repeat(0));
        let mut next = || numbers.next().unwrap_or(0);
        let version = (next(), next(), next());
        Self { mariadb: text.to_ascii_lowercase().contains("mariadb"), version, text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_understood() {
        for (text, mariadb, version) in [
            ("10.11.14-MariaDB-0+deb12u2", true, (10, 11, 14)),
            ("5.5.5-10.4.1-MariaDB", true, (10, 4, 1)),
            ("8.0.33", false, (8, 0, 33)),
            ("8.0.11-TiDB-v7.5.0", false, (8, 0, 11)),
            ("8.4", false, (8, 4, 0)),
            ("", false, (0, 0, 0)),
        ] {
            assert_eq!(Server::of(text), Server { mariadb, version, text: text.to_owned() });
        }
    }
}
