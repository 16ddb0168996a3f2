//! What an operator says about a table that its source says nothing about.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::evidence::InferredColumn;
use super::field_type::FieldType;
use super::path::Path;
use super::shown::shown;
use super::value::Document;
use crate::error::{Code, Error, Result};
use crate::options::Options;

/// The definition of a table, as `CALL define_table` takes it. What it does not say is inferred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TableDefinition {
    /// Columns with a type, a path or a comment of their own. Each takes the place of the inferred columns that have its path or its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnDefinition>,
    /// Whether the table has no other columns than these.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_these_columns: bool,
    /// The columns that together are different in every row. They are shown as the primary key; nobody checks that they are one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// How a record is written, in the words of the data source's type, for example `json`, `avro`, `csv`, or `hash` for keys of Redis. It
    /// may be called `type` too.
    #[serde(alias = "type", skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Which records of the source are rows of the table, in the source's own language: a filter of MongoDB, a query of Elasticsearch, a
    /// pattern of Redis' keys. It may be called `pattern` too.
    #[serde(alias = "pattern", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Where in a document the list of rows is, for example `response.items`, of a topic of Kafka whose values are JSON. Without it a document
    /// is a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_path: Option<String>,
    /// A comment on the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A part of a definition that not every source has a meaning for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Format,
    Filter,
    RowPath,
}

/// The definitions of a source's tables, each under its schema and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableDefinitions(pub BTreeMap<String, BTreeMap<String, Arc<TableDefinition>>>);

impl TableDefinitions {
    pub fn get(&self, schema: &str, table: &str) -> Option<&Arc<TableDefinition>> {
        self.0.get(schema)?.get(table)
    }

    /// The tables of a schema that are defined, by their names. The source may not have them otherwise.
    pub fn of_schema(&self, schema: &str) -> impl Iterator<Item = (&str, &Arc<TableDefinition>)> {
        self.0.get(schema).into_iter().flatten().map(|(table, definition)| (table.as_str(), definition))
    }
}

/// A column of a table definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDefinition {
    /// The column's name.
    pub name: String,
    /// The type as PostgreSQL writes it, for example `bigint`, `numeric(12,2)`, `timestamptz` or `text[]`. Text is read as values of this
    /// type, and decimals are rounded to it. Without it the type is inferred.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// Where in a row the value is: names of fields with dots between them, a name with dots in it in double quotes, for example
    /// `customer."first.name"`. Without it the field that is called like the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether the column may be null. Nobody checks that a column that may not be never is.
    #[serde(default = "yes")]
    pub nullable: bool,
    /// A comment on the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

fn yes() -> bool {
    true
}

impl TableDefinition {
    /// Reads a definition as an operator writes it.
    pub fn parse(definition: &Options) -> Result<Self> {
        serde_json::from_value(definition.clone().into()).map_err(|error| {
            refused("the table definition cannot be read").detail(format!("It says: {error}.")).hint(
                "For example {\"columns\": [{\"name\": \"price\", \"type\": \"numeric(12,2)\", \"path\": \"item.price\"}], \"key\": [\"id\"]}.",
            )
        })
    }

    /// The columns of the table: the inferred ones in their places, overruled by the definition's, and then those that only it has.
    /// Reserved are the names of the connector's own columns, which only the key may name. What cannot be is refused.
    pub fn columns(&self, inferred: &[InferredColumn], reserved: &[String]) -> Result<Vec<Column>> {
        let mut names = HashSet::new();
        let defined = self.columns.iter().map(|column| {
            let name = &column.name;
            if name.is_empty() || name.contains('\0') {
                return Err(refused("a column of the table definition has no name that a column can have"));
            }
            if reserved.contains(name) {
                return Err(refused(format!(
                    "column \"{name}\" of the table definition has the name of a column that every such table has"
                )));
            }
            if !names.insert(name) {
                return Err(refused(format!("column \"{name}\" is in the table definition twice")));
            }
            column.column(inferred)
        });
        let defined = defined.collect::<Result<Vec<_>>>()?;
        let columns = if self.only_these_columns { defined } else { merged(defined, inferred) };
        let missing = self.key.iter().find(|key| !reserved.contains(key) && !columns.iter().any(|column| column.name == **key));
        match missing {
            Some(key) => Err(refused(format!("key column \"{key}\" of the table definition is no column of the table"))),
            None => Ok(columns),
        }
    }

