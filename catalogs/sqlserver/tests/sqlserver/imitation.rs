//! Something that speaks the protocol of SQL Server (MS-TDS), without encryption, and answers what a test tells it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const HEADER_BYTES: usize = 8;

/// Smaller than what is usual, so that rows and texts go over the ends of packets.
const CONTENT_BYTES_MAX: usize = 100;

/// A test that waits for longer has failed.
const DEADLINE: Duration = Duration::from_secs(10);

const BATCH: u8 = 0x01;
const RPC: u8 = 0x03;
const REPLY: u8 = 0x04;
const ATTENTION: u8 = 0x06;
const LOGIN: u8 = 0x10;
const PRELOGIN: u8 = 0x12;

/// A collation of the server, in the form of the protocol.
const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

/// The type of a column, and with it the form of its values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Type {
    Integer(u8),
    Bit,
    Float(u8),
    Text,
    Bytes,
    Decimal(u8, u8),
    Guid,
    Date,
    Time(u8),
    DateTime2(u8),
    DateTimeOffset(u8),
    DateTime,
}

/// What the server does when a statement has some text.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Columns, and the bytes of the values of each row without their length; `None` for NULL.
    Rows(Vec<Type>, Vec<Vec<Option<Vec<u8>>>>),
    /// So many rows were concerned.
    Done(u64),
    /// A number and a message.
    Error(u32, &'static str),
    /// Some rows, and then nothing: until it is cancelled.
    Never(Vec<Type>, Vec<Vec<Option<Vec<u8>>>>),
    /// Some rows, and then the end of the connection.
    Cut(Vec<Type>, Vec<Vec<Option<Vec<u8>>>>),
}

/// How the server meets its clients.
#[derive(Clone, Default)]
pub(crate) struct Behavior {
    /// The error of every login.
    pub(crate) refuses: Option<(u32, &'static str)>,
    /// Texts that statements have, in the order in which they are looked for. What has none of them is done without rows.
    pub(crate) answers: Vec<(&'static str, Answer)>,
}

/// A running imitation. It ends with the test's runtime.
pub(crate) struct Imitation {
    pub(crate) port: u16,
    heard: Arc<Heard>,
}

/// What the server was told.
struct Heard {
    logins: Mutex<Vec<String>>,
    statements: Mutex<Vec<String>>,
    /// How many statements were cancelled.
    attentions: watch::Sender<usize>,
}

impl Imitation {
    pub(crate) async fn start(behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let heard = Arc::new(Heard { logins: Mutex::default(), statements: Mutex::default(), attentions: watch::Sender::new(0) });
        let shared = (Arc::new(behavior), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (behavior, heard) = shared.clone();
                // A client that leaves ends its conversation.
                tokio::spawn(async move { converse(socket, &behavior, &heard).await });
            }
        });
        Self { port, heard }
    }

    /// The readable part of what each login said.
    pub(crate) fn logins(&self) -> Vec<String> {
        self.heard.logins.lock().expect("the list").clone()
    }

    /// The readable part of each statement with its parameters.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.heard.statements.lock().expect("the list").clone()
    }

    /// How many statements have this text.
    pub(crate) fn asked(&self, text: &str) -> usize {
        self.statements().iter().filter(|statement| statement.contains(text)).count()
    }

    /// Waits until so many statements were cancelled.
    pub(crate) async fn cancelled(&self, count: usize) {
        let mut attentions = self.heard.attentions.subscribe();
        let told = tokio::time::timeout(DEADLINE, attentions.wait_for(|attentions| *attentions >= count)).await;
        told.expect("an attention in time").expect("the imitation");
    }
}

async fn converse(mut socket: TcpStream, behavior: &Behavior, heard: &Heard) -> Option<()> {
    loop {
        let (kind, content) = message(&mut socket).await?;
        let reply = match kind {
            PRELOGIN => vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 15, 0, 0, 0, 0, 0, 2],
            LOGIN => {
                heard.logins.lock().expect("the list").push(readable(&content));
                match behavior.refuses {
                    Some((number, text)) => [error(number, text), done(0x02, 0)].concat(),
                    None => [login_ack(), done(0, 0)].concat(),
                }
            }
            ATTENTION => {
                heard.attentions.send_modify(|attentions| *attentions += 1);
                done(0x20, 0)
            }
            BATCH | RPC => {
                let statement = readable(&content);
                let answer = behavior.answers.iter().find(|(text, _)| statement.contains(text)).map(|(_, answer)| answer.clone());
                heard.statements.lock().expect("the list").push(statement);
                match answer.unwrap_or(Answer::Done(0)) {
                    Answer::Rows(types, rows) => [result(&types, &rows), done(0x10, rows.len() as u64)].concat(),
                    Answer::Done(rows) => done(0x10, rows),
                    Answer::Error(number, text) => [error(number, text), done(0x02, 0)].concat(),
                    Answer::Never(types, rows) => {
                        send(&mut socket, &result(&types, &rows), false).await?;
                        continue;
                    }
                    Answer::Cut(types, rows) => return send(&mut socket, &result(&types, &rows), false).await,
                }
            }
            _ => return None,
        };
        send(&mut socket, &reply, true).await?;
    }
}

