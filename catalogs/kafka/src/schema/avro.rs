//! Schemas of Avro. A library reads them; here they become a tree without names, along which values are read and fields are told.
//!
//! The library's own reader of values is not used: it recurses as deeply as a message says, and takes the number of a list's items for
//! true, so that a poisoned message could end the process.

mod datum;
pub(super) mod logical;

use std::collections::HashMap;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, FixedSchema, InnerDecimalSchema, Name, RecordSchema, UuidSchema};
use spi::documents::json::Wanted;
use spi::documents::{Document, FieldType};
use spi::types::{PgType, oid};

use super::field::{Field, Nesting, list_of, merged, record_of};

/// The most digits that a `numeric` with a precision has here; one of more has none.
const PRECISION_MAX: usize = 76;

/// A schema.
pub(crate) struct Avro {
    root: Type,
    records: Vec<Record>,
}

/// A record type. Others name it by its place, as it may be within itself.
struct Record {
    fields: Vec<(String, Type, Option<String>)>,
}

#[derive(Clone)]
enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    Enum(Arc<[String]>),
    Array(Box<Type>),
    Map(Box<Type>),
    Union(Vec<Type>),
    Record(usize),
    /// Digits, digits behind the point, and bytes where they are always as many.
    Decimal {
        precision: usize,
        scale: usize,
        size: Option<usize>,
    },
    /// Each value has a scale of its own.
    BigDecimal,
    /// As text, as bytes, or as so many bytes.
    UuidText,
    UuidBytes,
    UuidFixed(usize),
    Date,
    TimeMillis,
    TimeMicros,
    Moment(Unit),
    LocalTime(Unit),
    Duration,
}

/// What a timestamp counts since 1970.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Millis,
    Micros,
    /// PostgreSQL counts microseconds: they are rounded, as it rounds a text with more digits.
    Nanos,
}

impl Avro {
    /// Reads a schema, and those whose types it names.
    pub(super) fn parse(text: &str, references: &[(String, String)]) -> Result<Self, String> {
        let unreadable = |error: apache_avro::Error| format!("the Avro schema cannot be read: {error}");
        let references = references.iter().map(|(_, text)| text.as_str());
        let (root, others) = Schema::parse_str_with_list(text, references).map_err(unreadable)?;
        let mut named = HashMap::new();
        others.iter().chain([&root]).for_each(|schema| name(schema, &mut named));
        let mut resolver = Resolver { named, known: HashMap::new(), records: Vec::new() };
        let root = resolver.resolve(&root)?;
        Ok(Self { root, records: resolver.records })
    }

    /// The fields of the record that a value is, or of all records that it may be; none if it is no record.
    pub(super) fn fields(&self) -> Vec<Field> {
        let mut nesting = Nesting::new();
        let branches = if let Type::Union(branches) = &self.root { branches.as_slice() } else { std::slice::from_ref(&self.root) };
        let records = branches.iter().filter_map(|branch| if let Type::Record(record) = branch { Some(*record) } else { None });
        records.map(|record| self.fields_of(record, &mut nesting).unwrap_or_default()).reduce(merged).unwrap_or_default()
    }

    /// Reads a value.
    pub(super) fn read<'v>(&'v self, bytes: &'v [u8], wanted: &Wanted) -> Result<Document<'v>, String> {
        datum::read(self, bytes, wanted).map_err(|error| error.to_string())
    }

    fn fields_of(&self, record: usize, nesting: &mut Nesting<usize>) -> Option<Vec<Field>> {
        nesting.within(record, |nesting| {
            let mut fields = Vec::new();
            for (name, field_type, doc) in &self.records[record].fields {
                if nesting.take() {
                    let (own, below) = self.described(field_type, nesting);
                    let (name, native_type) = (name.clone(), native_type(field_type));
                    fields.push(Field { name, field_type: own, native_type, comment: doc.clone(), fields: below });
                }
            }
            fields
        })
    }

