//! What a collection's validator promises: its JSON schema says which fields there are, and of which types.
//!
//! It is believed as far as a name and a type go. Documents that are older than the validator, or were written past it, need not keep it;
//! so every column may be null, and the sample may widen its type.

use std::collections::HashMap;

use bson::{Bson, Document};
use spi::documents::{Evidence, FieldType, InferredColumn, Path};

/// JSON schemas nest as deeply as documents do; what is deeper is not looked at.
const DEPTH_MAX: usize = 16;

/// The fields that a JSON schema names.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// Not confirmed by any document.
    pub(crate) columns: Vec<InferredColumn>,
    /// By the name of the field: its types in the schema's own words, `string` or `int|null`.
    pub(crate) native_types: HashMap<String, String>,
    /// By the name of the field: its `description` or `title`.
    pub(crate) comments: HashMap<String, String>,
    /// What the schema says of the documents as a whole.
    pub(crate) comment: Option<String>,
}

/// The JSON schema of a collection's options, where it has one.
pub(crate) fn schema(options: &Document) -> Schema {
    let json_schema = options.get_document("validator").and_then(|validator| validator.get_document("$jsonSchema"));
    let Ok(json_schema) = json_schema else { return Schema::default() };
    let mut schema = Schema { comment: comment(json_schema), ..Schema::default() };
    let properties = json_schema.get_document("properties").into_iter().flatten();
    for (name, property) in properties.filter_map(|(name, property)| Some((name, property.as_document()?))) {
        let column = InferredColumn {
            name: name.clone(),
            path: Path::field(name.as_str()),
            field_type: field_type(property, 0),
            confirmed: false,
            evidence: Evidence::default(),
            fields: Vec::new(),
        };
        schema.columns.push(column);
        schema.native_types.insert(name.clone(), type_names(property).join("|"));
        schema.comments.extend(comment(property).map(|comment| (name.clone(), comment)));
    }
    schema
}

/// What is known of a collection, with the fields that its schema names beside.
pub(crate) fn with_known(schema: &Schema, known: &[InferredColumn]) -> Vec<InferredColumn> {
    let mut columns = known.to_vec();
    for column in &schema.columns {
        let mut of_field = columns.iter_mut().filter(|known| known.path.0.first() == column.path.0.first()).peekable();
        if of_field.peek().is_none() {
            columns.push(column.clone());
        } else if let Some(known) = of_field.find(|known| known.path == column.path) {
            known.field_type = known.field_type.clone().widened(column.field_type.clone());
        }
        // A flattened table knows only what is within the field.
    }
    columns
}

fn comment(schema: &Document) -> Option<String> {
    schema.get_str("description").or_else(|_| schema.get_str("title")).ok().map(str::to_owned)
}

fn type_names(schema: &Document) -> Vec<&str> {
    match schema.get("bsonType").or_else(|| schema.get("type")) {
        Some(Bson::String(name)) => vec![name.as_str()],
        Some(Bson::Array(names)) => names.iter().filter_map(Bson::as_str).collect(),
        _ => Vec::new(),
    }
}

fn field_type(schema: &Document, depth: usize) -> FieldType {
    if depth >= DEPTH_MAX {
        return FieldType::Unknown;
    }
    let types = type_names(schema).into_iter().map(|name| match name {
        "int" | "long" | "integer" => FieldType::INT8,
        "double" | "number" => FieldType::FLOAT8,
        "decimal" => FieldType::NUMERIC,
        "bool" | "boolean" => FieldType::BOOL,
        "date" => FieldType::TIMESTAMPTZ,
        "binData" => FieldType::BYTEA,
        "timestamp" => FieldType::Struct(vec![("t".to_owned(), FieldType::INT8), ("i".to_owned(), FieldType::INT8)]),
        "array" => {
            let items = schema.get_document("items").map_or(FieldType::Unknown, |items| field_type(items, depth + 1));
            FieldType::list(items)
        }
        "object" => {
            let members = schema.get_document("properties").into_iter().flatten();
            let member = |(name, member): (&String, &Bson)| Some((name.clone(), field_type(member.as_document()?, depth + 1)));
            FieldType::Struct(members.filter_map(member).collect())
        }
        "null" | "undefined" => FieldType::Unknown,
        _ => FieldType::TEXT,
    });
    types.fold(FieldType::Unknown, FieldType::widened)
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn schemas_become_columns() {
        let options = doc! { "validator": { "$jsonSchema": { "bsonType": "object", "title": "orders", "properties": {
            "_id": { "bsonType": "objectId" },
            "n": { "bsonType": ["int", "long", "null"], "description": "how many" },
            "price": { "bsonType": "decimal" },
            "lines": { "bsonType": "array", "items": { "bsonType": "object", "properties": { "sku": { "type": "string" } } } },
            "any": {},
            "mixed": { "bsonType": ["string", "int"] },
        } } } };
        let schema = schema(&options);
        let columns: Vec<String> = schema.columns.iter().map(|column| format!("{} {}", column.name, column.field_type)).collect();
        let expected = ["_id text", "n bigint", "price numeric", "lines struct(sku text)[]", "any jsonb", "mixed text"];
        assert_eq!(columns, expected);
        assert_eq!(schema.native_types["n"], "int|long|null");
        assert_eq!((schema.comment.as_deref(), schema.comments.get("n").map(String::as_str)), (Some("orders"), Some("how many")));
        assert!(super::schema(&doc! { "validator": { "a": { "$gt": 1 } } }).columns.is_empty());
    }
}
