//! What the keys of a table look like: parts between delimiters, each always the same or any.
//!
//! `user:*` stands for `user:1` and `user:ann`, and not for `user:1:friends`: unlike in the server's own patterns, a star is one part.

/// Parts of a key beyond this stay together in the last one, delimiters and all.
const PARTS_MAX: usize = 8;

/// Characters that mean something in the server's patterns.
const SPECIAL: &[u8] = b"*?[]^\\-";

/// The parts of all keys of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pattern(pub(crate) Vec<Part>);

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Literal(String),
    Any,
}

/// The parts of a key. There is at least one.
pub(crate) fn parts<'k>(key: &'k [u8], delimiter: &[u8]) -> Vec<&'k [u8]> {
    let mut parts = Vec::new();
    let mut rest = key;
    while parts.len() + 1 < PARTS_MAX {
        let Some(end) = rest.windows(delimiter.len()).position(|window| window == delimiter) else { break };
        parts.push(&rest[..end]);
        rest = &rest[end + delimiter.len()..];
    }
    parts.push(rest);
    parts
}

impl Pattern {
    pub(crate) fn matches(&self, key: &[u8], delimiter: &[u8]) -> bool {
        let parts = parts(key, delimiter);
        let is_equal = |(part, given): (&Part, &&[u8])| match part {
            Part::Literal(literal) => literal.as_bytes() == *given,
            Part::Any => true,
        };
        parts.len() == self.0.len() && self.0.iter().zip(&parts).all(is_equal)
    }

    /// The only key that matches, where there is only one.
    pub(crate) fn only_key(&self, delimiter: &str) -> Option<Vec<u8>> {
        let literal = |part: &Part| match part {
            Part::Literal(literal) => Some(literal.clone()),
            Part::Any => None,
        };
        self.0.iter().map(literal).collect::<Option<Vec<_>>>().map(|parts| parts.join(delimiter).into_bytes())
    }

    /// A pattern of the server that takes all keys that match, and some others.
    pub(crate) fn glob(&self, delimiter: &str) -> Vec<u8> {
        self.written(delimiter, |literal, out| {
            for byte in literal.bytes() {
                if SPECIAL.contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
            }
        })
    }

    /// For people: `user:*`.
    pub(crate) fn text(&self, delimiter: &str) -> String {
        let written = self.written(delimiter, |literal, out| out.extend(literal.bytes()));
        // Of literals, which are text, and stars.
        String::from_utf8_lossy(&written).into_owned()
    }

    /// The literal parts, which name the table; empty where there are none.
    pub(crate) fn name(&self, delimiter: &str) -> String {
        let literals = self.0.iter().filter_map(|part| match part {
            Part::Literal(literal) => Some(literal.as_str()),
            Part::Any => None,
        });
        literals.collect::<Vec<_>>().join(delimiter)
    }

    fn written(&self, delimiter: &str, write: impl Fn(&str, &mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        for (place, part) in self.0.iter().enumerate() {
            if place > 0 {
                write(delimiter, &mut out);
            }
            match part {
                Part::Literal(literal) => write(literal, &mut out),
                Part::Any => out.push(b'*'),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let part = |part: &str| if part == "*" { Part::Any } else { Part::Literal(part.to_owned()) };
        Pattern(text.split(':').map(part).collect())
    }

    #[test]
    fn a_star_is_one_part() {
        for (text, key, matches) in [
            ("user:*", "user:1", true),
            ("user:*", "user:", true),
            ("user:*", "user", false),
            ("user:*", "user:1:friends", false),
            ("user:*:friends", "user:1:friends", true),
            ("*", "anything", true),
            ("*", "", true),
            ("*", "a:b", false),
            ("a:b", "a:b", true),
            ("1:2:3:4:5:6:7:*", "1:2:3:4:5:6:7:8:9:10", true),
        ] {
            assert_eq!(pattern(text).matches(key.as_bytes(), b":"), matches, "{text} {key}");
        }
        assert_eq!(parts(b"a--b-c", b"--"), [&b"a"[..], b"b-c"]);
    }

    #[test]
    fn patterns_are_written() {
        let of_users = pattern("user:*:friends");
        assert_eq!(
            (of_users.text(":"), of_users.name(":"), of_users.only_key(":")),
            ("user:*:friends".into(), "user:friends".into(), None)
        );
        assert_eq!(pattern("a:b").only_key(":"), Some(b"a:b".to_vec()));
        assert_eq!(pattern("[a-z]:*").glob(":"), b"\\[a\\-z\\]:*");
        assert_eq!(pattern("*").name(":"), "");
    }
}
