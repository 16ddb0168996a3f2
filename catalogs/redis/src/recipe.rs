//! What a harvest writes down of a table, so that it can be read later and elsewhere: which keys it has, and which fields its columns show.

use serde::{Deserialize, Serialize};
use spi::documents::{Column, FieldType, Path};
use spi::{Error, Result};

use crate::glob::Glob;
use crate::kind::Kind;
use crate::layout::Table;
use crate::members::Members;
use crate::pattern::{Part, Pattern};

/// A table as it is written down.
#[derive(Deserialize, Serialize)]
struct Recipe {
    #[serde(flatten)]
    keys: Keys,
    /// As TYPE says it.
    kind: String,
    #[serde(default)]
    json: bool,
    /// The columns of fields. Where values are text, only those with another name than their field, and those whose type is declared.
    #[serde(default)]
    columns: Vec<RecipeColumn>,
}

/// The keys of a table.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Keys {
    /// The parts that are always the same; null for any.
    Found { parts: Vec<Option<String>>, delimiter: String },
    /// A pattern of the server's.
    Defined(String),
}

#[derive(Deserialize, Serialize)]
struct RecipeColumn {
    name: String,
    path: Path,
    #[serde(rename = "type")]
    field_type: FieldType,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    declared: bool,
}

pub(crate) fn write(table: &Table) -> Result<String> {
    let part = |part: &Part| match part {
        Part::Literal(literal) => Some(literal.clone()),
        Part::Any => None,
    };
    let keys = match &table.members {
        Members::Found { pattern, delimiter } => Keys::Found { parts: pattern.0.iter().map(part).collect(), delimiter: delimiter.clone() },
        Members::Defined(glob) => Keys::Defined(glob.text.clone()),
    };
    let is_needed = |column: &&Column| table.json || column.declared || column.path != Path::field(&column.name);
    let column = |column: &Column| RecipeColumn {
        name: column.name.clone(),
        path: column.path.clone(),
        // Columns of text have the type that the query says.
        field_type: if table.json || column.declared { column.field_type.clone() } else { FieldType::TEXT },
        declared: column.declared,
    };
    let recipe = Recipe {
        keys,
        kind: table.kind.word().to_owned(),
        json: table.json,
        columns: table.columns.iter().filter(is_needed).map(column).collect(),
    };
    serde_json::to_string(&recipe).map_err(|error| Error::internal("the recipe of a table could not be written").cause(error))
}

/// The table of a recipe, with what reading needs to know of it.
pub(crate) fn read(name: &str, recipe: &str) -> Result<Table> {
    let unreadable = || Error::internal("the recipe of a table could not be read");
    let recipe: Recipe = serde_json::from_str(recipe).map_err(|error| unreadable().cause(error))?;
    let part = |part: Option<String>| part.map_or(Part::Any, Part::Literal);
    let members = match recipe.keys {
        Keys::Found { parts, delimiter } => Members::Found { pattern: Pattern(parts.into_iter().map(part).collect()), delimiter },
        Keys::Defined(pattern) => Members::Defined(Glob::parse(&pattern).ok_or_else(unreadable)?),
    };
    let column = |column: RecipeColumn| Column {
        name: column.name,
        path: column.path,
        field_type: column.field_type,
        native_type: String::new(),
        nullable: true,
        comment: None,
        declared: column.declared,
    };
    let kind = Kind::of_word(recipe.kind.as_bytes()).ok_or_else(unreadable)?;
    let columns = recipe.columns.into_iter().map(column).collect();
    Ok(Table { json: recipe.json, columns, ..Table::new(name.to_owned(), members, kind) })
}
