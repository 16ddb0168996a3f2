//! The connections of a source: at most so many, one kept open between statements, and none returned that is not clean.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spi::breaker::Breaker;
use spi::{Code, Error, Result};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cancel;
use crate::server::{Connection, Server, Session};

/// How long a statement waits until another one gives its connection back. Two halves of one query may wait for each other: this ends it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection is not used for longer, so that the server can free what its process has gathered, and a proxy can move it.
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 60);

/// An idle connection was possibly cut meanwhile: it is asked first, and given up when it does not answer in this time.
const VALIDATION_TIMEOUT: Duration = Duration::from_secs(2);

/// Says in the server's own lists of sessions on whose behalf a connection works.
const RENAME: &str = "SELECT pg_catalog.set_config('application_name', $1, false)";

/// Connections to one database.
pub(crate) struct Pool {
    server: Arc<Server>,
    breaker: Breaker,
    connections_max: u32,
    permits: Arc<Semaphore>,
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The only connection that is kept without work: a source that nobody asks holds one process of its server, not five.
    idle: Option<Connection>,
    /// What the connections in use are for, and since when.
    holders: BTreeMap<u64, (String, Instant)>,
    next_holder: u64,
}

/// A connection in use. [`Lease::finish`] gives it back once its statements have ended; [`Lease::close`] closes it after an error
/// of theirs. Dropping it ends them at the server and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    holder: u64,
    /// Present until the lease ends.
    connection: Option<Connection>,
    /// Present until the connection is closed or idle.
    permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub(crate) fn new(server: Arc<Server>, connections_max: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(connections_max as usize));
        Arc::new(Self { server, breaker: Breaker::default(), connections_max, permits, state: Mutex::default() })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// A connection that works, for the gateway itself. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn acquire(self: &Arc<Self>, purpose: String) -> Result<Lease> {
        self.lease(purpose, Session::of_gateway()).await
    }

    /// The same for a role of the gateway.
    pub(crate) async fn acquire_for(self: &Arc<Self>, user: &str, purpose: String) -> Result<Lease> {
        self.lease(purpose, Session::of_user(user)).await
    }

    /// A new connection whose transactions may write. It is to be closed afterwards, whatever state its statement leaves it in.
    pub(crate) async fn open_for_writing(self: &Arc<Self>, user: &str, purpose: String) -> Result<Lease> {
        self.lease(purpose, Session::of_user(user).writing()).await
    }

    async fn lease(self: &Arc<Self>, purpose: String, session: Session) -> Result<Lease> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| self.exhausted(&purpose))?.map_err(|_| Error::internal("the pool of connections was closed"))?;
        let reused = match session.read_only {
            true => self.reuse(&session).await,
            false => {
                self.make_room();
                None
            }
        };
        let connection = match reused {
            Some(connection) => connection,
            None => self.open(&session).await?,
        };
        let mut state = self.state();
        let holder = state.next_holder;
        state.next_holder += 1;
        state.holders.insert(holder, (purpose, Instant::now()));
        Ok(Lease { pool: Arc::clone(self), holder, connection: Some(connection), permit: Some(permit) })
    }

    /// The idle connection, if it is young and alive. Learning whether it is alive, and telling it who it works for, are one question.
    async fn reuse(&self, session: &Session) -> Option<Connection> {
        let idle = self.state().idle.take();
        let mut connection = idle.filter(|connection| connection.opened.elapsed() < LIFETIME_MAX)?;
        self.server.context.remote_calls.count();
        let asked = async {
            if connection.session == *session {
                return connection.postgres.ping().await;
            }
            sqlx::query(RENAME).bind(&session.application_name).execute(&mut connection.postgres).await?;
            connection.session = session.clone();
            Ok(())
        };
        match tokio::time::timeout(VALIDATION_TIMEOUT, asked).await {
            Ok(Ok(())) => Some(connection),
            _ => None,
        }
    }

    /// Gives up the idle connection where it would be one too many beside those in use.
    fn make_room(&self) {
        if self.permits.available_permits() == 0 {
            self.state().idle = None;
        }
    }

    async fn open(&self, session: &Session) -> Result<Connection> {
        self.breaker.check(Instant::now())?;
        self.server
            .open(session)
            .await
            .inspect(|_| self.breaker.succeeded())
            .inspect_err(|error| self.breaker.failed(Instant::now(), error))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whole after every step of its changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self, purpose: &str) -> Error {
        let source = self.server.source();
        let holders: Vec<String> =
            self.state().holders.values().map(|(purpose, since)| format!("{purpose} for {} s", since.elapsed().as_secs())).collect();
        Error::source(Code::TooManyConnections, source, format!("could not get a connection to data source \"{source}\""))
            .detail(format!(
                "It was waited for {} s, to {purpose}. The {} connections are in use: {}.",
                ACQUIRE_TIMEOUT.as_secs(),
                self.connections_max,
                holders.join(", ")
            ))
            .hint("Raise the option \"connections_max\", or read fewer tables of the source at a time.")
            .retryable()
    }
}

impl Lease {
    pub(crate) fn postgres(&mut self) -> &mut PgConnection {
        // Only `finish`, `close` and `drop` take the connection, and all of them end the lease.
        &mut self.connection.as_mut().expect("the connection of a lease").postgres
    }

    /// Keeps the connection for the next statement, where no other one is kept and it is one that reads.
    pub(crate) fn finish(mut self) {
        let connection = self.connection.take().filter(|connection| connection.session.read_only);
        let mut state = self.pool.state();
        if state.idle.is_none() {
            state.idle = connection;
        }
    }

    /// Closes the connection; nothing runs on it any more.
    pub(crate) fn close(mut self) {
        self.connection = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.state().holders.remove(&self.holder);
        let (Some(connection), Some(permit)) = (self.connection.take(), self.permit.take()) else { return };
        let server = Arc::clone(&self.pool.server);
        // Outside of a runtime the gateway itself is ending, and with it all its connections.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                cancel::end(&server, connection).await;
                drop(permit);
            });
        }
    }
}
