//! The fields of an index, as its mapping tells them.
//!
//! | type of the field | type of the column |
//! | --- | --- |
//! | `keyword`, `constant_keyword`, `wildcard`, `version`, `text` and its kin | `text` |
//! | `long`, `integer`, `short`, `byte`, `unsigned_long` | `int8`, `int4`, `int2`, `int2`, `numeric(20,0)` |
//! | `double`, `scaled_float`; `float`, `half_float`, `rank_feature` | `float8`; `float4` |
//! | `boolean`, `date`, `date_nanos`, `ip`, `binary` | `bool`, `timestamptz`, `timestamptz`, `inet`, `bytea` |
//! | `dense_vector` | `float4[]` |
//! | `object` | its fields, or with `flatten` off `jsonb`; without fields `jsonb` |
//! | `nested` | `jsonb[]`, a list of structs |
//! | all others, for example `geo_point`, `flattened`, ranges | `jsonb` |
//!
//! Fields of one name in several indices of a table become one column: of whole numbers `int8`, of other numbers `float8`, else `text`.
//! A field that documents are kept without, and the index gives no values of, is no column. One that others are copied to (`copy_to`) is
//! a list: the documents do not have it, and the server gathers its values from theirs.
//!
//! A runtime field is computed by the server when it is asked for. It has the type of a field of its kind, if that is in the table, or `text`.
//!
//! An operator may give a column another type. It is then read from the documents, and the server is not asked to compare it.

mod defaults;
mod kept;
mod merge;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spi::documents::FieldType;
use spi::types::{PgType, oid};

pub(crate) use defaults::Defaults;
use kept::{Kept, is_in_index};
pub(crate) use merge::of_indices;

/// Objects in objects are not followed deeper than the server itself allows by default (`index.mapping.depth.limit` is 20).
const DEPTH_MAX: usize = 32;

/// A field that has values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Field {
    /// The names from the document down to it, joined with dots. As the product has it: a dot in a name is such a step too.
    pub(crate) path: String,
    /// Where the values are, if the field is only another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    pub(crate) kind: Kind,
    /// The type as the mapping names it.
    pub(crate) native: String,
    /// Whether its values are copies of others, which documents are kept without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) copied: bool,
    /// Whether the server computes its values when they are asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) computed: bool,
    /// The fields that are copied to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) copied_from: Vec<String>,
    /// Whether the server can search for its values.
    pub(crate) searchable: bool,
    /// Whether documents may have values of it that were never indexed, and so are not found: documents from before the field was mapped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) gaps: bool,
    /// Whether such values may be of documents that had too many fields, which the server notes as ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) overflows: bool,
    /// Whether the server keeps its values in the index alone, and documents without them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) from_index: bool,
    /// Whether the index has its values too, though sorted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) doc_values: bool,
    /// Whether the server gives another value for a null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) nulled: bool,
    /// Whether documents are sent without it unless it is asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) left_out: bool,
    /// Another form of the same values, a keyword by which a text is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keyword: Option<Keyword>,
    /// What the mapping tells besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
}

impl Field {
    /// A field that the server is not asked to compare.
    pub(crate) fn unsearchable(path: String, kind: Kind) -> Self {
        Self {
            path,
            target: None,
            kind,
            native: "unmapped".to_owned(),
            copied: false,
            computed: false,
            copied_from: Vec::new(),
            searchable: false,
            gaps: false,
            overflows: false,
            from_index: false,
            doc_values: false,
            nulled: false,
            left_out: false,
            keyword: None,
            comment: None,
        }
    }
}

/// A form of a field's values that the server compares as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keyword {
    pub(crate) path: String,
    /// Longer values, in characters, are not to be found.
    pub(crate) ignore_above: Option<usize>,
}

