//! The name of a type as a source writes it: what it says in PostgreSQL's own words.

use spi::types::PgType;

use super::facts::builtin_named;
use crate::types::oid;

/// A name, its modifiers, and how many dimensions of an array follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// Before the name and a dot; without quotes.
    pub(crate) schema: Option<String>,
    /// Without quotes, modifiers and dimensions.
    pub(crate) name: String,
    /// Whether the name was in quotes, so that it is none of the words that the standard has for types.
    pub(crate) is_quoted: bool,
    /// For example 10 and 2 of `numeric(10,2)`.
    pub(crate) modifiers: Vec<i32>,
    pub(crate) dimensions: i64,
}

impl TypeName {
    /// Reads `schema.name`, `"Name"[]`, `character varying(20)`, `timestamp(3) without time zone`.
    pub(crate) fn parse(text: &str) -> Option<TypeName> {
        let (mut rest, mut dimensions) = (text.trim(), 0);
        while let Some(element) = rest.strip_suffix("[]") {
            (rest, dimensions) = (element.trim_end(), dimensions + 1);
        }
        let (first, first_quoted, rest) = identifier(rest)?;
        let (schema, name, is_quoted, rest) = match rest.strip_prefix('.') {
            Some(rest) => {
                let (name, is_quoted, rest) = identifier(rest)?;
                (Some(first), name, is_quoted, rest)
            }
            None => (None, first, first_quoted, rest),
        };
        let (before, modifiers, after) = match (rest.find('('), rest.find(')')) {
            (Some(open), Some(close)) if open < close => (&rest[..open], modifiers(&rest[open + 1..close])?, &rest[close + 1..]),
            _ => (rest, Vec::new(), ""),
        };
        let words: Vec<&str> = [name.as_str()].into_iter().chain(before.split_whitespace()).chain(after.split_whitespace()).collect();
        let plain = words[1..].iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        plain.then(|| TypeName { schema, name: words.join(" "), is_quoted, modifiers, dimensions })
    }

    /// The type of `pg_catalog` that it is, with its modifier, dimensions left out.
    pub(crate) fn builtin(&self) -> Option<PgType> {
        if self.schema.as_deref().is_some_and(|schema| schema != "pg_catalog") {
            return None;
        }
        let lower = self.name.to_ascii_lowercase();
        let lower = if interval_range(&lower).is_some() { "interval" } else { &lower };
        let name = if self.is_quoted { self.name.as_str() } else { standard_name(lower) };
        let type_oid = builtin_named(name)?;
        Some(PgType { oid: type_oid, typmod: self.typmod(type_oid) })
    }

    /// What the modifiers are as a number in `atttypmod`.
    fn typmod(&self, type_oid: u32) -> i32 {
        /// All fields of an interval, and all of its digits.
        const INTERVAL_FULL_RANGE: i32 = 0x7fff;
        const INTERVAL_FULL_PRECISION: i32 = 0xffff;
        let range = interval_range(&self.name.to_ascii_lowercase());
        match (type_oid, &self.modifiers[..]) {
            (oid::VARCHAR, [length]) => PgType::varchar(*length).typmod,
            (oid::BPCHAR, [length]) => PgType::bpchar(*length).typmod,
            // `character` alone is one character long.
            (oid::BPCHAR, []) if !self.is_quoted && self.name.eq_ignore_ascii_case("character") => PgType::bpchar(1).typmod,
            (oid::NUMERIC, [precision]) => PgType::numeric(*precision, 0).typmod,
            (oid::NUMERIC, [precision, scale]) => PgType::numeric(*precision, *scale).typmod,
            (oid::BIT | oid::VARBIT, [length]) => *length,
            (oid::BIT, []) if !self.is_quoted => 1,
            (oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ, [precision]) => *precision,
            (oid::INTERVAL, [precision]) => range.unwrap_or(INTERVAL_FULL_RANGE) << 16 | precision,
            (oid::INTERVAL, []) => range.map_or(-1, |range| range << 16 | INTERVAL_FULL_PRECISION),
            _ => -1,
        }
    }
}

