//! Logging in with a password, before anything else is said: SASL's mechanism PLAIN of RFC 4616, in the messages of Thrift's
//! `TSaslTransport`. What follows comes in frames, each behind its length.

use std::io;

use spi::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::dial::Channel;

/// What a message is, as its first byte says. Its length follows, in four bytes, and then its content.
const START: u8 = 1;
const OK: u8 = 2;
const BAD: u8 = 3;
const ERROR: u8 = 4;
const COMPLETE: u8 = 5;

/// A longer message is none of a login.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;

const MECHANISM: &[u8] = b"PLAIN";

/// A name, and the password that proves it.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) username: String,
    pub(crate) password: Secret<String>,
}

/// Why somebody is not logged in.
pub(crate) enum Problem {
    /// The server refuses, in its own words.
    Refused(String),
    /// The connection ended, or what came over it is no SASL.
    Lost(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// Logs in over a channel on which nothing was said yet.
pub(crate) async fn log_in(channel: &mut Channel, login: &Login) -> Result<(), Problem> {
    let proof = [b"\0", login.username.as_bytes(), b"\0", login.password.expose().as_bytes()].concat();
    send(channel, START, MECHANISM).await?;
    send(channel, OK, &proof).await?;
    let (kind, content) = receive(channel).await?;
    match kind {
        COMPLETE => Ok(()),
        BAD | ERROR => Err(Problem::Refused(String::from_utf8_lossy(&content).into_owned())),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "what came is no answer to a login").into()),
    }
}

async fn send(channel: &mut Channel, kind: u8, content: &[u8]) -> io::Result<()> {
    // A name and a password are never longer than four bytes can say.
    let length = u32::try_from(content.len()).map_err(io::Error::other)?;
    channel.write_all(&[&[kind], &length.to_be_bytes()[..], content].concat()).await?;
    channel.flush().await
}

async fn receive(channel: &mut Channel) -> io::Result<(u8, Vec<u8>)> {
    let (kind, length) = (channel.read_u8().await?, channel.read_u32().await?);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what came is no answer to a login"));
    }
    let mut content = vec![0; length as usize];
    channel.read_exact(&mut content).await?;
    Ok((kind, content))
}
