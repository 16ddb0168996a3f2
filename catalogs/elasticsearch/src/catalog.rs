//! The tables of a cluster: its indices, and the aliases and data streams that are made of indices.
//!
//! All of it is in one answer, that to `GET /<patterns>`. Indices behind a data stream are no tables of their own.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spi::documents::{DOCUMENT, ERROR, FieldType};

use crate::mapping::{self, Defaults, Field};

/// The identity of a document within its index.
pub(crate) const ID: &str = "_id";

/// The index of a document, in tables of several indices.
pub(crate) const INDEX: &str = "_index";

/// An index as the server describes it.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) mappings: Value,
    pub(crate) settings: Value,
    /// The aliases of the index, with what each says of it, for example a filter.
    pub(crate) aliases: Map<String, Value>,
    data_stream: Option<String>,
}

/// What has rows.
#[derive(Clone, Debug)]
pub(crate) struct Table<'a> {
    pub(crate) kind: TableKind,
    /// The indices whose documents are its rows.
    pub(crate) indices: Vec<&'a Index>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableKind {
    Index,
    Alias,
    DataStream,
}

impl TableKind {
    /// The product's word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            TableKind::Index => "index",
            TableKind::Alias => "alias",
            TableKind::DataStream => "data stream",
        }
    }
}

/// How much the server gives in one search, unless an index has a setting of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Documents of a page (`index.max_result_window`).
    pub(crate) documents: usize,
    /// Fields whose values come from the index (`index.max_docvalue_fields_search`).
    pub(crate) indexed: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { documents: 10_000, indexed: 100 }
    }
}

/// A column of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// Whether it is an array column, which mappings do not tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) listed: bool,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    Id,
    Index,
    Field(Box<Field>),
    /// What of the row did not fit.
    Error,
    /// The whole document.
    Document,
}

impl Column {
    fn new(name: &str, origin: Origin) -> Self {
        Self { name: name.to_owned(), origin, listed: false }
    }

    /// A column of a field. Whatever is copied together is several values.
    pub(crate) fn of_field(name: String, field: Field) -> Self {
        let listed = field.copied && field.kind.may_be_listed();
        Self { name, origin: Origin::Field(Box::new(field)), listed }
    }

    /// The field that it shows, if it shows one.
    pub(crate) fn field(&self) -> Option<&Field> {
        if let Origin::Field(field) = &self.origin { Some(field) } else { None }
    }

    pub(crate) fn field_type(&self) -> FieldType {
        self.field_type_as(self.listed)
    }

    /// Its type if it were an array column, or none.
    pub(crate) fn field_type_as(&self, listed: bool) -> FieldType {
        match &self.origin {
            Origin::Id | Origin::Index | Origin::Error => FieldType::TEXT,
            Origin::Document => FieldType::JSONB,
            Origin::Field(field) if listed && field.kind.may_be_listed() => FieldType::list(field.kind.field_type()),
            Origin::Field(field) => field.kind.field_type(),
        }
    }
}

/// Names that no field has as its column.
pub(crate) fn reserved() -> Vec<String> {
    [ID, INDEX, ERROR, DOCUMENT].map(str::to_owned).into()
}

/// The indices of the server's answer.
pub(crate) fn indices(answer: Value) -> Vec<Index> {
    let Value::Object(indices) = answer else { return Vec::new() };
    let index = |(name, mut index): (String, Value)| Index {
        name,
        mappings: index["mappings"].take(),
        settings: index["settings"].take(),
        aliases: index["aliases"].as_object().cloned().unwrap_or_default(),
        data_stream: index["data_stream"].as_str().map(str::to_owned),
    };
    indices.into_iter().map(index).collect()
}

