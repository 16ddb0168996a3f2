//! What may be saved: names, comments, labels and options.

use std::collections::BTreeMap;

use spi::options::{self, Options};
use spi::{Code, Error, Result};

use crate::factories::Factories;
use crate::metadata::interval;

/// PostgreSQL's limit for names: clients cut longer ones.
const NAME_BYTES_MAX: usize = 63;
/// Databases that are the gateway's own, or that tools expect to be.
const RESERVED_NAMES: [&str; 4] = ["metagate", "postgres", "template0", "template1"];
/// A comment is some sentences. Together with labels and options it has to fit into a record of 128 KiB.
const COMMENT_BYTES_MAX: usize = 16 * 1024;
/// Labels are words to filter by.
const LABELS_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 256;
/// Options hold a few certificates at most. Sealing makes them longer by a third, which has to fit into the record too.
const OPTIONS_BYTES_MAX: usize = 48 * 1024;

pub(super) fn name(name: &str) -> Result<()> {
    let refused =
        |why: String| Err(Error::new(Code::InvalidArgument, format!("\"{name}\" cannot be the name of a data source")).detail(why));
    match name {
        "" => refused("A name has at least one character.".to_owned()),
        _ if name.len() > NAME_BYTES_MAX => refused(format!("It has {} bytes; a name has at most {NAME_BYTES_MAX}.", name.len())),
        _ if name.chars().any(char::is_control) => refused("It contains a control character.".to_owned()),
        _ if RESERVED_NAMES.contains(&name) => refused("The database of that name is not a data source.".to_owned()),
        _ => Ok(()),
    }
}

pub(super) fn comment(comment: Option<&str>) -> Result<()> {
    match comment.map_or(0, str::len) {
        0..=COMMENT_BYTES_MAX => Ok(()),
        bytes => Err(too_large("comment", format!("It has {bytes} bytes; a comment has at most {COMMENT_BYTES_MAX}."))),
    }
}

pub(super) fn labels(labels: &BTreeMap<String, String>) -> Result<()> {
    if labels.len() > LABELS_MAX {
        return Err(too_large("set of labels", format!("It has {} labels; a data source has at most {LABELS_MAX}.", labels.len())));
    }
    match labels.iter().find(|(key, value)| key.is_empty() || key.len() > LABEL_BYTES_MAX || value.len() > LABEL_BYTES_MAX) {
        Some(_) => Err(too_large("label", format!("Its key has 1 to {LABEL_BYTES_MAX} bytes, its value at most as many."))),
        None => Ok(()),
    }
}

/// Checks whole options against what their type declares. No message repeats a value that may be secret.
pub(super) fn options(factories: &Factories, kind: &str, options: &Options) -> Result<()> {
    options::check(kind, factories.options(kind)?, options)?;
    if let Some(text) = options.get("refresh_interval").and_then(|value| value.as_str()) {
        interval::parse(text)?;
    }
    match options.iter().map(|(name, value)| name.len() + value.to_string().len()).sum() {
        0..=OPTIONS_BYTES_MAX => Ok(()),
        bytes => Err(too_large("set of options", format!("It has {bytes} bytes; a data source has at most {OPTIONS_BYTES_MAX}."))),
    }
}

fn too_large(what: &str, detail: String) -> Error {
    Error::new(Code::Limit, format!("the {what} of a data source is too large")).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["shop", "Shop 2", "läden", "a.b", &"x".repeat(63)] {
            assert!(name(good).is_ok(), "{good}");
        }
        for (bad, detail) in [
            ("", "A name has at least one character."),
            ("metagate", "The database of that name is not a data source."),
            ("postgres", "The database of that name is not a data source."),
            ("template0", "The database of that name is not a data source."),
            ("a\nb", "It contains a control character."),
            (&"x".repeat(64), "It has 64 bytes; a name has at most 63."),
        ] {
            let error = name(bad).expect_err(bad);
            assert_eq!((error.code.sqlstate(), error.detail.as_deref()), ("22023", Some(detail)));
            assert_eq!(error.message, format!("\"{bad}\" cannot be the name of a data source"));
        }
    }

    #[test]
    fn sizes() {
        assert!(comment(Some(&"x".repeat(COMMENT_BYTES_MAX))).is_ok());
        assert_eq!(comment(Some(&"x".repeat(COMMENT_BYTES_MAX + 1))).expect_err("too long").code.sqlstate(), "54000");
        let many = |count: usize| (0..count).map(|i| (format!("k{i}"), String::new())).collect::<BTreeMap<_, _>>();
        assert!(labels(&many(LABELS_MAX)).is_ok());
        assert_eq!(labels(&many(LABELS_MAX + 1)).expect_err("too many").code.sqlstate(), "54000");
        assert_eq!(labels(&BTreeMap::from([(String::new(), String::new())])).expect_err("no key").code.sqlstate(), "54000");
    }
}
