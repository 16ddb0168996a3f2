//! Notices that nobody is at the other end of a connection any more.
//!
//! A server that computes sends nothing for as long as it takes, and a server that is gone, or a way to it that is cut, sends nothing
//! for ever. So whoever waits for long has the server asked, on another connection, whether it still works on the statement.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use spi::{Code, Error, Result};
use sqlx::{AssertSqlSafe, Executor};

use crate::metadata::{number, text};
use crate::pool::{Lease, Pool};

/// A silence that is worth a question. Statements that take longer than this are few.
const PATIENCE: Duration = Duration::from_secs(20);

/// The question is answered from memory. Opening the connection for it has its own limit.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may still be under way after the server says that it has given it.
const GRACE: Duration = Duration::from_secs(2);

/// Watches over the statements of one connection.
pub(crate) struct Watch<'a> {
    pool: &'a Arc<Pool>,
    id: u64,
    machine: Option<String>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(pool: &'a Arc<Pool>, lease: &Lease) -> Self {
        let (id, machine) = lease.identity();
        Self { pool, id, machine }
    }

    /// The server's answer, or the error that there will be none.
    pub(crate) async fn over<T>(&self, answer: impl Future<Output = T>) -> Result<T> {
        let mut answer = pin!(answer);
        loop {
            match tokio::time::timeout(PATIENCE, &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) => {
                    if let Err(lost) = Box::pin(self.ask()).await {
                        // It may have come while the server was asked.
                        return tokio::time::timeout(GRACE, answer).await.map_err(|_| lost);
                    }
                }
            }
        }
    }

    async fn ask(&self) -> Result<()> {
        let endpoint = self.pool.endpoint();
        let mut connection = self.pool.extra().await.map_err(|error| self.lost().cause(error))?;
        // A cluster lists the statements of one of its servers, which may be another one.
        if self.machine.is_some() {
            endpoint.context.remote_calls.count();
            let question = format!(
                "SELECT @@hostname, (SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {} AND COMMAND <> 'Sleep')",
                self.id
            );
            let row = tokio::time::timeout(QUESTION_TIMEOUT, connection.mysql.fetch_one(AssertSqlSafe(question))).await;
            let row = row.map_err(|late| self.lost().cause(late))?.map_err(|error| self.lost().cause(error))?;
            if text(&row, 0) == self.machine.as_deref() && number(&row, 1) == Some(0) {
                return Err(self.lost());
            }
        }
        self.pool.give_back(connection).await;
        Ok(())
    }

    fn lost(&self) -> Error {
        let endpoint = self.pool.endpoint();
        let source = &endpoint.context.source;
        Error::source(Code::ConnectionLost, source, format!("the connection to data source \"{source}\" was lost"))
            .detail(format!(
                "{} had sent nothing for {} s, and does not work on the statement any more.",
                endpoint.address(),
                PATIENCE.as_secs()
            ))
            .retryable()
    }
}
