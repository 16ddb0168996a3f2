//! Names, visibility and privileges, as PostgreSQL 16 answers.

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

#[test]
fn privileges_on_what_belongs_to_postgresql() {
    let fixture = Fixture::new();
    let has = |symbol: &str, arguments: &[&str]| {
        let arguments: Vec<Value> = arguments.iter().map(|argument| (*argument).into()).collect();
        fixture.call(symbol, &arguments).expect("an answer")
    };
    for (symbol, arguments, holds) in [
        ("has_table_privilege_name_name", ["alice", "pg_class", "SELECT"], true),
        ("has_table_privilege_name_name", ["alice", "pg_class", "INSERT"], false),
        ("has_table_privilege_name_name", ["alice", "pg_class", "INSERT, SELECT"], true),
        ("has_table_privilege_name_name", ["alice", "pg_class", "SELECT WITH GRANT OPTION"], false),
        ("has_table_privilege_name_name", ["alice", "pg_authid", "SELECT"], false),
        ("has_table_privilege_name_name", ["admin", "pg_authid", "DELETE"], true),
        ("has_table_privilege_name_name", ["public", "pg_class", "SELECT"], true),
        ("has_schema_privilege_name_name", ["alice", "pg_catalog", "USAGE"], true),
        ("has_schema_privilege_name_name", ["alice", "pg_catalog", "CREATE"], false),
        ("has_function_privilege_name_name", ["alice", "abs(int)", "EXECUTE"], true),
        ("has_type_privilege_name_name", ["alice", "int4", "USAGE"], true),
        ("has_language_privilege_name_name", ["alice", "sql", "USAGE"], true),
        ("has_tablespace_privilege_name_name", ["alice", "pg_default", "CREATE"], false),
        ("pg_has_role_name_name", ["alice", "readers", "MEMBER"], true),
        ("pg_has_role_name_name", ["readers", "alice", "MEMBER"], false),
        ("pg_has_role_name_name", ["admin", "alice", "USAGE"], true),
    ] {
        assert_eq!(has(symbol, &arguments), holds.into(), "{symbol} {arguments:?}");
    }
    assert!(fixture.call("has_table_privilege_id", &[Value::oid(999_999), "SELECT".into()]).expect("null").is_null());
    for (symbol, arguments, state, message) in [
        ("has_table_privilege_name", ["nope", "SELECT"], "42P01", "relation \"nope\" does not exist"),
        ("has_table_privilege_name", ["pg_class", "SLECT"], "22023", "unrecognized privilege type: \"SLECT\""),
        ("has_schema_privilege_name", ["nope", "USAGE"], "3F000", "schema \"nope\" does not exist"),
        ("has_database_privilege_name", ["nope", "CONNECT"], "3D000", "database \"nope\" does not exist"),
        ("has_language_privilege_name", ["nope", "USAGE"], "42704", "language \"nope\" does not exist"),
        ("has_sequence_privilege_name", ["pg_class", "USAGE"], "42809", "\"pg_class\" is not a sequence"),
        ("pg_has_role_name", ["nope", "USAGE"], "42704", "role \"nope\" does not exist"),
    ] {
        let error = fixture.call(symbol, &arguments.map(Value::from)).expect_err(message);
        assert_eq!((error.code.sqlstate(), &*error.message), (state, message));
    }
}

#[test]
fn privileges_on_objects_of_sources_are_the_hosts() {
    let mut fixture = Fixture::new();
    (fixture.session.user, fixture.session.privileges) = ("alice", &["SELECT"]);
    let has = |privilege: &str| fixture.call("has_table_privilege_name", &["crm.orders".into(), privilege.into()]).expect("an answer");
    assert_eq!((has("SELECT"), has("INSERT"), has("SELECT WITH GRANT OPTION")), (true.into(), false.into(), false.into()));
    let column = |name: &str| fixture.call("has_column_privilege_name_name", &["crm.orders".into(), name.into(), "SELECT".into()]);
    assert_eq!(column("id").expect("an answer"), true.into());
    assert_eq!(column("nope").expect_err("no column").code.sqlstate(), "42703");
}

#[test]
fn access_lists() {
    let fixture = Fixture::new();
    for (letter, items) in [
        ("r", &["admin=arwdDxt/admin"] as &[&str]),
        ("d", &["=Tc/admin", "admin=CTc/admin"]),
        ("f", &["=X/admin", "admin=X/admin"]),
        ("s", &["admin=rwU/admin"]),
        ("p", &["admin=sA/admin"]),
        ("c", &[]),
    ] {
        let list = fixture.call("acldefault_sql", &[letter.into(), Value::oid(10)]).expect("a list");
        let texts: Vec<&str> = list.as_array().expect("an array").values.iter().filter_map(Value::as_str).collect();
        assert_eq!(texts, items);
    }
    let list = Value::array(1033, vec!["alice=ar*/admin".into(), "=U/admin".into()]);
    let rows: Vec<Vec<Value>> = fixture
        .rows("aclexplode", &[list])
        .iter()
        .filter_map(|row| match row {
            Value::Record(record) => Some(record.values.clone()),
            _ => None,
        })
        .collect();
    let row =
        |grantee, privilege: &str, is_grantable: bool| vec![Value::Int(10), Value::Int(grantee), privilege.into(), is_grantable.into()];
    assert_eq!(rows, [row(16411, "INSERT", false), row(16411, "SELECT", true), row(0, "USAGE", false)]);
}
