//! Names of types, both ways.

use super::*;
use crate::fixture;
use crate::types::oid;

/// What a text names, as PostgreSQL writes it.
#[track_caller]
fn check(text: &str, expected: Result<&str, &str>) {
    let catalog = fixture::sales();
    let search = catalog.search_namespaces(&["public".to_owned()]);
    let names = Names::new(&catalog, &search);
    let found = type_from_text(names, "sales", text).map(|type_| format_type(names, type_.oid, Some(type_.typmod)));
    let found = found.map_err(|error| error.message);
    assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
}

#[test]
fn texts_name_types() {
    check("int", Ok("integer"));
    check("INT4", Ok("integer"));
    check("pg_catalog.int4", Ok("integer"));
    check("character varying(20)[]", Ok("character varying(20)[]"));
    check("varchar", Ok("character varying"));
    check("char", Ok("character(1)"));
    check("char(5)", Ok("character(5)"));
    check("\"char\"", Ok("\"char\""));
    check("bpchar", Ok("bpchar"));
    check("decimal(10, 2)", Ok("numeric(10,2)"));
    check("numeric(3,-2)", Ok("numeric(3,-2)"));
    check("float(20)", Ok("real"));
    check("double precision", Ok("double precision"));
    check("timestamp(3) with time zone", Ok("timestamp(3) with time zone"));
    check("timestamptz", Ok("timestamp with time zone"));
    check("time(0)", Ok("time(0) without time zone"));
    check("interval day to second(3)", Ok("interval day to second(3)"));
    check("bit", Ok("bit(1)"));
    check("bit varying(3)", Ok("bit varying(3)"));
    check("_int4", Ok("integer[]"));
    check("oidvector", Ok("oidvector"));
    check("information_schema.sql_identifier", Ok("information_schema.sql_identifier"));
    check("regclass", Ok("regclass"));
}

#[test]
fn other_texts_are_refused() {
    check("nosuch", Err("type \"nosuch\" does not exist"));
    check("nosuch[]", Err("type \"nosuch[]\" does not exist"));
    check("nosuch.int4", Err("schema \"nosuch\" does not exist"));
    check("pg_catalog.nosuch", Err("type \"pg_catalog.nosuch\" does not exist"));
    check("other.pg_catalog.int4", Err("cross-database references are not implemented: other.pg_catalog.int4"));
    check("varchar(0)", Err("length for type varchar must be at least 1"));
    check("varchar(10485761)", Err("length for type varchar cannot exceed 10485760"));
    check("numeric(0)", Err("NUMERIC precision 0 must be between 1 and 1000"));
    check("text(3)", Err("type modifier is not allowed for type \"text\""));
}

#[test]
fn names_are_for_people_without_a_modifier() {
    let catalog = fixture::sales();
    let search = catalog.search_namespaces(&[]);
    let names = Names::new(&catalog, &search);
    assert_eq!(format_type(names, oid::BPCHAR, None), "character");
    assert_eq!(format_type(names, oid::BPCHAR, Some(-1)), "bpchar");
    assert_eq!(format_type(names, oid::BIT, Some(-1)), "\"bit\"");
    assert_eq!(format_type(names, 0, None), "-");
    assert_eq!(format_type(names, 4_000_000_000, None), "???");
}

#[test]
fn identifiers_are_quoted_where_they_must_be() {
    for (name, quoted) in [("a", "a"), ("a_1", "a_1"), ("A", "\"A\""), ("1a", "\"1a\""), ("a\"b", "\"a\"\"b\""), ("table", "\"table\"")] {
        assert_eq!(quote_identifier(name), quoted);
    }
    assert_eq!(qualified_name("s", "T"), "s.\"T\"");
}
