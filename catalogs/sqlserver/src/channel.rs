//! The bytes between the driver and the server, with the encryption that the driver itself does not do.
//!
//! SQL Server agrees on encryption in its first message, the prelogin, and until version 8.0 of its protocol the handshake of TLS travels
//! inside of such messages. So the prelogin is exchanged here, before the driver starts; what the driver sends as its own is swallowed,
//! and answered with one that says that nothing is to be encrypted. The rest goes through as it is: encrypted, in the clear, or with
//! nothing but the login encrypted, as the server wants it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::io::{AsyncRead, AsyncWrite};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead as _, AsyncReadExt, AsyncWrite as _, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::options::Encrypt;

/// Before the content of each packet: type, whether it is the message's last, its length, and four bytes of no interest.
const HEADER_BYTES: usize = 8;

/// The types of packets that occur here.
const PRELOGIN: u8 = 0x12;
const REPLY: u8 = 0x04;

/// The mark of a message's last packet.
const LAST: u8 = 0x01;

/// No prelogin of a server comes near this.
const PRELOGIN_BYTES_MAX: usize = 4096;

/// How much of a handshake is read at a time.
const PIECE_BYTES: usize = 1024;

/// The option of a prelogin that says what is encrypted, and its values.
const ENCRYPTION: u8 = 0x01;
const ENCRYPT_LOGIN: u8 = 0x00;
const ENCRYPT_ALL: u8 = 0x01;
const ENCRYPT_NOTHING: u8 = 0x02;
const ENCRYPT_REQUIRED: u8 = 0x03;

/// Ends the list of a prelogin's options.
const END_OF_OPTIONS: u8 = 0xff;

/// A connection as the driver sees it.
pub(crate) struct Channel {
    socket: Socket,
    /// What the driver reads first: the answer to its prelogin.
    incoming: Vec<u8>,
    outgoing: Outgoing,
    /// Whether encryption ends with the login.
    login_only: bool,
    /// How it is encrypted, for whoever tests the connection.
    pub(crate) encryption: String,
}

/// Why a channel could not be opened.
#[derive(Debug)]
pub(crate) enum ChannelError {
    Io(io::Error),
    /// Something else than a SQL Server answers.
    Protocol(&'static str),
    /// Encryption was refused, or the certificate was.
    Tls(String),
}

enum Socket {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<Packets>>),
    /// For the moment between the two, and after an error there.
    Gone,
}

/// What the driver's next bytes are.
enum Outgoing {
    /// Its prelogin, which has been sent already.
    Prelogin(Message),
    Login(Message),
    /// The login is complete, but perhaps not sent.
    LoginSent,
    Anything,
}

impl Channel {
    /// Agrees with the server on encryption, and encrypts.
    pub(crate) async fn open(
        mut tcp: TcpStream,
        encrypt: Encrypt,
        name: ServerName<'static>,
        tls: Arc<ClientConfig>,
    ) -> Result<Self, ChannelError> {
        let (socket, login_only) = match encrypt {
            Encrypt::Strict => {
                let mut stream = handshake(tcp, false, name, tls).await?;
                prelogin(&mut stream, ENCRYPT_NOTHING).await?;
                (Socket::Encrypted(Box::new(stream)), false)
            }
            Encrypt::True => match prelogin(&mut tcp, ENCRYPT_ALL).await? {
                ENCRYPT_ALL | ENCRYPT_REQUIRED => (Socket::Encrypted(Box::new(handshake(tcp, true, name, tls).await?)), false),
                _ => return Err(ChannelError::Tls("the server does not encrypt".to_owned())),
            },
            Encrypt::False => match prelogin(&mut tcp, ENCRYPT_LOGIN).await? {
                ENCRYPT_NOTHING => (Socket::Plain(tcp), false),
                answer => (Socket::Encrypted(Box::new(handshake(tcp, true, name, tls).await?)), answer == ENCRYPT_LOGIN),
            },
        };
        let encryption = match &socket {
            Socket::Encrypted(stream) if login_only => format!("the login alone, with {}", cipher(stream)),
            Socket::Encrypted(stream) => cipher(stream),
            _ => "not used".to_owned(),
        };
        let outgoing = Outgoing::Prelogin(Message::default());
        Ok(Self { socket, incoming: packet(REPLY, &prelogin_options(ENCRYPT_NOTHING)), outgoing, login_only, encryption })
    }

