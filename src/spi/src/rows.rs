//! Rows that a connector's work sends to their reader, batch by batch.
//!
//! There is no task of its own behind such a stream: polling it polls the work, and dropping it drops the work.

use arrow::array::RecordBatch;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt, future, stream};

use crate::connector::RowStream;
use crate::error::Result;

/// Batches that wait for the reader, besides the one that each sender may always leave: none.
const BATCHES_WAITING: usize = 0;

/// Where the work sends its batches.
pub struct BatchSender(mpsc::Sender<Result<RecordBatch>>);

impl BatchSender {
    /// Waits until the reader wants more. False where it has left: nobody takes what would follow.
    pub async fn send(&mut self, batch: RecordBatch) -> bool {
        self.0.send(Ok(batch)).await.is_ok()
    }
}

/// The rows that the work sends. It starts with the first poll; an error of it is the last thing that the reader is given.
pub fn rows<W>(work: impl FnOnce(BatchSender) -> W) -> RowStream
where
    W: Future<Output = Result<()>> + Send + 'static,
{
    let (mut errors, receiver) = mpsc::channel(BATCHES_WAITING);
    let work = work(BatchSender(errors.clone()));
    let work = async move {
        if let Err(error) = work.await {
            // Nobody is left to be told when this fails.
            let _ = errors.send(Err(error)).await;
        }
    };
    stream::select(receiver, stream::once(work).filter_map(|()| future::ready(None))).boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Schema;

    use super::*;
    use crate::error::Error;

    fn batch() -> RecordBatch {
        RecordBatch::new_empty(Arc::new(Schema::empty()))
    }

    #[test]
    fn what_was_sent_comes_before_the_error() {
        let sent = rows(|mut sender| async move {
            assert!(sender.send(batch()).await && sender.send(batch()).await);
            Err(Error::internal("broken"))
        });
        let taken = futures::executor::block_on(sent.collect::<Vec<_>>());
        assert_eq!(taken.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn work_that_is_not_read_is_not_done() {
        let done = Arc::new(());
        let mut sent = rows({
            let done = Arc::clone(&done);
            |mut sender| async move {
                while sender.send(batch()).await {}
                drop(done);
                Ok(())
            }
        });
        assert!(futures::executor::block_on(sent.next()).is_some_and(|batch| batch.is_ok()));
        assert_eq!(Arc::strong_count(&done), 2);
        drop(sent);
        assert_eq!(Arc::strong_count(&done), 1);
    }
}
