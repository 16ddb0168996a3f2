//! JSON Schema: which properties the objects have that values are. The schema is believed as far as a name and a type go; what a value
//! really holds is read as any JSON.

use serde_json::{Map, Value};
use spi::documents::FieldType;
use spi::types::{PgType, oid};

use super::field::{Field, Nesting, list_of, merged, record_of};

/// Definitions that name each other, on the way to one that does not.
const REFERENCES_MAX: usize = 32;

/// A schema.
pub(crate) struct JsonSchema {
    root: Value,
}

impl JsonSchema {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let root = serde_json::from_str(text).map_err(|error| format!("the JSON Schema cannot be read: {error}"))?;
        Ok(Self { root })
    }

    /// The properties of the object that a value is.
    pub(super) fn fields(&self) -> Vec<Field> {
        let mut nesting = Nesting::new();
        self.described(&self.root, &mut nesting, 0).1
    }

    /// The type of a column, and its fields where it is an object. A schema in pieces is looked at piece by piece; so deep is this piece.
    fn described<'s>(&'s self, schema: &'s Value, nesting: &mut Nesting<*const Value>, depth: usize) -> (FieldType, Vec<Field>) {
        let unknown = (FieldType::JSONB, Vec::new());
        // Pieces may name each other: what is short may be endless to follow.
        let Some(schema) = schema.as_object().filter(|_| depth < REFERENCES_MAX && nesting.take()) else { return unknown };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let referred = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return referred.map_or(unknown, |referred| self.described(referred, nesting, depth + 1));
        }
        // All pieces hold of an object: it has the properties of all.
        if let Some(pieces) = pieces(schema, "allOf") {
            let own = schema.contains_key("properties").then(|| self.object(schema, nesting, depth)).flatten();
            let below = pieces.iter().map(|piece| self.described(piece, nesting, depth + 1));
            let (mut types, fields): (Vec<_>, Vec<_>) = below.unzip();
            let fields = own.into_iter().chain(fields).reduce(merged).unwrap_or_default();
            types.retain(|piece| !matches!(piece, FieldType::Struct(_)) && *piece != FieldType::JSONB);
            return match types.pop() {
                _ if !fields.is_empty() => (record_of(&fields), fields),
                Some(piece) => (piece, Vec::new()),
                None => unknown,
            };
        }
        if let Some(pieces) = pieces(schema, "oneOf").or_else(|| pieces(schema, "anyOf")) {
            let mut types: Vec<_> = pieces.iter().filter(|piece| !is_null(piece)).collect();
            return match (types.pop(), types.is_empty()) {
                (Some(only), true) => self.described(only, nesting, depth + 1),
                (Some(last), false) => {
                    let all = types.into_iter().chain([last]).map(|piece| self.described(piece, nesting, depth + 1));
                    let (types, fields): (Vec<_>, Vec<_>) = all.unzip();
                    let are_objects = types.iter().all(|piece| matches!(piece, FieldType::Struct(_)));
                    let field_type = types.into_iter().fold(FieldType::Unknown, FieldType::widened);
                    (field_type, if are_objects { fields.into_iter().reduce(merged).unwrap_or_default() } else { Vec::new() })
                }
                (None, _) => unknown,
            };
        }
        let mut words = words(schema);
        words.retain(|word| *word != "null");
        match words[..] {
            [] if schema.contains_key("properties") => self.described_as("object", schema, nesting, depth),
            [] => unknown,
            [word] => self.described_as(word, schema, nesting, depth),
            _ => {
                let types = words.iter().map(|word| self.described_as(word, schema, nesting, depth).0);
                (types.fold(FieldType::Unknown, FieldType::widened), Vec::new())
            }
        }
    }

    fn described_as<'s>(
        &'s self,
        word: &str,
        schema: &'s Map<String, Value>,
        nesting: &mut Nesting<*const Value>,
        depth: usize,
    ) -> (FieldType, Vec<Field>) {
        let own = match (word, schema.get("format").and_then(Value::as_str)) {
            ("boolean", _) => FieldType::BOOL,
            ("integer", _) => FieldType::INT8,
            ("number", _) => FieldType::FLOAT8,
            ("string", Some("date")) => FieldType::DATE,
            ("string", Some("date-time")) => FieldType::TIMESTAMPTZ,
            ("string", Some("uuid")) => FieldType::Scalar(PgType::new(oid::UUID)),
            ("string", _) => FieldType::TEXT,
            ("array", _) => match schema.get("items") {
                Some(items @ Value::Object(_)) => list_of(self.described(items, nesting, depth + 1).0),
                _ => FieldType::JSONB,
            },
            ("object", _) => match self.object(schema, nesting, depth) {
                Some(fields) => return (record_of(&fields), fields),
                None => FieldType::JSONB,
            },
            _ => FieldType::JSONB,
        };
        (own, Vec::new())
    }

    fn object<'s>(&'s self, schema: &'s Map<String, Value>, nesting: &mut Nesting<*const Value>, depth: usize) -> Option<Vec<Field>> {
        let properties = schema.get("properties")?;
        // An object may have itself in it by reference: its place in the schema tells it from others.
        nesting.within(std::ptr::from_ref(properties), |nesting| {
            let mut fields = Vec::new();
            for (name, property) in properties.as_object().into_iter().flatten() {
                if nesting.take() {
                    let (field_type, below) = self.described(property, nesting, depth + 1);
                    let comment = ["description", "title"].iter().find_map(|key| property.get(key)?.as_str()).map(str::to_owned);
                    fields.push(Field { name: name.clone(), field_type, native_type: native_type(property), comment, fields: below });
                }
            }
            fields
        })
    }
}

