//! Where the metastore is, and how a connection to it is opened.
//!
//! The Thrift runtime would open connections itself, whenever it likes. Here it is given one that is open, and gets no second one: what
//! is opened is counted, encrypted and told who we are.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hive_metastore::{ThriftHiveMetastoreClient, ThriftHiveMetastoreClientBuilder};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use spi::Result;
use spi::connector::OpenContext;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, ReadHalf, Ready, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use volo::net::dial::MakeTransport;
use volo::net::ready::AsyncReady;
use volo_thrift::codec::MakeCodec;
use volo_thrift::codec::default::DefaultMakeCodec;
use volo_thrift::codec::default::framed::MakeFramedCodec;
use volo_thrift::codec::default::thrift::MakeThriftCodec;
use volo_thrift::transport::pool;

use crate::encryption;
use crate::failure::{not_logged_in, timed_out, unencrypted, unreached};
use crate::kerberos::Identity;
use crate::options::{self, HiveOptions};
use crate::sasl::{self, Login};

/// How long the Thrift runtime keeps the one connection of a client between two questions. Older ones are opened anew.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Where answers come in frames: as much as the server's own clients take (`hive.metastore.client.thrift.max.message.size` is 1 GB).
pub(crate) const FRAME_BYTES_MAX: i32 = 1 << 30;

/// A server's name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `host:port`, where the host may be an address of IPv6 in brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok()?;
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }

    /// Reads `host:port` or `host`, whose port is this one. `None` for what is no such place.
    pub(crate) fn with_port(text: &str, port: u16) -> Option<Self> {
        let has_port = text.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
        match has_port {
            true => Self::parse(text),
            false => Self::parse(&format!("{text}:{port}")),
        }
        .filter(|address| !address.host.contains(['/', ' ', '@']))
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

/// The metastore's servers, and how they are spoken to.
pub(crate) struct Endpoint {
    pub(crate) context: OpenContext,
    /// There is at least one.
    pub(crate) addresses: Vec<Address>,
    pub(crate) connect_timeout: Duration,
    tls: Option<Result<Arc<ClientConfig>, String>>,
    login: Option<Login>,
}

/// A way to a server on which nothing was said yet.
pub(crate) type Channel = Box<dyn Stream>;

/// What both a plain connection and an encrypted one are.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

impl Endpoint {
    /// Checks the options. Nothing remote is asked.
    pub(crate) fn new(options: &HiveOptions, identity: Option<&Arc<Identity>>, context: OpenContext) -> Result<Self> {
        Ok(Self {
            context,
            addresses: options::addresses(options)?,
            connect_timeout: options::connect_timeout(options)?,
            tls: options.use_ssl.then(|| encryption::configuration(options)),
            login: options::login(options, identity)?,
        })
    }

    pub(crate) fn source(&self) -> &str {
        &self.context.source
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// How the metastore is told who we are, before it is asked anything.
    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// A way to the first server that can be reached, and lets us in, within the time that the option allows for each.
    pub(crate) async fn open(&self) -> Result<Channel> {
        let mut outcome = self.open_one(&self.addresses[0]).await;
        for address in &self.addresses[1..] {
            if outcome.is_ok() {
                break;
            }
            outcome = self.open_one(address).await;
        }
        outcome
    }

    async fn open_one(&self, address: &Address) -> Result<Channel> {
        let opened = async {
            let tcp = self.reach(address).await?;
            self.log_in(address, self.encrypt(address, tcp).await?).await
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
        // Questions are short and wait for their answer.
        tcp.set_nodelay(true).map_err(|error| unreached(self, address, error))?;
        Ok(tcp)
    }

    pub(crate) async fn encrypt(&self, address: &Address, tcp: TcpStream) -> Result<Channel> {
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let tls = tls.clone().map_err(|problem| unencrypted(self, address, problem))?;
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| unencrypted(self, address, format!("\"{}\" is no name that a certificate could have.", address.host)))?;
        self.context.remote_calls.count();
        let stream = TlsConnector::from(tls).connect(name, tcp).await;
        stream.map(|stream| Box::new(stream) as Channel).map_err(|error| unencrypted(self, address, format!("{error}.")))
    }

    /// Proves who we are, if the metastore wants that.
    pub(crate) async fn log_in(&self, address: &Address, channel: Channel) -> Result<Channel> {
        let Some(login) = &self.login else { return Ok(channel) };
        self.context.remote_calls.count();
        let known = sasl::log_in(channel, login, &address.host, self.is_encrypted()).await;
        known.map_err(|problem| not_logged_in(self, address, problem))
    }

    /// A client that speaks over this channel until it ends.
    pub(crate) fn speak(&self, channel: Channel) -> ThriftHiveMetastoreClient {
        match &self.login {
            None => speak(channel, DefaultMakeCodec::buffered()),
            Some(_) => {
                let framed = MakeFramedCodec::new(MakeThriftCodec::default()).with_max_frame_size(FRAME_BYTES_MAX);
                speak(channel, DefaultMakeCodec::new(framed))
            }
        }
    }
}

fn speak<C>(channel: Channel, codec: C) -> ThriftHiveMetastoreClient
where
    C: MakeCodec<Reader, Writer> + Clone + Send + Sync + 'static,
{
    let (reader, writer) = tokio::io::split(channel);
    let transport = OneConnection(Arc::new(Mutex::new(Some((Reader(reader), Writer(writer))))));
    ThriftHiveMetastoreClientBuilder::new("hive_metastore")
        .make_codec(codec)
        .make_transport(transport)
        .pool_config(pool::Config::new(1, IDLE_TIMEOUT))
        // Deadlines are the caller's.
        .rpc_timeout(None)
        .disable_timeout_layer()
        // It names the connection in the runtime's pool. Nothing is opened to it.
        .address(std::net::SocketAddr::from(([127, 0, 0, 1], 0)))
        .build()
}

/// Gives the Thrift runtime the one connection that there is.
#[derive(Clone)]
struct OneConnection(Arc<Mutex<Option<(Reader, Writer)>>>);

impl MakeTransport for OneConnection {
    type ReadHalf = Reader;
    type WriteHalf = Writer;

    async fn make_transport(&self, _: volo::net::Address) -> io::Result<(Reader, Writer)> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| io::Error::new(io::ErrorKind::ConnectionAborted, "the connection has ended"))
    }

    // The connection is open, and deadlines are the caller's.
    fn set_connect_timeout(&mut self, _: Option<Duration>) {}
    fn set_read_timeout(&mut self, _: Option<Duration>) {}
    fn set_write_timeout(&mut self, _: Option<Duration>) {}
}

struct Reader(ReadHalf<Channel>);

struct Writer(WriteHalf<Channel>);

impl AsyncRead for Reader {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Writer {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

// Whether an idle connection has ended shows when it is used: a question is asked once more on a new one.
impl AsyncReady for Reader {
    async fn ready(&self, _: Interest) -> io::Result<Ready> {
        Ok(Ready::READABLE)
    }
}

impl AsyncReady for Writer {
    async fn ready(&self, _: Interest) -> io::Result<Ready> {
        Ok(Ready::WRITABLE)
    }
}
