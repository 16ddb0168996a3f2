//! A command as somebody writes it, and for those that read the shape of their answer.

use spi::{Code, Error, Result};

use crate::kind::Kind;

/// What a command that reads answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One text, or nothing.
    Value,
    /// One whole number, or nothing.
    Integer,
    /// One number with a fraction, or nothing.
    Float,
    /// A list of texts, some of which may be null.
    Values,
    /// Fields and their values.
    Fields,
    /// Members of a sorted set.
    Members,
    /// Members of a sorted set with their scores.
    Scores,
    /// Entries of a stream.
    Entries,
}

/// A command that changes nothing.
struct Read {
    name: &'static str,
    shape: Shape,
    /// What its first argument holds, if the answer may be all of that.
    all_of: Option<Kind>,
}

/// The commands that are run as queries: each is about the key that is its first argument, and ends soon if that does not hold much.
const READS: &[Read] = &[
    part("TYPE", Shape::Value),
    part("EXISTS", Shape::Integer),
    part("TTL", Shape::Integer),
    part("PTTL", Shape::Integer),
    part("EXPIRETIME", Shape::Integer),
    part("PEXPIRETIME", Shape::Integer),
    all("GET", Shape::Value, Kind::String),
    all("GETRANGE", Shape::Value, Kind::String),
    part("STRLEN", Shape::Integer),
    part("GETBIT", Shape::Integer),
    part("BITCOUNT", Shape::Integer),
    part("BITPOS", Shape::Integer),
    part("MGET", Shape::Values),
    part("HGET", Shape::Value),
    part("HMGET", Shape::Values),
    part("HLEN", Shape::Integer),
    part("HEXISTS", Shape::Integer),
    part("HSTRLEN", Shape::Integer),
    all("HGETALL", Shape::Fields, Kind::Hash),
    all("HKEYS", Shape::Values, Kind::Hash),
    all("HVALS", Shape::Values, Kind::Hash),
    part("LLEN", Shape::Integer),
    part("LINDEX", Shape::Value),
    all("LRANGE", Shape::Values, Kind::List),
    part("SCARD", Shape::Integer),
    part("SISMEMBER", Shape::Integer),
    all("SMEMBERS", Shape::Values, Kind::Set),
    part("ZCARD", Shape::Integer),
    part("ZCOUNT", Shape::Integer),
    part("ZLEXCOUNT", Shape::Integer),
    part("ZRANK", Shape::Integer),
    part("ZREVRANK", Shape::Integer),
    part("ZSCORE", Shape::Float),
    all("ZRANGE", Shape::Members, Kind::SortedSet),
    all("ZREVRANGE", Shape::Members, Kind::SortedSet),
    all("ZRANGEBYSCORE", Shape::Members, Kind::SortedSet),
    all("ZREVRANGEBYSCORE", Shape::Members, Kind::SortedSet),
    all("ZRANGEBYLEX", Shape::Members, Kind::SortedSet),
    all("ZREVRANGEBYLEX", Shape::Members, Kind::SortedSet),
    part("XLEN", Shape::Integer),
    all("XRANGE", Shape::Entries, Kind::Stream),
    all("XREVRANGE", Shape::Entries, Kind::Stream),
];

const fn part(name: &'static str, shape: Shape) -> Read {
    Read { name, shape, all_of: None }
}

const fn all(name: &'static str, shape: Shape, kind: Kind) -> Read {
    Read { name, shape, all_of: Some(kind) }
}

/// A command that reads, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) words: Vec<Vec<u8>>,
    pub(super) shape: Shape,
    /// What the key holds, if the answer may be all of that.
    pub(super) all_of: Option<Kind>,
    /// The most elements, of a string bytes, that the command asks for, where it says so.
    pub(super) at_most: Option<u64>,
}

/// The commands whose first arguments after the key are the first and the last place that is wanted.
const RANGES: [&str; 4] = ["GETRANGE", "LRANGE", "ZRANGE", "ZREVRANGE"];

/// Takes a command apart, if it is one that reads.
pub(super) fn query(text: &str) -> Result<Query> {
    let words = words(text)?;
    let read = READS.iter().find(|read| is(&words[0], read.name)).ok_or_else(|| no_query(&words[0]))?;
    if words.len() < 2 {
        return Err(Error::new(Code::Syntax, format!("command {} needs a key", read.name)));
    }
    let has = |wanted: &str| words[2..].iter().any(|word| is(word, wanted));
    let shape = if read.shape == Shape::Members && has("WITHSCORES") { Shape::Scores } else { read.shape };
    let at_most = at_most(read, &words);
    Ok(Query { shape, all_of: read.all_of, at_most, words })
}

/// Negative numbers stand for all, or count from the end.
fn at_most(read: &Read, words: &[Vec<u8>]) -> Option<u64> {
    let number = |word: &Vec<u8>| std::str::from_utf8(word).ok()?.parse::<i64>().ok();
    let [_, _, first, last, options @ ..] = words else { return None };
    let after = |name: &str, words: usize| options.get(options.iter().position(|word| is(word, name))? + words);
    if let Some(count) = after("COUNT", 1).or_else(|| after("LIMIT", 2)) {
        return u64::try_from(number(count)?).ok();
    }
    let is_by_place = RANGES.contains(&read.name) && !options.iter().any(|word| is(word, "BYSCORE") || is(word, "BYLEX"));
    let (first, last) = is_by_place.then_some((number(first)?, number(last)?))?;
    // From one end to the other, only the length tells.
    (first.is_negative() == last.is_negative()).then(|| last.saturating_sub(first).saturating_add(1).max(0).unsigned_abs())
}

