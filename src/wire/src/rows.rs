//! Rows on their way to a client, at the speed at which it reads them.

use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{FieldDescription, RowDescription};
use sql::{BatchStream, Column, Format};

use crate::encode::{Rows, Style};
use crate::limits::SEND_BYTES;
use crate::transport::{Outcome, Transport};

/// The columns as the client is told about them.
pub(crate) fn description(columns: &[Column]) -> PgWireBackendMessage {
    let field = |column: &Column| {
        FieldDescription::new(
            column.name.replace('\0', "\u{fffd}"),
            column.table_oid as i32,
            column.attribute_number,
            column.pg_type.oid,
            column.pg_type.length(),
            column.pg_type.typmod,
            format_code(column.format),
        )
    };
    PgWireBackendMessage::RowDescription(RowDescription::new(columns.iter().map(field).collect()))
}

pub(crate) fn format_code(format: Format) -> i16 {
    match format {
        Format::Text => 0,
        Format::Binary => 1,
    }
}

/// `SELECT 5` and `FETCH 5`; the other commands that answer rows are not counted.
pub(crate) fn tag(command: &str, rows: usize) -> String {
    match command {
        "SELECT" | "FETCH" => format!("{command} {rows}"),
        _ => command.to_owned(),
    }
}

/// An answer that is read bit by bit.
pub(crate) struct RowStream {
    columns: Arc<[Column]>,
    style: Style,
    /// None after the end, so that nothing is held for a portal that was read to its end.
    batches: Option<BatchStream>,
    current: Option<Rows>,
}

impl RowStream {
    pub(crate) fn new(columns: Arc<[Column]>, style: Style, batches: BatchStream) -> Self {
        Self { columns, style, batches: Some(batches), current: None }
    }

    /// Sends at most that many rows and returns how many it were. Fewer than asked for are the last ones.
    pub(crate) async fn send(&mut self, transport: &mut Transport, rows_max: usize) -> Outcome<usize> {
        let mut sent = 0;
        while sent < rows_max {
            let Some(rows) = self.next_rows(transport, sent > 0).await? else { break };
            sent += rows.put_data_rows(rows_max - sent, SEND_BYTES, &mut transport.output)?;
            transport.send_if_full().await?;
        }
        Ok(sent)
    }

    /// A batch of which something is left. `has_rows` says that the transport holds rows, which do not wait for a slow batch.
    pub(crate) async fn next_rows(&mut self, transport: &mut Transport, has_rows: bool) -> Outcome<Option<&mut Rows>> {
        while self.current.as_ref().is_none_or(Rows::is_finished) {
            self.current = None;
            let Some(batches) = &mut self.batches else { return Ok(None) };
            let mut next = batches.next();
            let ready = if has_rows { (&mut next).now_or_never() } else { None };
            let next = match ready {
                Some(next) => next,
                None => {
                    if has_rows {
                        transport.send().await?;
                    }
                    transport.while_connected(next).await?
                }
            };
            match next {
                Some(batch) => self.current = Some(Rows::new(&batch?, &self.columns, &self.style)?),
                None => self.batches = None,
            }
        }
        Ok(self.current.as_mut())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use arrow::array::{ArrayRef, Int32Array, RecordBatch};
    use spi::types::{PgType, oid};
    use sql::Batch;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    use super::*;

    fn batch(numbers: impl IntoIterator<Item = i32>) -> Batch {
        let array: ArrayRef = Arc::new(Int32Array::from_iter_values(numbers));
        RecordBatch::try_from_iter([("n", array)]).expect("a batch").into()
    }

    fn rows(batches: BatchStream) -> RowStream {
        RowStream::new([Column::new("n", PgType::new(oid::INT4))].into(), Style::default(), batches)
    }

    fn transport() -> (DuplexStream, Transport) {
        let (client, server) = duplex(1 << 20);
        (client, Transport::new(Box::new(server), 1000, Duration::from_secs(60)))
    }

    #[tokio::test]
    async fn a_portal_is_read_in_parts_across_batches() {
        let (_client, mut transport) = transport();
        let mut rows = rows(futures::stream::iter([Ok(batch(0..3)), Ok(batch([])), Ok(batch(3..5))]).boxed());
        for (rows_max, sent) in [(2, 2), (2, 2), (2, 1), (2, 0)] {
            assert_eq!(rows.send(&mut transport, rows_max).await.expect("sent"), sent);
        }
    }

    #[tokio::test]
    async fn rows_do_not_wait_for_a_slow_batch() {
        let (mut client, mut transport) = transport();
        let mut rows = rows(futures::stream::iter([Ok(batch([7]))]).chain(futures::stream::pending()).boxed());
        let mut row = [0; 12];
        tokio::select! {
            _ = rows.send(&mut transport, usize::MAX) => panic!("the stream has no end"),
            read = client.read_exact(&mut row) => assert_eq!(read.expect("a row"), 12),
        }
        assert_eq!(&row, b"D\0\0\0\x0b\0\x01\0\0\0\x017");
    }

    #[tokio::test]
    async fn a_client_that_leaves_ends_the_stream() {
        let (client, mut transport) = transport();
        let mut rows = rows(futures::stream::pending().boxed());
        drop(client);
        assert!(matches!(rows.send(&mut transport, usize::MAX).await, Err(crate::transport::Failure::Lost(_))));
    }

    #[test]
    fn only_counted_commands_have_numbers() {
        assert_eq!(["SELECT", "FETCH", "SHOW", "CALL"].map(|command| tag(command, 3)), ["SELECT 3", "FETCH 3", "SHOW", "CALL"]);
    }
}