    /// Refuses a part that has no meaning for what is defined: `topics`, for example. The hint says what to do instead.
    pub fn refuse(&self, part: Part, of: &str, hint: &str) -> Result<()> {
        let (is_given, name) = match part {
            Part::Format => (self.format.is_some(), "format"),
            Part::Filter => (self.filter.is_some(), "filter"),
            Part::RowPath => (self.row_path.is_some(), "row path"),
        };
        match is_given {
            true => Err(refused(format!("the table definition has a {name}, which {of} cannot have")).hint(hint)),
            false => Ok(()),
        }
    }

    /// The path of [`TableDefinition::row_path`]; the empty one, the document itself, if there is none.
    pub fn row_path(&self) -> Result<Path> {
        match &self.row_path {
            None => Ok(Path::default()),
            Some(text) => Path::parse(text).ok_or_else(|| no_path("the row path", text)),
        }
    }
}

/// The columns of a table that hold fields of its documents: as they are inferred, where no definition overrules that.
pub fn columns(definition: Option<&TableDefinition>, inferred: &[InferredColumn], reserved: &[String]) -> Result<Vec<Column>> {
    match definition {
        None => Ok(inferred.iter().map(Column::from).collect()),
        Some(definition) => definition.columns(inferred, reserved),
    }
}

impl ColumnDefinition {
    fn column(&self, inferred: &[InferredColumn]) -> Result<Column> {
        let name = &self.name;
        let known_by_name = inferred.iter().find(|column| column.name == *name);
        let path = match (&self.path, known_by_name) {
            (Some(text), _) => Path::parse(text).ok_or_else(|| no_path(&format!("the path of column \"{name}\""), text))?,
            (None, Some(known)) => known.path.clone(),
            (None, None) => Path::field(name.as_str()),
        };
        let known = inferred.iter().find(|column| column.path == path);
        let field_type = match &self.data_type {
            None => known.map_or(FieldType::Unknown, |known| known.field_type.clone()),
            Some(text) => FieldType::parse(text).ok_or_else(|| {
                refused(format!("column \"{name}\" of the table definition has the unknown type \"{text}\"")).hint(
                    "Known types: boolean, smallint, integer, bigint, real, double precision, numeric, numeric(p,s), text, varchar(n), \
                     bytea, date, timestamp, timestamptz, uuid, jsonb, and arrays of them such as bigint[].",
                )
            })?,
        };
        Ok(Column {
            name: name.clone(),
            path,
            field_type,
            native_type: known.map_or_else(|| "unknown".to_owned(), InferredColumn::native_type),
            nullable: self.nullable,
            comment: self.comment.clone(),
            declared: self.data_type.is_some(),
        })
    }
}

/// The inferred columns, each overruled where the definition has its path or its name.
fn merged(defined: Vec<Column>, inferred: &[InferredColumn]) -> Vec<Column> {
    let mut defined: Vec<Option<Column>> = defined.into_iter().map(Some).collect();
    let mut columns = Vec::with_capacity(inferred.len());
    let names: HashSet<String> = defined.iter().flatten().map(|column| column.name.clone()).collect();
    let paths: HashSet<Path> = defined.iter().flatten().map(|column| column.path.clone()).collect();
    for known in inferred {
        let overruling = defined.iter_mut().filter(|column| column.as_ref().is_some_and(|column| column.path == known.path));
        columns.extend(overruling.filter_map(Option::take));
        if !paths.contains(&known.path) && !names.contains(&known.name) {
            columns.push(Column::from(known));
        }
    }
    columns.extend(defined.into_iter().flatten());
    columns
}

/// The rows of a document: the elements of the list that the path leads to, or the one value that is there; none where nothing is.
/// An error says what is in the way instead.
pub fn rows<'d, 'a>(document: &'d Document<'a>, row_path: &Path) -> Result<&'d [Document<'a>], String> {
    let mut place = document;
    for name in &row_path.0 {
        match place.plain() {
            Document::Object(_) => match place.get(name) {
                Some(value) => place = value,
                None => return Ok(&[]),
            },
            Document::Null => return Ok(&[]),
            _ => return Err(format!("there are no rows at {row_path}: {} is not an object", shown(place))),
        }
    }
    match place.plain() {
        Document::Null if !row_path.0.is_empty() => Ok(&[]),
        Document::List(rows) if !row_path.0.is_empty() => Ok(rows),
        _ => Ok(std::slice::from_ref(place)),
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidArgument, message)
}

fn no_path(what: &str, text: &str) -> Error {
    refused(format!("{what} of the table definition, \"{text}\", is no path"))
        .hint("Write names of fields with dots between them, and names with dots or brackets in them in double quotes.")
}

#[cfg(test)]
mod tests;
