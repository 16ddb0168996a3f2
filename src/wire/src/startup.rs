//! The first packet of a connection: who wants what, in which version of the protocol.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};
use spi::{Code, Error, Result};

/// The newest minor version of protocol 3 that we speak.
const MINOR_VERSION: u16 = 2;
/// `NegotiateProtocolVersion` carries the whole version.
pub(crate) const NEWEST_VERSION: i32 = (3 << 16) | MINOR_VERSION as i32;

const CANCEL_REQUEST: u32 = 80_877_102;
const TLS_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// What a first packet can be.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet {
    TlsRequest,
    GssRequest,
    Cancel { pid: i32, secret: Bytes },
    Startup(Startup),
}

/// Somebody wants a session.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Startup {
    pub(crate) minor_version: u16,
    pub(crate) user: String,
    pub(crate) database: Option<String>,
    /// Settings of the session, those of `options` first, as PostgreSQL applies them.
    pub(crate) settings: Vec<(String, String)>,
    /// Extensions of the protocol that we do not know, to be declined.
    pub(crate) unknown_extensions: Vec<String>,
}

impl Startup {
    /// Whether the client must be told which version and extensions it does not get.
    pub(crate) fn needs_negotiation(&self) -> bool {
        self.minor_version > MINOR_VERSION || !self.unknown_extensions.is_empty()
    }

    /// From protocol 3.2 on the secret for cancelling may be long.
    pub(crate) fn secret_length(&self) -> usize {
        if self.minor_version >= 2 { 32 } else { 4 }
    }
}

/// Reads a packet, without its length.
pub(crate) fn parse(mut packet: Bytes) -> Result<Packet> {
    let code = packet.try_get_u32().map_err(|_| invalid_packet())?;
    match code {
        TLS_REQUEST => Ok(Packet::TlsRequest),
        GSS_REQUEST => Ok(Packet::GssRequest),
        CANCEL_REQUEST => Ok(Packet::Cancel { pid: packet.try_get_i32().map_err(|_| invalid_packet())?, secret: packet }),
        _ if code >> 16 == 3 => startup(code as u16, &packet).map(Packet::Startup),
        _ => {
            let (major, minor) = (code >> 16, code & 0xffff);
            let message = format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.{MINOR_VERSION}");
            Err(Error::new(Code::Unsupported, message))
        }
    }
}

fn startup(minor_version: u16, packet: &[u8]) -> Result<Startup> {
    let mut startup = Startup { minor_version, ..Startup::default() };
    let mut settings = Vec::new();
    for (name, value) in parameters(packet)? {
        match name.as_str() {
            "user" => startup.user = value,
            "database" => startup.database = Some(value).filter(|name| !name.is_empty()),
            "options" => startup.settings = options(&value)?,
            "replication" if !is_off(&value) => {
                return Err(Error::new(Code::Unsupported, "replication connections are not supported"));
            }
            "replication" => {}
            _ if name.starts_with("_pq_.") => startup.unknown_extensions.push(name),
            _ => settings.push((name, value)),
        }
    }
    startup.settings.append(&mut settings);
    if startup.user.is_empty() {
        return Err(Error::new(Code::Authorization, "no PostgreSQL user name specified in startup packet"));
    }
    Ok(startup)
}

/// Names and values, each ended by a zero byte, and a zero byte after the last. A later value replaces an earlier one.
fn parameters(packet: &[u8]) -> Result<BTreeMap<String, String>> {
    let text = std::str::from_utf8(packet).map_err(|_| invalid_packet())?;
    let mut parameters = BTreeMap::new();
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once('\0').ok_or_else(invalid_packet)?;
        if name.is_empty() {
            return if after.is_empty() { Ok(parameters) } else { Err(invalid_packet()) };
        }
        let (value, after) = after.split_once('\0').ok_or_else(invalid_packet)?;
        parameters.insert(name.to_owned(), value.to_owned());
        rest = after;
    }
}

fn is_off(value: &str) -> bool {
    ["false", "off", "no", "0"].contains(&value.to_ascii_lowercase().as_str())
}

