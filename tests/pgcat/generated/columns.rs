//! Columns of all types that PostgreSQL has, with what may be said of a column.

use super::Script;

/// A column of a table.
#[derive(Clone)]
pub(super) struct Column {
    /// In quotes.
    pub(super) name: String,
    pub(super) type_name: String,
}

/// The types of `pg_catalog` that a column may have, and a default of each, if it is to have one.
const TYPES: &[(&str, &[&str])] = &[
    ("boolean", &["true", "NOT false"]),
    ("bytea", &["'\\x00ff'"]),
    ("\"char\"", &["'x'"]),
    ("name", &["CURRENT_USER", "'n'"]),
    ("bigint", &["9223372036854775807", "-1", "(1 + 2) * 3"]),
    ("smallint", &["- 7"]),
    ("integer", &["0", "length('abc')", "CASE WHEN true THEN 1 ELSE 2 END"]),
    ("text", &["'it''s'", "upper('x') || 'y'", "CURRENT_USER", "E'a\\nb'", "NULL"]),
    ("oid", &["0"]),
    ("tid", &["'(0,1)'"]),
    ("xid", &[]),
    ("cid", &[]),
    ("json", &["'{\"a\": 1}'"]),
    ("jsonb", &["'[]'", "jsonb_build_object('k', 1)"]),
    ("xml", &[]),
    ("point", &["'(0,0)'"]),
    ("lseg", &[]),
    ("path", &[]),
    ("box", &["'(1,1),(0,0)'"]),
    ("polygon", &[]),
    ("line", &[]),
    ("circle", &["'<(0,0),1>'"]),
    ("real", &["1.5", "'NaN'"]),
    ("double precision", &["random()", "pi() / 2", "'-Infinity'"]),
    ("money", &["12.34::numeric::money"]),
    ("macaddr", &[]),
    ("macaddr8", &[]),
    ("inet", &["'127.0.0.1'"]),
    ("cidr", &["'10.0.0.0/8'"]),
    ("character", &["'x'"]),
    ("character(7)", &["'abc'"]),
    ("bpchar", &["'abc'"]),
    ("character varying", &["'abc'"]),
    ("character varying(1)", &["'a'"]),
    ("character varying(10485760)", &[]),
    ("date", &["CURRENT_DATE", "'2024-02-29'", "'infinity'"]),
    ("time", &["LOCALTIME", "'12:00'"]),
    ("time(0)", &["LOCALTIME(0)"]),
    ("time with time zone", &["CURRENT_TIME"]),
    ("time(6) with time zone", &[]),
    ("timestamp", &["LOCALTIMESTAMP", "now() AT TIME ZONE 'UTC'"]),
    ("timestamp(3)", &["CURRENT_TIMESTAMP(3)"]),
    ("timestamp with time zone", &["now()", "CURRENT_TIMESTAMP", "clock_timestamp()"]),
    ("timestamp(0) with time zone", &["now()"]),
    ("interval", &["'1 day'", "'1 year 2 mons'::interval * 2"]),
    ("interval(3)", &["'1.5 seconds'"]),
    ("interval year", &[]),
    ("interval month", &[]),
    ("interval day", &[]),
    ("interval hour", &[]),
    ("interval minute", &[]),
    ("interval second", &[]),
    ("interval second(2)", &[]),
    ("interval year to month", &["'1-2'"]),
    ("interval day to hour", &[]),
    ("interval day to minute", &[]),
    ("interval day to second(4)", &["'1 02:03:04'"]),
    ("interval hour to minute", &[]),
    ("interval hour to second", &[]),
    ("interval minute to second", &[]),
    ("bit", &["B'1'"]),
    ("bit(9)", &["B'101010101'"]),
    ("bit varying", &["B''"]),
    ("bit varying(5)", &["B'1'"]),
    ("numeric", &["1e10", "1.50"]),
    ("numeric(5)", &["42"]),
    ("numeric(12,2)", &["0.00"]),
    ("numeric(1000,0)", &[]),
    ("numeric(3,-2)", &["1200"]),
    ("numeric(2,5)", &["0.00012"]),
    ("uuid", &["gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'"]),
    ("tsvector", &["to_tsvector('simple', 'a b')"]),
    ("tsquery", &["'a & b'"]),
    ("pg_lsn", &["'0/0'"]),
    ("pg_snapshot", &[]),
    ("xid8", &[]),
    ("int2vector", &["'1 2'"]),
    ("oidvector", &[]),
    ("regclass", &["'pg_class'"]),
    ("regtype", &["'integer'"]),
    ("regproc", &[]),
    ("regrole", &[]),
    ("refcursor", &[]),
    ("aclitem", &[]),
    ("jsonpath", &["'$.a[*]'"]),
    ("int4range", &["'[1,5)'", "int4range(1, 2, '[]')"]),
    ("tstzrange", &["tstzrange(now(), NULL)"]),
    ("nummultirange", &["'{}'"]),
];

/// Types that have an order, and can be keys.
const ORDERED: [&str; 10] = [
    "integer",
    "bigint",
    "text",
    "date",
    "uuid",
    "numeric(12,2)",
    "character varying(40)",
    "timestamp with time zone",
    "smallint",
    "bytea",
];

/// Collations that every server has.
const COLLATIONS: [&str; 3] = ["\"C\"", "\"POSIX\"", "\"default\""];

/// A column of the type that stands at this place among all, with whatever may be said of it, and its clause.
pub(super) fn any(script: &mut Script, place: usize) -> (Column, String) {
    let name = script.name();
    let own = script.types.len();
    let (type_name, defaults): (String, &[&str]) = match place % (TYPES.len() + own) {
        place if place < TYPES.len() => (TYPES[place].0.to_owned(), TYPES[place].1),
        place => (script.types[place - TYPES.len()].clone(), &[]),
    };
    let (type_name, defaults) = match script.random.below(10) {
        0 => (format!("{type_name}[]"), &["'{}'", "NULL", "ARRAY[]::text[]"][..2]),
        1 => (format!("{type_name}[][3]"), &[][..]),
        _ => (type_name, defaults),
    };
    let mut clause = format!("{name} {type_name}");
    let is_text = type_name.starts_with("text") || type_name.starts_with("character");
    if is_text && script.random.chance(40) {
        clause += &format!(" COLLATE {}", script.random.pick(&COLLATIONS));
    }
    if !defaults.is_empty() && script.random.chance(60) {
        clause += &format!(" DEFAULT ({})", script.random.pick(defaults));
    }
    clause += script.random.maybe(20, " NOT NULL");
    (Column { name, type_name }, clause)
}

/// How many columns have all types.
pub(super) fn of_all_types(script: &Script) -> usize {
    TYPES.len() + script.types.len()
}

/// A column of a type that has an order, and its clause.
pub(super) fn ordered(script: &mut Script) -> (Column, String) {
    let type_name = script.random.pick(&ORDERED);
    of(script, type_name)
}

/// A column of a type, and its clause.
pub(super) fn of(script: &mut Script, type_name: &str) -> (Column, String) {
    let name = script.name();
    let clause = format!("{name} {type_name}");
    (Column { name, type_name: type_name.to_owned() }, clause)
}
