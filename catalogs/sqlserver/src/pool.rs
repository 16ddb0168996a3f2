//! The connections to a server: at most so many, at most one of them idle, none of them dirty.
//!
//! A connection that is given up while its statement runs is told so with an attention, the protocol's own way to cancel, and closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spi::Result;
use spi::breaker::Breaker;
use spi::turns::{Turn, Turns};
use tiberius::Client;
use tokio::runtime::Handle;

use crate::channel::Channel;
use crate::endpoint::{Connection, Endpoint};

/// A connection is given up after this, so that a changed address, certificate or privilege is noticed.
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 60);

/// An idle connection is asked whether it lives before it is used again; a server that takes longer than this is tried anew.
const VALIDATION_TIMEOUT: Duration = Duration::from_secs(2);

/// A statement must be gone within a second or so; a server that does not answer by then notices the closed socket.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// Costs the server nothing, and leaves no transaction of an earlier statement behind.
const VALIDATION: &str = "IF @@TRANCOUNT > 0 ROLLBACK";

/// Connections to one database with one login.
pub(crate) struct Pool {
    endpoint: Arc<Endpoint>,
    breaker: Breaker,
    turns: Arc<Turns>,
    /// The only connection that is kept without work: one saves the next statement the way in.
    /// Never locked across an await.
    idle: Mutex<Option<Connection>>,
}

/// A connection in use. [`Lease::finish`] gives it back once its statements have ended; [`Lease::close`] closes it when nothing runs on
/// it any more. Dropping it cancels what runs, and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    /// Present until the lease ends.
    connection: Option<Connection>,
    /// Present until the connection is closed or idle.
    turn: Option<Turn>,
}

impl Pool {
    pub(crate) fn new(endpoint: Arc<Endpoint>, connections_max: u32) -> Arc<Self> {
        let turns = Turns::new(endpoint.source(), connections_max);
        Arc::new(Self { endpoint, breaker: Breaker::default(), turns, idle: Mutex::default() })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A connection that works, for a role of the gateway or for the gateway itself. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn acquire(self: &Arc<Self>, user: Option<&str>, purpose: String) -> Result<Lease> {
        let turn = self.turns.take(purpose).await?;
        let program = Endpoint::program(user);
        let connection = match self.reuse(&program).await {
            Some(connection) => connection,
            None => self.open(program).await?,
        };
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), turn: Some(turn) })
    }

    /// The idle connection, if it is young and alive. The server shows the name of a program for as long as the connection lives: that
    /// of another role is of no use, and closed, so that it is not one too many.
    async fn reuse(&self, program: &str) -> Option<Connection> {
        let idle = self.idle().take();
        let mut connection = idle.filter(|idle| idle.program == program && idle.opened.elapsed() < LIFETIME_MAX)?;
        self.endpoint.context.remote_calls.count();
        let asked = async { connection.client.simple_query(VALIDATION).await?.into_results().await };
        let answered = tokio::time::timeout(VALIDATION_TIMEOUT, asked).await;
        matches!(answered, Ok(Ok(_))).then_some(connection)
    }

    async fn open(&self, program: String) -> Result<Connection> {
        self.breaker.check(Instant::now())?;
        let opened = self.endpoint.open(program).await;
        opened.inspect(|_| self.breaker.succeeded()).inspect_err(|error| self.breaker.failed(Instant::now(), error))
    }

    fn idle(&self) -> MutexGuard<'_, Option<Connection>> {
        // Whole after every step of its changes.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(crate) fn client(&mut self) -> &mut Client<Channel> {
        // Only `finish`, `close` and `drop` take the connection, and all of them end the lease.
        &mut self.connection.as_mut().expect("the connection of a lease").client
    }

    /// Keeps the connection for the next statement, where no other one is kept.
    pub(crate) fn finish(mut self) {
        let connection = self.connection.take();
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
        let (Some(mut connection), Some(turn)) = (self.connection.take(), self.turn.take()) else { return };
        // Without a runtime the process is ending, and the server notices the closed socket.
        let Ok(runtime) = Handle::try_current() else { return };
        let remote_calls = self.pool.endpoint.context.remote_calls.clone();
        runtime.spawn(async move {
            remote_calls.count();
            // Nobody is left to be told, and closing the connection ends the statement too, only later.
            let _ = tokio::time::timeout(CANCEL_TIMEOUT, Box::pin(connection.client.cancel_query())).await;
            drop(connection);
            drop(turn);
        });
    }
}
