//! What a harvest writes down of a table, so that it can be read later and elsewhere: which keys it has, and which fields its columns show.

use serde::{Deserialize, Serialize};
use spi::documents::{Column, FieldType, Path};
use spi::{Error, Result};

use crate::kind::Kind;
use crate::layout::Table;
use crate::pattern::{Part, Pattern};

/// A table as it is written down.
#[derive(Deserialize, Serialize)]
struct Recipe {
    /// The parts of its keys that are always the same; null for any.
    pattern: Vec<Option<String>>,
    /// As TYPE says it.
    kind: String,
    #[serde(default)]
    json: bool,
    /// The columns of fields. Where values are text, only those with another name than their field.
    #[serde(default)]
    columns: Vec<RecipeColumn>,
}

#[derive(Deserialize, Serialize)]
struct RecipeColumn {
    name: String,
    path: Path,
    #[serde(rename = "type")]
    field_type: FieldType,
}

pub(crate) fn write(table: &Table) -> Result<String> {
    let part = |part: &Part| match part {
        Part::Literal(literal) => Some(literal.clone()),
        Part::Any => None,
    };
    let is_needed = |column: &&Column| table.json || column.path != Path::field(&column.name);
    let column = |column: &Column| RecipeColumn {
        name: column.name.clone(),
        path: column.path.clone(),
        // Columns of text have the type that the query says.
        field_type: if table.json { column.field_type.clone() } else { FieldType::TEXT },
    };
    let recipe = Recipe {
        pattern: table.pattern.0.iter().map(part).collect(),
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
    let column = |column: RecipeColumn| Column {
        name: column.name,
        path: column.path,
        field_type: column.field_type,
        native_type: String::new(),
        nullable: true,
        comment: None,
        declared: false,
    };
    Ok(Table {
        name: name.to_owned(),
        pattern: Pattern(recipe.pattern.into_iter().map(|part| part.map_or(Part::Any, Part::Literal)).collect()),
        kind: Kind::of_word(recipe.kind.as_bytes()).ok_or_else(unreadable)?,
        // The query says it.
        value: FieldType::TEXT,
        json: recipe.json,
        columns: recipe.columns.into_iter().map(column).collect(),
        inferred: Vec::new(),
        rows: 0,
        bytes: None,
    })
}
