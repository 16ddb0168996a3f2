//! Before the protocol begins: whether the connection is encrypted, and the first packet that says what it is for.
//!
//! Packets are read exactly, never further: what an attacker slips in before the TLS handshake cannot end up behind it.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use spi::{Code, Error, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::limits::STARTUP_BYTES_MAX;
use crate::startup::{self, Packet};
use crate::tls::{self, Tls};
use crate::transport::Stream;

/// A connection that has just been accepted.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection that has said what it wants.
pub(crate) struct Greeting {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) security: Security,
    /// Cancel or Startup, or why the client has to be refused.
    pub(crate) packet: Result<Packet>,
}

/// Who could read along.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Security {
    /// Anybody on the network.
    None,
    /// Nobody but this machine: a Unix socket.
    Local,
    /// Nobody: TLS, with the hash of our certificate.
    Tls { end_point: Option<Arc<[u8]>> },
}

/// The first byte of a TLS handshake, which no startup packet can begin with: it would be far too long.
const TLS_HANDSHAKE: u8 = 0x16;
const ACCEPTED: &[u8] = b"S";
const REFUSED: &[u8] = b"N";

pub(crate) async fn greet(socket: Socket, tls: Option<&Tls>) -> io::Result<Greeting> {
    let mut stream = match socket {
        Socket::Tcp(stream) => stream,
        // As in PostgreSQL there is no TLS on Unix sockets: nobody is in the middle.
        Socket::Unix(mut stream) => {
            let packet = first_packet(&mut stream, false).await?;
            return Ok(Greeting { stream: Box::new(stream), security: Security::Local, packet });
        }
    };
    if let (Some(tls), true) = (tls, begins_with_tls(&stream).await?) {
        let mut stream = tls.accept(stream).await?;
        if !tls::is_for_us(&stream) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a direct TLS connection did not ask for the protocol \"postgresql\""));
        }
        let packet = first_packet(&mut stream, false).await?;
        return Ok(Greeting { stream: Box::new(stream), security: Security::Tls { end_point: tls.end_point() }, packet });
    }
    match (first_packet(&mut stream, tls.is_some()).await?, tls) {
        (Ok(Packet::TlsRequest), Some(tls)) => {
            stream.write_all(ACCEPTED).await?;
            let mut stream = tls.accept(stream).await?;
            let packet = first_packet(&mut stream, false).await?;
            Ok(Greeting { stream: Box::new(stream), security: Security::Tls { end_point: tls.end_point() }, packet })
        }
        (packet, _) => Ok(Greeting { stream: Box::new(stream), security: Security::None, packet }),
    }
}

async fn begins_with_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0] == TLS_HANDSHAKE)
}

/// The packet that is no question about encryption. A request for TLS is answered here unless we can do it.
async fn first_packet(stream: &mut (impl Stream + ?Sized), tls_possible: bool) -> io::Result<Result<Packet>> {
    /// A client may ask for GSS and for TLS, and then it has to say what it wants.
    const PACKETS_MAX: usize = 3;
    for _ in 0..PACKETS_MAX {
        let packet = match read_packet(stream).await? {
            Ok(bytes) => startup::parse(bytes),
            Err(error) => Err(error),
        };
        match packet {
            Ok(Packet::TlsRequest) if tls_possible => return Ok(Ok(Packet::TlsRequest)),
            Ok(Packet::TlsRequest | Packet::GssRequest) => stream.write_all(REFUSED).await?,
            other => return Ok(other),
        }
    }
    Ok(Err(Error::new(Code::Protocol, "no startup packet after repeated requests for encryption")))
}

async fn read_packet(stream: &mut (impl Stream + ?Sized)) -> io::Result<Result<Bytes>> {
    const LENGTH_BYTES: usize = 4;
    let length = stream.read_u32().await? as usize;
    if !(2 * LENGTH_BYTES..=STARTUP_BYTES_MAX).contains(&length) {
        return Ok(Err(Error::new(Code::Protocol, "invalid length of startup packet")));
    }
    let mut packet = BytesMut::zeroed(length - LENGTH_BYTES);
    stream.read_exact(&mut packet).await?;
    Ok(Ok(packet.freeze()))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// What a client that sends these bytes is, and what it was answered.
    async fn sent(bytes: &[u8], tls_possible: bool) -> (io::Result<Result<Packet>>, Vec<u8>) {
        let (mut client, mut server) = duplex(20_000);
        client.write_all(bytes).await.expect("room");
        client.shutdown().await.expect("open");
        let packet = first_packet(&mut server, tls_possible).await;
        drop(server);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("open");
        (packet, answer)
    }

    const TLS: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    const GSS: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];
    const STARTUP: &[u8] = b"\0\0\0\x12\0\x03\0\0user\0bob\0\0";

    #[tokio::test]
    async fn requests_for_encryption_come_first() {
        for (packets, tls_possible, answer) in [
            (&[STARTUP][..], true, &b""[..]),
            (&[GSS, TLS, STARTUP], false, b"NN"),
            (&[TLS, GSS, STARTUP], false, b"NN"),
            (&[GSS, STARTUP], true, b"N"),
        ] {
            let (packet, answered) = sent(&packets.concat(), tls_possible).await;
            assert!(matches!(packet, Ok(Ok(Packet::Startup(startup))) if startup.user == "bob"), "{packets:?}");
            assert_eq!(answered, answer);
        }
        let (packet, answered) = sent(&[GSS, TLS].concat(), true).await;
        assert!(matches!(packet, Ok(Ok(Packet::TlsRequest))));
        assert_eq!(answered, b"N");
    }

    #[tokio::test]
    async fn other_protocols_are_refused() {
        for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 100], &[TLS, TLS, TLS, TLS].concat(), b"\0\0\0\x04", b"\xff\xff\xff\xff\0\0\0\0"]
        {
            let (packet, _) = sent(bytes, false).await;
            assert_eq!(packet.expect("read").expect_err("refused").code, Code::Protocol);
        }
        assert!(sent(b"\0\0\0\x12\0\x03", false).await.0.is_err());
    }
}