/// How values of a field are read and compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Compared byte by byte. Longer values, in characters, are not to be found.
    Keyword {
        ignore_above: Option<usize>,
    },
    /// Compared in ways that are the server's own.
    Text,
    /// Not in the documents: the server is asked for it.
    Fetched,
    /// A whole number of this PostgreSQL type, and the greatest one that the field takes.
    Integer {
        pg_type: u32,
        max: i64,
    },
    UnsignedLong,
    Float,
    Double,
    /// A number that the server rounds in a way of its own: `half_float`, `scaled_float`.
    Rounded {
        pg_type: u32,
    },
    Boolean,
    Date {
        nanos: bool,
    },
    Ip,
    Binary,
    Vector,
    Json,
    /// An object, where objects are no columns of their own.
    Object(Vec<Field>),
    /// Objects that are documents of their own at the server.
    Nested(Vec<Field>),
    /// Whatever the documents have, as a type that an operator has given it.
    Defined(FieldType),
}

impl Kind {
    /// The type of one value.
    pub(crate) fn field_type(&self) -> FieldType {
        let scalar = |oid| FieldType::Scalar(PgType::new(oid));
        match self {
            Kind::Keyword { .. } | Kind::Text | Kind::Fetched => FieldType::TEXT,
            Kind::Integer { pg_type, .. } | Kind::Rounded { pg_type } => scalar(*pg_type),
            Kind::UnsignedLong => FieldType::Scalar(PgType::numeric(20, 0)),
            Kind::Float => scalar(oid::FLOAT4),
            Kind::Double => FieldType::FLOAT8,
            Kind::Boolean => FieldType::BOOL,
            Kind::Date { .. } => FieldType::TIMESTAMPTZ,
            Kind::Ip => scalar(oid::INET),
            Kind::Binary => FieldType::BYTEA,
            Kind::Vector => FieldType::list(scalar(oid::FLOAT4)),
            Kind::Json => FieldType::JSONB,
            Kind::Object(members) => object_type(members),
            Kind::Nested(members) => FieldType::list(object_type(members)),
            Kind::Defined(field_type) => field_type.clone(),
        }
    }

    /// Whether a field may be a list of such values. The others are one already, or any JSON.
    pub(crate) fn may_be_listed(&self) -> bool {
        !matches!(self, Kind::Vector | Kind::Json | Kind::Nested(_) | Kind::Defined(_))
    }

    fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Kind::UnsignedLong | Kind::Float | Kind::Double | Kind::Rounded { .. })
    }

    fn is_integer(&self) -> bool {
        matches!(self, Kind::Integer { .. })
    }
}

fn object_type(members: &[Field]) -> FieldType {
    FieldType::Struct(members.iter().map(|member| (member.path.clone(), member.kind.field_type())).collect())
}

/// The fields of an index: of objects, with `flatten`, their fields under dotted names.
pub(crate) fn fields(mappings: &Value, flatten: bool, defaults: Defaults) -> Vec<Field> {
    let mut reader = Reader { flatten, defaults, kept: Kept::new(mappings, defaults), fields: Vec::new(), aliases: Vec::new() };
    if let Some(properties) = mappings["properties"].as_object() {
        reader.properties(properties, "", 0, leaves_gaps(mappings, false));
    }
    let Reader { mut fields, aliases, .. } = reader;
    for (path, target) in aliases {
        if let Some(meant) = fields.iter().find(|field| field.path == target) {
            let comment = Some(format!("another name of {target}"));
            let alias = Field { path, target: Some(target.clone()), comment, ..meant.clone() };
            fields.push(alias);
        }
    }
    let mut copies = HashMap::new();
    collect_copies(mappings, "", &mut copies);
    for field in &mut fields {
        if let Some(from) = copies.get(field.target.as_ref().unwrap_or(&field.path)) {
            field.copied = !field.from_index;
            field.copied_from.clone_from(from);
        }
    }
    for (path, runtime) in mappings["runtime"].as_object().into_iter().flatten() {
        let native = runtime["type"].as_str().unwrap_or_default();
        let kind = match native {
            "long" | "double" | "boolean" | "date" | "ip" => kind_of(native, runtime, defaults),
            _ => Kind::Fetched,
        };
        fields.retain(|field| field.path != *path);
        let comment = Some("computed by the server when it is read".to_owned());
        let (native, path) = (format!("{native} (runtime)"), path.clone());
        fields.push(Field { native, comment, computed: true, ..Field::unsearchable(path, kind) });
    }
    fields
}

