//! What clients send, decoded without trust.
//!
//! The decoder is our own because what arrives here is written by strangers: pgwire's reads counts and lengths as they come, panics
//! on a truncated message and silently repairs text that is not UTF-8.

use bytes::{Buf, Bytes, BytesMut};
use spi::{Code, Error, Result};

use crate::limits::SHORT_MESSAGE_BYTES_MAX;

/// A message of a client after its startup.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Query(String),
    Parse {
        name: String,
        text: String,
        parameter_types: Vec<u32>,
    },
    Bind(Bind),
    Describe(Target),
    Close(Target),
    /// `rows_max` 0 means all.
    Execute {
        portal: String,
        rows_max: usize,
    },
    Flush,
    Sync,
    Terminate,
    /// Password, or a step of SASL: which one only the conversation knows.
    Password(Bytes),
    /// Data of a copy. No copy to the gateway is under way when the loop reads it, and PostgreSQL ignores it then.
    Copy,
    FunctionCall,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Bind {
    pub(crate) portal: String,
    pub(crate) statement: String,
    pub(crate) parameter_formats: Vec<i16>,
    pub(crate) values: Vec<Option<Bytes>>,
    pub(crate) result_formats: Vec<i16>,
}

/// What Describe and Close are about.
#[derive(Debug, PartialEq)]
pub(crate) enum Target {
    Statement(String),
    Portal(String),
}

/// A whole message that is not decoded yet.
#[derive(Debug, PartialEq)]
pub(crate) struct Frame {
    kind: u8,
    body: Bytes,
}

impl Frame {
    /// Cuts the first message off a buffer, if it is whole. An error means that the stream makes no sense any more.
    pub(crate) fn take(buffer: &mut BytesMut, bytes_max: usize) -> Result<Option<Frame>> {
        const HEADER: usize = 5;
        let Some(&kind) = buffer.first() else { return Ok(None) };
        let bytes_max = match kind {
            b'Q' | b'P' | b'B' | b'd' | b'F' => bytes_max,
            b'D' | b'E' | b'C' | b'H' | b'S' | b'X' | b'p' | b'c' | b'f' => bytes_max.min(SHORT_MESSAGE_BYTES_MAX),
            other => return Err(Error::new(Code::Protocol, format!("invalid frontend message type {other}"))),
        };
        if buffer.len() < HEADER {
            return Ok(None);
        }
        // The length counts itself, but not the type.
        let length = (&buffer[1..HEADER]).get_u32() as usize;
        if length < 4 {
            return Err(Error::new(Code::Protocol, "invalid message length"));
        }
        if length > bytes_max {
            let message = format!("a message of {length} bytes exceeds the limit of {bytes_max} bytes");
            return Err(Error::new(Code::Limit, message));
        }
        if buffer.len() < length + 1 {
            return Ok(None);
        }
        let mut body = buffer.split_to(length + 1).freeze();
        body.advance(HEADER);
        Ok(Some(Frame { kind, body }))
    }

    /// Whether an error in this message makes the rest of the pipeline void, up to the next Sync.
    pub(crate) fn is_extended(&self) -> bool {
        matches!(self.kind, b'P' | b'B' | b'D' | b'E' | b'C' | b'H')
    }

    pub(crate) fn is_sync(&self) -> bool {
        self.kind == b'S'
    }

    pub(crate) fn is_terminate(&self) -> bool {
        self.kind == b'X'
    }

    pub(crate) fn decode(self) -> Result<Message> {
        let mut body = Reader(self.body);
        let message = match self.kind {
            b'Q' => Message::Query(body.text()?),
            b'P' => Message::Parse { name: body.text()?, text: body.text()?, parameter_types: body.list(Reader::u32)? },
            b'B' => Message::Bind(Bind {
                portal: body.text()?,
                statement: body.text()?,
                parameter_formats: body.list(Reader::i16)?,
                values: body.list(Reader::value)?,
                result_formats: body.list(Reader::i16)?,
            }),
            b'D' => Message::Describe(body.target()?),
            b'C' => Message::Close(body.target()?),
            b'E' => Message::Execute { portal: body.text()?, rows_max: usize::try_from(body.i32()?).unwrap_or(0) },
            b'H' => Message::Flush,
            b'S' => Message::Sync,
            b'X' => Message::Terminate,
            b'p' => return Ok(Message::Password(body.0)),
            b'F' => return Ok(Message::FunctionCall),
            _ => return Ok(Message::Copy),
        };
        match body.0.is_empty() {
            true => Ok(message),
            false => Err(invalid_format()),
        }
    }
}

/// Takes a message apart from front to back.
struct Reader(Bytes);

impl Reader {
    fn i16(&mut self) -> Result<i16> {
        self.0.try_get_i16().map_err(|_| invalid_format())
    }

    fn i32(&mut self) -> Result<i32> {
        self.0.try_get_i32().map_err(|_| invalid_format())
    }

    fn u32(&mut self) -> Result<u32> {
        self.0.try_get_u32().map_err(|_| invalid_format())
    }

