//! From the keys of a sample to the patterns of tables.
//!
//! Keys are taken apart at the delimiter, and each part in turn is either one that names something or one that varies. It varies if
//!
//! - it looks like an identifier: a number, a date, a UUID, a long hexadecimal number, an address of mail;
//! - or it is the last part of a key, and no part before it varies: `user:ann`. Of keys with only one part, this holds for strings alone:
//!   a single hash, list, set or stream is a table;
//! - or there are many other parts in its place, each with few keys.

use std::collections::BTreeMap;

use crate::canonical::text;
use crate::kind::Kind;
use crate::pattern::{Part, Pattern, parts};

/// A part with at least so many sampled keys names something, however many others stand in its place.
const KEYS_OF_A_NAME: usize = 20;

/// More parts than this in one place, each with fewer keys, are values.
const NAMES_MAX: usize = 24;

/// Identifiers without an order of digits are at least this long.
const RANDOM_CHARS_MIN: usize = 8;

struct Item<'k> {
    /// Place in the sample.
    number: usize,
    parts: Vec<&'k [u8]>,
    kind: Kind,
}

/// The pattern of each key of the sample, in its order.
pub(crate) fn patterns(keys: &[(Vec<u8>, Kind)], delimiter: &str) -> Vec<Pattern> {
    let items = keys.iter().enumerate();
    let items = items.map(|(number, (key, kind))| Item { number, parts: parts(key, delimiter.as_bytes()), kind: *kind });
    let mut found = vec![Pattern(Vec::new()); keys.len()];
    descend(items.collect(), &mut Vec::new(), &mut found);
    found
}

/// Decides about the part after the prefix, and about those behind it.
fn descend(items: Vec<Item<'_>>, prefix: &mut Vec<Part>, found: &mut [Pattern]) {
    let depth = prefix.len();
    let mut names: BTreeMap<&[u8], Vec<Item<'_>>> = BTreeMap::new();
    let mut varying = Vec::new();
    for item in items {
        match item.parts.get(depth) {
            None => found[item.number] = Pattern(prefix.clone()),
            Some(_) if depth == 0 && item.parts.len() == 1 && item.kind == Kind::String => varying.push(item),
            Some(part) => names.entry(part).or_default().push(item),
        }
    }
    let varies_before = prefix.contains(&Part::Any);
    let is_name = |part: &[u8], items: &[Item<'_>]| {
        let ends = || items.iter().any(|item| item.parts.len() == depth + 1);
        !looks_like_identifier(part) && (varies_before || depth == 0 || !ends())
    };
    let few = names.iter().filter(|(part, items)| items.len() < KEYS_OF_A_NAME && is_name(part, items)).count();
    for (part, items) in names {
        let literal = text(part).filter(|_| is_name(part, &items) && (items.len() >= KEYS_OF_A_NAME || few <= NAMES_MAX));
        match literal {
            Some(literal) => {
                prefix.push(Part::Literal(literal.to_owned()));
                descend(items, prefix, found);
                prefix.pop();
            }
            None => varying.extend(items),
        }
    }
    if !varying.is_empty() {
        prefix.push(Part::Any);
        descend(varying, prefix, found);
        prefix.pop();
    }
}

/// Whether a part is more likely the identifier of something than its name.
fn looks_like_identifier(part: &[u8]) -> bool {
    let Some(text) = text(part) else { return true };
    // Braces say which server of a cluster has the key.
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits > 0 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-_.+/ TZ".contains(&byte));
    let is_random = text.len() >= RANDOM_CHARS_MIN && digits > 0 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    // Letters and digits that are well mixed: a token, a ULID.
    let is_token = text.len() >= 2 * RANDOM_CHARS_MIN && digits >= 3 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_number || is_random || is_token || text.contains('@') || text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[(&str, Kind)], expected: &[&str]) {
        let sample: Vec<_> = keys.iter().map(|(key, kind)| (key.as_bytes().to_vec(), *kind)).collect();
        let found: Vec<String> = patterns(&sample, ":").iter().map(|pattern| pattern.text(":")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_last_part_varies_unless_one_before_it_does() {
        check(
            &[("user:1", Kind::Hash), ("user:ann", Kind::Hash), ("user:1:friends", Kind::Set), ("user:2:friends", Kind::Set)],
            &["user:*", "user:*", "user:*:friends", "user:*:friends"],
        );
        check(&[("config:site:title", Kind::String), ("config:site:lang", Kind::String)], &["config:site:*", "config:site:*"]);
        check(&[("user:ann", Kind::Hash), ("user:ann:carts", Kind::List)], &["user:*", "user:*:carts"]);
    }

    #[test]
    fn a_single_collection_is_a_table() {
        check(
            &[("orders", Kind::Stream), ("settings", Kind::Hash), ("hits", Kind::String), ("42", Kind::List)],
            &["orders", "settings", "*", "*"],
        );
    }

    #[test]
    fn many_small_parts_are_values_and_large_ones_are_names() {
        let mut keys: Vec<(String, Kind)> = Vec::new();
        for letter in 'a'..='z' {
            keys.extend(["capital", "area"].map(|name| (format!("country:{letter}land:{name}"), Kind::String)));
        }
        keys.extend((0..KEYS_OF_A_NAME).map(|number| (format!("country:stats:{number}"), Kind::String)));
        let sample: Vec<_> = keys.iter().map(|(key, kind)| (key.as_bytes().to_vec(), *kind)).collect();
        let mut found: Vec<String> = patterns(&sample, ":").iter().map(|pattern| pattern.text(":")).collect();
        found.sort();
        found.dedup();
        assert_eq!(found, ["country:*:area", "country:*:capital", "country:stats:*"]);
    }

    #[test]
    fn identifiers_are_known_by_their_looks() {
        for part in ["1", "2024-01-31", "550e8400-e29b-41d4-a716-446655440000", "deadbeef01", "a@b.c", "{42}", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
        {
            assert!(looks_like_identifier(part.as_bytes()), "{part}");
        }
        for part in ["user", "v1", "s3", "db0", "", "deadbeef", "oauth2", "friends", "-"] {
            assert!(!looks_like_identifier(part.as_bytes()), "{part}");
        }
        assert!(looks_like_identifier(b"\xff"));
    }

    #[test]
    fn no_keys_have_no_patterns() {
        assert!(patterns(&[], ":").is_empty());
    }
}