    fn socket_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Encrypted(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn socket_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Sends the rest of the login, and ends encryption where it was for the login alone.
    fn end_login(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.socket_flush(cx))?;
        if self.login_only {
            self.socket = match std::mem::replace(&mut self.socket, Socket::Gone) {
                Socket::Encrypted(stream) => Socket::Plain(stream.into_inner().0.tcp),
                other => other,
            };
        }
        self.outgoing = Outgoing::Anything;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Channel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let channel = self.get_mut();
        if !channel.incoming.is_empty() {
            let length = channel.incoming.len().min(buffer.len());
            buffer[..length].copy_from_slice(&channel.incoming[..length]);
            channel.incoming.drain(..length);
            return Poll::Ready(Ok(length));
        }
        let mut read = ReadBuf::new(buffer);
        match &mut channel.socket {
            Socket::Plain(stream) => ready!(Pin::new(stream).poll_read(cx, &mut read))?,
            Socket::Encrypted(stream) => ready!(Pin::new(stream).poll_read(cx, &mut read))?,
            Socket::Gone => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
        Poll::Ready(Ok(read.filled().len()))
    }
}

impl AsyncWrite for Channel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let channel = self.get_mut();
        if let Outgoing::LoginSent = channel.outgoing {
            ready!(channel.end_login(cx))?;
        }
        let (prelogin, mut message) = match channel.outgoing {
            Outgoing::Prelogin(message) => (true, message),
            Outgoing::Login(message) => (false, message),
            Outgoing::LoginSent | Outgoing::Anything => return channel.socket_write(cx, bytes),
        };
        let length = message.clone().advance(bytes);
        let written = if prelogin { length } else { ready!(channel.socket_write(cx, &bytes[..length]))? };
        message.advance(&bytes[..written]);
        channel.outgoing = match (prelogin, message.is_complete()) {
            (true, true) => Outgoing::Login(Message::default()),
            (false, true) => Outgoing::LoginSent,
            (true, false) => Outgoing::Prelogin(message),
            (false, false) => Outgoing::Login(message),
        };
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let channel = self.get_mut();
        match channel.outgoing {
            Outgoing::LoginSent => channel.end_login(cx),
            _ => channel.socket_flush(cx),
        }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        }
    }
}

/// Counts its way through the packets of one message.
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    header: [u8; HEADER_BYTES],
    /// How many bytes of the header are known.
    known: usize,
    /// How many bytes of the packet's content are to come.
    left: usize,
}

impl Message {
    /// Takes the bytes that still belong to the message, and says how many those are.
    fn advance(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_complete() {
            if self.known == HEADER_BYTES && self.left == 0 {
                self.known = 0;
            }
            if self.known < HEADER_BYTES {
                self.header[self.known] = bytes[taken];
                (self.known, taken) = (self.known + 1, taken + 1);
                if self.known == HEADER_BYTES {
                    self.left = content_length(&self.header);
                }
            } else {
                let more = self.left.min(bytes.len() - taken);
                (self.left, taken) = (self.left - more, taken + more);
            }
        }
        taken
    }

    fn is_complete(&self) -> bool {
        self.known == HEADER_BYTES && self.left == 0 && self.header[1] & LAST != 0
    }
}

fn content_length(header: &[u8; HEADER_BYTES]) -> usize {
    usize::from(u16::from_be_bytes([header[2], header[3]])).saturating_sub(HEADER_BYTES)
}

fn packet(kind: u8, content: &[u8]) -> Vec<u8> {
    // Longer content than this is never given: prelogins are small, and handshakes come in pieces.
    let length = (content.len() + HEADER_BYTES) as u16;
    let mut packet = vec![kind, LAST, 0, 0, 0, 0, 0, 0];
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(content);
    packet
}

/// The options that every prelogin has to have: a version and what is encrypted.
fn prelogin_options(encryption: u8) -> Vec<u8> {
    let first = 11_u8;
    let mut options = vec![0, 0, first, 0, 6, ENCRYPTION, 0, first + 6, 0, 1, END_OF_OPTIONS];
    options.extend([0, 0, 0, 0, 0, 0, encryption]);
    options
}

