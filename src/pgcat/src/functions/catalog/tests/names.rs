//! Names and visibility, as PostgreSQL 16 answers.

use super::Fixture;
use crate::catalog::oid;
use crate::value::Value;

#[test]
fn names_of_types() {
    let fixture = Fixture::new();
    let name = |type_oid: u32, typmod: Value| fixture.text("format_type", &[Value::oid(type_oid), typmod]);
    for (type_oid, typmod, shown) in [
        (25, Value::Null, "text"),
        (0, Value::Null, "-"),
        (999_999, Value::Null, "???"),
        (1043, Value::Int(14), "character varying(10)"),
        (1042, Value::Int(-1), "bpchar"),
        (1042, Value::Null, "character"),
        (1560, Value::Int(-1), "\"bit\""),
        (1700, Value::Int(655_366), "numeric(10,2)"),
        (18, Value::Int(-1), "\"char\""),
        (1015, Value::Int(14), "character varying(10)[]"),
    ] {
        assert_eq!(name(type_oid, typmod).as_deref(), Some(shown));
    }
    assert!(fixture.call("format_type", &[Value::Null, Value::Int(3)]).expect("null").is_null());
    let status = fixture.named(oid::PG_TYPE, "typname", "status");
    assert_eq!(name(status, Value::Null).as_deref(), Some("crm.status"));
}

#[test]
fn what_the_search_path_leads_to_is_visible() {
    let mut fixture = Fixture::new();
    let is_visible = |fixture: &Fixture, name: &str| fixture.call("pg_table_is_visible", &[fixture.relation(name)]).expect("an answer");
    assert_eq!(is_visible(&fixture, "pg_class"), true.into());
    assert_eq!(is_visible(&fixture, "t1"), true.into());
    assert_eq!(is_visible(&fixture, "orders"), false.into());
    fixture.session.search_path = vec!["crm".to_owned()];
    assert_eq!(is_visible(&fixture, "t1"), false.into());
    assert_eq!(is_visible(&fixture, "orders"), true.into());
    assert!(fixture.call("pg_table_is_visible", &[Value::oid(999_999)]).expect("null").is_null());
}

#[test]
fn names_that_mean_nothing_are_null() {
    let fixture = Fixture::new();
    for (symbol, text, found) in [
        ("to_regclass", "pg_class", Some(1259)),
        ("to_regclass", "crm.nope", None),
        ("to_regclass", "nope.nope", None),
        ("to_regclass", "", None),
        ("to_regclass", "-", Some(0)),
        ("to_regtype", "int4", Some(23)),
        ("to_regtype", "varchar(10)", Some(1043)),
        ("to_regtype", "nope", None),
        ("to_regproc", "abs", None),
        ("to_regprocedure", "nope(int)", None),
        ("to_regnamespace", "pg_catalog", Some(11)),
        ("to_regrole", "nope", None),
    ] {
        let value = fixture.call(symbol, &[text.into()]).expect("an answer");
        assert_eq!(value.as_oid(), found, "{symbol} {text}");
    }
    let error = fixture.call("to_regclass", &["x.y.z".into()]).expect_err("another database");
    assert_eq!((error.code.sqlstate(), &*error.message), ("0A000", "cross-database references are not implemented: \"x.y.z\""));
}
