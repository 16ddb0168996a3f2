//! A cursor of the server, batch by batch. The next one is asked for when it is wanted, and dropping the cursor closes it at the server.

use std::sync::Arc;

use futures::StreamExt;
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use spi::Result;

use crate::failure::failure;
use crate::server::Server;

/// The batches of a query.
pub(crate) struct Batches {
    server: Arc<Server>,
    cursor: RawBatchCursor,
    /// What it means that the server does not give the next one.
    message: String,
    /// Whether the first batch, which came with the cursor, was taken.
    is_begun: bool,
    /// Whether the server has more.
    has_more: bool,
}

impl Batches {
    pub(crate) fn new(server: Arc<Server>, cursor: RawBatchCursor, message: String) -> Self {
        Self { server, cursor, message, is_begun: false, has_more: true }
    }

    /// The next batch; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<RawBatch>> {
        if !self.has_more {
            return Ok(None);
        }
        let batch = if self.is_begun {
            let next = async { self.cursor.next().await.transpose() };
            self.server.ask_for_rows(self.message.clone(), |_| next).await
        } else {
            // It is here already.
            self.is_begun = true;
            let first = self.cursor.next().await.transpose();
            first.map_err(|error| failure(&self.server, self.message.clone(), error))
        };
        let id = batch.as_ref().ok().and_then(Option::as_ref).and_then(cursor_id);
        self.has_more = id.is_some_and(|id| id != 0);
        batch
    }
}

/// What the server calls the cursor; zero where nothing is left of it.
fn cursor_id(batch: &RawBatch) -> Option<i64> {
    batch.as_raw_document().get_document("cursor").ok()?.get_i64("id").ok()
}

/// The driver tells the server to forget the cursor.
impl Drop for Batches {
    fn drop(&mut self) {
        if self.has_more {
            self.server.context.remote_calls.count();
        }
    }
}
