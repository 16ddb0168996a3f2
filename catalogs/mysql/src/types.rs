//! Which type a column of a native type has, and how its values are read.
//!
//! | native type | type | values |
//! | --- | --- | --- |
//! | `tinyint`, `tinyint unsigned`, `tinyint(1)`, `bool` | `smallint` | whether a `tinyint(1)` is always 0 or 1 cannot be known |
//! | `smallint` | `smallint` | |
//! | `smallint unsigned`, `mediumint`, `mediumint unsigned`, `int` | `integer` | |
//! | `int unsigned`, `bigint` | `bigint` | |
//! | `bigint unsigned` | `numeric(20,0)` | |
//! | `decimal(p,s)` | `numeric(p,s)` | up to 65 digits |
//! | `float` | `real` | all bits |
//! | `double` | `double precision` | all bits |
//! | `bit(1)` | `boolean` | |
//! | `bit(n)` | `bytea` | (n+7)/8 bytes, the most significant one first |
//! | `char(n)`, `varchar(n)` | `varchar(n)` | as the server gives them: without the padding of `char` |
//! | `tinytext`, `text`, `mediumtext`, `longtext` | `text` | |
//! | `enum(…)`, `set(…)` | `text` | the labels are in the native type |
//! | `json` | `jsonb` | the server's text; MariaDB's `json` is a `longtext` with a check, and is found by that |
//! | `uuid` | `uuid` | MariaDB |
//! | `inet4`, `inet6` | `inet` | MariaDB |
//! | `binary(n)`, `varbinary(n)`, `tinyblob`, `blob`, `mediumblob`, `longblob` | `bytea` | |
//! | `date` | `date` | |
//! | `datetime(n)` | `timestamp` | |
//! | `timestamp(n)` | `timestamptz` | sessions are in UTC |
//! | `time(n)` | `interval` | -838:59:59 to 838:59:59, which `time` cannot hold |
//! | `year` | `smallint` | |
//! | `geometry`, `point`, … | `bytea` | WKB, in the order of the stored coordinates, without the SRID |
//! | anything else | `text` | |
//!
//! Dates that are none (`0000-00-00`, `2024-00-01`, `2024-02-31`), and text with a zero byte, which PostgreSQL's cannot have, are an
//! error when they are read. Text of any character set is read as UTF-8.

use spi::types::{PgType, oid};

/// The largest length that PostgreSQL's `varchar` takes. The family's own limit is below.
const LENGTH_MAX: i32 = 10_485_760;

/// The type of a column that the server describes so, for example `bigint(20) unsigned`.
pub(crate) fn of_native(native: &str) -> PgType {
    let Native { name, arguments, unsigned } = parse(native);
    match (name.as_str(), unsigned) {
        ("tinyint" | "year" | "bool" | "boolean", _) | ("smallint", false) => PgType::new(oid::INT2),
        ("smallint", true) | ("mediumint", _) | ("int" | "integer", false) => PgType::new(oid::INT4),
        ("int" | "integer", true) | ("bigint", false) => PgType::new(oid::INT8),
        ("bigint", true) => PgType::numeric(20, 0),
        ("decimal" | "numeric", _) => decimal(&arguments),
        ("float", _) => PgType::new(oid::FLOAT4),
        ("double" | "real", _) => PgType::new(oid::FLOAT8),
        ("bit", _) if matches!(arguments[..], [] | [1]) => PgType::new(oid::BOOL),
        ("bit", _) => PgType::new(oid::BYTEA),
        ("char" | "varchar", _) if matches!(arguments[..], [1..=LENGTH_MAX]) => PgType::varchar(arguments[0]),
        ("json", _) => PgType::new(oid::JSONB),
        ("uuid", _) => PgType::new(oid::UUID),
        ("inet4" | "inet6", _) => PgType::new(oid::INET),
        ("binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob", _) => PgType::new(oid::BYTEA),
        ("date", _) => PgType::new(oid::DATE),
        ("datetime", _) => PgType::new(oid::TIMESTAMP),
        ("timestamp", _) => PgType::new(oid::TIMESTAMPTZ),
        ("time", _) => PgType::new(oid::INTERVAL),
        (name, _) if is_geometry(name) => PgType::new(oid::BYTEA),
        _ => PgType::new(oid::TEXT),
    }
}

