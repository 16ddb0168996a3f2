//! What a schema declares, whatever its language: fields with types, and the columns that they make.

use std::collections::HashSet;

use spi::documents::inference::{COLUMNS_MAX, DEPTH_MAX, FIELDS_MAX};
use spi::documents::{Column, FieldType, Path};

use crate::layout::RESERVED;

/// What is appended to the name of a column that every topic has.
const RESERVED_SUFFIX: &str = "_field";

/// What a column is called whose field has no name, which only JSON allows.
const NAMELESS: &str = "_empty";

/// The most dimensions that an array has in PostgreSQL.
const DIMENSIONS_MAX: usize = 6;

/// A field that a schema declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) field_type: FieldType,
    /// The type in the schema's words.
    pub(crate) native_type: String,
    pub(crate) comment: Option<String>,
    /// Where the field is a record: its fields, of which its type is made too.
    pub(crate) fields: Vec<Field>,
}

/// A list; beyond so many dimensions it is JSON.
pub(crate) fn list_of(item: FieldType) -> FieldType {
    let (mut dimensions, mut inner) = (1, &item);
    while let FieldType::List(below) = inner {
        (dimensions, inner) = (dimensions + 1, &**below);
    }
    if dimensions > DIMENSIONS_MAX { FieldType::JSONB } else { FieldType::list(item) }
}

/// The type of a record with these fields.
pub(crate) fn record_of(fields: &[Field]) -> FieldType {
    FieldType::Struct(fields.iter().map(|field| (field.name.clone(), field.field_type.clone())).collect())
}

/// The fields of records of which a value may be any: those of equal names are one.
pub(crate) fn merged(mut fields: Vec<Field>, others: Vec<Field>) -> Vec<Field> {
    for other in others {
        match fields.iter_mut().find(|field| field.name == other.name) {
            None => fields.push(other),
            Some(field) if *field == other => {}
            Some(field) => {
                field.field_type = field.field_type.clone().widened(other.field_type);
                field.native_type = format!("{}|{}", field.native_type, other.native_type);
                field.fields.clear();
            }
        }
    }
    fields
}

/// The way down into a schema. Records may hold themselves, and schemas may be small and yet say very much.
pub(crate) struct Nesting<K> {
    above: Vec<K>,
    fields_left: usize,
}

impl<K: PartialEq> Nesting<K> {
    pub(crate) fn new() -> Self {
        Self { above: Vec::new(), fields_left: FIELDS_MAX }
    }

    /// The fields of a record. None where it is JSON: it is within itself, or too deep, or there are too many already.
    pub(crate) fn within(&mut self, record: K, fields: impl FnOnce(&mut Self) -> Vec<Field>) -> Option<Vec<Field>> {
        if self.above.len() > DEPTH_MAX || self.fields_left == 0 || self.above.contains(&record) {
            return None;
        }
        self.above.push(record);
        let fields = fields(self);
        self.above.pop();
        Some(fields)
    }

    /// Whether there is room for one more field.
    pub(crate) fn take(&mut self) -> bool {
        let is_left = self.fields_left > 0;
        self.fields_left = self.fields_left.saturating_sub(1);
        is_left
    }
}

/// The columns of fields. Flattened, the fields of records are columns with dotted names; else a record is one column.
pub(crate) fn columns(fields: &[Field], flatten: bool, is_converted: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut names: HashSet<String> = RESERVED.map(str::to_owned).into();
    collect(fields, &Path::default(), flatten, &mut |path: Path, field: &Field| {
        if columns.len() < COLUMNS_MAX {
            columns.push(Column {
                name: unique_name(&path, &mut names),
                path,
                field_type: field.field_type.clone(),
                native_type: field.native_type.clone(),
                // A tombstone has no values, nor have messages of older schemas.
                nullable: true,
                comment: field.comment.clone(),
                declared: is_converted,
            });
        }
    });
    columns
}

fn collect(fields: &[Field], above: &Path, flatten: bool, add: &mut impl FnMut(Path, &Field)) {
    for field in fields {
        let path = above.join(&field.name);
        if flatten && !field.fields.is_empty() { collect(&field.fields, &path, flatten, add) } else { add(path, field) }
    }
}

fn unique_name(path: &Path, names: &mut HashSet<String>) -> String {
    // No name in PostgreSQL has a character of code 0.
    let mut name = path.0.join(".").replace('\0', "\u{fffd}");
    if name.is_empty() {
        name = NAMELESS.to_owned();
    }
    if RESERVED.contains(&name.as_str()) {
        name.push_str(RESERVED_SUFFIX);
    }
    let numbered = (2u64..).map(|number| format!("{name}_{number}"));
    let unique = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name)).unwrap_or(name);
    names.insert(unique.clone());
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, field_type: FieldType, fields: Vec<Field>) -> Field {
        Field { name: name.to_owned(), field_type, native_type: "x".to_owned(), comment: None, fields }
    }

    #[test]
    fn names_of_columns_are_unique() {
        let inner = vec![field("b", FieldType::TEXT, Vec::new())];
        let record = field("a", record_of(&inner), inner);
        let fields = ["_offset", "", "a.b"].map(|name| field(name, FieldType::INT8, Vec::new()));
        let fields = [&fields[..], &[record]].concat();
        let names = |flatten| columns(&fields, flatten, false).into_iter().map(|column| column.name).collect::<Vec<_>>();
        assert_eq!(names(false), ["_offset_field", "_empty", "a.b", "a"]);
        assert_eq!(names(true), ["_offset_field", "_empty", "a.b", "a.b_2"]);
        assert_eq!(columns(&fields, true, false)[3].path.to_string(), "a.b");
        assert_eq!(columns(&fields, true, false)[2].path.to_string(), "\"a.b\"");
    }

    #[test]
    fn what_has_too_many_dimensions_is_json() {
        let list = (0..6).fold(FieldType::INT8, |item, _| list_of(item));
        assert_eq!((list.to_string().as_str(), list_of(list.clone())), ("bigint[][][][][][]", FieldType::JSONB));
    }
}
