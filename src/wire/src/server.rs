//! Accepts connections, bounds their number, and lets them finish when the gateway stops.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use socket2::{SockRef, TcpKeepalive};
use spi::Result;
use sql::Engine;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authentication::MockVerifiers;
use crate::cancel::Sessions;
use crate::greeting::Socket;
use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_RESERVED, DRAIN_CANCELLED, DRAIN_RUNNING, HANDSHAKES_MAX, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL,
    KEEPALIVE_PROBES,
};
use crate::listeners::{Listeners, UnixSocket};
use crate::open::{open, time_to_open};
use crate::tls::Tls;

/// What an operator decides about connections.
#[derive(Clone)]
pub struct WireConfig {
    /// The certificate, if clients may encrypt.
    pub tls: Option<Tls>,
    /// Whether clients over TCP must encrypt.
    pub tls_required: bool,
    /// Sessions at once; three more are kept for superusers.
    pub connections_max: usize,
    /// From the first byte to the open session.
    pub startup_timeout: Duration,
    /// The longest message, and so the longest statement and parameter, that is read.
    pub message_bytes_max: usize,
    /// How long a client may go without reading anything of its answer.
    pub write_timeout: Duration,
}

impl Default for WireConfig {
    fn default() -> Self {
        Self {
            tls: None,
            tls_required: false,
            // A connection at rest is a task and two small buffers, not a process: ten times PostgreSQL's default.
            connections_max: 1000,
            // PostgreSQL's authentication_timeout.
            startup_timeout: Duration::from_secs(60),
            // Enough for bulk statements of any tool, and little enough that a few at once do not exhaust a small machine.
            message_bytes_max: 64 << 20,
            // Longer than a person needs to turn a page, shorter than a forgotten cursor may hold memory.
            write_timeout: Duration::from_secs(300),
        }
    }
}

/// What all connections share.
pub(crate) struct Server {
    pub(crate) engine: Arc<Engine>,
    pub(crate) config: WireConfig,
    pub(crate) sessions: Sessions,
    pub(crate) mocks: MockVerifiers,
    pub(crate) slots: Arc<Semaphore>,
    /// Sessions end at their next pause, and new ones are refused.
    pub(crate) shutdown: CancellationToken,
    /// The time for that is over.
    stop: CancellationToken,
    handshakes: Arc<Semaphore>,
    connections: TaskTracker,
}

/// Serves clients until `shutdown`, and then until they have left: idle sessions are ended at once, running statements after
/// eight seconds, and after ten everything is dropped. Returns when no connection is left.
pub async fn serve(engine: Arc<Engine>, listeners: Listeners, config: WireConfig, shutdown: CancellationToken) -> Result<()> {
    let server = Arc::new(Server {
        engine,
        slots: Arc::new(Semaphore::new(config.connections_max.saturating_add(CONNECTIONS_RESERVED).min(Semaphore::MAX_PERMITS))),
        config,
        sessions: Sessions::default(),
        mocks: MockVerifiers::new(),
        shutdown: shutdown.clone(),
        stop: CancellationToken::new(),
        handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
        connections: TaskTracker::new(),
    });
    let accepting = TaskTracker::new();
    store::spawn("accept tcp", accepting.track_future(accept_tcp(Arc::clone(&server), listeners.tcp)));
    if let Some(socket) = listeners.unix {
        store::spawn("accept unix", accepting.track_future(accept_unix(Arc::clone(&server), socket)));
    }
    accepting.close();
    shutdown.cancelled().await;
    drain(&server).await;
    accepting.wait().await;
    Ok(())
}

/// Lets connections end by themselves, then cancels what they run, then drops them. Meanwhile new ones are told that we are leaving.
async fn drain(server: &Server) {
    server.connections.close();
    if timeout(DRAIN_RUNNING, server.connections.wait()).await.is_err() {
        tracing::info!(connections = server.connections.len(), "cancelling the statements that still run");
        server.sessions.cancel_all();
        if timeout(DRAIN_CANCELLED, server.connections.wait()).await.is_err() {
            tracing::warn!(connections = server.connections.len(), "dropping the connections that did not end in time");
        }
    }
    server.stop.cancel();
    server.connections.wait().await;
}

async fn accept_tcp(server: Arc<Server>, listener: TcpListener) {
    while let Some((handshake, (stream, address))) = accept_next(&server, || listener.accept()).await {
        prepare(&stream);
        start(&server, Socket::Tcp(stream), address.ip().to_string(), handshake);
    }
}

async fn accept_unix(server: Arc<Server>, socket: UnixSocket) {
    while let Some((handshake, (stream, _))) = accept_next(&server, || socket.listener.accept()).await {
        start(&server, Socket::Unix(stream), "[local]".to_owned(), handshake);
    }
}

/// The next connection and its permission to shake hands; none when the server has stopped.
async fn accept_next<T, F>(server: &Server, accept: impl Fn() -> F) -> Option<(OwnedSemaphorePermit, T)>
where
    F: Future<Output = io::Result<T>>,
{
    let next = async {
        // The semaphore is never closed.
        let handshake = Arc::clone(&server.handshakes).acquire_owned().await.ok()?;
        loop {
            match accept().await {
                Ok(accepted) => return Some((handshake, accepted)),
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        next = next => next,
        () = server.stop.cancelled() => None,
    }
}

/// Answers leave at once, and a dead network is noticed. A socket that refuses the options is still good.
fn prepare(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_PROBES);
    if let Err(error) = stream.set_nodelay(true).and_then(|()| SockRef::from(stream).set_tcp_keepalive(&keepalive)) {
        tracing::debug!(%error, "could not set the options of a socket");
    }
}

/// Serves one connection in a task of its own. What goes wrong there, even a panic, ends there.
fn start(server: &Arc<Server>, socket: Socket, client_addr: String, handshake: OwnedSemaphorePermit) {
    let shared = Arc::clone(server);
    let connection = async move {
        let client = client_addr.clone();
        let served = tokio::select! {
            served = AssertUnwindSafe(connect(&shared, socket, client_addr, handshake)).catch_unwind() => served,
            () = shared.stop.cancelled() => Ok(()),
        };
        if served.is_err() {
            tracing::error!(client, "a connection ended in a panic, which is a defect");
        }
    };
    store::spawn("connection", server.connections.track_future(connection));
}

async fn connect(server: &Arc<Server>, socket: Socket, client_addr: String, handshake: OwnedSemaphorePermit) {
    let is_late = server.shutdown.is_cancelled();
    let opening = timeout(time_to_open(server), Box::pin(open(server, socket, client_addr)));
    let opened = tokio::select! {
        opened = opening => opened,
        // Nothing was promised to a client that is not yet inside.
        () = server.shutdown.cancelled(), if !is_late => return,
    };
    drop(handshake);
    match opened {
        Ok(Some(connection)) => Box::pin(connection.serve()).await,
        Ok(None) => {}
        Err(_) => tracing::debug!("a connection was not open in time"),
    }
}