/// The bits of the fields that `interval day to second` and the like have; `None` where no fields are named.
fn interval_range(words: &str) -> Option<i32> {
    const FIELDS: [(&str, i32); 6] =
        [("year", 1 << 2), ("month", 1 << 1), ("day", 1 << 3), ("hour", 1 << 10), ("minute", 1 << 11), ("second", 1 << 12)];
    let place = |word: &str| FIELDS.iter().position(|(field, _)| *field == word);
    let fields = words.strip_prefix("interval ")?;
    let (first, last) = fields.split_once(" to ").unwrap_or((fields, fields));
    FIELDS.get(place(first)?..=place(last)?).map(|fields| fields.iter().fold(0, |bits, (_, bit)| bits | bit))
}

/// The name in `pg_type` of what the standard calls otherwise.
fn standard_name(words: &str) -> &str {
    match words {
        "bigint" => "int8",
        "bit varying" => "varbit",
        "boolean" => "bool",
        "char" | "character" | "nchar" => "bpchar",
        "character varying" | "char varying" => "varchar",
        "dec" | "decimal" => "numeric",
        "double precision" | "float" => "float8",
        "int" | "integer" => "int4",
        "real" => "float4",
        "smallint" => "int2",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        words => words,
    }
}

/// A word or a name in quotes at the beginning, and what follows.
fn identifier(text: &str) -> Option<(String, bool, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '.', '(', '"']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), false, &text[end..]));
    };
    let (mut name, mut rest) = (String::new(), quoted);
    loop {
        let (part, behind) = rest.split_once('"')?;
        name.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                name.push('"');
                rest = behind;
            }
            None => return Some((name, true, behind)),
        }
    }
}

fn modifiers(text: &str) -> Option<Vec<i32>> {
    text.split(',').map(|part| part.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_types_have_their_modifiers() {
        for (text, expected) in [
            ("integer", PgType::new(oid::INT4)),
            ("character varying(20)", PgType::varchar(20)),
            ("character(5)", PgType::bpchar(5)),
            ("numeric(10,2)", PgType::numeric(10, 2)),
            ("timestamp(3) without time zone", PgType { oid: oid::TIMESTAMP, typmod: 3 }),
            ("time with time zone", PgType::new(oid::TIMETZ)),
            ("\"char\"", PgType::new(oid::CHAR)),
            ("bit varying(7)", PgType { oid: oid::VARBIT, typmod: 7 }),
            ("interval(3)", PgType { oid: oid::INTERVAL, typmod: 0x7fff_0003 }),
            ("interval year", PgType { oid: oid::INTERVAL, typmod: 0x0004_ffff }),
            ("interval year to month", PgType { oid: oid::INTERVAL, typmod: 0x0006_ffff }),
            ("interval day to second(4)", PgType { oid: oid::INTERVAL, typmod: 0x1c08_0004 }),
            ("interval second(2)", PgType { oid: oid::INTERVAL, typmod: 0x1000_0002 }),
            ("INT(11)", PgType::new(oid::INT4)),
            ("pg_catalog.int4", PgType::new(oid::INT4)),
        ] {
            assert_eq!(TypeName::parse(text).and_then(|name| name.builtin()), Some(expected), "{text}");
        }
        for text in ["enum('a','b')", "crm.status", "mediumblob", ""] {
            assert_eq!(TypeName::parse(text).and_then(|name| name.builtin()), None, "{text}");
        }
    }

    #[test]
    fn names_of_users_have_schemas_quotes_and_dimensions() {
        let name = TypeName::parse("\"Mixed Case\".\"a\"\"b. c\"[][]").expect("a name");
        assert_eq!((name.schema.as_deref(), name.name.as_str(), name.dimensions), (Some("Mixed Case"), "a\"b. c", 2));
        assert!(name.is_quoted && name.modifiers.is_empty());
    }
}
