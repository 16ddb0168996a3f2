//! The commands that reads send for one key. EXPLAIN shows the same ones.

use redis::{Arg, Cmd};

use crate::key;
use crate::kind::Kind;

/// How much a key holds: bytes of a string, else elements.
pub(super) fn length(kind: Kind, key: &[u8]) -> Cmd {
    command(kind.length_command(), key)
}

/// Seconds until a key expires, and whether it is there.
pub(super) fn ttl(key: &[u8]) -> Cmd {
    command("TTL", key)
}

/// Whether a key is there.
pub(super) fn exists(key: &[u8]) -> Cmd {
    command("EXISTS", key)
}

/// So many bytes of a string.
pub(super) fn beginning(key: &[u8], bytes: usize) -> Cmd {
    let mut command = command("GETRANGE", key);
    command.arg(0).arg(bytes - 1);
    command
}

/// Some fields of a hash.
pub(super) fn fields<'n>(key: &[u8], names: impl IntoIterator<Item = &'n str>) -> Cmd {
    let mut command = command("HMGET", key);
    names.into_iter().for_each(|name| {
        command.arg(name);
    });
    command
}

/// All that a key holds. What has grown since it was so long is read no further, where the server can be told.
pub(super) fn whole(kind: Kind, key: &[u8], length: Option<u64>) -> Cmd {
    let name = match kind {
        Kind::Hash => "HGETALL",
        Kind::String => "GET",
        Kind::List => "LRANGE",
        Kind::Set => "SMEMBERS",
        Kind::SortedSet => "ZRANGE",
        Kind::Stream => "XRANGE",
    };
    let mut command = command(name, key);
    match (kind, length) {
        (Kind::Hash | Kind::String | Kind::Set, _) => {}
        (Kind::List, Some(length)) => _ = command.arg(0).arg(length.saturating_sub(1)),
        (Kind::List, None) => _ = command.arg(0).arg(-1),
        (Kind::SortedSet, _) => _ = command.arg(0).arg(-1).arg("WITHSCORES"),
        (Kind::Stream, Some(length)) => _ = command.arg("-").arg("+").arg("COUNT").arg(length.max(1)),
        (Kind::Stream, None) => _ = command.arg("-").arg("+"),
    }
    command
}

fn command(name: &str, key: &[u8]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key);
    command
}

/// The command as one types it. Arguments with spaces or quotes in them, or without any characters, stand in quotes.
pub(super) fn shown(command: &Cmd) -> String {
    let words = command.args_iter().map(|argument| match argument {
        Arg::Simple(bytes) => word(&key::shown(bytes)),
        _ => "0".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    let is_plain =
        !text.is_empty() && !text.chars().any(|character| character.is_whitespace() || character.is_control() || character == '"');
    if is_plain { text.to_owned() } else { format!("{text:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_they_are_typed() {
        assert_eq!(shown(&fields(b"user:1", ["name", "full name", ""])), r#"HMGET user:1 name "full name" """#);
        assert_eq!(shown(&whole(Kind::SortedSet, b"a\"b", None)), r#"ZRANGE "a\"b" 0 -1 WITHSCORES"#);
        assert_eq!(shown(&whole(Kind::List, b"\xff", Some(3))), r"LRANGE \xff 0 2");
        assert_eq!(shown(&beginning(b"a", 10)), "GETRANGE a 0 9");
        assert_eq!(shown(&whole(Kind::Stream, b"s", Some(0))), "XRANGE s - + COUNT 1");
    }
}