/// A message of one or more packets.
async fn message(socket: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut content = Vec::new();
    loop {
        let mut header = [0; HEADER_BYTES];
        socket.read_exact(&mut header).await.ok()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]])).checked_sub(HEADER_BYTES)?;
        let start = content.len();
        content.resize(start + length, 0);
        socket.read_exact(&mut content[start..]).await.ok()?;
        if header[1] & 1 != 0 {
            return Some((header[0], content));
        }
    }
}

async fn send(socket: &mut TcpStream, content: &[u8], complete: bool) -> Option<()> {
    let pieces = content.chunks(CONTENT_BYTES_MAX);
    let last = pieces.len().saturating_sub(1);
    for (place, piece) in pieces.enumerate() {
        let length = (piece.len() + HEADER_BYTES) as u16;
        let mut packet = vec![REPLY, u8::from(complete && place == last), 0, 0, 0, 0, 0, 0];
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet.extend_from_slice(piece);
        socket.write_all(&packet).await.ok()?;
    }
    socket.flush().await.ok()
}

/// The characters of a message, whether its texts begin at an even place or an odd one.
fn readable(content: &[u8]) -> String {
    let of = |bytes: &[u8]| {
        let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        char::decode_utf16(units).filter_map(Result::ok).filter(|one| one.is_ascii_graphic() || *one == ' ').collect::<String>()
    };
    format!("{} {}", of(content), of(content.get(1..).unwrap_or_default()))
}

fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn login_ack() -> Vec<u8> {
    let name = "Microsoft SQL Server";
    let mut body = vec![1, 0x74, 0, 0, 4, name.len() as u8];
    body.extend(units(name));
    body.extend([15, 0, 0x10, 0]);
    [vec![0xad], (body.len() as u16).to_le_bytes().to_vec(), body].concat()
}

fn error(number: u32, text: &str) -> Vec<u8> {
    let mut body = [number.to_le_bytes().to_vec(), vec![1, 16], (text.encode_utf16().count() as u16).to_le_bytes().to_vec()].concat();
    body.extend(units(text));
    // Neither server nor procedure, line 1.
    body.extend([0, 0, 1, 0, 0, 0]);
    [vec![0xaa], (body.len() as u16).to_le_bytes().to_vec(), body].concat()
}

fn done(status: u8, rows: u64) -> Vec<u8> {
    [vec![0xfd, status, 0, 0, 0], rows.to_le_bytes().to_vec()].concat()
}

fn result(types: &[Type], rows: &[Vec<Option<Vec<u8>>>]) -> Vec<u8> {
    let mut bytes = vec![0x81];
    bytes.extend((types.len() as u16).to_le_bytes());
    for one in types {
        // A user type of none, and nullable.
        bytes.extend([0, 0, 0, 0, 1, 0]);
        bytes.extend(one.info());
        bytes.push(0);
    }
    for row in rows {
        bytes.push(0xd1);
        for (one, value) in types.iter().zip(row) {
            bytes.extend(one.value(value.as_deref()));
        }
    }
    bytes
}

impl Type {
    fn info(self) -> Vec<u8> {
        match self {
            Type::Integer(length) => vec![0x26, length],
            Type::Bit => vec![0x68, 1],
            Type::Float(length) => vec![0x6d, length],
            Type::Text => [vec![0xe7, 0x40, 0x1f], COLLATION.to_vec()].concat(),
            Type::Bytes => vec![0xa5, 0x40, 0x1f],
            Type::Decimal(precision, scale) => vec![0x6c, 17, precision, scale],
            Type::Guid => vec![0x24, 16],
            Type::Date => vec![0x28],
            Type::Time(scale) => vec![0x29, scale],
            Type::DateTime2(scale) => vec![0x2a, scale],
            Type::DateTimeOffset(scale) => vec![0x2b, scale],
            Type::DateTime => vec![0x6f, 8],
        }
    }

    fn value(self, value: Option<&[u8]>) -> Vec<u8> {
        let long = matches!(self, Type::Text | Type::Bytes);
        match (value, long) {
            (None, true) => vec![0xff, 0xff],
            (None, false) => vec![0],
            (Some(value), true) => [(value.len() as u16).to_le_bytes().to_vec(), value.to_vec()].concat(),
            (Some(value), false) => [vec![value.len() as u8], value.to_vec()].concat(),
        }
    }
}

/// Values of rows.
pub(crate) fn int(value: i32) -> Option<Vec<u8>> {
    Some(value.to_le_bytes().to_vec())
}

pub(crate) fn long(value: i64) -> Option<Vec<u8>> {
    Some(value.to_le_bytes().to_vec())
}

pub(crate) fn bit(value: bool) -> Option<Vec<u8>> {
    Some(vec![u8::from(value)])
}

pub(crate) fn text(value: &str) -> Option<Vec<u8>> {
    Some(units(value))
}