/// The tables by their names. What is hidden is left out unless it is to be shown.
pub(crate) fn tables(indices: &[Index], show_hidden: bool) -> BTreeMap<&str, Table<'_>> {
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    let mut add = |name, kind, index| {
        tables.entry(name).or_insert_with(|| Table { kind, indices: Vec::new() }).indices.push(index);
    };
    let is_shown = |name: &str, is_hidden: bool| show_hidden || !(is_hidden || name.starts_with('.'));
    for index in indices {
        match &index.data_stream {
            Some(stream) if is_shown(stream, false) => add(stream.as_str(), TableKind::DataStream, index),
            None if is_shown(&index.name, false) => add(index.name.as_str(), TableKind::Index, index),
            _ => {}
        }
        for (alias, description) in &index.aliases {
            if is_shown(alias, description["is_hidden"].as_bool() == Some(true)) {
                add(alias.as_str(), TableKind::Alias, index);
            }
        }
    }
    tables
}

impl Table<'_> {
    /// What is read under a name, of the server's answer for just this name.
    pub(crate) fn of_name<'a>(name: &str, indices: &'a [Index]) -> Table<'a> {
        let is_index = matches!(indices, [index] if index.name == name);
        Table { kind: if is_index { TableKind::Index } else { TableKind::Alias }, indices: indices.iter().collect() }
    }

    /// What all of its indices give.
    pub(crate) fn limits(&self) -> Limits {
        let most = Limits::default();
        let least = |name: &str, most: usize| {
            let given = self.indices.iter().filter_map(|index| mapping::number(&index.settings["index"][name]));
            given.fold(most, usize::min)
        };
        Limits { documents: least("max_result_window", most.documents), indexed: least("max_docvalue_fields_search", most.indexed) }
    }

    /// The columns in their order: the document's identity, its fields, what did not fit, and the document itself.
    pub(crate) fn columns(&self, flatten: bool) -> Vec<Column> {
        let fields = |index: &&Index| mapping::fields(&index.mappings, flatten, Defaults::new(&index.settings));
        let fields = self.indices.iter().map(|index| (&index.mappings, fields(index)));
        let mut columns = vec![Column::new(ID, Origin::Id)];
        if self.kind != TableKind::Index {
            columns.push(Column::new(INDEX, Origin::Index));
        }
        let mut taken: HashSet<String> = reserved().into_iter().collect();
        for field in mapping::of_indices(fields) {
            let mut name = field.path.clone();
            // A field may have the name of a column that is none of the fields.
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            columns.push(Column::of_field(name, field));
        }
        columns.extend([Column::new(ERROR, Origin::Error), Column::new(DOCUMENT, Origin::Document)]);
        columns
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn indices_behind_a_data_stream_are_one_table() {
        let indices = indices(json!({
            ".ds-logs-000001": {"aliases": {}, "mappings": {}, "settings": {}, "data_stream": "logs"},
            ".ds-logs-000002": {"aliases": {"all": {}}, "mappings": {}, "settings": {}, "data_stream": "logs"},
            ".secret": {"aliases": {}, "mappings": {}, "settings": {}},
            "shop": {"aliases": {"all": {}, "kept": {"is_hidden": true}}, "mappings": {}, "settings": {}},
        }));
        let names = |show_hidden| {
            let tables = tables(&indices, show_hidden);
            tables.iter().map(|(name, table)| format!("{} {name} {}", table.kind.name(), table.indices.len())).collect::<Vec<_>>()
        };
        assert_eq!(names(false), ["alias all 2", "data stream logs 2", "index shop 1"]);
        assert_eq!(names(true), ["index .secret 1", "alias all 2", "alias kept 1", "data stream logs 2", "index shop 1"]);
    }

    #[test]
    fn names_of_fields_never_hide_what_every_table_has() {
        let mappings = json!({"properties": {"_doc": {"type": "long"}, "_doc_": {"type": "long"}}});
        let indices = indices(json!({"t": {"aliases": {}, "mappings": mappings, "settings": {}}}));
        let columns = tables(&indices, false)["t"].columns(true);
        assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["_id", "_doc_", "_doc__", "_error", "_doc"]);
    }
}
