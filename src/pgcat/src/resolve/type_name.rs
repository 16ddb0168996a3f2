//! Types by the names that statements have for them.

use spi::{Code, Error, Result};
use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, Ident, IntervalFields, ObjectName, ObjectNamePart, TimezoneInfo,
};

use super::{Names, typmod};
use crate::types::Type;

/// The name of a type as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The name behind its qualifiers, none of which SQL's own words have.
    pub names: Vec<String>,
    /// What stands in parentheses behind it.
    pub modifiers: Vec<String>,
    pub is_array: bool,
}

impl TypeName {
    /// A name of SQL itself, which means PostgreSQL's type whatever the search path is.
    fn system(name: &str, modifiers: Vec<String>) -> Self {
        Self { names: vec!["pg_catalog".to_owned(), name.to_owned()], modifiers, is_array: false }
    }

    /// A name that is looked for.
    fn plain(name: &str, modifiers: Vec<String>) -> Self {
        Self { names: vec![name.to_owned()], modifiers, is_array: false }
    }

    /// The name of a type in a statement's syntax.
    pub fn new(written: &DataType) -> Result<Self> {
        let count = |length: &Option<u64>| length.iter().map(u64::to_string).collect::<Vec<_>>();
        Ok(match written {
            DataType::Character(length) | DataType::Char(length) => {
                let modifiers = lengths(length)?;
                // `char` alone is one character.
                Self::system("bpchar", if modifiers.is_empty() { vec!["1".to_owned()] } else { modifiers })
            }
            DataType::CharacterVarying(length) | DataType::CharVarying(length) | DataType::Varchar(length) => {
                Self::system("varchar", lengths(length)?)
            }
            DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => Self::system("numeric", numbers(info)),
            DataType::Float(info) => float(info)?,
            DataType::SmallInt(None) => Self::system("int2", Vec::new()),
            DataType::Int(None) | DataType::Integer(None) => Self::system("int4", Vec::new()),
            DataType::BigInt(None) => Self::system("int8", Vec::new()),
            DataType::Int2(None) => Self::plain("int2", Vec::new()),
            DataType::Int4(None) => Self::plain("int4", Vec::new()),
            DataType::Int8(None) => Self::plain("int8", Vec::new()),
            DataType::Real => Self::system("float4", Vec::new()),
            DataType::DoublePrecision => Self::system("float8", Vec::new()),
            DataType::Bool => Self::plain("bool", Vec::new()),
            DataType::Boolean => Self::system("bool", Vec::new()),
            DataType::Time(digits, zone) => zoned("time", "timetz", digits, zone),
            DataType::Timestamp(digits, zone) => zoned("timestamp", "timestamptz", digits, zone),
            DataType::Interval { fields, precision } => interval(fields.as_ref(), *precision),
            DataType::Bit(length) => {
                let modifiers = count(length);
                Self::system("bit", if modifiers.is_empty() { vec!["1".to_owned()] } else { modifiers })
            }
            DataType::BitVarying(length) => Self::system("varbit", count(length)),
            DataType::VarBit(length) => Self::plain("varbit", count(length)),
            DataType::Custom(name, modifiers) => Self { names: parts(name)?, modifiers: modifiers.clone(), is_array: false },
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::AngleBracket(element)) => {
                Self { is_array: true, ..Self::new(element)? }
            }
            // What is left are words of other dialects, which in PostgreSQL are names like any other.
            other => {
                let text = other.to_string().to_lowercase();
                let (name, rest) = text.split_once('(').map_or((text.as_str(), ""), |(name, rest)| (name, rest));
                let modifiers = rest.trim_end_matches(')').split(',').map(str::trim).filter(|part| !part.is_empty());
                Self::plain(name.trim(), modifiers.map(str::to_owned).collect())
            }
        })
    }

    /// The OID of the type, if there is one.
    pub fn find(&self, names: Names<'_>, database: &str) -> Result<Option<u32>> {
        let found = match self.names.as_slice() {
            [name] => names.search.iter().find_map(|namespace| names.catalog.type_named(*namespace, name)),
            [schema, name] => names.catalog.type_named(namespace(names, schema)?, name),
            [catalog, schema, name] if catalog == database => names.catalog.type_named(namespace(names, schema)?, name),
            [_, _, _] => {
                return Err(Error::new(
                    Code::Unsupported,
                    format!("cross-database references are not implemented: {}", self.names.join(".")),
                ));
            }
            _ => {
                let message = format!("improper qualified name (too many dotted names): {}", self.names.join("."));
                return Err(Error::new(Code::Syntax, message));
            }
        };
        Ok(match found {
            Some(oid) if self.is_array => names.array(oid),
            found => found,
        })
    }

    /// The type with its modifier.
    pub fn resolve(&self, names: Names<'_>, database: &str) -> Result<Type> {
        let undefined = || Error::new(Code::UndefinedObject, format!("type \"{self}\" does not exist"));
        let oid = self.find(names, database)?.ok_or_else(undefined)?;
        Ok(names.type_of(oid, typmod::modifier(names, oid, &self.modifiers)?))
    }
}

