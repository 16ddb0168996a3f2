//! The words for privileges, as functions are given them.

use spi::{Code, Error, Result};

/// A privilege, or the right to grant it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub privilege: &'static str,
    pub with_grant_option: bool,
}

pub(super) const TABLE: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE"];
pub(super) const COLUMN: &[&str] = &["SELECT", "INSERT", "UPDATE", "REFERENCES"];
pub(super) const SEQUENCE: &[&str] = &["USAGE", "SELECT", "UPDATE"];
pub(super) const DATABASE: &[&str] = &["CREATE", "TEMPORARY", "TEMP", "CONNECT"];
pub(super) const SCHEMA: &[&str] = &["CREATE", "USAGE"];
pub(super) const EXECUTE: &[&str] = &["EXECUTE"];
pub(super) const USAGE: &[&str] = &["USAGE"];
pub(super) const CREATE: &[&str] = &["CREATE"];
pub(super) const PARAMETER: &[&str] = &["SET", "ALTER SYSTEM"];
pub(super) const ROLE: &[&str] = &["USAGE", "MEMBER", "SET"];
/// All of them, in the order of their bits in access lists.
pub(super) const ALL: &[&str] = &[
    "INSERT",
    "SELECT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "EXECUTE",
    "USAGE",
    "CREATE",
    "TEMPORARY",
    "CONNECT",
    "SET",
    "ALTER SYSTEM",
];

/// The privileges in a list such as `SELECT, INSERT WITH GRANT OPTION`.
pub(super) fn parse(words: &'static [&'static str], list: &str) -> Result<Vec<Wanted>> {
    list.split(',').map(|word| one(words, word.trim_matches(|character: char| character.is_ascii_whitespace()))).collect()
}

fn one(words: &'static [&'static str], text: &str) -> Result<Wanted> {
    for word in words {
        // The right to pass a role on is called otherwise as well.
        let options: &[&str] =
            if words.contains(&"MEMBER") { &[" WITH GRANT OPTION", " WITH ADMIN OPTION"] } else { &[" WITH GRANT OPTION"] };
        let Some((_, rest)) = text.split_at_checked(word.len()).filter(|(head, _)| head.eq_ignore_ascii_case(word)) else { continue };
        let with_grant_option = options.iter().any(|option| rest.eq_ignore_ascii_case(option));
        if rest.is_empty() || with_grant_option {
            return Ok(Wanted { privilege: if *word == "TEMP" { "TEMPORARY" } else { word }, with_grant_option });
        }
    }
    Err(Error::new(Code::InvalidArgument, format!("unrecognized privilege type: \"{text}\"")))
}

/// The place of a privilege in access lists. The obsolete RULE has none.
pub(super) fn bit(privilege: &str) -> Option<u32> {
    ALL.iter().position(|other| *other == privilege).map(|place| 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_without_case_and_around_blanks() {
        let wanted = |privilege, with_grant_option| Wanted { privilege, with_grant_option };
        assert_eq!(parse(TABLE, " select ,Insert WITH grant OPTION").unwrap(), [wanted("SELECT", false), wanted("INSERT", true)]);
        assert_eq!(parse(DATABASE, "temp").unwrap(), [wanted("TEMPORARY", false)]);
        assert_eq!(parse(ROLE, "MEMBER WITH ADMIN OPTION").unwrap(), [wanted("MEMBER", true)]);
    }

    #[test]
    fn other_words_are_refused() {
        for (words, text) in [(TABLE, "slect"), (TABLE, ""), (TABLE, "SELECT,"), (TABLE, "SELECT WITH ADMIN OPTION"), (SCHEMA, "SELECT")] {
            let error = parse(words, text).unwrap_err();
            assert_eq!(error.code.sqlstate(), "22023");
            assert!(error.message.starts_with("unrecognized privilege type: \""), "{}", error.message);
        }
    }
}
