//! The connections of a source: at most so many, kept open between statements, and given up when a file was replaced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spi::{Code, Error, Result};
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::database::{Connection, Database};

/// Each connection is a thread of its own.
const CONNECTIONS_MAX: u32 = 64;

/// How long a statement waits until another one gives its connection back. Two halves of one query may wait for each other: this ends it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections to one database.
pub(crate) struct Pool {
    database: Arc<Database>,
    connections_max: u32,
    permits: Arc<Semaphore>,
    /// Never locked across an await.
    idle: Mutex<Vec<Connection>>,
}

/// A connection in use. Give it back with [`Lease::finish`] once its statements have ended; dropping it stops them and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    /// Present until the lease ends.
    connection: Option<Connection>,
    _permit: OwnedSemaphorePermit,
}

/// The number of connections that the option asks for.
pub(crate) fn check_connections_max(connections_max: u32) -> Result<u32> {
    match connections_max {
        1..=CONNECTIONS_MAX => Ok(connections_max),
        _ => Err(Error::new(Code::InvalidArgument, format!("option \"connections_max\" must be from 1 to {CONNECTIONS_MAX}"))),
    }
}

impl Pool {
    pub(crate) fn new(database: Arc<Database>, connections_max: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(connections_max as usize));
        Arc::new(Self { database, connections_max, permits, idle: Mutex::default() })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// A connection to the files as they are now.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<Lease> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| self.exhausted())?.map_err(|_| Error::internal("the pool of connections was closed"))?;
        let connection = match self.reuse().await? {
            Some(connection) => connection,
            None => self.database.open().await?,
        };
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), _permit: permit })
    }

    /// An idle connection. Those to files that are gone are closed: they would serve the old contents for ever.
    async fn reuse(&self) -> Result<Option<Connection>> {
        let identity = self.database.identity().await.inspect_err(|_| self.idle().clear())?;
        let mut idle = self.idle();
        idle.retain(|connection| connection.identity == identity);
        Ok(idle.pop())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list of connections is whole after every step of its changes.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self) -> Error {
        let source = &self.database.context.source;
        Error::source(Code::Unavailable, source, format!("could not get a connection to data source \"{source}\""))
            .detail(format!("All {} connections were in use for {} s.", self.connections_max, ACQUIRE_TIMEOUT.as_secs()))
            .hint("Raise the option \"connections_max\", or read fewer tables of the source at a time.")
            .retryable()
    }
}

impl Lease {
    pub(crate) fn sqlite(&mut self) -> &mut SqliteConnection {
        // Only `finish` and `drop` take the connection, and both end the lease.
        &mut self.connection.as_mut().expect("the connection of a lease").sqlite
    }

    /// Keeps the connection for the next statement.
    pub(crate) fn finish(mut self) {
        let connection = self.connection.take();
        self.pool.idle().extend(connection);
    }
}
