//! The connections of a source: at most so many, kept open between statements, and given up when a file was replaced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spi::Result;
use spi::options::within;
use spi::turns::{Turn, Turns};
use sqlx::sqlite::SqliteConnection;

use crate::database::{Connection, Database};

/// Each connection is a thread of its own.
const CONNECTIONS_MAX: u32 = 64;

/// Connections to one database.
pub(crate) struct Pool {
    database: Arc<Database>,
    turns: Arc<Turns>,
    /// Never locked across an await.
    idle: Mutex<Vec<Connection>>,
}

/// A connection in use. Give it back with [`Lease::finish`] once its statements have ended; dropping it stops them and closes it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    /// Present until the lease ends.
    connection: Option<Connection>,
    _turn: Turn,
}

/// The number of connections that the option asks for.
pub(crate) fn check_connections_max(connections_max: u32) -> Result<u32> {
    within("connections_max", connections_max, CONNECTIONS_MAX)
}

impl Pool {
    pub(crate) fn new(database: Arc<Database>, connections_max: u32) -> Arc<Self> {
        let turns = Turns::new(&database.context.source, connections_max);
        Arc::new(Self { database, turns, idle: Mutex::default() })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// A connection to the files as they are now. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn acquire(self: &Arc<Self>, purpose: String) -> Result<Lease> {
        let turn = self.turns.take(purpose).await?;
        let connection = match self.reuse().await? {
            Some(connection) => connection,
            None => self.database.open().await?,
        };
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), _turn: turn })
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
