//! Messages on their way into batches: those that are wanted are decoded.

use std::fmt::Display;

use spi::Result;
use spi::connector::ReadRequest;
use spi::documents::{self, Decoder, DecoderOptions, Document, json};

use super::Batches;
use crate::client::Client;
use crate::layout::{Layout, Values};
use crate::message;
use crate::native::messages::Message;
use crate::predicate::{self, Place};
use crate::schemas::Schemas;

/// Messages on their way into batches.
pub(super) struct Rows<'r> {
    layout: &'r Layout,
    decoder: Decoder,
    request: &'r ReadRequest,
    batches: &'r Batches,
    /// Whether anybody wants to know what is in the values.
    documents: bool,
    /// Where they have schemas.
    schemas: Option<Schemas<'r>>,
    wanted: message::Wanted,
    /// How many are still wanted.
    pub(super) left: usize,
}

impl<'r> Rows<'r> {
    pub(super) fn new(client: &'r Client, layout: &'r Layout, request: &'r ReadRequest, batches: &'r Batches) -> Result<Self> {
        let options = DecoderOptions::of(request, &client.cluster.source, client.cluster.options.strict);
        // Where only the message's own columns are wanted, its value is not looked at.
        let own = layout.own();
        let is_own = |name: &String| own.iter().any(|(own, _)| own == name);
        let documents = layout.values.are_documents() && request.columns.iter().any(|column| !is_own(column.name()));
        let schemas = if let Values::Schema(kind) = layout.values { Some(Schemas::new(&client.cluster, kind)) } else { None };
        let decoder = Decoder::new(&request.columns, &layout.columns, &own, options)?;
        let left = request.limit.unwrap_or(usize::MAX);
        let wanted = own.map(|(name, _)| request.columns.iter().any(|column| column.name() == name));
        Ok(Self { layout, decoder, request, batches, documents, schemas, wanted, left })
    }

    /// Adds a message if it is wanted. Whether more are.
    pub(super) fn add(&mut self, message: &Message<'_>) -> Result<bool> {
        let place = Place {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp_ms().and_then(|millis| millis.checked_mul(1000)),
        };
        if !self.request.predicates.iter().all(|predicate| predicate::holds(predicate, place)) {
            return Ok(true);
        }
        let own = message::own(message, self.layout, &self.wanted);
        let topic = &self.request.table;
        let position = format_args!("message {} of partition {} of topic \"{topic}\"", place.offset, place.partition);
        if !self.layout.row_path.0.is_empty() {
            // Without a value it has no rows.
            return message.value().map_or(Ok(true), |value| self.add_rows(value, &own, position));
        }
        let document = match (message.value().filter(|_| self.documents), &mut self.schemas, &self.layout.values) {
            (None, ..) => Ok(Document::Null),
            (Some(value), Some(schemas), _) => schemas.read(value, self.decoder.wanted())?.map_err(|problem| (value, problem)),
            (Some(value), _, Values::Csv(dialect)) => dialect.read(value, self.decoder.wanted()).map_err(|problem| (value, problem)),
            (Some(value), ..) => json::read_wanted(value, self.decoder.wanted()).map_err(|error| (value, error.to_string())),
        };
        match document {
            Ok(document) => self.decoder.append(&document, &own, position)?,
            Err((value, problem)) => self.decoder.append_error(Some(value), problem, &own, position)?,
        }
        self.added()
    }

    /// Adds the rows that a value has, as many as are wanted. One that cannot be read is a row with an error.
    fn add_rows(&mut self, value: &[u8], own: &[Document<'_>], position: impl Display + Copy) -> Result<bool> {
        let document = json::read(value).map_err(|error| error.to_string());
        let rows = document.as_ref().map_err(String::clone).and_then(|document| documents::rows(document, &self.layout.row_path));
        match rows {
            Ok(rows) => {
                for row in rows {
                    self.decoder.append(row, own, position)?;
                    if !self.added()? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Err(problem) => {
                self.decoder.append_error(Some(value), problem, own, position)?;
                self.added()
            }
        }
    }

    /// Whether another row is wanted.
    fn added(&mut self) -> Result<bool> {
        self.left -= 1;
        Ok(self.left > 0 && (!self.decoder.is_full() || self.batches.send(self.decoder.finish()?)))
    }

    pub(super) fn finish(mut self) -> Result<()> {
        if self.decoder.rows() > 0 {
            // A reader that has left needs no last batch.
            self.batches.send(self.decoder.finish()?);
        }
        Ok(())
    }
}