/// The parameter `options`: `-c name=value`, `-cname=value` and `--name=value`, separated by spaces; a backslash keeps the next
/// character. PostgreSQL's other switches concern its server process and are refused.
fn options(text: &str) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") if word == "-c" => words.next().ok_or_else(|| invalid_options("\"-c\" needs a value").hint("Write -c name=value."))?,
            Some(assignment) => assignment.to_owned(),
            None => return Err(invalid_options(&format!("\"{word}\" is not supported")).hint("Write -c name=value.")),
        };
        let (name, value) = assignment
            .split_once('=')
            .ok_or_else(|| invalid_options(&format!("\"{assignment}\" has no value")).hint("Write -c name=value."))?;
        // A switch cannot contain a hyphen's look-alike: PostgreSQL reads --search-path as search_path.
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.get_or_insert_default().extend(characters.next()),
            _ if character.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn invalid_packet() -> Error {
    Error::new(Code::Protocol, "invalid startup packet layout")
}

fn invalid_options(reason: &str) -> Error {
    Error::new(Code::Syntax, format!("invalid command-line argument for server process: {reason}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(code: u32, rest: &[u8]) -> Bytes {
        [&code.to_be_bytes(), rest].concat().into()
    }

    fn started(rest: &[u8]) -> Result<Startup> {
        match parse(packet(196_608, rest))? {
            Packet::Startup(startup) => Ok(startup),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn recognises_the_other_packets() {
        assert_eq!(parse(packet(TLS_REQUEST, b"")).expect("a packet"), Packet::TlsRequest);
        assert_eq!(parse(packet(GSS_REQUEST, b"")).expect("a packet"), Packet::GssRequest);
        let cancel = parse(packet(CANCEL_REQUEST, b"\0\0\0\x07abcd")).expect("a packet");
        assert_eq!(cancel, Packet::Cancel { pid: 7, secret: Bytes::from_static(b"abcd") });
    }

    #[test]
    fn reads_parameters() {
        let startup =
            started(b"user\0bob\0database\0shop\0options\0-c geqo=off\0application_name\0x\0_pq_.new\x001\0\0").expect("a startup");
        assert_eq!((startup.user.as_str(), startup.database.as_deref()), ("bob", Some("shop")));
        assert_eq!(startup.settings, [("geqo".to_owned(), "off".to_owned()), ("application_name".to_owned(), "x".to_owned())]);
        assert!(startup.needs_negotiation());
        assert_eq!(startup.secret_length(), 4);
        let Ok(Packet::Startup(newest)) = parse(packet(196_610, b"user\0bob\0\0")) else { panic!("not a startup") };
        assert!(!newest.needs_negotiation());
        assert_eq!((newest.database, newest.minor_version), (None, 2));
    }

    #[test]
    fn refuses_what_it_cannot_serve() {
        for (code, rest, sqlstate) in [
            (131_072, &b""[..], "0A000"),
            (0x1603_0102, b"", "0A000"),
            (196_608, b"", "08P01"),
            (196_608, b"\0", "28000"),
            (196_608, b"user\0bob", "08P01"),
            (196_608, b"user\0bob\0\0x", "08P01"),
            (196_608, b"user\0\xff\0\0", "08P01"),
            (196_608, b"user\0bob\0replication\0database\0\0", "0A000"),
            (196_608, b"user\0bob\0options\0-F\0\0", "42601"),
            (CANCEL_REQUEST, b"\0\0", "08P01"),
        ] {
            assert_eq!(parse(packet(code, rest)).expect_err("refused").code.sqlstate(), sqlstate, "{rest:?}");
        }
        assert!(started(b"user\0bob\0replication\0off\0\0").is_ok());
    }

    #[test]
    fn reads_options() {
        let pairs = |text| options(text).map(|all| all.into_iter().map(|(name, value)| format!("{name}|{value}")).collect::<Vec<_>>());
        for (text, expected) in [
            ("", vec![]),
            ("-c a=b", vec!["a|b"]),
            ("  -ca=b   --c-d=e ", vec!["a|b", "c_d|e"]),
            (r"-c search_path=a\ b\\c,d", vec![r"search_path|a b\c,d"]),
            ("--a=b=c", vec!["a|b=c"]),
            ("-c a=", vec!["a|"]),
        ] {
            assert_eq!(pairs(text).expect(text), expected, "{text}");
        }
        for wrong in ["-c", "-c a", "--a", "a=b", "-", "-d 5"] {
            assert!(options(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,50}") {
            let _ = parse(bytes.clone().into());
            let _ = started(&bytes);
            let _ = options(&text);
        }
    }
}
