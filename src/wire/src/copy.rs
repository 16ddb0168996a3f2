//! `COPY … TO STDOUT`: rows as lines of text, as CSV or in PostgreSQL's binary file format, one message per row.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyDone, CopyOutResponse};
use spi::Result;
use sql::{BatchStream, Column, CopyCsv, CopyFormat, CopyText, Format};

use crate::encode::{Cell, Style, size};
use crate::limits::SEND_BYTES;
use crate::rows::{RowStream, format_code};
use crate::transport::{Outcome, Transport};

/// Sends everything and returns the command tag.
pub(crate) async fn send(
    transport: &mut Transport,
    format: &CopyFormat,
    columns: &[Column],
    style: Style,
    batches: BatchStream,
) -> Outcome<String> {
    let value_format = if matches!(format, CopyFormat::Binary) { Format::Binary } else { Format::Text };
    let columns: Arc<[Column]> = columns.iter().map(|column| Column { format: value_format, ..column.clone() }).collect();
    let code = format_code(value_format);
    let response = CopyOutResponse::new(code as i8, columns.len() as i16, vec![code; columns.len()]);
    transport.put(PgWireBackendMessage::CopyOutResponse(response))?;
    put_header(format, &columns, &mut transport.output)?;
    // PostgreSQL sends it with what follows, and readers of the binary format count on that.
    let mut start = if matches!(format, CopyFormat::Binary) { BINARY_START } else { &[] };

    let mut rows = RowStream::new(columns, style, batches);
    let mut value = BytesMut::new();
    let mut sent = 0_usize;
    while let Some(rows) = rows.next_rows(transport, sent > 0).await? {
        while let Some(row) = rows.take_row() {
            let before = transport.output.len();
            let written = put_message(&mut transport.output, |out| {
                out.extend_from_slice(std::mem::take(&mut start));
                put_row(format, rows.cells(), row, &mut value, out)
            });
            if let Err(error) = written {
                transport.output.truncate(before);
                return Err(error.into());
            }
            sent += 1;
            if transport.output.len() >= SEND_BYTES {
                break;
            }
        }
        transport.send_if_full().await?;
    }

    if matches!(format, CopyFormat::Binary) {
        put_message(&mut transport.output, |out| {
            out.extend_from_slice(start);
            out.put_i16(-1);
            Ok(())
        })?;
    }
    transport.put(PgWireBackendMessage::CopyDone(CopyDone::new()))?;
    Ok(format!("COPY {sent}"))
}

/// What the binary format begins with: its signature, no flags and no extension.
const BINARY_START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The line of names that stands before the first row, where one is wanted.
fn put_header(format: &CopyFormat, columns: &[Column], out: &mut BytesMut) -> Result<()> {
    match format {
        CopyFormat::Text(options) if options.header => put_message(out, |out| {
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    out.put_u8(options.delimiter);
                }
                put_escaped(column.name.as_bytes(), options.delimiter, out);
            }
            out.put_u8(b'\n');
            Ok(())
        }),
        CopyFormat::Csv(options) if options.header => put_message(out, |out| {
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    out.put_u8(options.delimiter);
                }
                put_csv(column.name.as_bytes(), options, false, columns.len() == 1, out);
            }
            out.put_u8(b'\n');
            Ok(())
        }),
        CopyFormat::Text(_) | CopyFormat::Csv(_) | CopyFormat::Binary => Ok(()),
    }
}

/// A CopyData message around what `put` writes.
fn put_message(out: &mut BytesMut, put: impl FnOnce(&mut BytesMut) -> Result<()>) -> Result<()> {
    out.put_u8(b'd');
    let start = out.len();
    out.put_i32(0);
    put(out)?;
    let length = size(out.len() - start)?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// `value` is a buffer to be used again.
fn put_row(format: &CopyFormat, cells: &[Cell], row: usize, value: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
    match format {
        CopyFormat::Text(options) => put_text_row(options, cells, row, value, out),
        CopyFormat::Csv(options) => put_csv_row(options, cells, row, value, out),
        CopyFormat::Binary => {
            out.put_u16(cells.len() as u16);
            cells.iter().try_for_each(|cell| cell.put_sized(row, out))
        }
    }
}

fn put_text_row(options: &CopyText, cells: &[Cell], row: usize, value: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.put_u8(options.delimiter);
        }
        value.clear();
        match cell.put(row, value)? {
            true => put_escaped(value, options.delimiter, out),
            false => out.extend_from_slice(options.null.as_bytes()),
        }
    }
    out.put_u8(b'\n');
    Ok(())
}

