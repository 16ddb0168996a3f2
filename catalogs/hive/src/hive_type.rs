//! Hive's types, as the metastore writes them: `array<struct<a:int,b:decimal(10,2)>>`.
//!
//! Source of the grammar: Hive's `TypeInfoUtils`. What is not understood is text, so that a new type of Hive hides no table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use spi::types::{PgType, oid, to_arrow};

/// Types nested deeper than this are text: nobody declares them, and reading them must not exhaust the stack.
const DEPTH_MAX: usize = 64;

/// The most digits of Hive's decimal.
const PRECISION_MAX: i32 = 38;

/// A type as the gateway gives its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnType {
    pub(crate) data_type: DataType,
    pub(crate) pg_type: PgType,
}

/// Reads a type.
pub(crate) fn parse(text: &str) -> ColumnType {
    let mut rest = text;
    match read(&mut rest, 0) {
        Some(found) if rest.trim().is_empty() => found,
        _ => of(PgType::new(oid::TEXT)),
    }
}

/// How many levels of separators delimited text needs within a value.
///
/// Source: Hive's `LazyFactory`.
pub(crate) fn levels(data_type: &DataType) -> usize {
    let deepest = |fields: &Fields| fields.iter().map(|field| levels(field.data_type())).max().unwrap_or(0);
    match data_type {
        DataType::List(item) => 1 + levels(item.data_type()),
        DataType::Struct(fields) => 1 + deepest(fields),
        // One between entries, and one between a key and its value.
        DataType::Map(entries, _) => 1 + levels(entries.data_type()),
        _ => 0,
    }
}

fn of(pg_type: PgType) -> ColumnType {
    ColumnType { data_type: to_arrow(pg_type), pg_type }
}

fn nested(data_type: DataType) -> ColumnType {
    ColumnType { pg_type: PgType::from_arrow(&data_type), data_type }
}

/// Takes one type from the beginning of the text.
fn read(rest: &mut &str, depth: usize) -> Option<ColumnType> {
    if depth > DEPTH_MAX {
        return None;
    }
    let name = take_name(rest);
    Some(match name.to_ascii_lowercase().as_str() {
        "boolean" => of(PgType::new(oid::BOOL)),
        "tinyint" | "smallint" => of(PgType::new(oid::INT2)),
        "int" | "integer" => of(PgType::new(oid::INT4)),
        "bigint" => of(PgType::new(oid::INT8)),
        "float" => of(PgType::new(oid::FLOAT4)),
        "double" => {
            skip_words(rest, "precision");
            of(PgType::new(oid::FLOAT8))
        }
        "string" | "void" => of(PgType::new(oid::TEXT)),
        "binary" => of(PgType::new(oid::BYTEA)),
        "date" => of(PgType::new(oid::DATE)),
        "timestamp" => match skip_words(rest, "with local time zone") {
            true => of(PgType::new(oid::TIMESTAMPTZ)),
            false => of(PgType::new(oid::TIMESTAMP)),
        },
        "timestamplocaltz" => of(PgType::new(oid::TIMESTAMPTZ)),
        "varchar" => of(PgType::varchar(arguments(rest)?.first().copied()?)),
        "char" => of(PgType::bpchar(arguments(rest)?.first().copied()?)),
        "decimal" | "numeric" => {
            let arguments = arguments(rest).unwrap_or_default();
            let (precision, scale) = (arguments.first().copied().unwrap_or(10), arguments.get(1).copied().unwrap_or(0));
            ((1..=PRECISION_MAX).contains(&precision) && (0..=precision).contains(&scale)).then(|| of(PgType::numeric(precision, scale)))?
        }
        "array" => {
            let item = between(rest, |rest| read(rest, depth + 1))?;
            nested(DataType::new_list(item.data_type, true))
        }
        "map" => {
            let (key, value) = between(rest, |rest| {
                let key = read(rest, depth + 1)?;
                take(rest, ',')?;
                Some((key, read(rest, depth + 1)?))
            })?;
            let entries = Fields::from(vec![Field::new("key", key.data_type, false), Field::new("value", value.data_type, true)]);
            nested(DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false))
        }
        "struct" => nested(DataType::Struct(between(rest, |rest| fields(rest, depth))?.into())),
        _ => return None,
    })
}