/// The fields that others are copied to, wherever those are, each with these others.
fn collect_copies(mapping: &Value, prefix: &str, copies: &mut HashMap<String, Vec<String>>) {
    for (name, member) in mapping["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let targets = match &member["copy_to"] {
            Value::Array(targets) => targets.as_slice(),
            one => std::slice::from_ref(one),
        };
        for target in targets.iter().filter_map(Value::as_str) {
            copies.entry(target.to_owned()).or_default().push(path.clone());
        }
        collect_copies(member, &format!("{path}."), copies);
    }
}

/// Whether an object of the mapping takes fields that it does not map: they are in documents, and not in the index. `above` says it of
/// the object around it.
fn leaves_gaps(mapping: &Value, above: bool) -> bool {
    match &mapping["dynamic"] {
        _ if mapping["enabled"] == false => true,
        Value::Null => above,
        dynamic => *dynamic == false || dynamic == "false" || dynamic == "runtime",
    }
}

/// Whether any object of the mapping does.
fn leaves_any_gaps(mapping: &Value) -> bool {
    leaves_gaps(mapping, false) || mapping["properties"].as_object().is_some_and(|members| members.values().any(leaves_any_gaps))
}

struct Reader {
    flatten: bool,
    defaults: Defaults,
    kept: Kept,
    fields: Vec<Field>,
    /// Other names of fields, with the paths of those.
    aliases: Vec<(String, String)>,
}

impl Reader {
    fn properties(&mut self, properties: &Map<String, Value>, prefix: &str, depth: usize, gaps: bool) {
        for (name, mapping) in properties {
            let path = format!("{prefix}{name}");
            let native = match mapping["type"].as_str() {
                // Its fields have shorter names too, where these are free.
                None | Some("passthrough") => "object",
                Some(native) => native,
            };
            let members = mapping["properties"].as_object().filter(|members| !members.is_empty());
            match (native, members) {
                ("alias", _) => {
                    if let Some(target) = mapping["path"].as_str() {
                        self.aliases.push((path, target.to_owned()));
                    }
                }
                // What is in an object that is switched off is kept, and not looked at.
                ("object" | "nested", Some(members)) if depth < DEPTH_MAX && mapping["enabled"] != false => {
                    self.object(path, native, members, depth, leaves_gaps(mapping, gaps));
                }
                _ => self.fields.extend(self.leaf(path, native, mapping, gaps)),
            }
        }
    }

    fn object(&mut self, path: String, native: &str, members: &Map<String, Value>, depth: usize, gaps: bool) {
        if native == "object" && self.flatten {
            return self.properties(members, &format!("{path}."), depth + 1, gaps);
        }
        if !self.kept.keeps(&path) {
            return;
        }
        // Within a column there are no columns of their own, but dates are as they were written: only whole fields are asked for.
        let mut inner =
            Reader { flatten: false, defaults: self.defaults, kept: Kept::everything(), fields: Vec::new(), aliases: Vec::new() };
        inner.properties(members, "", depth + 1, gaps);
        for field in &mut inner.fields {
            if matches!(field.kind, Kind::Date { .. } | Kind::Fetched) {
                field.kind = Kind::Text;
            }
        }
        let left_out = inner.fields.iter().any(|field| field.left_out);
        let kind = if native == "nested" { Kind::Nested(inner.fields) } else { Kind::Object(inner.fields) };
        self.fields.push(Field { native: native.to_owned(), gaps, left_out, ..Field::unsearchable(path, kind) });
    }

