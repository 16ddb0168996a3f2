//! The connections to a server: at most so many, at most one of them idle, none of them dirty.
//!
//! A connection that is given up while its statement runs is told so with an attention, the protocol's own way to cancel, and closed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spi::breaker::Breaker;
use spi::{Code, Error, Result};
use tiberius::Client;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::channel::Channel;
use crate::endpoint::{Connection, Endpoint};

/// How long a statement waits until another one gives its connection back. Two halves of one query may wait for each other: this ends it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

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
    connections_max: u32,
    permits: Arc<Semaphore>,
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The only connection that is kept without work: one saves the next statement the way in.
    idle: Option<Connection>,
    /// What the connections in use are for, and since when.
    holders: BTreeMap<u64, (String, Instant)>,
    next_holder: u64,
}

/// A connection in use. [`Lease::finish`] gives it back once its statements have ended; [`Lease::close`] closes it when nothing runs on
/// it any more. Dropping it cancels what runs, and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    holder: u64,
    /// Present until the lease ends.
    connection: Option<Connection>,
    /// Present until the connection is closed or idle.
    permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub(crate) fn new(endpoint: Arc<Endpoint>, connections_max: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(connections_max as usize));
        Arc::new(Self { endpoint, breaker: Breaker::default(), connections_max, permits, state: Mutex::default() })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A connection that works, for a role of the gateway or for the gateway itself. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn acquire(self: &Arc<Self>, user: Option<&str>, purpose: String) -> Result<Lease> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| self.exhausted(&purpose))?.map_err(|_| Error::internal("the pool of connections was closed"))?;
        let program = Endpoint::program(user);
        let connection = match self.reuse(&program).await {
            Some(connection) => connection,
            None => self.open(program).await?,
        };
        let mut state = self.state();
        let holder = state.next_holder;
        state.next_holder += 1;
        state.holders.insert(holder, (purpose, Instant::now()));
        Ok(Lease { pool: Arc::clone(self), holder, connection: Some(connection), permit: Some(permit) })
    }

    /// The idle connection, if it is young and alive. The server shows the name of a program for as long as the connection lives: that
    /// of another role is of no use, and closed, so that it is not one too many.
    async fn reuse(&self, program: &str) -> Option<Connection> {
        let idle = self.state().idle.take();
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

    fn state(&self) -> MutexGuard<'_, State> {
        // Whole after every step of its changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self, purpose: &str) -> Error {
        let source = self.endpoint.source();
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
    pub(crate) fn client(&mut self) -> &mut Client<Channel> {
        // Only `finish`, `close` and `drop` take the connection, and all of them end the lease.
        &mut self.connection.as_mut().expect("the connection of a lease").client
    }

    /// Keeps the connection for the next statement, where no other one is kept.
    pub(crate) fn finish(mut self) {
        let connection = self.connection.take();
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
        let (Some(mut connection), Some(permit)) = (self.connection.take(), self.permit.take()) else { return };
        // Without a runtime the process is ending, and the server notices the closed socket.
        let Ok(runtime) = Handle::try_current() else { return };
        let remote_calls = self.pool.endpoint.context.remote_calls.clone();
        runtime.spawn(async move {
            remote_calls.count();
            // Nobody is left to be told, and closing the connection ends the statement too, only later.
            let _ = tokio::time::timeout(CANCEL_TIMEOUT, Box::pin(connection.client.cancel_query())).await;
            drop(connection);
            drop(permit);
        });
    }
}
