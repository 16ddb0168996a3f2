//! The connections to a server: at most so many, at most one of them idle, none of them dirty.
//!
//! A connection that is given up while its statement runs is closed, and the server is told to stop, on another connection: a
//! server that computes, or waits for a lock, does not notice that nobody listens any more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spi::Result;
use spi::breaker::Breaker;
use spi::turns::{Turn, Turns};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor};

use crate::endpoint::{Connection, Endpoint, Server};

/// A session that nobody uses still costs the server memory; one saves the next statement the way in.
const IDLE_MAX: usize = 1;

/// An idle connection is asked whether it lives before it is used again; a server that takes longer than this is tried anew.
const VALIDATION_TIMEOUT: Duration = Duration::from_secs(2);

/// Telling the server to stop may need a connection of its own first.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections to one server with one login.
pub(crate) struct Pool {
    endpoint: Arc<Endpoint>,
    breaker: Breaker,
    turns: Arc<Turns>,
    /// Never locked across an await.
    idle: Mutex<Vec<Connection>>,
}

/// A connection in use. Give it back with [`Lease::finish`] once its statements have ended; dropping it stops them and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    /// Present until the lease ends.
    connection: Option<Connection>,
    /// Present until the lease ends; a statement that is being stopped keeps it until then.
    turn: Option<Turn>,
}

impl Pool {
    pub(crate) fn new(endpoint: Arc<Endpoint>, connections_max: u32) -> Arc<Self> {
        let turns = Turns::new(&endpoint.context.source, connections_max);
        Arc::new(Self { endpoint, breaker: Breaker::default(), turns, idle: Mutex::default() })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A connection that works. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn acquire(self: &Arc<Self>, purpose: String) -> Result<Lease> {
        let turn = self.turns.take(purpose).await?;
        let connection = self.extra().await?;
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), turn: Some(turn) })
    }

    /// An idle connection that still answers.
    async fn reuse(&self) -> Option<Connection> {
        let mut connection = self.take_idle()?;
        if !connection.is_fresh() {
            connection.close().await;
            return None;
        }
        self.endpoint.context.remote_calls.count();
        let answer = tokio::time::timeout(VALIDATION_TIMEOUT, connection.mysql.ping()).await;
        matches!(answer, Ok(Ok(()))).then_some(connection)
    }

    async fn open(&self) -> Result<Connection> {
        self.breaker.check(Instant::now())?;
        match self.endpoint.open().await {
            Ok(connection) => {
                self.breaker.succeeded();
                Ok(connection)
            }
            Err(failure) => {
                self.breaker.failed(Instant::now(), &failure.error);
                Err(failure.error)
            }
        }
    }

    /// A connection beyond the limit, for a short question about one that is in use.
    pub(crate) async fn extra(&self) -> Result<Connection> {
        match self.reuse().await {
            Some(connection) => Ok(connection),
            None => self.open().await,
        }
    }

    /// Keeps a connection on which nothing is left of its last statement, or closes it.
    pub(crate) async fn give_back(&self, connection: Connection) {
        if let Some(surplus) = self.keep(connection) {
            surplus.close().await;
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list of connections is whole after every step of its changes.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the connection if there is a place for it.
    fn keep(&self, connection: Connection) -> Option<Connection> {
        let mut idle = self.idle();
        if idle.len() >= IDLE_MAX || !connection.is_fresh() {
            return Some(connection);
        }
        idle.push(connection);
        None
    }
}

impl Lease {
    pub(crate) fn mysql(&mut self) -> &mut MySqlConnection {
        // Only `finish` and `drop` take the connection, and both end the lease.
        &mut self.connection.as_mut().expect("the connection of a lease").mysql
    }

    pub(crate) fn server(&self) -> &Server {
        // As in `mysql`.
        &self.connection.as_ref().expect("the connection of a lease").server
    }

    /// What watches over a statement of this connection asks about.
    pub(crate) fn identity(&self) -> (u64, Option<String>) {
        // As in `mysql`.
        let connection = self.connection.as_ref().expect("the connection of a lease");
        (connection.id, connection.machine.clone())
    }

    /// Ends the session: what a statement has set in it must not reach the next one.
    pub(crate) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Keeps the connection for the next statement. Nothing of the last one may be left on it.
    pub(crate) async fn finish(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection).await;
        }
    }
}

/// Stops the statement that is still running, in a task of its own: whoever drops a stream does not wait.
impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(connection), turn) = (self.connection.take(), self.turn.take()) else { return };
        let pool = Arc::clone(&self.pool);
        let id = connection.id;
        drop(connection);
        // Without a runtime the process is ending, and the server notices at its next write.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // A server that cannot be told any more has most likely stopped already; there is nobody to report it to.
            let _ = tokio::time::timeout(KILL_TIMEOUT, Box::pin(kill(&pool, id))).await;
            drop(turn);
        });
    }
}

async fn kill(pool: &Arc<Pool>, id: u64) -> Result<()> {
    let mut connection = pool.extra().await?;
    pool.endpoint.context.remote_calls.count();
    // It may have ended by itself, which the server then reports. Numbers are not given out twice while the server lives.
    let killed = connection.mysql.execute(AssertSqlSafe(format!("KILL {id}"))).await;
    if killed.is_ok() || killed.is_err_and(|error| error.as_database_error().is_some()) {
        pool.give_back(connection).await;
    }
    Ok(())
}
