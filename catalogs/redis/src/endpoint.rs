//! Where the servers are, and how a connection to one is opened: encrypted if asked for, and logged in.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spi::connector::OpenContext;
use spi::{Result, Secret};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::connection::Connection;
use crate::encryption;
use crate::failure::{connect_failure, refused, timed_out, unencrypted, unreached};
use crate::options::{self, Mode, RedisOptions};

/// A server's name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Who the gateway is to a server.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret<String>>,
}

/// The servers of a data source, and who we are to them.
pub(crate) struct Endpoint {
    pub(crate) context: OpenContext,
    pub(crate) mode: Mode,
    /// The server; some of the servers of a cluster; the sentinels. There is at least one.
    pub(crate) addresses: Vec<Address>,
    /// The name under which sentinels know the primary; only they need it.
    pub(crate) master_name: Option<String>,
    pub(crate) login: Login,
    pub(crate) sentinel_login: Login,
    pub(crate) connect_timeout: Duration,
    pub(crate) command_timeout: Duration,
    pub(crate) sni: Option<String>,
    tls: Option<Result<Arc<ClientConfig>, String>>,
}

/// A way to a server on which nothing was said yet.
pub(crate) enum Channel {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Address {
    /// Reads `host:port`, where the host may be an address of IPv6 in brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok()?;
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl Endpoint {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: &RedisOptions, context: OpenContext) -> Result<Self> {
        options::check(options)?;
        Ok(Self {
            context,
            mode: options.mode,
            addresses: options::addresses(options)?,
            master_name: options.master_name.clone(),
            login: Login { user: options.user.clone(), password: options.password.clone() },
            sentinel_login: Login { user: options.sentinel_user.clone(), password: options.sentinel_password.clone() },
            connect_timeout: options::millis(options.connect_timeout),
            command_timeout: options::millis(options.command_timeout),
            sni: options.sni.clone(),
            tls: options.tls.then(|| encryption::configuration(options)),
        })
    }

    pub(crate) fn source(&self) -> &str {
        &self.context.source
    }

    /// Whether walks show the login every key. Users of ACLs may be kept from some; the server's default user is not, as a rule.
    pub(crate) fn sees_all(&self) -> bool {
        self.login.user.is_none()
    }

    /// A new connection to a server, logged in, within the time that the option allows.
    pub(crate) async fn open(&self, address: &Address, login: &Login) -> Result<Connection> {
        let opened = async {
            let tcp = self.reach(address).await?;
            let channel = self.encrypt(address, tcp).await?;
            self.log_in(address, channel, login).await
        };
        self.within(address, opened).await
    }

    /// A step of opening a connection, unless it takes longer than opening one may.
    pub(crate) async fn within<T>(&self, address: &Address, step: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(self.connect_timeout, step).await.unwrap_or_else(|_| Err(timed_out(self, address)))
    }

    pub(crate) async fn reach(&self, address: &Address) -> Result<TcpStream> {
        self.context.remote_calls.count();
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(|error| unreached(self, address, error))?;
        // Commands are short and wait for their answer.
        tcp.set_nodelay(true).map_err(|error| unreached(self, address, error))?;
        Ok(tcp)
    }

    pub(crate) async fn encrypt(&self, address: &Address, tcp: TcpStream) -> Result<Channel> {
        let Some(tls) = &self.tls else { return Ok(Channel::Plain(tcp)) };
        let tls = tls.clone().map_err(|problem| unencrypted(self, address, problem))?;
        let name = self.sni.as_ref().unwrap_or(&address.host);
        let name = ServerName::try_from(name.clone())
            .map_err(|_| unencrypted(self, address, format!("\"{name}\" is no name that a certificate could have.")))?;
        self.context.remote_calls.count();
        let stream = TlsConnector::from(tls).connect(name, tcp).await;
        stream.map(|stream| Channel::Encrypted(Box::new(stream))).map_err(|error| unencrypted(self, address, format!("{error}.")))
    }

    pub(crate) async fn log_in(&self, address: &Address, channel: Channel, login: &Login) -> Result<Connection> {
        let connection = match channel {
            Channel::Plain(stream) => self.start(address, stream).await,
            Channel::Encrypted(stream) => self.start(address, stream).await,
        };
        let mut connection = connection?;
        if let Some(password) = &login.password {
            let mut command = redis::cmd("AUTH");
            if let Some(user) = &login.user {
                command.arg(user);
            }
            command.arg(password.expose());
            let answer = connection.ask_one(command).await.map_err(|error| connect_failure(self, address, error))?;
            if let redis::Value::ServerError(error) = answer {
                return Err(refused(self, address, &error));
            }
        }
        Ok(connection)
    }

    /// Lets the protocol begin. Nothing is sent yet: what to say first is ours, so that its errors are told apart.
    async fn start<S>(&self, address: &Address, stream: S) -> Result<Connection>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let information = RedisConnectionInfo::default().set_skip_set_lib_name();
        let configuration = AsyncConnectionConfig::new().set_response_timeout(Some(self.command_timeout)).set_connection_timeout(None);
        let started = MultiplexedConnection::new_with_config(&information, stream, configuration).await;
        let (redis, driver) = started.map_err(|error| connect_failure(self, address, error))?;
        Ok(Connection::new(redis, tokio::spawn(driver), address.clone(), self.context.remote_calls.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in ["db1:6379", "[::1]:7000", "10.0.0.1:1"] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()).as_deref(), Some(text));
        }
        for text in ["db1", ":6379", "db1:", "db1:70000", ""] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