fn pieces<'s>(schema: &'s Map<String, Value>, key: &str) -> Option<&'s Vec<Value>> {
    schema.get(key)?.as_array().filter(|pieces| !pieces.is_empty())
}

/// The names of the types that a value may have.
fn words(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(word)) => vec![word.as_str()],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn native_type(schema: &Value) -> String {
    let own = schema.as_object().map(words).unwrap_or_default().join("|");
    let format = schema.get("format").and_then(Value::as_str).map_or_else(String::new, |format| format!("({format})"));
    let pieces = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(key)?.as_array());
    match pieces {
        Some(pieces) if own.is_empty() => pieces.iter().map(native_type).collect::<Vec<_>>().join("|"),
        _ if own.is_empty() => "any".to_owned(),
        _ => own + &format,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(schema: &str) -> Vec<String> {
        let fields = JsonSchema::parse(schema).expect("a schema").fields();
        fields.iter().map(|field| format!("{} {} {}", field.name, field.field_type, field.native_type)).collect()
    }

    #[test]
    fn properties_become_columns() {
        let schema = r##"{"type": "object", "properties": {
            "id": {"type": "integer", "description": "which one"},
            "price": {"type": ["number", "null"]},
            "at": {"type": "string", "format": "date-time"},
            "day": {"oneOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
            "key": {"type": "string", "format": "uuid"},
            "who": {"$ref": "#/$defs/person"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "mixed": {"type": ["string", "integer"]},
            "more": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": {},
            "all": {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "string"}}}]},
            "elsewhere": {"$ref": "other.json"}
        }, "$defs": {"person": {"properties": {"name": {"type": "string"}, "boss": {"$ref": "#/$defs/person"}}},
            "endless": {"$ref": "#/$defs/endless"}}}"##;
        let expected = [
            "id bigint integer",
            "price double precision number|null",
            "at timestamp with time zone string(date-time)",
            "day date null|string(date)",
            "key uuid string(uuid)",
            "who struct(name text, boss jsonb) any",
            "tags text[] array",
            "mixed text string|integer",
            "more jsonb object",
            "any jsonb any",
            "all struct(a bigint, b text) any",
            "elsewhere jsonb any",
        ];
        assert_eq!(columns(schema), expected);
        assert_eq!(JsonSchema::parse(schema).expect("a schema").fields()[0].comment.as_deref(), Some("which one"));
    }

    #[test]
    fn what_is_no_object_has_no_columns() {
        for schema in ["true", r#"{"type": "string"}"#, r##"{"$ref": "#"}"##, "{}"] {
            assert!(columns(schema).is_empty(), "{schema}");
        }
        assert!(JsonSchema::parse("{").is_err());
        assert_eq!(
            columns(r#"{"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {}}}]}"#),
            ["a bigint integer", "b jsonb any"]
        );
    }
}
