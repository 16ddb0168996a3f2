//! The connections of a source: at most so many, one kept open between statements, and none returned that is not clean.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spi::Result;
use spi::breaker::Breaker;
use spi::turns::{Turn, Turns};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;

use crate::cancel;
use crate::server::{Connection, Server, Session};

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
    turns: Arc<Turns>,
    /// The only connection that is kept without work: a source that nobody asks holds one process of its server, not five.
    /// Never locked across an await.
    idle: Mutex<Option<Connection>>,
}

/// A connection in use. [`Lease::finish`] gives it back once its statements have ended; [`Lease::close`] closes it after an error
/// of theirs. Dropping it ends them at the server and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    /// Present until the lease ends.
    connection: Option<Connection>,
    /// Present until the connection is closed or idle.
    turn: Option<Turn>,
}

impl Pool {
    pub(crate) fn new(server: Arc<Server>, connections_max: u32) -> Arc<Self> {
        let turns = Turns::new(server.source(), connections_max);
        Arc::new(Self { server, breaker: Breaker::default(), turns, idle: Mutex::default() })
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
        let turn = self.turns.take(purpose).await?;
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
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), turn: Some(turn) })
    }

    /// The idle connection, if it is young and alive. Learning whether it is alive, and telling it who it works for, are one question.
    async fn reuse(&self, session: &Session) -> Option<Connection> {
        let idle = self.idle().take();
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
        if self.turns.are_all_taken() {
            *self.idle() = None;
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

    fn idle(&self) -> MutexGuard<'_, Option<Connection>> {
        // Whole after every step of its changes.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut idle = self.pool.idle();
        if idle.is_none() {
            *idle = connection;
        }
    }

    /// Closes the connection; nothing runs on it any more.
    pub(crate) fn close(mut self) {
        self.connection = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(connection), Some(turn)) = (self.connection.take(), self.turn.take()) else { return };
        let server = Arc::clone(&self.pool.server);
        // Outside of a runtime the gateway itself is ending, and with it all its connections.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                cancel::end(&server, connection).await;
                drop(turn);
            });
        }
    }
}
