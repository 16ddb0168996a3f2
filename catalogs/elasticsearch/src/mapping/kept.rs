//! Which fields an index keeps in its documents. What it leaves out there may still be asked of the index itself.

use serde_json::Value;

use super::{Defaults, Kind};

/// What `_source` of a mapping says.
pub(super) struct Kept {
    enabled: bool,
    /// Patterns of paths; empty for all of them.
    includes: Vec<String>,
    excludes: Vec<String>,
}

impl Kept {
    pub(super) fn new(mappings: &Value, defaults: Defaults) -> Self {
        let source = &mappings["_source"];
        let patterns = |name: &str| {
            let patterns = source[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            patterns.map(str::to_owned).collect()
        };
        // Version 8 has the mode in the mapping, version 9 in the settings.
        let enabled = source["enabled"] != false && source["mode"] != "disabled" && !defaults.without_documents;
        Self { enabled, includes: patterns("includes"), excludes: patterns("excludes") }
    }

    pub(super) fn everything() -> Self {
        Self { enabled: true, includes: Vec::new(), excludes: Vec::new() }
    }

    /// Whether documents have the field, if they were given it.
    pub(super) fn keeps(&self, path: &str) -> bool {
        // A pattern that means an object means what is in it.
        let above = || path.match_indices('.').map(|(dot, _)| &path[..dot]).chain([path]);
        let is_any = |patterns: &[String]| above().any(|path| patterns.iter().any(|pattern| matches(pattern, path)));
        self.enabled && (self.includes.is_empty() || is_any(&self.includes)) && !is_any(&self.excludes)
    }
}

/// Whether the index gives the values of such a field one by one.
pub(super) fn is_in_index(kind: &Kind, mapping: &Value) -> bool {
    let has_values = match kind {
        Kind::Keyword { .. } | Kind::Integer { .. } | Kind::UnsignedLong | Kind::Float | Kind::Double | Kind::Rounded { .. } => true,
        Kind::Boolean | Kind::Date { .. } | Kind::Ip => true,
        Kind::Text | Kind::Fetched | Kind::Binary | Kind::Vector | Kind::Json => false,
        Kind::Object(_) | Kind::Nested(_) | Kind::Defined(_) => false,
    };
    has_values && mapping["doc_values"] != false
}

/// A star stands for any characters, dots too.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path
            .strip_prefix(start)
            .is_some_and(|left| left.char_indices().map(|(place, _)| &left[place..]).chain([""]).any(|left| matches(rest, left))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_mean_what_is_in_objects() {
        let kept = |source: Value| Kept::new(&json!({"_source": source}), Defaults::default());
        for (source, path, keeps) in [
            (json!({}), "a", true),
            (json!({"enabled": false}), "a", false),
            (json!({"mode": "disabled"}), "a", false),
            (json!({"mode": "synthetic"}), "a", true),
            (json!({"excludes": ["a"]}), "a", false),
            (json!({"excludes": ["a"]}), "a.b.c", false),
            (json!({"excludes": ["a"]}), "ab", true),
            (json!({"excludes": ["a.*"]}), "a.b", false),
            (json!({"excludes": ["*.secret", "x*z"]}), "a.secret", false),
            (json!({"excludes": ["*.secret", "x*z"]}), "xyz", false),
            (json!({"excludes": ["*.secret", "x*z"]}), "xy", true),
            (json!({"includes": ["a"]}), "a.b", true),
            (json!({"includes": ["a"]}), "b", false),
            (json!({"includes": ["a"], "excludes": ["a.b"]}), "a.b", false),
        ] {
            assert_eq!(kept(source.clone()).keeps(path), keeps, "{source} {path}");
        }
    }
}
