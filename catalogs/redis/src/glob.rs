//! Patterns of keys as the server reads them: `*` is any text, `?` any byte, `[a-c]` one of these and `[^a-c]` none of them, and a backslash
//! takes the meaning from what follows it.
//!
//! Source: `stringmatchlen` of Redis 7.0, which SCAN and KEYS call. Unlike there, a star that leads nowhere is never tried twice.

/// What somebody writes is shorter.
const BYTES_MAX: usize = 1_024;

/// A pattern, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    pub(crate) text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Any bytes, or none.
    Any,
    /// Any byte.
    One,
    Byte(u8),
    /// A byte in one of the ranges, or in none of them.
    Set {
        ranges: Vec<(u8, u8)>,
        is_negated: bool,
    },
}

impl Glob {
    /// Reads a pattern. `None` for an empty one, which no key but the empty one matches, and for one that is too long.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= BYTES_MAX).then(|| Self { text: text.to_owned(), steps: steps(text.as_bytes()) })
    }

    pub(crate) fn matches(&self, key: &[u8]) -> bool {
        let (mut step, mut byte) = (0, 0);
        // Where the last star stands, and the first byte that it did not take.
        let mut star: Option<(usize, usize)> = None;
        loop {
            match (self.steps.get(step), key.get(byte)) {
                (None, None) => return true,
                (Some(Step::Any), _) => {
                    star = Some((step, byte));
                    step += 1;
                }
                (Some(one), Some(given)) if one.takes(*given) => (step, byte) = (step + 1, byte + 1),
                _ => match star {
                    Some((place, end)) if end < key.len() => {
                        star = Some((place, end + 1));
                        (step, byte) = (place + 1, end + 1);
                    }
                    _ => return false,
                },
            }
        }
    }

    /// The only key that matches, where there is only one.
    pub(crate) fn only_key(&self) -> Option<Vec<u8>> {
        let byte = |step: &Step| if let Step::Byte(byte) = step { Some(*byte) } else { None };
        self.steps.iter().map(byte).collect()
    }
}

impl Step {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Step::Any | Step::One => true,
            Step::Byte(own) => *own == byte,
            Step::Set { ranges, is_negated } => ranges.iter().any(|(first, last)| (*first..=*last).contains(&byte)) != *is_negated,
        }
    }
}

fn steps(mut rest: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        steps.push(match (*first, after) {
            (b'*', _) => Step::Any,
            (b'?', _) => Step::One,
            (b'[', _) => set(&mut rest),
            (b'\\', [escaped, after @ ..]) => {
                rest = after;
                Step::Byte(*escaped)
            }
            (byte, _) => Step::Byte(byte),
        });
    }
    steps
}

/// What stands in brackets. Those that nobody closes end with the pattern.
fn set(rest: &mut &[u8]) -> Step {
    let is_negated = rest.first() == Some(&b'^');
    let mut left = &rest[usize::from(is_negated)..];
    let mut ranges = Vec::new();
    loop {
        left = match left {
            [] => break,
            [b'\\', escaped, after @ ..] => {
                ranges.push((*escaped, *escaped));
                after
            }
            [b']', after @ ..] => {
                left = after;
                break;
            }
            [one, b'-', other, after @ ..] => {
                ranges.push((*one.min(other), *one.max(other)));
                after
            }
            [one, after @ ..] => {
                ranges.push((*one, *one));
                after
            }
        };
    }
    *rest = left;
    Step::Set { ranges, is_negated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> Glob {
        Glob::parse(text).expect("a pattern")
    }

    // What the server itself says of patterns like these is in tests/redis/defining.rs.
    #[test]
    fn patterns_match_as_they_do_at_the_server() {
        for (pattern, key, matches) in [
            ("user:*", "user:1", true),
            ("user:*", "user:1:friends", true),
            ("user:*", "user", false),
            ("*:friends", "user:1:friends", true),
            ("*:friends", "user:1:friends:2", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[c-a]llo", "hbllo", true),
            ("h\\*", "h*", true),
            ("h\\*", "hx", false),
            ("a[", "a", false),
            ("a[^", "ax", true),
            ("a[b", "ab", true),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*a*b*c", "xxaxxbxx", false),
        ] {
            assert_eq!(glob(pattern).matches(key.as_bytes()), matches, "{pattern} {key}");
        }
        // Tried anew at each byte for each star, this would not end.
        assert!(!glob(&"a*".repeat(200)).matches("a".repeat(199).as_bytes()));
    }

    #[test]
    fn a_pattern_without_wildcards_is_one_key() {
        assert_eq!(glob("settings").only_key(), Some(b"settings".to_vec()));
        assert_eq!(glob("a\\*").only_key(), Some(b"a*".to_vec()));
        assert_eq!(glob("a*").only_key(), None);
        assert_eq!(glob("a[b]").only_key(), None);
        assert!(Glob::parse("").is_none() && Glob::parse(&"a".repeat(BYTES_MAX + 1)).is_none());
    }
}
