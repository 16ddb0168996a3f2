//! Where in a document the values of fields are.
//!
//! The server takes `{"a.b": 1}`, `{"a": {"b": 1}}` and `{"a": [{"b": 1}]}` for the same, and so does this: in one walk through a
//! document, all that is wanted of it is found.

use std::collections::{HashMap, HashSet};

use spi::documents::Document;

/// The fields that are looked for.
pub(crate) struct Fields {
    /// The places of the fields with this path.
    places: HashMap<String, Vec<usize>>,
    /// The paths of objects that have such fields in them.
    above: HashSet<String>,
    count: usize,
}

impl Fields {
    pub(crate) fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let mut fields = Self { places: HashMap::new(), above: HashSet::new(), count: 0 };
        for path in paths {
            fields.above.extend(path.match_indices('.').map(|(dot, _)| path[..dot].to_owned()));
            fields.places.entry(path).or_default().push(fields.count);
            fields.count += 1;
        }
        fields
    }

    /// The paths, each once.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// What stands at the paths, in their order: of each nothing, a value, or, where there are objects in an array, several.
    pub(crate) fn find<'d, 'a>(&self, document: &'d Document<'a>) -> Vec<Vec<&'d Document<'a>>> {
        let mut found = vec![Vec::new(); self.count];
        self.walk(document, &mut String::new(), &mut found);
        found
    }

    /// Walks through what stands at `path`.
    fn walk<'d, 'a>(&self, document: &'d Document<'a>, path: &mut String, found: &mut [Vec<&'d Document<'a>>]) {
        match document {
            Document::Object(fields) => {
                let length = path.len();
                for (name, value) in fields {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(name);
                    self.places.get(path.as_str()).into_iter().flatten().for_each(|place| found[*place].push(value));
                    if self.above.contains(path.as_str()) {
                        self.walk(value, path, found);
                    }
                    path.truncate(length);
                }
            }
            Document::List(items) => items.iter().for_each(|item| self.walk(item, path, found)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use spi::documents::json;

    use super::*;

    #[test]
    fn paths_are_found_however_they_are_written() {
        let fields = Fields::new(["a.b", "c", "a.x.y"].map(str::to_owned));
        for (text, counts) in [
            (r#"{"a": {"b": 1}, "c": null}"#, [1, 1, 0]),
            (r#"{"a.b": 1, "c": [1, 2]}"#, [1, 1, 0]),
            (r#"{"a": [{"b": 1}, {"b": 2, "x": {"y": 3}}, 5]}"#, [2, 0, 1]),
            (r#"{"a": {"x.y": 3}, "a.x": {"y": 4}}"#, [0, 0, 2]),
            (r#"{"a": 5, "d": {"a": {"b": 1}}}"#, [0, 0, 0]),
        ] {
            let document = json::read(text.as_bytes()).expect("JSON");
            assert_eq!(fields.find(&document).iter().map(Vec::len).collect::<Vec<_>>(), counts, "{text}");
        }
    }
}