    /// The type of a column, and its fields where it is a record.
    fn described(&self, field_type: &Type, nesting: &mut Nesting<usize>) -> (FieldType, Vec<Field>) {
        let scalar = |oid| FieldType::Scalar(PgType::new(oid));
        let own = match field_type {
            Type::Record(record) => match self.fields_of(*record, nesting) {
                Some(fields) => return (record_of(&fields), fields),
                None => FieldType::JSONB,
            },
            Type::Union(branches) => {
                let mut branches = branches.iter().filter(|branch| !matches!(branch, Type::Null));
                match (branches.next(), branches.next()) {
                    (None, _) => FieldType::Unknown,
                    (Some(only), None) => return self.described(only, nesting),
                    (Some(one), Some(other)) => {
                        let all = [one, other].into_iter().chain(branches);
                        all.map(|branch| wide(self.described(branch, nesting).0)).fold(FieldType::Unknown, FieldType::widened)
                    }
                }
            }
            Type::Array(item) => list_of(self.described(item, nesting).0),
            // Its keys are data.
            Type::Map(_) => FieldType::JSONB,
            Type::Null => FieldType::Unknown,
            Type::Boolean => FieldType::BOOL,
            Type::Int => scalar(oid::INT4),
            Type::Long => FieldType::INT8,
            Type::Float => scalar(oid::FLOAT4),
            Type::Double => FieldType::FLOAT8,
            Type::Bytes | Type::Fixed(_) => FieldType::BYTEA,
            Type::Decimal { precision, scale, .. } if *precision <= PRECISION_MAX => {
                FieldType::Scalar(PgType::numeric(*precision as i32, *scale as i32))
            }
            Type::Decimal { .. } | Type::BigDecimal => FieldType::NUMERIC,
            Type::UuidText | Type::UuidBytes | Type::UuidFixed(_) => scalar(oid::UUID),
            Type::Date => FieldType::DATE,
            Type::Moment(_) => FieldType::TIMESTAMPTZ,
            Type::LocalTime(_) => FieldType::TIMESTAMP,
            // Columns of documents have no times of day and no intervals.
            Type::Text | Type::Enum(_) | Type::TimeMillis | Type::TimeMicros | Type::Duration => FieldType::TEXT,
        };
        (own, Vec::new())
    }
}

/// A type that others can be widened to.
fn wide(field_type: FieldType) -> FieldType {
    match &field_type {
        FieldType::Scalar(pg_type) if pg_type.oid == oid::INT4 => FieldType::INT8,
        FieldType::Scalar(pg_type) if pg_type.oid == oid::FLOAT4 => FieldType::FLOAT8,
        _ => field_type,
    }
}

fn native_type(field_type: &Type) -> String {
    let word = match field_type {
        Type::Null => "null",
        Type::Boolean => "boolean",
        Type::Int => "int",
        Type::Long => "long",
        Type::Float => "float",
        Type::Double => "double",
        Type::Bytes => "bytes",
        Type::Text => "string",
        Type::Fixed(size) => return format!("fixed({size})"),
        Type::Enum(_) => "enum",
        Type::Array(item) => return format!("array<{}>", native_type(item)),
        Type::Map(value) => return format!("map<{}>", native_type(value)),
        Type::Union(branches) => return branches.iter().map(native_type).collect::<Vec<_>>().join("|"),
        Type::Record(_) => "record",
        Type::Decimal { precision, scale, .. } => return format!("decimal({precision},{scale})"),
        Type::BigDecimal => "big-decimal",
        Type::UuidText | Type::UuidBytes | Type::UuidFixed(_) => "uuid",
        Type::Date => "date",
        Type::TimeMillis => "time-millis",
        Type::TimeMicros => "time-micros",
        Type::Moment(unit) => return format!("timestamp-{}", unit.word()),
        Type::LocalTime(unit) => return format!("local-timestamp-{}", unit.word()),
        Type::Duration => "duration",
    };
    word.to_owned()
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Unit::Millis => "millis",
            Unit::Micros => "micros",
            Unit::Nanos => "nanos",
        }
    }
}

/// Makes the tree of a schema.
struct Resolver<'s> {
    named: HashMap<&'s Name, &'s Schema>,
    known: HashMap<&'s Name, Type>,
    records: Vec<Record>,
}