/// Sends a prelogin, and says what the server wants to encrypt.
async fn prelogin<S>(stream: &mut S, encryption: u8) -> Result<u8, ChannelError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    stream.write_all(&packet(PRELOGIN, &prelogin_options(encryption))).await?;
    stream.flush().await?;
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).await?;
    let length = content_length(&header);
    if header[0] != REPLY || !(1..=PRELOGIN_BYTES_MAX).contains(&length) {
        return Err(ChannelError::Protocol("it does not answer as a SQL Server"));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await?;
    encryption_of(&content).ok_or(ChannelError::Protocol("its prelogin does not say what is encrypted"))
}

/// What a prelogin says about encryption.
fn encryption_of(prelogin: &[u8]) -> Option<u8> {
    let option = prelogin.chunks(5).take_while(|option| option[0] != END_OF_OPTIONS).find(|option| option[0] == ENCRYPTION)?;
    let offset = u16::from_be_bytes([*option.get(1)?, *option.get(2)?]);
    // The highest bits are about certificates of clients.
    prelogin.get(usize::from(offset)).map(|encryption| encryption & 0x0f)
}

async fn handshake(
    tcp: TcpStream,
    in_packets: bool,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
) -> Result<TlsStream<Packets>, ChannelError> {
    let packets = Packets { tcp, in_packets, header: Vec::new(), left: 0, outgoing: Vec::new() };
    let mut stream = TlsConnector::from(tls).connect(name, packets).await.map_err(|error| ChannelError::Tls(error.to_string()))?;
    stream.get_mut().0.in_packets = false;
    Ok(stream)
}

fn cipher(stream: &TlsStream<Packets>) -> String {
    let suite = stream.get_ref().1.negotiated_cipher_suite();
    suite.map_or_else(|| "TLS".to_owned(), |suite| format!("{:?}", suite.suite()))
}

impl From<io::Error> for ChannelError {
    fn from(error: io::Error) -> Self {
        ChannelError::Io(error)
    }
}

/// A socket whose bytes travel in packets of prelogins for as long as TLS is agreed on.
struct Packets {
    tcp: TcpStream,
    in_packets: bool,
    /// Of the packet that is being read.
    header: Vec<u8>,
    /// How many bytes of its content are to come.
    left: usize,
    /// What is on its way out; before it is flushed, without its header.
    outgoing: Vec<u8>,
}

impl tokio::io::AsyncRead for Packets {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let packets = self.get_mut();
        if !packets.in_packets {
            return Pin::new(&mut packets.tcp).poll_read(cx, buffer);
        }
        while packets.left == 0 {
            let mut byte = [0];
            let mut read = ReadBuf::new(&mut byte);
            ready!(Pin::new(&mut packets.tcp).poll_read(cx, &mut read))?;
            let [byte] = read.filled() else { return Poll::Ready(Ok(())) };
            packets.header.push(*byte);
            if let Ok(header) = <&[u8; HEADER_BYTES]>::try_from(packets.header.as_slice()) {
                if header[0] != PRELOGIN && header[0] != REPLY {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the handshake is not in a packet")));
                }
                packets.left = content_length(header);
                packets.header.clear();
            }
        }
        let mut piece = [0; PIECE_BYTES];
        let wanted = packets.left.min(buffer.remaining()).min(PIECE_BYTES);
        let mut read = ReadBuf::new(&mut piece[..wanted]);
        ready!(Pin::new(&mut packets.tcp).poll_read(cx, &mut read))?;
        packets.left -= read.filled().len();
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Packets {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let packets = self.get_mut();
        if !packets.in_packets {
            return Pin::new(&mut packets.tcp).poll_write(cx, bytes);
        }
        // Written when it is flushed: one flight of the handshake is one message.
        if packets.outgoing.is_empty() {
            packets.outgoing.resize(HEADER_BYTES, 0);
        }
        packets.outgoing.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let packets = self.get_mut();
        if let [0, ..] = packets.outgoing[..] {
            // A client's flights are some hundred bytes, and the length has 16 bits.
            packets.outgoing = packet(PRELOGIN, &packets.outgoing[HEADER_BYTES..]);
        }
        while !packets.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut packets.tcp).poll_write(cx, &packets.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            packets.outgoing.drain(..written);
        }
        Pin::new(&mut packets.tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