fn no_query(name: &[u8]) -> Error {
    let name = crate::key::shown(name);
    Error::new(Code::InvalidArgument, format!("\"{name}\" is not one of the commands that are run as queries"))
        .detail(format!("These are {}.", READS.iter().map(|read| read.name).collect::<Vec<_>>().join(", ")))
        .hint("Run commands that change something with execute_on.")
}

/// Whether the word is the one that is written in capitals.
pub(super) fn is(word: &[u8], capitals: &str) -> bool {
    word.eq_ignore_ascii_case(capitals.as_bytes())
}

/// The words of a command; there is at least one. Within double quotes `\n`, `\r`, `\t`, `\b`, `\a`, `\x00` and any other character
/// behind a backslash are one, within single quotes only `\'` is.
///
/// Source: Redis, `sdssplitargs`, by which `redis-cli` takes lines apart.
pub(super) fn words(text: &str) -> Result<Vec<Vec<u8>>> {
    let mut rest = text.as_bytes().trim_ascii();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (word, after) = match rest {
            [b'"', after @ ..] => quoted(after)?,
            [b'\'', after @ ..] => single_quoted(after)?,
            _ => {
                let (word, after) = rest.split_at(rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len()));
                (word.to_vec(), after)
            }
        };
        if !after.is_empty() && !after[0].is_ascii_whitespace() {
            return Err(Error::new(Code::Syntax, "a quoted word of the command is followed by something without a space between"));
        }
        words.push(word);
        rest = after.trim_ascii_start();
    }
    if words.is_empty() { Err(Error::new(Code::Syntax, "the command is empty")) } else { Ok(words) }
}

fn quoted(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        rest = match rest {
            [] => return Err(unbalanced()),
            [b'"', after @ ..] => return Ok((word, after)),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
                word.push((digit(*high) * 16 + digit(*low)) as u8);
                after
            }
            [b'\\', escaped, after @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                after
            }
            [byte, after @ ..] => {
                word.push(*byte);
                after
            }
        };
    }
}

fn single_quoted(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        rest = match rest {
            [] => return Err(unbalanced()),
            [b'\'', after @ ..] => return Ok((word, after)),
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                after
            }
            [byte, after @ ..] => {
                word.push(*byte);
                after
            }
        };
    }
}

fn unbalanced() -> Error {
    Error::new(Code::Syntax, "a quoted word of the command has no end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_products_own_client() {
        let taken =
            |text: &str| words(text).map(|words| words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>());
        for (text, expected) in [
            (" get  a\tb\n", &["get", "a", "b"][..]),
            (r#"set "a b" 'c d' """#, &["set", "a b", "c d", ""]),
            (r#"x "\x41\n\"\\" 'it\'s \n'"#, &["x", "A\n\"\\", "it's \\n"]),
            ("x ключ", &["x", "ключ"]),
        ] {
            assert_eq!(taken(text).expect("words"), expected, "{text}");
        }
        for text in ["", "  ", "get \"a", "get 'a", "get \"a\"b", "get \"a\\"] {
            assert_eq!(taken(text).expect_err(text).code, Code::Syntax);
        }
    }

    #[test]
    fn a_command_may_say_how_much_it_wants() {
        for (text, expected) in [
            ("XRANGE k - + COUNT 5", Some(5)),
            ("XREVRANGE k + - count -1", None),
            ("XRANGE k - +", None),
            ("ZRANGEBYSCORE k 0 9 LIMIT 3 4", Some(4)),
            ("ZRANGEBYSCORE k 0 9 WITHSCORES LIMIT 0 -1", None),
            ("ZRANGEBYSCORE k 0 9", None),
            ("ZRANGE k 0 9 WITHSCORES", Some(10)),
            ("ZRANGE k 0 9 BYSCORE", None),
            ("ZREVRANGE k -3 -1", Some(3)),
            ("LRANGE k 0 -1", None),
            ("LRANGE k 9 0", Some(0)),
            ("LRANGE k 0 9223372036854775807", Some(i64::MAX as u64)),
            ("GETRANGE k 10 19", Some(10)),
            ("GETRANGE k", None),
            ("HGETALL k", None),
        ] {
            assert_eq!(query(text).expect("a query").at_most, expected, "{text}");
        }
    }

    #[test]
    fn only_what_reads_is_a_query() {
        assert_eq!(query("hgetall k").expect("a query").shape, Shape::Fields);
        assert_eq!(query("zrange k 0 -1 withscores").expect("a query").shape, Shape::Scores);
        for text in ["SET a 1", "KEYS *", "EVAL x 0", "GETDEL a", "SORT a STORE b", "FLUSHALL", "SELECT 1"] {
            let error = query(text).expect_err(text);
            assert_eq!(error.code, Code::InvalidArgument, "{text}");
            assert!(error.hint.is_some_and(|hint| hint.contains("execute_on")));
        }
        assert_eq!(query("GET").expect_err("no key").code, Code::Syntax);
    }
}