/// As messages show it.
impl std::fmt::Display for TypeName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", self.names.join("."), if self.is_array { "[]" } else { "" })
    }
}

fn namespace(names: Names<'_>, schema: &str) -> Result<u32> {
    let undefined = || Error::new(Code::UndefinedSchema, format!("schema \"{schema}\" does not exist"));
    names.catalog.namespace(schema).ok_or_else(undefined)
}

/// An identifier as PostgreSQL takes it: without quotes in lower case.
pub(crate) fn fold(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// The parts of a qualified name.
pub(crate) fn parts(name: &ObjectName) -> Result<Vec<String>> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => Ok(fold(ident)),
        ObjectNamePart::Function(_) => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{name}\""))),
    };
    name.0.iter().map(part).collect()
}

fn lengths(length: &Option<CharacterLength>) -> Result<Vec<String>> {
    match length {
        None => Ok(Vec::new()),
        Some(CharacterLength::IntegerLength { length, .. }) => Ok(vec![length.to_string()]),
        Some(CharacterLength::Max) => Err(Error::new(Code::Syntax, "syntax error at or near \"max\"")),
    }
}

fn numbers(info: &ExactNumberInfo) -> Vec<String> {
    match info {
        ExactNumberInfo::None => Vec::new(),
        ExactNumberInfo::Precision(precision) => vec![precision.to_string()],
        ExactNumberInfo::PrecisionAndScale(precision, scale) => vec![precision.to_string(), scale.to_string()],
    }
}

/// `float(n)` by its binary digits.
fn float(info: &ExactNumberInfo) -> Result<TypeName> {
    let refuse = |message: &str| Err(Error::new(Code::InvalidArgument, message));
    match info {
        ExactNumberInfo::None | ExactNumberInfo::Precision(25..=53) => Ok(TypeName::system("float8", Vec::new())),
        ExactNumberInfo::Precision(1..=24) => Ok(TypeName::system("float4", Vec::new())),
        ExactNumberInfo::Precision(0) => refuse("precision for type float must be at least 1 bit"),
        _ => refuse("precision for type float must be less than 54 bits"),
    }
}

fn zoned(without: &str, with: &str, digits: &Option<u64>, zone: &TimezoneInfo) -> TypeName {
    let modifiers = digits.iter().map(u64::to_string).collect();
    match zone {
        TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => TypeName::system(without, modifiers),
        TimezoneInfo::WithTimeZone => TypeName::system(with, modifiers),
        // `timestamptz` is a name, not a word of SQL.
        TimezoneInfo::Tz => TypeName::plain(with, modifiers),
    }
}

fn interval(fields: Option<&IntervalFields>, precision: Option<u64>) -> TypeName {
    let words = fields.map(|fields| fields.to_string().to_lowercase());
    TypeName::system("interval", interval_modifiers(words.as_deref(), precision))
}

/// The modifiers of an interval of these fields (`day to second`) and this precision.
pub(crate) fn interval_modifiers(fields: Option<&str>, precision: Option<u64>) -> Vec<String> {
    let mask = fields.and_then(|words| typmod::INTERVAL_FIELDS.iter().find(|(_, known)| *known == words).map(|(mask, _)| *mask));
    match (mask, precision) {
        (None, None) => Vec::new(),
        (mask, precision) => {
            std::iter::once(mask.unwrap_or(typmod::ALL_FIELDS).to_string()).chain(precision.map(|digits| digits.to_string())).collect()
        }
    }
}
