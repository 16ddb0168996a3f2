//! Gathers rows into batches, and hands them to the reader.

use std::fmt::Display;

use spi::Result;
use spi::documents::{Decoder, Document};
use spi::rows::BatchSender;

/// Where rows go.
pub(super) struct Sink<'s> {
    decoder: Decoder,
    sender: &'s mut BatchSender,
    /// How many rows are still wanted.
    left: usize,
    is_limited: bool,
    /// Whether the reader is still there.
    listening: bool,
}

impl<'s> Sink<'s> {
    pub(super) fn new(decoder: Decoder, sender: &'s mut BatchSender, limit: Option<usize>) -> Self {
        Self { decoder, sender, left: limit.unwrap_or(usize::MAX), is_limited: limit.is_some(), listening: true }
    }

    /// Whether another row is wanted.
    pub(super) fn wants_more(&self) -> bool {
        self.left > 0 && self.listening
    }

    /// Whether there may be more rows than are wanted.
    pub(super) fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// How many rows are still wanted.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Adds a row with the connector's own values and a document of fields, if it is wanted.
    pub(super) fn row(&mut self, document: &Document<'_>, given: &[Document<'_>], position: impl Display) -> Result<()> {
        if self.wants_more() {
            self.left -= 1;
            self.decoder.append(document, given, position)?;
        }
        Ok(())
    }

    /// Adds a row whose document is JSON, if it is wanted.
    pub(super) fn json_row(&mut self, json: &[u8], given: &[Document<'_>], position: impl Display) -> Result<()> {
        if self.wants_more() {
            self.left -= 1;
            self.decoder.append_json(json, given, position)?;
        }
        Ok(())
    }

    /// Hands a batch on if it is full. To be called often enough that it cannot grow much beyond that.
    pub(super) async fn flush(&mut self) -> Result<()> {
        if self.decoder.is_full() && self.listening {
            self.listening = self.sender.send(self.decoder.finish()?).await;
        }
        Ok(())
    }

    /// Hands on what is left.
    pub(super) async fn finish(mut self) -> Result<()> {
        if self.decoder.rows() > 0 && self.listening {
            // A reader that has left needs no last batch.
            self.sender.send(self.decoder.finish()?).await;
        }
        Ok(())
    }
}
