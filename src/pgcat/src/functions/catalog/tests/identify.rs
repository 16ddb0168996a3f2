//! Objects in words, as PostgreSQL 16 answers.

use super::Fixture;
use crate::catalog::oid;
use crate::value::Value;

fn address(class: u32, object: u32, column: i64) -> [Value; 3] {
    [Value::oid(class), Value::oid(object), Value::Int(column)]
}

#[test]
fn descriptions() {
    let fixture = Fixture::new();
    for (class, object, column, described) in [
        (oid::PG_CLASS, 1259, 0, Some("table pg_class")),
        (oid::PG_CLASS, 1259, 2, Some("column relname of table pg_class")),
        (oid::PG_CLASS, 999_999, 0, None),
        (oid::PG_TYPE, 25, 0, Some("type text")),
        (oid::PG_NAMESPACE, 11, 0, Some("schema pg_catalog")),
        (oid::PG_COLLATION, 100, 0, Some("collation \"default\"")),
        (oid::PG_LANGUAGE, 12, 0, Some("language internal")),
        (oid::PG_OPERATOR, 96, 0, Some("operator =(integer,integer)")),
        (oid::PG_OPCLASS, 1978, 0, Some("operator class int4_ops for access method btree")),
        (oid::PG_AM, 403, 0, Some("access method btree")),
    ] {
        assert_eq!(fixture.text("pg_describe_object", &address(class, object, column)).as_deref(), described);
    }
    let constraint = fixture.named(oid::PG_CONSTRAINT, "conname", "orders_pkey");
    let described = fixture.text("pg_describe_object", &address(oid::PG_CONSTRAINT, constraint, 0));
    assert_eq!(described.as_deref(), Some("constraint orders_pkey on table crm.orders"));
    let error = fixture.call("pg_describe_object", &address(99, 1, 0)).expect_err("no catalog");
    assert_eq!(error.message, "unrecognized object class: 99");
}

#[test]
fn identities() {
    let fixture = Fixture::new();
    let fields = |class, object, column| {
        let value = fixture.call("pg_identify_object", &address(class, object, column)).expect("a record");
        let Value::Record(record) = value else { panic!("no record") };
        record.values.iter().map(|value| value.as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(fields(oid::PG_CLASS, 1259, 2), ["table column", "pg_catalog", "pg_class", "pg_catalog.pg_class.relname"]);
    assert_eq!(fields(oid::PG_CLASS, 999_999, 0), ["relation", "-", "-", "-"]);
    assert_eq!(fields(oid::PG_TYPE, 25, 0), ["type", "pg_catalog", "text", "pg_catalog.text"]);
    assert_eq!(fields(oid::PG_OPERATOR, 96, 0), ["operator", "pg_catalog", "-", "pg_catalog.=(integer,integer)"]);
    assert_eq!(fields(oid::PG_OPCLASS, 1978, 0), ["operator class", "pg_catalog", "int4_ops", "pg_catalog.int4_ops USING btree"]);
    let constraint = fixture.named(oid::PG_CONSTRAINT, "conname", "orders_pkey");
    assert_eq!(fields(oid::PG_CONSTRAINT, constraint, 0), ["table constraint", "crm", "-", "orders_pkey on crm.orders"]);
}
