//! Where in a document a value is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// No document is read more deeply.
const STEPS_MAX: usize = super::json::DEPTH_MAX;

/// The names of the fields from the document down to a value. The empty path is the document itself.
///
/// Its text joins the names with dots. A name that is empty, or has a dot, a quote or a bracket in it, stands in double quotes, quotes in
/// it doubled: `customer."first.name"`. So a dot in a field's name is never taken for a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Path(pub Vec<String>);

impl Path {
    /// The path of a document's own field.
    pub fn field(name: impl Into<String>) -> Self {
        Path(vec![name.into()])
    }

    /// The path one step further down.
    pub fn join(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Path(names)
    }

    /// Reads the text of a path; `None` where a quote is not closed, a name is empty and not quoted, or the path is longer than any
    /// document is deep.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let mut name = String::new();
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = quoted;
                loop {
                    let end = rest.find('"')?;
                    name.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                    match rest.strip_prefix('"') {
                        Some(more) => rest = more,
                        None => break,
                    }
                    name.push('"');
                }
            } else {
                let end = rest.find('.').unwrap_or(rest.len());
                name.push_str(&rest[..end]);
                rest = &rest[end..];
                if name.is_empty() || name.contains(['"', '[', ']']) {
                    return None;
                }
            }
            names.push(name);
            match rest.strip_prefix('.') {
                Some(_) if names.len() >= STEPS_MAX => return None,
                Some(more) => rest = more,
                None if rest.is_empty() => return Some(Path(names)),
                None => return None,
            }
        }
    }
}

/// A name as a step of a path's text.
pub(crate) fn write_step(name: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('.');
    }
    if name.is_empty() || name.contains(['.', '"', '[', ']']) {
        out.push_str(&format!("\"{}\"", name.replace('"', "\"\"")));
    } else {
        out.push_str(name);
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.0.iter().for_each(|name| write_step(name, &mut text));
        f.write_str(&text)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.to_string()
    }
}

/// The empty text is the empty path.
impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Path::default());
        }
        Path::parse(&text).ok_or_else(|| format!("\"{text}\" is no path of a document"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dot_in_a_name_is_no_step() {
        for (names, text) in [(&["a", "b"][..], "a.b"), (&["a.b"], "\"a.b\""), (&["", "x\"y"], "\"\".\"x\"\"y\""), (&["π r", "_"], "π r._")]
        {
            let path = Path(names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(path.to_string(), text);
            assert_eq!(Path::parse(text), Some(path));
        }
        for text in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "a[0]", "a\"b"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
        assert!(Path::parse(&vec!["a"; STEPS_MAX].join(".")).is_some());
        assert!(Path::parse(&vec!["a"; 1_000_000].join(".")).is_none());
    }

    proptest! {
        #[test]
        fn every_path_can_be_written(names in prop::collection::vec(".*", 1..4)) {
            let path = Path(names);
            prop_assert_eq!(Path::parse(&path.to_string()), Some(path));
        }
    }
}
