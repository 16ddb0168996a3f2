//! Moves the rows of a statement into batches by COPY, which gives binary rows with less work for each than the extended protocol.
//!
//! COPY takes no parameters, and does not say the types of its columns. They are looked up before, in a transaction that has locked
//! what is read, as every statement locks it: bytes of another type would be read as other values.

use futures::TryStreamExt;
use spi::Error;
use spi::rows::BatchSender;
use sqlx::Executor;

use crate::batch::{BatchBuilder, Unread};
use crate::copy::CopyReader;
use crate::pool::Lease;
use crate::server::Server;

/// Begins the transaction. A look-up that has waited for a lock must see what was committed meanwhile.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY";

/// How a statement ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All its rows were read.
    Whole,
    /// The reader has left.
    Abandoned,
}

/// Why a statement was not read to its end.
pub(crate) enum Failure {
    /// The server said so, or is gone: nothing runs any more.
    Server(sqlx::Error),
    /// A row could not be read, and others may follow.
    Value(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Value(error)
    }
}

/// Sends the rows of a statement without parameters and ends its transaction. What is left in the batch waits there to be sent.
pub(crate) async fn copy(
    server: &Server,
    lease: &mut Lease,
    statement: &str,
    batch: &mut BatchBuilder,
    sender: &mut BatchSender,
    unreadable: impl Fn(Unread) -> Failure,
) -> Result<Outcome, Failure> {
    let statement = format!("COPY (\n{statement}\n) TO STDOUT (FORMAT binary)");
    let mut copied = CopyReader::default();
    server.context.remote_calls.count();
    let mut chunks = lease.postgres().copy_out_raw(&statement).await.map_err(Failure::Server)?;
    while let Some(bytes) = chunks.try_next().await.map_err(Failure::Server)? {
        copied.read(&bytes, |tuple| batch.append_copied(tuple)).map_err(&unreadable)?;
        if batch.is_full() && !sender.send(batch.finish()?).await {
            return Ok(Outcome::Abandoned);
        }
    }
    drop(chunks);
    if !copied.has_ended() {
        return Err(Failure::Server(sqlx::Error::Protocol("the rows of COPY end too early".to_owned())));
    }
    server.context.remote_calls.count();
    lease.postgres().execute(sqlx::raw_sql("COMMIT")).await.map_err(Failure::Server)?;
    Ok(Outcome::Whole)
}