fn fields(rest: &mut &str, depth: usize) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    loop {
        // A field's name may be anything but what ends it.
        let end = rest.find(':')?;
        let name = rest[..end].trim().trim_matches('`');
        *rest = &rest[end + 1..];
        fields.push(Field::new(name, read(rest, depth + 1)?.data_type, true));
        if take(rest, ',').is_none() {
            return Some(fields);
        }
    }
}

/// What stands between `<` and `>`.
fn between<T>(rest: &mut &str, inner: impl FnOnce(&mut &str) -> Option<T>) -> Option<T> {
    take(rest, '<')?;
    let found = inner(rest)?;
    take(rest, '>')?;
    Some(found)
}

/// Numbers in parentheses.
fn arguments(rest: &mut &str) -> Option<Vec<i32>> {
    take(rest, '(')?;
    let end = rest.find(')')?;
    let numbers = rest[..end].split(',').map(|number| number.trim().parse().ok()).collect();
    *rest = &rest[end + 1..];
    numbers
}

fn take(rest: &mut &str, character: char) -> Option<()> {
    *rest = rest.trim_start().strip_prefix(character)?;
    Some(())
}

fn take_name<'a>(rest: &mut &'a str) -> &'a str {
    let text = rest.trim_start();
    let end = text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(text.len());
    *rest = &text[end..];
    &text[..end]
}

/// Takes these words, if they are there.
fn skip_words(rest: &mut &str, words: &str) -> bool {
    let mut after = *rest;
    let found = words.split(' ').all(|word| take_name(&mut after).eq_ignore_ascii_case(word));
    if found {
        *rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read() {
        for (text, expected) in [
            ("tinyint", "smallint"),
            ("double precision", "double precision"),
            ("timestamp", "timestamp without time zone"),
            ("timestamp with local time zone", "timestamp with time zone"),
            ("varchar(20)", "character varying(20)"),
            ("char(3)", "character(3)"),
            ("decimal", "numeric(10,0)"),
            ("decimal(38,18)", "numeric(38,18)"),
            ("decimal(39,0)", "text"),
            ("array<int>", "integer[]"),
            ("array<array<string>>", "text[]"),
            ("map<string,array<int>>", "jsonb"),
            ("struct<a:int,b c:map<string,decimal(5,2)>>", "jsonb"),
            ("uniontype<int,string>", "text"),
            ("interval_day_time", "text"),
            ("array<int", "text"),
            ("", "text"),
        ] {
            assert_eq!(parse(text).pg_type.format(), expected, "{text}");
        }
    }

    #[test]
    fn fields_of_structs_keep_their_names() {
        let DataType::Struct(fields) = parse("struct<Aé:int,`b-c`:struct<d:date>>").data_type else { panic!("no struct") };
        assert_eq!(fields.iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["Aé", "b-c"]);
        assert_eq!(fields[1].data_type(), &DataType::Struct(vec![Field::new("d", DataType::Date32, true)].into()));
    }

    #[test]
    fn each_nesting_needs_separators() {
        for (text, expected) in
            [("int", 0), ("array<int>", 1), ("map<string,int>", 2), ("struct<a:int,b:array<int>>", 2), ("map<string,array<array<int>>>", 4)]
        {
            assert_eq!(levels(&parse(text).data_type), expected, "{text}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_text() {
        let text = format!("{}int{}", "array<".repeat(10_000), ">".repeat(10_000));
        assert_eq!(parse(&text).pg_type, PgType::new(oid::TEXT));
    }
}
