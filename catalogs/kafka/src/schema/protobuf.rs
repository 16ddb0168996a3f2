//! Schemas of Protobuf: the text of a file is compiled to descriptors, by which values are read.

mod value;

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use spi::documents::{Document, FieldType};
use spi::types::{PgType, oid};

use super::field::{Field, Nesting, list_of, record_of};
use super::frame;

/// What the file itself is called: nobody imports it.
const FILE: &str = "value.proto";

/// Brackets within each other that a file may have. Compilers refuse messages nested half as deeply; options nest, too.
const BRACKETS_MAX: usize = 64;

/// Files that clients of registries may import without saying where they are. They are part of Confluent's libraries.
const BUILT_IN: [(&str, &str); 2] = [
    (
        "confluent/meta.proto",
        "syntax = \"proto3\"; package confluent; import \"google/protobuf/descriptor.proto\";
         message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
         extend google.protobuf.FileOptions { Meta file_meta = 1088; }
         extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
         extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
         extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
         extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }",
    ),
    (
        "confluent/type/decimal.proto",
        "syntax = \"proto3\"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }",
    ),
];

/// A schema.
pub(crate) struct Protobuf {
    /// The messages of the file that are in no other one.
    messages: Vec<MessageDescriptor>,
}

/// The texts of files that a schema imports.
struct Texts(Vec<(String, String)>);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let own = self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        match own.chain(BUILT_IN).find(|(known, _)| *known == name) {
            Some((_, text)) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

impl Protobuf {
    /// Compiles a file, with those that it imports.
    pub(super) fn parse(text: &str, references: &[(String, String)]) -> Result<Self, String> {
        let texts = [(FILE.to_owned(), text.to_owned())].into_iter().chain(references.iter().cloned()).collect::<Vec<_>>();
        if texts.iter().any(|(_, text)| !is_shallow(text)) {
            return Err("the Protobuf schema is nested too deeply".to_owned());
        }
        let mut files = ChainFileResolver::new();
        files.add(Texts(texts));
        files.add(GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(files);
        compiler.include_imports(true);
        compiler.open_file(FILE).map_err(|error| format!("the Protobuf schema cannot be compiled: {error}"))?;
        let file = compiler.descriptor_pool().get_file_by_name(FILE);
        let messages = file.map(|file| file.messages().collect()).unwrap_or_default();
        Ok(Self { messages })
    }

    /// The fields of a message of the file.
    pub(super) fn fields(&self, message: &[i32]) -> Result<Vec<Field>, String> {
        let message = self.message(message)?;
        Ok(fields_of(&message, &mut Nesting::new()).unwrap_or_default())
    }

    /// Reads a value: first the place of its message.
    pub(super) fn read(&self, payload: &[u8]) -> Result<Document<'static>, String> {
        let (indexes, payload) = frame::message_indexes(payload).ok_or("the place of the message's type cannot be read")?;
        let message = DynamicMessage::decode(self.message(&indexes)?, payload).map_err(|error| format!("invalid Protobuf: {error}"))?;
        Ok(value::document(&message))
    }

    fn message(&self, indexes: &[i32]) -> Result<MessageDescriptor, String> {
        let at = |messages: &mut dyn Iterator<Item = MessageDescriptor>, index: i32| messages.nth(usize::try_from(index).ok()?);
        let (first, others) = indexes.split_first().ok_or("the message has no type")?;
        let first = at(&mut self.messages.iter().cloned(), *first);
        // Confluent's libraries do not count the entries of maps, which are messages of their own for Protobuf alone.
        let found =
            others.iter().fold(first, |message, index| at(&mut message?.child_messages().filter(|child| !child.is_map_entry()), *index));
        found.ok_or_else(|| format!("the schema has no message at the place {indexes:?}"))
    }
}

/// Whether a text can be compiled without fear for the stack.
fn is_shallow(text: &str) -> bool {
    let mut depth: usize = 0;
    text.bytes().all(|byte| {
        match byte {
            b'{' | b'[' | b'<' | b'(' => depth += 1,
            b'}' | b']' | b'>' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= BRACKETS_MAX
    })
}

fn fields_of(message: &MessageDescriptor, nesting: &mut Nesting<String>) -> Option<Vec<Field>> {
    nesting.within(message.full_name().to_owned(), |nesting| {
        let mut fields = Vec::new();
        for field in message.fields() {
            if nesting.take() {
                let (field_type, below) = described(&field, nesting);
                fields.push(Field {
                    name: field.name().to_owned(),
                    field_type,
                    native_type: native_type(&field),
                    comment: None,
                    fields: below,
                });
            }
        }
        fields
    })
}

/// The type of a column, and its fields where it is a message.
fn described(field: &FieldDescriptor, nesting: &mut Nesting<String>) -> (FieldType, Vec<Field>) {
    if field.is_map() {
        // Its keys are data.
        return (FieldType::JSONB, Vec::new());
    }
    let scalar = |oid| FieldType::Scalar(PgType::new(oid));
    let (own, below) = match field.kind() {
        Kind::Double => (FieldType::FLOAT8, Vec::new()),
        Kind::Float => (scalar(oid::FLOAT4), Vec::new()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (scalar(oid::INT4), Vec::new()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint32 | Kind::Fixed32 => (FieldType::INT8, Vec::new()),
        Kind::Uint64 | Kind::Fixed64 => (FieldType::Scalar(PgType::numeric(20, 0)), Vec::new()),
        Kind::Bool => (FieldType::BOOL, Vec::new()),
        Kind::String | Kind::Enum(_) => (FieldType::TEXT, Vec::new()),
        Kind::Bytes => (FieldType::BYTEA, Vec::new()),
        Kind::Message(message) => match value::well_known(&message) {
            Some(known) => (known, Vec::new()),
            None => match fields_of(&message, nesting) {
                Some(fields) => (record_of(&fields), fields),
                None => (FieldType::JSONB, Vec::new()),
            },
        },
    };
    if field.is_list() { (list_of(own), Vec::new()) } else { (own, below) }
}

fn native_type(field: &FieldDescriptor) -> String {
    let of = |kind: Kind| match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(kind) => kind.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_ascii_lowercase(),
    };
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            format!("map<{}, {}>", of(entry.map_entry_key_field().kind()), of(entry.map_entry_value_field().kind()))
        }
        kind if field.cardinality() == Cardinality::Repeated => format!("repeated {}", of(kind)),
        kind => of(kind),
    }
}

#[cfg(test)]
mod tests;
