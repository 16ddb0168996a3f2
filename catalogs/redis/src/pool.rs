//! The connections to the servers: at most so many at a time, few of them idle, none of them in the middle of anything.
//!
//! A connection that is given up while an answer is under way is closed. Commands of the connector are short, so that nothing has to be
//! stopped at the server.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{self, BoxFuture, MaybeDone};
use redis::{Cmd, Pipeline, RedisError, ServerError, Value};
use spi::breaker::Breaker;
use spi::turns::{Turn, Turns};
use spi::{Error, Result};

use crate::connection::Connection;
use crate::endpoint::{Address, Endpoint};
use crate::failure::{lost, said_no, unexpected};
use crate::nodes::ask_sentinels;

/// Connections that nobody uses still cost the servers memory; these save the next statement the way in, to as many servers of a cluster.
const IDLE_MAX: usize = 4;

/// An idle connection is asked whether it lives before it is used again; a server that takes longer than this is tried anew.
const VALIDATION_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to the servers of one data source.
pub(crate) struct Pool {
    endpoint: Arc<Endpoint>,
    breaker: Breaker,
    /// Sentinels that answer say nothing about the server that they name.
    sentinels: Breaker,
    turns: Arc<Turns>,
    /// Never locked across an await.
    idle: Mutex<Vec<Connection>>,
}

/// The right to one connection at a time, to one server after the other.
pub(crate) struct Session {
    pool: Arc<Pool>,
    _turn: Turn,
}

/// Answers that are under way.
type Pending = BoxFuture<'static, Result<Vec<Value>, RedisError>>;

/// Answers that somebody will take; until then they come, or wait.
pub(crate) struct Answers(Pin<Box<MaybeDone<Pending>>>);

/// A connection in use. Give it back with [`Lease::finish`] once everything is answered; dropping it closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    connection: Connection,
}

impl Pool {
    pub(crate) fn new(endpoint: Arc<Endpoint>, connections_max: u32) -> Arc<Self> {
        let turns = Turns::new(endpoint.source(), connections_max);
        Arc::new(Self { endpoint, breaker: Breaker::default(), sentinels: Breaker::default(), turns, idle: Mutex::default() })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Waits for a turn. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn session(self: &Arc<Self>, purpose: String) -> Result<Session> {
        Ok(Session { pool: Arc::clone(self), _turn: self.turns.take(purpose).await? })
    }

    /// An idle connection to the server that still answers, in the database. Selecting it is the question.
    async fn reuse(&self, address: &Address, database: u16) -> Option<Connection> {
        let mut connection = self.take_idle(address)?;
        let asked = select(&mut connection, database);
        matches!(tokio::time::timeout(VALIDATION_TIMEOUT, asked).await, Ok(Ok(Value::Okay))).then_some(connection)
    }

    async fn open(&self, address: &Address) -> Result<Connection> {
        self.breaker.check(Instant::now())?;
        let opened = Box::pin(self.endpoint.open(address, &self.endpoint.login)).await;
        noted(&self.breaker, opened)
    }

    /// The newest idle connection to a server; those that are too old, or have ended, are closed.
    fn take_idle(&self, address: &Address) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(Connection::is_fresh);
        let place = idle.iter().rposition(|connection| connection.address == *address)?;
        Some(idle.remove(place))
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle();
        idle.retain(Connection::is_fresh);
        if idle.len() >= IDLE_MAX {
            idle.remove(0);
        }
        idle.push(connection);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list of connections is whole after every step of its changes.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.pool.endpoint()
    }

    /// A connection to a server that works, in the logical database. Leases of one session follow each other.
    pub(crate) async fn lease(&mut self, address: &Address, database: u16) -> Result<Lease> {
        let pool = &self.pool;
        if let Some(connection) = pool.reuse(address, database).await {
            // Of several servers one may be gone: it is no reason to spare the others.
            pool.breaker.succeeded();
            return Ok(Lease { pool: Arc::clone(pool), connection });
        }
        let mut connection = pool.open(address).await?;
        if database != 0 {
            let what = format!("select database {database}");
            let answer = select(&mut connection, database).await.map_err(|error| lost(pool.endpoint(), address, &what, error))?;
            if let Value::ServerError(error) = answer {
                return Err(said_no(pool.endpoint(), address, &what, &error));
            }
        }
        Ok(Lease { pool: Arc::clone(pool), connection })
    }

    /// The primary that the sentinels name.
    pub(crate) async fn primary(&mut self) -> Result<Address> {
        self.pool.sentinels.check(Instant::now())?;
        let asked = Box::pin(ask_sentinels(self.pool.endpoint())).await;
        noted(&self.pool.sentinels, asked)
    }
}

impl Lease {
    pub(crate) fn address(&self) -> &Address {
        &self.connection.address
    }

    /// The answers to the commands. What the server says against a single one is its answer. `what` says what cannot be done if the
    /// connection fails: `read table "db0.user"`.
    pub(crate) async fn ask(&mut self, pipeline: &Pipeline, what: &str) -> Result<Vec<Value>> {
        let answers = self.connection.ask(pipeline).await;
        answers.map_err(|error| lost(self.pool.endpoint(), self.address(), what, error))
    }

    /// Sends the commands. Their answers come while the caller does other things.
    pub(crate) async fn send(&self, pipeline: Pipeline) -> Answers {
        let mut answers = Box::pin(future::maybe_done(self.connection.send(pipeline).boxed()));
        // What is not polled is not sent.
        let _ = futures::poll!(answers.as_mut());
        Answers(answers)
    }

    /// The answers to commands that were sent.
    pub(crate) async fn receive(&self, mut answers: Answers, what: &str) -> Result<Vec<Value>> {
        answers.0.as_mut().await;
        // They are taken only here.
        let answers = answers.0.as_mut().take_output().unwrap_or_else(|| Ok(Vec::new()));
        answers.map_err(|error| lost(self.pool.endpoint(), self.address(), what, error))
    }

    /// The answer to one command, which is no refusal.
    pub(crate) async fn ask_one(&mut self, command: Cmd, what: &str) -> Result<Value> {
        match self.connection.ask_one(command).await.map_err(|error| lost(self.pool.endpoint(), self.address(), what, error))? {
            Value::ServerError(error) => Err(self.refusal(&error, what)),
            answer => Ok(answer),
        }
    }

    /// The error that the server answered a command with.
    pub(crate) fn refusal(&self, error: &ServerError, what: &str) -> Error {
        said_no(self.pool.endpoint(), self.address(), what, error)
    }

    /// The error that an answer has a shape that the command does not have.
    pub(crate) fn unexpected(&self, command: &str) -> Error {
        unexpected(self.pool.endpoint(), self.address(), command)
    }

    /// Keeps the connection for whoever is next.
    pub(crate) fn finish(self) {
        self.pool.keep(self.connection);
    }
}

/// The outcome of opening a connection, which the breaker remembers.
fn noted<T>(breaker: &Breaker, outcome: Result<T>) -> Result<T> {
    match &outcome {
        Ok(_) => breaker.succeeded(),
        Err(error) => breaker.failed(Instant::now(), error),
    }
    outcome
}

async fn select(connection: &mut Connection, database: u16) -> Result<Value, RedisError> {
    let mut command = redis::cmd("SELECT");
    command.arg(database);
    connection.ask_one(command).await
}
