//! Where the server is, and how a connection to it is opened: its session has the settings that our statements count on.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spi::connector::OpenContext;
use spi::{Code, Error, Result};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;

use crate::channel::Channel;
use crate::encryption;
use crate::failure::{self, failure};
use crate::options::{self, Encrypt, SqlServerOptions};

/// What the server's own list of sessions shows for the gateway itself.
const PROGRAM_NAME: &str = "metagate";

/// The longest name of a program that the protocol takes.
const PROGRAM_NAME_CHARS_MAX: usize = 128;

/// As Microsoft's drivers have it. Rows come in twice as few packets as with the protocol's own 4,096.
const PACKET_BYTES: u32 = 8_000;

/// Azure sends a login from its door to the node that has the database, once.
const REDIRECTIONS_MAX: usize = 2;

/// Settings of every session. What is NULL, an overflow, a division by zero or a string means what the standard says; long values
/// come whole; a read waits for the locks of others no longer than it should, and takes none of its own beyond its statement.
const SETTINGS: &str = "SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON; \
     SET XACT_ABORT ON; SET NUMERIC_ROUNDABORT, IMPLICIT_TRANSACTIONS, NOCOUNT OFF; SET LANGUAGE us_english; SET DATEFORMAT ymd; \
     SET TEXTSIZE 2147483647; SET ROWCOUNT 0; SET LOCK_TIMEOUT 30000; SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// One database of one server, and who we are to it.
pub(crate) struct Endpoint {
    pub(crate) context: OpenContext,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) encrypt: Encrypt,
    pub(crate) read_only: bool,
    pub(crate) connect_timeout: Duration,
    schemas: Vec<String>,
    exclude_schemas: Vec<String>,
    /// Without host, port and program.
    config: Config,
    tls: Result<Arc<ClientConfig>, String>,
}

/// An open connection. Dropping it closes the socket.
pub(crate) struct Connection {
    pub(crate) client: Client<Channel>,
    /// What the server's list of sessions shows.
    pub(crate) program: String,
    pub(crate) opened: Instant,
}

impl Endpoint {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: SqlServerOptions, context: OpenContext) -> Result<Self> {
        options::check(&options)?;
        Ok(Self {
            context,
            tls: encryption::configuration(&options),
            config: config(&options),
            connect_timeout: options::connect_timeout(&options),
            host: options.host,
            port: options.port,
            user: options.user,
            encrypt: options.encrypt,
            read_only: options.read_only,
            schemas: options.schemas,
            exclude_schemas: options.exclude_schemas,
        })
    }

    pub(crate) fn source(&self) -> &str {
        &self.context.source
    }

    /// Host and port, for messages.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whether a schema belongs to the source.
    pub(crate) fn shows(&self, schema: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|name| name == schema);
        (self.schemas.is_empty() || listed(&self.schemas)) && !listed(&self.exclude_schemas)
    }

    /// The name under which the server lists what a role of the gateway asks for; `None` for what the gateway asks itself.
    pub(crate) fn program(user: Option<&str>) -> String {
        let program = user.map_or_else(|| PROGRAM_NAME.to_owned(), |user| format!("{PROGRAM_NAME}/{user}"));
        program.chars().take(PROGRAM_NAME_CHARS_MAX).collect()
    }

    /// A new connection with its session set up, within the time that the option allows.
    pub(crate) async fn open(&self, program: String) -> Result<Connection> {
        let opened = tokio::time::timeout(self.connect_timeout, Box::pin(self.connect(program))).await;
        opened.unwrap_or_else(|_| Err(failure::timed_out(self)))
    }

    async fn connect(&self, program: String) -> Result<Connection> {
        let (mut host, mut port) = (self.host.clone(), self.port);
        for _ in 0..=REDIRECTIONS_MAX {
            let channel = self.channel(&host, port).await?;
            match self.log_in(channel, &program).await {
                Err(tiberius::error::Error::Routing { host: next, port: next_port }) => (host, port) = (next, next_port),
                outcome => return outcome.map_err(|error| failure::refused(self, error)),
            }
        }
        Err(failure::lost(self))
    }

    /// A connection on which encryption is agreed on, if not more.
    pub(crate) async fn channel(&self, host: &str, port: u16) -> Result<Channel> {
        let tls = self.tls.clone().map_err(|problem| failure::unencrypted(self, problem))?;
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| failure::unencrypted(self, format!("\"{host}\" is no name that a certificate could have.")))?;
        self.context.remote_calls.count();
        let tcp = TcpStream::connect((host, port)).await.map_err(|error| failure::unconnected(self, error))?;
        // Statements are short and wait for their answer.
        tcp.set_nodelay(true).map_err(|error| failure::unconnected(self, error))?;
        Channel::open(tcp, self.encrypt, name, tls).await.map_err(|error| failure::of_channel(self, error))
    }

    /// Logs in, and sets the session up.
    pub(crate) async fn log_in(&self, channel: Channel, program: &str) -> tiberius::Result<Connection> {
        let mut config = self.config.clone();
        config.host(&self.host);
        config.port(self.port);
        config.application_name(program);
        self.context.remote_calls.count();
        let mut client = Client::connect(config, channel).await?;
        self.context.remote_calls.count();
        client.simple_query(SETTINGS).await?.into_results().await?;
        Ok(Connection { client, program: program.to_owned(), opened: Instant::now() })
    }

    /// The result of a call, unless it takes longer than its time.
    pub(crate) async fn within<T>(&self, timeout: Duration, verb: &str, call: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(timeout, call).await.unwrap_or_else(|_| {
            let source = self.source();
            let error = Error::source(Code::Unavailable, source, format!("could not {verb} data source \"{source}\" in time"));
            Err(error.detail(format!("{} had not answered after {} s.", self.address(), timeout.as_secs())).retryable())
        })
    }

    /// The error of a statement that asked what the source is like.
    pub(crate) fn unqueried(&self, error: tiberius::error::Error) -> Error {
        failure(self.source(), format!("could not query data source \"{}\"", self.source()), error)
    }
}

/// What every connection of the source has in common.
fn config(options: &SqlServerOptions) -> Config {
    let mut config = Config::new();
    config.database(&options.database);
    config.authentication(AuthMethod::sql_server(&options.user, options.password.as_ref().map_or("", |password| password.expose())));
    config.encryption(EncryptionLevel::NotSupported);
    // Lets a listener of an availability group choose a secondary.
    config.readonly(options.read_only);
    config.packet_size(PACKET_BYTES);
    // Deadlines are those of whoever asks.
    config.handshake_timeout(None);
    config.command_timeout(None);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_names_the_role_that_it_works_for() {
        assert_eq!((Endpoint::program(None), Endpoint::program(Some("ana"))), ("metagate".to_owned(), "metagate/ana".to_owned()));
        assert_eq!(Endpoint::program(Some(&"ä".repeat(200))).chars().count(), 128);
    }
}
