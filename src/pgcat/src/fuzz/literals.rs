//! Constants of all types: ordinary ones, those at the ends of what a type holds, and what is none.

use super::facts::Facts;
use super::generator::{Generator, Style};
use crate::types::oid;

/// Texts that any type may be given.
const STRANGE: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1",
    "NaN",
    "infinity",
    "-infinity",
    "null",
    "{}",
    "{{}}",
    "[]",
    "()",
    "(,)",
    "ä€😀",
    "a\\b",
    "''''",
    "\"",
    "%",
    "_%\\",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775808",
    "1e400",
    "1e-400",
    "\u{1}",
    "\u{feff}",
    "ﬀ",
    "İ",
    "99999-12-31",
    "24:00:00",
    "[2147483647:2147483647]={1}",
    "{1,2",
    "-",
    ".",
    "t",
    "pg_class",
    "pg_catalog.pg_class",
    "\\x",
    "\\xzz",
    "1 2 3",
    "(0,1)",
    "0/0",
];

/// The ordinary texts of a type, and the extreme ones.
fn texts(type_oid: u32) -> (&'static [&'static str], &'static [&'static str]) {
    match type_oid {
        oid::BOOL => (&["t", "f"], &["t", "f"]),
        oid::INT2 => (&["0", "1", "-1", "2", "7", "100"], &["-32768", "32767", "-32767"]),
        oid::INT4 => (&["0", "1", "-1", "2", "3", "10", "42"], &["-2147483648", "2147483647", "-2147483647", "65536"]),
        oid::INT8 => (&["0", "1", "-1", "5", "1000"], &["-9223372036854775808", "9223372036854775807", "4294967296"]),
        oid::FLOAT4 => (&["0", "1.5", "-2.25", "100"], &["NaN", "Infinity", "-Infinity", "3.4028235e+38", "1e-45", "-0"]),
        oid::FLOAT8 => (
            &["0", "0.5", "-1.5", "3.14159", "100"],
            &["NaN", "Infinity", "-Infinity", "1.7976931348623157e+308", "5e-324", "-0", "9223372036854775807", "1e15"],
        ),
        oid::NUMERIC => (
            &["0", "1", "-1.50", "3.14159", "100", "12345678901234567890.123456789"],
            &["NaN", "Infinity", "-Infinity", "1e1000", "1e-1000", "0.00000", "99999999999999999999999999", "-1e131071", "1e-16383"],
        ),
        oid::MONEY => (&["1.00", "-2.50", "0"], &["-92233720368547758.08", "92233720368547758.07"]),
        oid::TEXT | oid::VARCHAR | oid::BPCHAR => (
            &["", "a", "abc", "ABC def", "1", "a,b,c", "hello world", " x "],
            &["ä€😀", "%", "a%_\\", "(a|b)*", "[[:alpha:]]+", "\\", "YYYY-MM-DD", "9999.99", "pg_class", "\u{301}e", "UTC", "day", "hex"],
        ),
        oid::NAME => (&["pg_class", "oid", "public", "a"], &["", "ä€😀", "\"A b\""]),
        oid::CHAR => (&["a", "r", "1"], &["", "\\377", "ä"]),
        oid::BYTEA => (&["\\x", "\\x00ff", "abc"], &["\\x0000000000000000", "\\000\\\\"]),
        oid::DATE => {
            (&["2020-01-01", "2024-02-29", "1999-12-31"], &["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-01-01"])
        }
        oid::TIME => (&["00:00", "12:34:56.789"], &["24:00:00", "23:59:59.999999"]),
        oid::TIMETZ => (&["12:34:56+02", "00:00+00"], &["24:00:00-15:59", "00:00:00+15:59"]),
        oid::TIMESTAMP => (
            &["2020-01-01 00:00", "2024-02-29 12:34:56.789"],
            &["infinity", "-infinity", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999", "0001-12-31 BC"],
        ),
        oid::TIMESTAMPTZ => (
            &["2020-01-01 00:00+00", "2024-02-29 12:34:56.789+02"],
            &["infinity", "-infinity", "4713-01-01 00:00+00 BC", "294276-12-31 23:59:59.999999+00"],
        ),
        oid::INTERVAL => (
            &["1 day", "1 month", "-2 hours", "1 year 2 mons 3 days 04:05:06.789", "0"],
            &["178000000 years", "-178000000 years", "2147483647 days", "-2147483648 mons", "2562047788 hours", "-2562047788 hours"],
        ),
        oid::UUID => (&["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], &["00000000-0000-0000-0000-000000000000"]),
        oid::JSON | oid::JSONB => (
            &["1", "\"a\"", "null", "[1,2,3]", "{\"a\": 1, \"b\": [true, null]}", "{}", "[]"],
            &["1e1000", "\"\\ud83d\\ude00\"", "[[[[]]]]", "{\"a\":{\"a\":{\"a\":0}}}", "-0", "{\"\": {\"\": 1}}"],
        ),
        oid::INET => {
            (&["127.0.0.1", "10.0.0.0/8", "::1"], &["0.0.0.0/0", "255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"])
        }
        oid::CIDR => (&["10.0.0.0/8", "::/64"], &["0.0.0.0/0", "255.255.255.255/32"]),
        oid::MACADDR => (&["08:00:2b:01:02:03"], &["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"]),
        oid::BIT | oid::VARBIT => (&["1", "101", "0"], &["", "11111111111111111111111111111111111111111111111111111111111111111"]),
        oid::OID | oid::XID | oid::CID => (&["0", "1", "1259", "16384"], &["4294967295", "2147483648"]),
        oid::XID8 => (&["0", "1"], &["18446744073709551615"]),
        oid::TID => (&["(0,1)"], &["(4294967295,65535)", "(0,0)"]),
        oid::REGCLASS => (&["pg_class", "pg_type", "1259"], &["-", "0", "4294967295"]),
        oid::REGTYPE => (&["integer", "text", "oid[]", "23"], &["-", "0", "numeric(10,2)"]),
        oid::REGPROC => (&["now", "1242"], &["-", "0"]),
        oid::REGPROCEDURE => (&["length(text)", "abs(integer)"], &["-", "0"]),
        oid::REGOPERATOR => (&["+(integer,integer)", "96"], &["0"]),
        oid::REGOPER => (&["96"], &["0"]),
        oid::REGNAMESPACE => (&["pg_catalog", "11"], &["-", "0"]),
        oid::REGROLE => (&["pg_monitor", "-"], &["postgres", "10", "0"]),
        oid::PG_LSN => (&["0/0", "1/2A"], &["FFFFFFFF/FFFFFFFF"]),
        oid::INT2VECTOR | oid::OIDVECTOR => (&["", "1", "1 2 3"], &["0 0 0 0"]),
        _ => (&[], &[]),
    }
}

impl Generator<'_> {
    /// A constant of a type, most often written with its type.
    pub(super) fn literal(&mut self, type_oid: u32) -> String {
        if self.chance(if self.style == Style::Wild { 0.12 } else { 0.04 }) {
            return format!("NULL::{}", self.facts.type_name(type_oid));
        }
        let element = self.facts.element_of(type_oid);
        let is_vector = matches!(type_oid, oid::OIDVECTOR | oid::INT2VECTOR);
        if element != 0 && !(is_vector && self.style == Style::Alike) {
            return self.array_literal(type_oid, element);
        }
        if self.chance(0.5)
            && let Some(bare) = self.bare_literal(type_oid)
        {
            return bare;
        }
        let text = self.literal_text(type_oid);
        if self.style == Style::Wild && self.chance(0.05) {
            return quoted(&text);
        }
        format!("{}::{}", quoted(&text), self.facts.type_name(type_oid))
    }

    /// A number or truth value as the language writes it.
    fn bare_literal(&mut self, type_oid: u32) -> Option<String> {
        Some(match type_oid {
            oid::INT4 => self.literal_text(oid::INT4),
            oid::NUMERIC if self.style != Style::Wild => "1.5".to_owned(),
            oid::BOOL => self.pick(&["true", "false"]).to_string(),
            oid::TEXT => quoted(&self.literal_text(oid::TEXT)),
            _ => return None,
        })
        .filter(|text: &String| type_oid != oid::INT4 || text.parse::<i32>().is_ok_and(|number| number >= 0))
    }

    fn array_literal(&mut self, type_oid: u32, element: u32) -> String {
        let name = self.facts.type_name(type_oid).to_owned();
        if self.style == Style::Wild && self.chance(0.2) {
            let strange =
                ["{}", "{NULL}", "[0:1]={1,2}", "{{1,2},{3,4}}", "[-2147483648:-2147483647]={1,2}", "[2147483646:2147483646]={1}"];
            return format!("'{}'::{name}", self.pick(&strange));
        }
        let count = self.below(4);
        let elements: Vec<String> = (0..count).map(|_| self.literal(element)).collect();
        format!("ARRAY[{}]::{name}", elements.join(", "))
    }

    fn literal_text(&mut self, type_oid: u32) -> String {
        let (ordinary, extreme) = texts(type_oid);
        if self.style == Style::Wild && self.chance(0.08) || ordinary.is_empty() {
            return self.pick(STRANGE).to_string();
        }
        if self.style == Style::Wild && self.chance(0.4) && !extreme.is_empty() {
            return self.pick(extreme).to_string();
        }
        match *self.pick(ordinary) {
            // From there on, databases have objects of their own.
            "16384" if self.style == Style::Alike => "9999".to_owned(),
            text => text.to_owned(),
        }
    }
}

/// A text as a constant of the language.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The types that there are constants of.
pub(super) fn types_with_literals(facts: &Facts) -> Vec<u32> {
    let mut types: Vec<u32> = facts.types.keys().copied().filter(|type_oid| !texts(*type_oid).0.is_empty()).collect();
    types.sort_unstable();
    types
}