/// Backslashes before what would end the value or the line.
fn put_escaped(value: &[u8], delimiter: u8, out: &mut BytesMut) {
    for &byte in value {
        let letter = match byte {
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x0b => b'v',
            b'\\' => b'\\',
            _ if byte == delimiter => delimiter,
            _ => {
                out.put_u8(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}

fn put_csv_row(options: &CopyCsv, cells: &[Cell], row: usize, value: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.put_u8(options.delimiter);
        }
        value.clear();
        match cell.put(row, value)? {
            true => {
                let force = options.force_quote.get(index).copied().unwrap_or(false);
                put_csv(value, options, force, cells.len() == 1, out);
            }
            false => out.extend_from_slice(options.null.as_bytes()),
        }
    }
    out.put_u8(b'\n');
    Ok(())
}

/// A value, quoted if it has to be: an unquoted null text would be a null, and a lonely `\.` the end of the data.
fn put_csv(value: &[u8], options: &CopyCsv, force: bool, is_only: bool, out: &mut BytesMut) {
    let special = |byte: &u8| *byte == options.delimiter || *byte == options.quote || matches!(byte, b'\n' | b'\r');
    let must_quote = value == options.null.as_bytes() || is_only && value == b"\\." || value.iter().any(special);
    if !force && !must_quote {
        return out.extend_from_slice(value);
    }
    out.put_u8(options.quote);
    for &byte in value {
        if byte == options.quote || byte == options.escape {
            out.put_u8(options.escape);
        }
        out.put_u8(byte);
    }
    out.put_u8(options.quote);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
    use futures::StreamExt;
    use spi::types::{PgType, oid};
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// What a client receives for two columns, as the contents of the CopyData messages.
    async fn copied(format: CopyFormat, numbers: Vec<Option<i32>>, texts: Vec<Option<&str>>) -> (Vec<Vec<u8>>, String) {
        let columns = [Column::new("n", PgType::new(oid::INT4)), Column::new("t,u", PgType::new(oid::TEXT))];
        let arrays: [(&str, ArrayRef); 2] = [("", Arc::new(Int32Array::from(numbers))), ("", Arc::new(StringArray::from(texts)))];
        let batch = RecordBatch::try_from_iter(arrays).expect("a batch");
        let batches = futures::stream::iter([Ok(batch.into())]).boxed();
        let (mut client, server) = duplex(1 << 16);
        let mut transport = Transport::new(Box::new(server), 1000, Duration::from_secs(60));
        let tag = send(&mut transport, &format, &columns, Style::default(), batches).await.expect("sent");
        transport.send().await.expect("room");
        drop(transport);
        let mut bytes = Vec::new();
        client.read_to_end(&mut bytes).await.expect("open");
        let mut messages = Vec::new();
        let mut rest = &bytes[..];
        while let [kind, a, b, c, d, ..] = *rest {
            let (message, after) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize + 1);
            if kind == b'd' {
                messages.push(message[5..].to_vec());
            }
            rest = after;
        }
        (messages, tag)
    }

    fn lines(messages: Vec<Vec<u8>>) -> String {
        String::from_utf8(messages.concat()).expect("UTF-8")
    }

    #[tokio::test]
    async fn text() {
        let format = CopyFormat::Text(CopyText { delimiter: b'\t', null: "\\N".to_owned(), header: true });
        let (messages, tag) = copied(format, vec![Some(-1), None, Some(3)], vec![Some("a\tb\\c\nd"), Some(""), None]).await;
        assert_eq!(messages.len(), 4);
        assert_eq!(lines(messages), "n\tt,u\n-1\ta\\tb\\\\c\\nd\n\\N\t\n3\t\\N\n");
        assert_eq!(tag, "COPY 3");
    }

    #[tokio::test]
    async fn csv() {
        let options =
            CopyCsv { delimiter: b',', quote: b'"', escape: b'"', null: String::new(), header: true, force_quote: vec![true, false] };
        let texts = vec![Some("plain"), Some("a,\"b\"\n"), Some(""), None];
        let (messages, tag) = copied(CopyFormat::Csv(options), vec![Some(1), Some(2), Some(3), None], texts).await;
        assert_eq!(lines(messages), "n,\"t,u\"\n\"1\",plain\n\"2\",\"a,\"\"b\"\"\n\"\n\"3\",\"\"\n,\n");
        assert_eq!(tag, "COPY 4");
    }

    #[tokio::test]
    async fn binary() {
        let (messages, tag) = copied(CopyFormat::Binary, vec![Some(7), None], vec![Some("x"), Some("")]).await;
        assert_eq!(
            messages,
            [
                b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x01x".to_vec(),
                b"\0\x02\xff\xff\xff\xff\0\0\0\0".to_vec(),
                b"\xff\xff".to_vec(),
            ]
        );
        assert_eq!(tag, "COPY 2");
    }
}
