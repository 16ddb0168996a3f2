//! A client's byte stream: whole messages in, a buffer that is sent in pieces out.
//!
//! Backpressure is here. Whoever has rows writes them into the buffer and calls [`Transport::send_if_full`], which waits for the client.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use pgwire::messages::PgWireBackendMessage;
use spi::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::limits::{BUFFER_KEPT_BYTES, READ_AHEAD_BYTES, SEND_BYTES};
use crate::message::Frame;

/// A socket of any kind, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why the work for a client stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The statement failed; the connection goes on.
    Statement(Error),
    /// The client is told and the connection ends.
    Fatal(Error),
    /// There is nobody to tell: the client has left, its network has failed or it does not read.
    Lost(io::Error),
}

pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Statement(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Lost(error)
    }
}

pub(crate) struct Transport {
    stream: Box<dyn Stream>,
    input: BytesMut,
    /// What waits to be sent. Always whole messages between calls.
    pub(crate) output: BytesMut,
    /// The longest message that is read.
    pub(crate) message_bytes_max: usize,
    /// How long the client may take to read anything at all.
    write_timeout: Duration,
}

impl Transport {
    pub(crate) fn new(stream: Box<dyn Stream>, message_bytes_max: usize, write_timeout: Duration) -> Self {
        Self { stream, input: BytesMut::new(), output: BytesMut::new(), message_bytes_max, write_timeout }
    }

    /// The next message, if all of it has been read already.
    pub(crate) fn buffered_frame(&mut self) -> Outcome<Option<Frame>> {
        Frame::take(&mut self.input, self.message_bytes_max).map_err(Failure::Fatal)
    }

    /// Waits for the next message. Dropping this loses nothing that was read.
    pub(crate) async fn next_frame(&mut self) -> Outcome<Frame> {
        loop {
            if let Some(frame) = self.buffered_frame()? {
                return Ok(frame);
            }
            self.read_some().await?;
        }
    }

    /// Does work for the client and notices meanwhile if it leaves, which drops the work. What the client sends ahead is kept.
    pub(crate) async fn while_connected<T>(&mut self, work: impl Future<Output = T>) -> Outcome<T> {
        tokio::pin!(work);
        loop {
            let may_read = self.input.len() < READ_AHEAD_BYTES;
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                read = self.read_some(), if may_read => read?,
            }
        }
    }

    /// Adds a message to the buffer.
    pub(crate) fn put(&mut self, message: PgWireBackendMessage) -> Outcome<()> {
        message.encode(&mut self.output).map_err(|error| Failure::Lost(io::Error::other(error)))
    }

    /// Sends what has gathered, once it is enough to be worth it.
    pub(crate) async fn send_if_full(&mut self) -> Outcome<()> {
        if self.output.len() < SEND_BYTES {
            return Ok(());
        }
        self.send().await
    }

    /// Sends everything. Not to be dropped half-way, unless the connection ends.
    pub(crate) async fn send(&mut self) -> Outcome<()> {
        let mut sent = 0;
        while sent < self.output.len() {
            // The deadline is for any progress: a slow client is served slowly, one that stands still is dropped.
            match timeout(self.write_timeout, self.stream.write(&self.output[sent..])).await {
                Ok(Ok(0)) => return Err(Failure::Lost(io::ErrorKind::WriteZero.into())),
                Ok(Ok(bytes)) => sent += bytes,
                Ok(Err(error)) => return Err(Failure::Lost(error)),
                Err(_) => return Err(does_not_read()),
            }
        }
        timeout(self.write_timeout, self.stream.flush()).await.map_err(|_| does_not_read())??;
        self.output.clear();
        if self.output.capacity() > BUFFER_KEPT_BYTES {
            self.output = BytesMut::new();
        }
        Ok(())
    }

    /// Ends the stream in order, so that the client reads everything and then the end.
    pub(crate) async fn close(&mut self) {
        // The client may be gone, and then there is nothing left to end.
        let _ = self.stream.shutdown().await;
    }

    async fn read_some(&mut self) -> Outcome<()> {
        /// Enough for most pipelines in one read.
        const READ_BYTES: usize = 8 * 1024;
        self.input.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(Failure::Lost(io::ErrorKind::UnexpectedEof.into())),
            _ => Ok(()),
        }
    }
}

fn does_not_read() -> Failure {
    Failure::Lost(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answers"))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::io::duplex;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (_client, server) = duplex(16);
        let mut transport = Transport::new(Box::new(server), 1000, Duration::from_millis(1));
        transport.output.extend_from_slice(&[0; 100]);
        let Err(Failure::Lost(error)) = transport.send().await else { panic!("sent") };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn work_is_dropped_when_the_client_leaves() {
        let (client, server) = duplex(16);
        let mut transport = Transport::new(Box::new(server), 1000, LONG);
        drop(client);
        assert!(matches!(transport.while_connected(std::future::pending::<()>()).await, Err(Failure::Lost(_))));
    }

    #[tokio::test]
    async fn what_is_sent_ahead_is_kept_and_bounded() {
        let (mut client, server) = duplex(4 * READ_AHEAD_BYTES);
        let mut transport = Transport::new(Box::new(server), 1000, LONG);
        client.write_all(b"S\0\0\0\x04").await.expect("room");
        assert!(transport.while_connected(std::future::pending::<()>()).now_or_never().is_none());
        assert!(transport.buffered_frame().expect("a frame").is_some());
        client.write_all(&vec![b'S'; 3 * READ_AHEAD_BYTES]).await.expect("room");
        assert!(transport.while_connected(std::future::pending::<()>()).now_or_never().is_none());
        assert!(transport.input.len() < 2 * READ_AHEAD_BYTES, "{} bytes were read ahead", transport.input.len());
    }
}
