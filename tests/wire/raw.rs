//! A client that speaks the protocol message by message, and shows each answer as a line of text.

use std::net::SocketAddr;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use libtest_mimic::Failed;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::message::backend::{ErrorFields, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gateway::Gateway;

/// An open connection.
pub struct Raw {
    stream: TcpStream,
    unread: BytesMut,
    /// The lines that came before the gateway was ready.
    pub greeting: Vec<String>,
    /// Process and secret, for requests to cancel.
    pub key: (i32, i32),
}

impl Raw {
    /// Connects as `admin`, with other startup parameters beside the user.
    pub async fn connect(gateway: &Gateway, parameters: &[(&str, &str)]) -> Result<Raw, Failed> {
        Raw::connect_to(gateway.address, &gateway.password, parameters).await
    }

    /// Connects as `admin` to any server.
    pub async fn connect_to(address: SocketAddr, password: &str, parameters: &[(&str, &str)]) -> Result<Raw, Failed> {
        let stream = TcpStream::connect(address).await?;
        let mut raw = Raw { stream, unread: BytesMut::new(), greeting: Vec::new(), key: (0, 0) };
        let all = [("user", "admin")].into_iter().chain(parameters.iter().copied());
        raw.send(|out| frontend::startup_message(all, out)).await?;
        raw.authenticate(password.as_bytes()).await?;
        raw.greeting = raw.lines().await?;
        Ok(raw)
    }

    async fn authenticate(&mut self, password: &[u8]) -> Result<(), Failed> {
        let mut scram = ScramSha256::new(password, ChannelBinding::unsupported());
        loop {
            match self.message().await?.ok_or("closed during authentication")? {
                Message::AuthenticationSasl(_) => {
                    self.send(|out| frontend::sasl_initial_response("SCRAM-SHA-256", scram.message(), out)).await?;
                }
                Message::AuthenticationSaslContinue(body) => {
                    scram.update(body.data())?;
                    self.send(|out| frontend::sasl_response(scram.message(), out)).await?;
                }
                Message::AuthenticationSaslFinal(body) => scram.finish(body.data())?,
                Message::AuthenticationOk => return Ok(()),
                other => return Err(shown(&other).into()),
            }
        }
    }

    /// Sends messages and gives the answers up to the next ReadyForQuery, or to the end of the connection.
    pub async fn ask(&mut self, write: impl FnOnce(&mut BytesMut) -> std::io::Result<()>) -> Result<Vec<String>, Failed> {
        self.send(write).await?;
        self.lines().await
    }

    /// A simple query.
    pub async fn query(&mut self, text: &str) -> Result<Vec<String>, Failed> {
        self.ask(|out| frontend::query(text, out)).await
    }

    pub async fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> std::io::Result<()>) -> Result<(), Failed> {
        let mut out = BytesMut::new();
        write(&mut out)?;
        Ok(self.stream.write_all(&out).await?)
    }

    /// The answers up to the next ReadyForQuery, or to the end of the connection.
    pub async fn lines(&mut self) -> Result<Vec<String>, Failed> {
        let mut lines = Vec::new();
        loop {
            match self.message().await? {
                None => {
                    lines.push("Closed".to_owned());
                    return Ok(lines);
                }
                Some(message) => {
                    lines.push(shown(&message));
                    if matches!(message, Message::ReadyForQuery(_)) {
                        return Ok(lines);
                    }
                }
            }
        }
    }

    /// Reads rows, without looking at them.
    pub async fn expect_rows(&mut self, count: usize) -> Result<(), Failed> {
        let mut rows = 0;
        while rows < count {
            match self.message().await?.ok_or("closed")? {
                Message::DataRow(_) => rows += 1,
                Message::RowDescription(_) => {}
                other => return Err(shown(&other).into()),
            }
        }
        Ok(())
    }

    /// The last lines up to the next ReadyForQuery, without keeping those before.
    pub async fn last_lines(&mut self, count: usize) -> Result<Vec<String>, Failed> {
        let mut last = std::collections::VecDeque::new();
        loop {
            let message = self.message().await?.ok_or("closed")?;
            last.push_back(shown(&message));
            if last.len() > count {
                last.pop_front();
            }
            if matches!(message, Message::ReadyForQuery(_)) {
                return Ok(last.into());
            }
        }
    }

    /// The next message; `None` at the end of the connection.
    pub async fn message(&mut self) -> Result<Option<Message>, Failed> {
        loop {
            if let Some(message) = Message::parse(&mut self.unread)? {
                if let Message::BackendKeyData(body) = &message {
                    self.key = (body.process_id(), body.secret_key());
                }
                return Ok(Some(message));
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// Bind of a portal to text values, with all results in one format.
pub fn bind(portal: &str, statement: &str, values: &[Option<&str>], format: i16, out: &mut BytesMut) -> std::io::Result<()> {
    let serialize = |value: &Option<&str>, out: &mut BytesMut| {
        Ok(match value {
            None => postgres_protocol::IsNull::Yes,
            Some(value) => {
                out.extend_from_slice(value.as_bytes());
                postgres_protocol::IsNull::No
            }
        })
    };
    frontend::bind(portal, statement, [0], values, serialize, [format], out).map_err(|error| match error {
        frontend::BindError::Conversion(error) => std::io::Error::other(error),
        frontend::BindError::Serialization(error) => error,
    })
}

fn shown(message: &Message) -> String {
    match message {
        Message::BackendKeyData(_) => "KeyData".to_owned(),
        Message::BindComplete => "BindComplete".to_owned(),
        Message::CloseComplete => "CloseComplete".to_owned(),
        Message::CommandComplete(body) => format!("Complete {}", body.tag().unwrap_or("?")),
        Message::CopyData(body) => format!("CopyData {}", text(body.data())),
        Message::CopyDone => "CopyDone".to_owned(),
        Message::CopyOutResponse(body) => format!("CopyOut {} x{}", body.format(), body.column_formats().count().unwrap_or(0)),
        Message::DataRow(body) => {
            let value = |range: Option<std::ops::Range<usize>>| range.map_or("NULL".to_owned(), |range| text(&body.buffer()[range]));
            let values: Vec<String> = body.ranges().map(|range| Ok(value(range))).collect().unwrap_or_default();
            format!("Row {}", values.join("|"))
        }
        Message::EmptyQueryResponse => "EmptyQuery".to_owned(),
        Message::ErrorResponse(body) => format!("Error {}", fields(body.fields())),
        Message::NoData => "NoData".to_owned(),
        Message::NoticeResponse(body) => format!("Notice {}", fields(body.fields())),
        Message::ParameterDescription(body) => {
            let types: Vec<String> = body.parameters().map(|oid| Ok(oid.to_string())).collect().unwrap_or_default();
            format!("Parameters {}", types.join(","))
        }
        Message::ParameterStatus(body) => format!("Status {}={}", body.name().unwrap_or("?"), body.value().unwrap_or("?")),
        Message::ParseComplete => "ParseComplete".to_owned(),
        Message::PortalSuspended => "Suspended".to_owned(),
        Message::ReadyForQuery(body) => format!("Ready {}", body.status() as char),
        Message::RowDescription(body) => {
            let field = |field: postgres_protocol::message::backend::Field<'_>| {
                let table = if field.table_oid() == 0 { "-".to_owned() } else { "table".to_owned() };
                format!(
                    "{} {table}.{} type {} size {} mod {} format {}",
                    field.name(),
                    field.column_id(),
                    field.type_oid(),
                    field.type_size(),
                    field.type_modifier(),
                    field.format()
                )
            };
            let fields: Vec<String> = body.fields().map(|one| Ok(field(one))).collect().unwrap_or_default();
            format!("Columns {}", fields.join("; "))
        }
        _ => "another message".to_owned(),
    }
}

/// Severity, SQLSTATE, message, and the character position where there is one.
fn fields(fields: ErrorFields<'_>) -> String {
    let fields: Vec<(u8, String)> =
        fields.map(|field| Ok((field.type_(), String::from_utf8_lossy(field.value_bytes()).into_owned()))).collect().unwrap_or_default();
    let field = |kind: u8| fields.iter().find(|(one, _)| *one == kind).map(|(_, value)| value.as_str());
    let position = field(b'P').map(|position| format!(" at {position}")).unwrap_or_default();
    format!("{} {}: {}{position}", field(b'V').unwrap_or("?"), field(b'C').unwrap_or("?"), field(b'M').unwrap_or("?"))
}

/// Text as it is, anything else in hexadecimal digits.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