/// Whether values of the type, without its arguments, are an SRID and WKB.
pub(crate) fn is_geometry(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geometrycollection",
        "geomcollection",
    ];
    NAMES.contains(&name)
}

/// The first word of a native type, in lower case.
pub(crate) fn name_of(native: &str) -> String {
    parse(native).name
}

/// The labels of an `enum` or a `set`. The servers write quotes twice, and some of them backslashes and line ends with a backslash
/// before: both readings are given.
pub(crate) fn labels(native: &str) -> Vec<String> {
    let inside = native.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
    let mut labels = Vec::new();
    let mut rest = inside;
    while let Some(start) = rest.find('\'') {
        let mut label = String::new();
        let mut characters = rest[start + 1..].char_indices().peekable();
        let mut end = rest.len();
        while let Some((place, character)) = characters.next() {
            if character != '\'' {
                label.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                label.push('\'');
            } else {
                end = start + 1 + place + 1;
                break;
            }
        }
        rest = &rest[end..];
        labels.push(label.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\"));
        labels.push(label);
    }
    labels.dedup();
    labels
}

fn decimal(arguments: &[i32]) -> PgType {
    match *arguments {
        [precision, scale] => PgType::numeric(precision, scale),
        [precision] => PgType::numeric(precision, 0),
        // The family's own default.
        _ => PgType::numeric(10, 0),
    }
}

/// A native type, taken apart.
struct Native {
    /// In lower case.
    name: String,
    /// Lengths or digits; empty for the labels of an enum.
    arguments: Vec<i32>,
    unsigned: bool,
}

fn parse(native: &str) -> Native {
    let native = native.to_ascii_lowercase();
    let (before, rest) = native.split_once('(').unwrap_or((&native, ""));
    let (inside, after) = rest.rsplit_once(')').unwrap_or(("", rest));
    let mut words = before.split_whitespace().chain(after.split_whitespace());
    let name = words.next().unwrap_or_default().to_owned();
    let arguments: Option<Vec<i32>> = inside.split(',').map(|argument| argument.trim().parse().ok()).collect();
    Native { name, arguments: arguments.unwrap_or_default(), unsigned: words.any(|word| word == "unsigned") }
}

#[cfg(test)]
mod tests {
    use super::{labels, of_native};

    #[test]
    fn labels_are_read_whatever_they_contain() {
        assert_eq!(labels("enum('a','it''s','b,c)','')"), ["a", "it's", "b,c)", ""]);
        assert_eq!(labels(r"set('a\\b')"), [r"a\b", r"a\\b"]);
        assert!(labels("enum()").is_empty());
    }

    #[test]
    fn native_types_are_what_the_table_says() {
        for (native, expected) in [
            ("tinyint(1)", "smallint"),
            ("tinyint(3) unsigned", "smallint"),
            ("tinyint", "smallint"),
            ("smallint(6)", "smallint"),
            ("smallint(5) unsigned zerofill", "integer"),
            ("mediumint(8) unsigned", "integer"),
            ("int(11)", "integer"),
            ("int unsigned", "bigint"),
            ("bigint(20)", "bigint"),
            ("bigint(20) unsigned", "numeric(20,0)"),
            ("decimal(65,30)", "numeric(65,30)"),
            ("decimal(10,2) unsigned", "numeric(10,2)"),
            ("decimal(5)", "numeric(5,0)"),
            ("float(7,2)", "real"),
            ("double", "double precision"),
            ("bit(1)", "boolean"),
            ("bit(64)", "bytea"),
            ("char(3)", "character varying(3)"),
            ("varchar(255)", "character varying(255)"),
            ("char(0)", "text"),
            ("longtext", "text"),
            ("enum('a','b(1)','c unsigned')", "text"),
            ("set('1','2')", "text"),
            ("json", "jsonb"),
            ("uuid", "uuid"),
            ("inet6", "inet"),
            ("varbinary(16)", "bytea"),
            ("mediumblob", "bytea"),
            ("date", "date"),
            ("datetime(6)", "timestamp without time zone"),
            ("timestamp", "timestamp with time zone"),
            ("time(3)", "interval"),
            ("year(4)", "smallint"),
            ("multipolygon", "bytea"),
            ("vector(3)", "text"),
        ] {
            assert_eq!(of_native(native).format(), expected, "{native}");
        }
    }
}