    /// Text that ends with a zero byte.
    fn text(&mut self) -> Result<String> {
        let end = self.0.iter().position(|&byte| byte == 0).ok_or_else(invalid_format)?;
        let bytes = self.0.split_to(end);
        self.0.advance(1);
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let byte = bytes[error.valid_up_to()];
                Err(Error::new(Code::InvalidEncoding, format!("invalid byte sequence for encoding \"UTF8\": 0x{byte:02x}")))
            }
        }
    }

    fn target(&mut self) -> Result<Target> {
        match self.0.try_get_u8().map_err(|_| invalid_format())? {
            b'S' => Ok(Target::Statement(self.text()?)),
            b'P' => Ok(Target::Portal(self.text()?)),
            _ => Err(invalid_format()),
        }
    }

    /// A length and as many bytes; -1 is null.
    fn value(&mut self) -> Result<Option<Bytes>> {
        match self.i32()? {
            -1 => Ok(None),
            length => match usize::try_from(length) {
                Ok(length) if length <= self.0.len() => Ok(Some(self.0.split_to(length))),
                _ => Err(invalid_format()),
            },
        }
    }

    /// A count and as many items. The count is not believed: nothing is reserved for what may not come.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.0.try_get_u16().map_err(|_| invalid_format())?;
        (0..count).map(|_| item(self)).collect()
    }
}

fn invalid_format() -> Error {
    Error::new(Code::Protocol, "invalid message format")
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;
    use proptest::prelude::*;

    use super::*;

    const BYTES_MAX: usize = 1 << 20;

    fn framed(kind: u8, body: &[u8]) -> BytesMut {
        let mut buffer = BytesMut::new();
        buffer.put_u8(kind);
        buffer.put_u32(body.len() as u32 + 4);
        buffer.extend_from_slice(body);
        buffer
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Message> {
        let mut buffer = framed(kind, body);
        let frame = Frame::take(&mut buffer, BYTES_MAX).expect("a frame").expect("a whole frame");
        assert!(buffer.is_empty());
        frame.decode()
    }

    #[test]
    fn reads_what_clients_send() {
        assert_eq!(decode(b'Q', b"SELECT 1\0").expect("a query"), Message::Query("SELECT 1".to_owned()));
        assert_eq!(
            decode(b'P', b"s\0SELECT $1\0\0\x01\0\0\0\x17").expect("a parse"),
            Message::Parse { name: "s".to_owned(), text: "SELECT $1".to_owned(), parameter_types: vec![23] }
        );
        let Message::Bind(bind) = decode(b'B', b"\0s\0\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\x01\0\0").expect("a bind") else {
            panic!("not a bind");
        };
        assert_eq!(bind.parameter_formats, [1]);
        assert_eq!(bind.values, [Some(Bytes::from_static(b"ab")), None]);
        assert_eq!(bind.result_formats, [0]);
        assert_eq!(decode(b'D', b"Pp\0").expect("a describe"), Message::Describe(Target::Portal("p".to_owned())));
        assert_eq!(decode(b'E', b"\0\xff\xff\xff\xff").expect("an execute"), Message::Execute { portal: String::new(), rows_max: 0 });
        assert_eq!(decode(b'S', b"").expect("a sync"), Message::Sync);
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for (kind, body) in [
            (b'Q', &b"no end"[..]),
            (b'Q', b"one\0two\0"),
            (b'P', b"\0\0\0\x02\0\0\0\x17"),
            (b'B', b"\0\0\0\0\0\x01\0\0\0\x05ab\0\0"),
            (b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"),
            (b'B', b"\0\0\xff\xff"),
            (b'D', b"Xx\0"),
            (b'E', b"\0\0\0"),
            (b'S', b"x"),
        ] {
            assert_eq!(decode(kind, body).expect_err("malformed").code, Code::Protocol, "{} {body:?}", kind as char);
        }
        assert_eq!(decode(b'Q', b"\xff\0").expect_err("not UTF-8").message, "invalid byte sequence for encoding \"UTF8\": 0xff");
    }

    #[test]
    fn lengths_are_bounded_before_anything_is_read() {
        for (bytes, code) in [
            (&b"G"[..], Code::Protocol),
            (b"GET / HTTP/1.1", Code::Protocol),
            (b"Q\0\0\0\x03", Code::Protocol),
            (b"Q\xff\xff\xff\xff", Code::Limit),
            (b"S\0\0\xff\xff", Code::Limit),
        ] {
            assert_eq!(Frame::take(&mut BytesMut::from(bytes), BYTES_MAX).expect_err("refused").code, code);
        }
        for incomplete in [&b""[..], b"Q", b"Q\0\0\0", b"Q\0\0\0\x06a"] {
            let mut buffer = BytesMut::from(incomplete);
            assert_eq!(Frame::take(&mut buffer, BYTES_MAX).expect("no error"), None);
            assert_eq!(buffer, incomplete);
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_garbage(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = Frame::take(&mut buffer, BYTES_MAX) {
                let _ = frame.decode();
            }
        }

        #[test]
        fn never_panics_on_a_framed_body(kind in prop::sample::select(b"QPBDECHSXpdcfF".to_vec()), body in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(kind, &body);
        }

        #[test]
        fn a_split_stream_gives_the_same_messages(texts in proptest::collection::vec("[a-z]{0,20}", 0..10), cut in 0_usize..300) {
            let mut bytes: Vec<u8> = texts.iter().flat_map(|text| framed(b'Q', format!("{text}\0").as_bytes())).collect();
            let rest = bytes.split_off(cut.min(bytes.len()));
            let mut buffer = BytesMut::new();
            let mut seen = Vec::new();
            for part in [bytes, rest] {
                buffer.extend_from_slice(&part);
                while let Some(frame) = Frame::take(&mut buffer, BYTES_MAX).expect("valid") {
                    seen.push(frame.decode().expect("valid"));
                }
            }
            prop_assert_eq!(seen, texts.into_iter().map(Message::Query).collect::<Vec<_>>());
        }
    }
}
