//! Logging in, before anything else is said: SASL in the messages of Thrift's `TSaslTransport`, with a password by the mechanism PLAIN of
//! RFC 4616, or with Kerberos by GSSAPI of RFC 4752. What follows comes in frames, each behind its length, on which `layer.rs` may lie.

use std::io;
use std::sync::Arc;

use spi::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::dial::Channel;
use crate::gssapi::{Failure, Initiator};
use crate::kerberos::Kerberos;
use crate::layer::Layer;

/// What a message is, as its first byte says. Its length follows, in four bytes, and then its content.
const START: u8 = 1;
const OK: u8 = 2;
const BAD: u8 = 3;
const ERROR: u8 = 4;
const COMPLETE: u8 = 5;

/// A longer message is none of a login.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;

/// How to prove who we are.
#[derive(Clone)]
pub(crate) enum Login {
    Password { username: String, password: Secret<String> },
    Kerberos(Kerberos),
}

/// Why somebody is not logged in.
pub(crate) enum Problem {
    /// The server refuses, in its own words.
    Refused(String),
    /// Kerberos gives no ticket, or does not know the server for who it should be.
    Kerberos(Failure),
    /// The connection ended, or what came over it is no SASL.
    Lost(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Kerberos(failure)
    }
}

/// Logs in to the server of this name over a channel on which nothing was said yet. Gives that over which frames can be sent.
pub(crate) async fn log_in(mut channel: Channel, login: &Login, host: &str, is_encrypted: bool) -> Result<Channel, Problem> {
    let layered = match login {
        Login::Password { username, password } => {
            let proof = [b"\0", username.as_bytes(), b"\0", password.expose().as_bytes()].concat();
            send(&mut channel, START, b"PLAIN").await?;
            send(&mut channel, OK, &proof).await?;
            None
        }
        Login::Kerberos(kerberos) => Some(prove(&mut channel, kerberos, host, is_encrypted).await?),
    };
    answer(&mut channel, COMPLETE).await?;
    Ok(match layered {
        Some((initiator, layer)) => layer.over(channel, initiator),
        None => channel,
    })
}

/// Shows tickets, of which the KDC is asked first, until only the server's last word is missing.
async fn prove(channel: &mut Channel, kerberos: &Kerberos, host: &str, is_encrypted: bool) -> Result<(Initiator, Layer), Problem> {
    let (identity, service) = (kerberos.identity.clone(), kerberos.service(host));
    let turn = Arc::clone(&kerberos.turn).acquire_owned().await.map_err(io::Error::other)?;
    let first = tokio::task::spawn_blocking(move || {
        // Until the library is done, whether somebody still waits for that or not.
        let _turn = turn;
        let mut initiator = Initiator::new(identity.as_deref(), &service)?;
        let step = initiator.step(&[])?;
        Ok::<_, Failure>((initiator, step))
    });
    let (mut initiator, (mut token, mut is_complete)) = first.await.map_err(io::Error::other)??;
    send(channel, START, b"GSSAPI").await?;
    let said = loop {
        send(channel, OK, &token).await?;
        let said = answer(channel, OK).await?;
        if is_complete {
            break said;
        }
        (token, is_complete) = initiator.step(&said)?;
    };
    let offered = initiator.unwrap(&said)?;
    let layer = offered.first().and_then(|offered| Layer::choose(*offered, is_encrypted)).ok_or_else(none)?;
    let choice = initiator.wrap(&layer.choice(), false)?;
    send(channel, OK, &choice).await?;
    Ok((initiator, layer))
}

async fn send(channel: &mut Channel, kind: u8, content: &[u8]) -> io::Result<()> {
    // What is sent here is never longer than four bytes can say.
    let length = u32::try_from(content.len()).map_err(io::Error::other)?;
    channel.write_all(&[&[kind], &length.to_be_bytes()[..], content].concat()).await?;
    channel.flush().await
}

/// The content of the server's next message, which has to be of this kind.
async fn answer(channel: &mut Channel, kind: u8) -> Result<Vec<u8>, Problem> {
    let (received, length) = (channel.read_u8().await?, channel.read_u32().await?);
    if length > MESSAGE_BYTES_MAX {
        return Err(none().into());
    }
    let mut content = vec![0; length as usize];
    channel.read_exact(&mut content).await?;
    match received {
        _ if received == kind => Ok(content),
        BAD | ERROR => Err(Problem::Refused(String::from_utf8_lossy(&content).into_owned())),
        _ => Err(none().into()),
    }
}

fn none() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what came is no answer to a login")
}