    /// `None` for a field whose values cannot be read from anywhere.
    fn leaf(&self, path: String, native: &str, mapping: &Value, gaps: bool) -> Option<Field> {
        let kind = kind_of(native, mapping, self.defaults);
        let from_index = !self.kept.keeps(&path);
        let doc_values = is_in_index(&kind, mapping);
        if from_index && !doc_values {
            return None;
        }
        let keyword = self.keyword(&path, &kind, mapping);
        Some(Field {
            target: None,
            copied: false,
            computed: false,
            copied_from: Vec::new(),
            searchable: mapping["index"].as_bool().unwrap_or(true) && mapping["enabled"].as_bool().unwrap_or(true),
            gaps,
            overflows: self.defaults.overflows,
            from_index,
            doc_values,
            nulled: mapping.get("null_value").is_some(),
            left_out: self.defaults.without_vectors && matches!(native, "dense_vector" | "sparse_vector" | "rank_vectors"),
            keyword,
            comment: comment(native, &path, mapping),
            kind,
            native: native.to_owned(),
            path,
        })
    }

    /// The form of a text in which the server compares it.
    fn keyword(&self, path: &str, kind: &Kind, mapping: &Value) -> Option<Keyword> {
        if *kind != Kind::Text {
            return None;
        }
        mapping["fields"].as_object()?.iter().find_map(|(name, form)| {
            let is_searchable = form["index"].as_bool().unwrap_or(true);
            match kind_of(form["type"].as_str()?, form, self.defaults) {
                Kind::Keyword { ignore_above } if is_searchable => Some(Keyword { path: format!("{path}.{name}"), ignore_above }),
                _ => None,
            }
        })
    }
}

fn kind_of(native: &str, mapping: &Value, defaults: Defaults) -> Kind {
    let integer = |pg_type, max| Kind::Integer { pg_type, max };
    match native {
        // A normalized keyword is compared as the normalizer makes it.
        "keyword" if mapping["normalizer"].is_string() => Kind::Text,
        "keyword" => Kind::Keyword { ignore_above: number(&mapping["ignore_above"]).or(defaults.ignore_above) },
        "constant_keyword" => Kind::Fetched,
        "text" | "match_only_text" | "annotated_text" | "search_as_you_type" | "pattern_text" | "wildcard" | "version" => Kind::Text,
        "icu_collation_keyword" | "semantic_text" => Kind::Text,
        "long" => integer(oid::INT8, i64::MAX),
        "integer" => integer(oid::INT4, i32::MAX.into()),
        "short" => integer(oid::INT2, i16::MAX.into()),
        "byte" => integer(oid::INT2, i8::MAX.into()),
        "unsigned_long" => Kind::UnsignedLong,
        "double" => Kind::Double,
        "float" => Kind::Float,
        "half_float" | "rank_feature" => Kind::Rounded { pg_type: oid::FLOAT4 },
        "scaled_float" => Kind::Rounded { pg_type: oid::FLOAT8 },
        "boolean" => Kind::Boolean,
        "date" => Kind::Date { nanos: false },
        "date_nanos" => Kind::Date { nanos: true },
        "ip" => Kind::Ip,
        "binary" => Kind::Binary,
        "dense_vector" | "knn_vector" => Kind::Vector,
        _ => Kind::Json,
    }
}

/// A whole number, which settings have as text.
pub(crate) fn number(value: &Value) -> Option<usize> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|number| usize::try_from(number).ok())
}

/// How text is analysed, under which other names values are indexed, and what whoever made the mapping noted.
fn comment(native: &str, path: &str, mapping: &Value) -> Option<String> {
    let mut parts = Vec::new();
    if matches!(native, "text" | "match_only_text" | "search_as_you_type" | "annotated_text") {
        parts.push(format!("analysed text ({})", mapping["analyzer"].as_str().unwrap_or("standard")));
    }
    if let Some(normalizer) = mapping["normalizer"].as_str() {
        parts.push(format!("normalized by {normalizer}"));
    }
    if let Some(format) = mapping["format"].as_str() {
        parts.push(format!("format {format}"));
    }
    if let Some(null_value) = mapping.get("null_value") {
        parts.push(format!("null is indexed as {null_value}"));
    }
    for (name, form) in mapping["fields"].as_object().into_iter().flatten() {
        parts.push(format!("also indexed as {path}.{name} ({})", form["type"].as_str().unwrap_or("object")));
    }
    for (name, value) in mapping["meta"].as_object().into_iter().flatten() {
        parts.push(format!("{name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests;