impl<'s> Resolver<'s> {
    fn resolve(&mut self, schema: &'s Schema) -> Result<Type, String> {
        Ok(match schema {
            Schema::Null => Type::Null,
            Schema::Boolean => Type::Boolean,
            Schema::Int => Type::Int,
            Schema::Long => Type::Long,
            Schema::Float => Type::Float,
            Schema::Double => Type::Double,
            Schema::Bytes => Type::Bytes,
            Schema::String => Type::Text,
            Schema::Array(array) => Type::Array(Box::new(self.resolve(&array.items)?)),
            Schema::Map(map) => Type::Map(Box::new(self.resolve(&map.types)?)),
            Schema::Union(union) => Type::Union(union.variants().iter().map(|branch| self.resolve(branch)).collect::<Result<_, _>>()?),
            Schema::Record(record) => self.resolve_record(record)?,
            Schema::Enum(schema) => {
                let known = self.known.entry(&schema.name).or_insert_with(|| Type::Enum(schema.symbols.as_slice().into()));
                known.clone()
            }
            Schema::Fixed(fixed) => Type::Fixed(fixed.size),
            Schema::Decimal(DecimalSchema { precision, scale, inner }) => {
                let size = if let InnerDecimalSchema::Fixed(fixed) = inner { Some(fixed.size) } else { None };
                Type::Decimal { precision: *precision, scale: *scale, size }
            }
            Schema::BigDecimal => Type::BigDecimal,
            Schema::Uuid(UuidSchema::String) => Type::UuidText,
            Schema::Uuid(UuidSchema::Bytes) => Type::UuidBytes,
            Schema::Uuid(UuidSchema::Fixed(fixed)) => Type::UuidFixed(fixed.size),
            Schema::Date => Type::Date,
            Schema::TimeMillis => Type::TimeMillis,
            Schema::TimeMicros => Type::TimeMicros,
            Schema::TimestampMillis => Type::Moment(Unit::Millis),
            Schema::TimestampMicros => Type::Moment(Unit::Micros),
            Schema::TimestampNanos => Type::Moment(Unit::Nanos),
            Schema::LocalTimestampMillis => Type::LocalTime(Unit::Millis),
            Schema::LocalTimestampMicros => Type::LocalTime(Unit::Micros),
            Schema::LocalTimestampNanos => Type::LocalTime(Unit::Nanos),
            Schema::Duration(_) => Type::Duration,
            Schema::Ref { name } => match self.known.get(name) {
                Some(known) => known.clone(),
                None => {
                    let schema =
                        self.named.remove(name).ok_or_else(|| format!("the Avro schema has no type \"{}\"", name.fullname(None)))?;
                    let resolved = self.resolve(schema)?;
                    self.known.insert(name, resolved.clone());
                    resolved
                }
            },
        })
    }

    fn resolve_record(&mut self, record: &'s RecordSchema) -> Result<Type, String> {
        if let Some(known) = self.known.get(&record.name) {
            return Ok(known.clone());
        }
        let place = self.records.len();
        self.records.push(Record { fields: Vec::new() });
        // Before its fields, which may name it.
        self.known.insert(&record.name, Type::Record(place));
        let fields = record.fields.iter().map(|field| Ok((field.name.clone(), self.resolve(&field.schema)?, field.doc.clone())));
        self.records[place].fields = fields.collect::<Result<_, String>>()?;
        Ok(Type::Record(place))
    }
}

/// Notes the types that have names, with those within them.
fn name<'s>(schema: &'s Schema, named: &mut HashMap<&'s Name, &'s Schema>) {
    match schema {
        Schema::Array(array) => name(&array.items, named),
        Schema::Map(map) => name(&map.types, named),
        Schema::Union(union) => union.variants().iter().for_each(|branch| name(branch, named)),
        Schema::Record(record) => {
            named.insert(&record.name, schema);
            record.fields.iter().for_each(|field| name(&field.schema, named));
        }
        Schema::Enum(schema_of_enum) => {
            named.insert(&schema_of_enum.name, schema);
        }
        Schema::Fixed(fixed)
        | Schema::Duration(fixed)
        | Schema::Uuid(UuidSchema::Fixed(fixed))
        | Schema::Decimal(DecimalSchema { inner: InnerDecimalSchema::Fixed(fixed), .. }) => {
            let FixedSchema { name, .. } = fixed;
            named.insert(name, schema);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
