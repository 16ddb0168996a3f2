//! The tables of a logical database: which keys are in each, and which columns it has.

use std::collections::{BTreeMap, BTreeSet};

use spi::documents::{Column, FieldType, InferredColumn};

use crate::kind::Kind;
use crate::pattern::Pattern;

/// The tables of a database. More patterns than this are no longer what somebody has thought out.
pub(crate) const TABLES_MAX: usize = 1_000;

/// A table, as a sample showed it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) pattern: Pattern,
    pub(crate) kind: Kind,
    /// The type of the values of strings and of elements.
    pub(crate) value: FieldType,
    /// Whether the values are strings that hold JSON objects. Their fields are then columns.
    pub(crate) json: bool,
    /// Columns of fields.
    pub(crate) columns: Vec<Column>,
    /// Why they are as they are.
    pub(crate) inferred: Vec<InferredColumn>,
    /// Estimated number of rows.
    pub(crate) rows: i64,
    /// Estimated bytes that the server needs for it, where the server tells.
    pub(crate) bytes: Option<i64>,
}

/// The name of the schema of a logical database.
pub(crate) fn schema_name(database: u16) -> String {
    format!("db{database}")
}

/// The logical database that a schema is.
pub(crate) fn database(schema: &str) -> Option<u16> {
    let number = schema.strip_prefix("db")?.parse().ok()?;
    (schema_name(number) == schema).then_some(number)
}

/// Names for the tables of patterns and kinds, in the order of the patterns.
///
/// A table is named by the parts of its keys that are always the same. Of several kinds of one pattern the first one has the plain name,
/// and the others have their kind behind it.
pub(crate) fn names<T>(found: BTreeMap<(Pattern, Kind), T>, delimiter: &str) -> Vec<(String, Pattern, Kind, T)> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut named = Vec::with_capacity(found.len());
    let mut before: Option<Pattern> = None;
    for ((pattern, kind), what) in found {
        let is_first = before.as_ref() != Some(&pattern);
        before = Some(pattern.clone());
        let literal = pattern.name(delimiter);
        let plain = match (literal.is_empty(), is_first) {
            (true, _) => kind.plural().to_owned(),
            (false, true) => literal,
            (false, false) => format!("{literal}_{}", kind.word()),
        };
        let mut candidates = [plain, pattern.text(delimiter), format!("{}_{}", pattern.text(delimiter), kind.word())].into_iter();
        // A pattern and a kind together are found once, so that one of the names is free unless keys are made to defeat this.
        let Some(name) = candidates.find(|name| !taken.contains(name)) else { continue };
        taken.insert(name.clone());
        named.push((name, pattern, kind, what));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Part;

    #[test]
    fn tables_are_named_by_what_their_keys_have_in_common() {
        let pattern = |text: &str| {
            let part = |part: &str| if part == "*" { Part::Any } else { Part::Literal(part.to_owned()) };
            Pattern(text.split(':').map(part).collect())
        };
        let found = [
            ("user:*", Kind::Hash),
            ("user:*", Kind::Set),
            ("user:*", Kind::String),
            ("user", Kind::Hash),
            ("user:*:friends", Kind::Set),
            ("*", Kind::String),
            ("*", Kind::List),
            ("*:*", Kind::String),
        ];
        let found = found.into_iter().map(|(text, kind)| ((pattern(text), kind), ())).collect();
        let names: BTreeMap<String, String> = names(found, ":")
            .into_iter()
            .map(|(name, pattern, kind, ())| (name, format!("{} {}", pattern.text(":"), kind.word())))
            .collect();
        let expected = [
            ("lists", "* list"),
            ("strings", "* string"),
            ("*:*", "*:* string"),
            ("user", "user hash"),
            ("user:*", "user:* hash"),
            ("user_set", "user:* set"),
            ("user_string", "user:* string"),
            ("user:friends", "user:*:friends set"),
        ];
        let expected: BTreeMap<String, String> = expected.into_iter().map(|(name, table)| (name.to_owned(), table.to_owned())).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn schemas_are_numbers() {
        for (schema, number) in [("db0", Some(0)), ("db15", Some(15)), ("db01", None), ("db", None), ("public", None), ("db99999", None)] {
            assert_eq!(database(schema), number, "{schema}");
        }
    }
}
