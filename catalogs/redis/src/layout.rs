//! The tables of a logical database: which keys are in each, and which columns it has.

use std::collections::{BTreeMap, BTreeSet};

use spi::Error;
use spi::documents::{Column, DOCUMENT, ERROR, FieldType, InferredColumn};

use crate::kind::Kind;
use crate::members::Members;
use crate::pattern::Pattern;

/// The tables of a database. More patterns than this are no longer what somebody has thought out.
pub(crate) const TABLES_MAX: usize = 1_000;

/// A table, as a sample showed it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) members: Members,
    pub(crate) kind: Kind,
    /// The type of the values of strings and of elements.
    pub(crate) value: FieldType,
    /// Whether the values are strings that hold JSON objects. Their fields are then columns.
    pub(crate) json: bool,
    /// Columns of fields; where there are none, what somebody has said of the column of the values.
    pub(crate) columns: Vec<Column>,
    /// Why they are as they are.
    pub(crate) inferred: Vec<InferredColumn>,
    /// The columns that tell rows apart.
    pub(crate) key: Vec<String>,
    pub(crate) comment: Option<String>,
    /// Estimated number of rows.
    pub(crate) rows: i64,
    /// Estimated bytes that the server needs for it, where the server tells.
    pub(crate) bytes: Option<i64>,
    /// Whether the last sample has shown a key of it.
    pub(crate) confirmed: bool,
    /// What of its definition is left out, and why.
    pub(crate) problem: Option<Error>,
}

impl Table {
    /// A table of which nothing else is known.
    pub(crate) fn new(name: String, members: Members, kind: Kind) -> Self {
        Self {
            name,
            members,
            kind,
            value: FieldType::TEXT,
            json: false,
            columns: Vec::new(),
            inferred: Vec::new(),
            key: kind.primary_key().iter().map(|column| (*column).to_owned()).collect(),
            comment: None,
            rows: 0,
            bytes: None,
            confirmed: false,
            problem: None,
        }
    }

    /// Whether columns show fields.
    pub(crate) fn has_fields(&self) -> bool {
        self.json || self.kind.has_fields()
    }
}

/// What no field of a value of the kind may be called.
pub(crate) fn reserved(kind: Kind) -> Vec<String> {
    let own = kind.columns(&FieldType::TEXT).into_iter().map(|(name, _)| name);
    own.chain([DOCUMENT, ERROR]).map(str::to_owned).collect()
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
/// and the others have their kind behind it. A table that has a name keeps it, whatever comes along later.
pub(crate) fn names<T>(
    found: BTreeMap<(Pattern, Kind), T>,
    delimiter: &str,
    known: &BTreeMap<(Pattern, Kind), String>,
) -> Vec<(String, Pattern, Kind, T)> {
    let mut taken: BTreeSet<String> = found.keys().filter_map(|table| known.get(table).cloned()).collect();
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
        let name = match known.get(&(pattern.clone(), kind)) {
            Some(known) => Some(known.clone()),
            None => candidates.find(|name| !taken.contains(name)),
        };
        // A pattern and a kind together are found once, so that one of the names is free unless keys are made to defeat this.
        let Some(name) = name else { continue };
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
        let found: BTreeMap<_, _> = found.into_iter().map(|(text, kind)| ((pattern(text), kind), ())).collect();
        let named = |known: &[(&str, Kind, &str)]| -> BTreeMap<String, String> {
            let known = known.iter().map(|(text, kind, name)| ((pattern(text), *kind), (*name).to_owned())).collect();
            let names = names(found.clone(), ":", &known).into_iter();
            names.map(|(name, pattern, kind, ())| (name, format!("{} {}", pattern.text(":"), kind.word()))).collect()
        };
        let names = named(&[]);
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
        // The set was there before the hash.
        let names = named(&[("user:*", Kind::Set, "user:*"), ("gone:*", Kind::Set, "user")]);
        assert_eq!((names["user:*"].as_str(), names["user"].as_str()), ("user:* set", "user hash"));
    }

    #[test]
    fn schemas_are_numbers() {
        for (schema, number) in [("db0", Some(0)), ("db15", Some(15)), ("db01", None), ("db", None), ("public", None), ("db99999", None)] {
            assert_eq!(database(schema), number, "{schema}");
        }
    }
}
