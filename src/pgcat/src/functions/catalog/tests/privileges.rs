//! Privileges: on what belongs to PostgreSQL as PostgreSQL 16 answers, and on other objects as the host does.

use super::Fixture;
use crate::catalog::oid;
use crate::fixture::{self, session::Session};
use crate::host::Object;
use crate::value::Value;

/// Roles of the fixture.
const READERS: u32 = 16410;
const ALICE: u32 = 16411;

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
        ("has_table_privilege_name_name", ["admin", "pg_class", "RULE"], false),
        ("has_table_privilege_name_name", ["admin", "pg_class", "RULE, SELECT"], true),
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

/// Each function asks the host about its object, and about no other.
#[test]
fn privileges_on_objects_of_sources_are_the_hosts() {
    let mut fixture = Fixture::new();
    fixture.session.user = "alice";
    let crm = fixture.catalog.namespace("crm").expect("a namespace");
    let relation = |name: &str| Object::Relation(fixture.catalog.class(crm, name).and_then(|row| row.oid("oid")).expect("a relation"));
    let in_crm = |catalog: u32, columns: [&str; 2], name: &str| {
        let row = fixture.catalog.find_one(catalog, &columns, &[name.into(), Value::oid(crm)]);
        row.and_then(|row| row.oid("oid")).expect("an object")
    };
    let routine = Object::Function(in_crm(oid::PG_PROC, ["proname", "pronamespace"], "add"));
    let status = Object::Type(in_crm(oid::PG_TYPE, ["typname", "typnamespace"], "status"));
    let (orders, sequence) = (relation("orders"), relation("orders_id_seq"));
    let cases: [(&str, &[&str], Object, &str, &str); 9] = [
        ("database", &["sales"], Object::Database(fixture::SALES), "CONNECT", "CREATE"),
        ("schema", &["crm"], Object::Schema(crm), "USAGE", "CREATE"),
        ("table", &["crm.orders"], orders, "SELECT", "INSERT"),
        ("any_column", &["crm.orders"], orders, "UPDATE", "SELECT"),
        ("column", &["crm.orders", "id"], orders, "INSERT", "REFERENCES"),
        ("function", &["crm.add(int, int)"], routine, "EXECUTE", ""),
        ("type", &["crm.status"], status, "USAGE", ""),
        ("sequence", &["crm.orders_id_seq"], sequence, "USAGE", "SELECT"),
        ("table", &["crm.orders_id_seq"], sequence, "SELECT", "TRUNCATE"),
    ];
    for (kind, names, object, granted, other) in cases {
        let oid = oid_of(object);
        // Columns are named in all forms here.
        let column = if names.len() > 1 { "_name" } else { "" };
        let ask = |fixture: &Fixture, role: Option<&str>, by: &str, object: Value, privilege: &str| {
            let symbol = format!("has_{kind}_privilege{}_{by}{column}", if role.is_some() { "_name" } else { "" });
            let others = names[1..].iter().chain([&privilege]).map(|name| Value::from(*name));
            let arguments: Vec<Value> = role.map(Value::from).into_iter().chain([object]).chain(others).collect();
            fixture.call(&symbol, &arguments).expect("an answer") == true.into()
        };
        let holds = |fixture: &Fixture, role: Option<&str>, privilege: &str| {
            let answers = [ask(fixture, role, "name", names[0].into(), privilege), ask(fixture, role, "id", Value::oid(oid), privilege)];
            assert_eq!(answers[0], answers[1], "{kind} {privilege}");
            answers[0]
        };
        fixture.session.grants = Vec::new();
        assert!(!holds(&fixture, None, granted), "{kind} without grant");
        fixture.session.grants = vec![(ALICE, object, granted)];
        assert!(holds(&fixture, None, granted) && holds(&fixture, Some("alice"), granted), "{kind} with grant");
        assert!(!holds(&fixture, Some("readers"), granted), "{kind} of another role");
        assert!(!holds(&fixture, None, &format!("{granted} WITH GRANT OPTION")), "{kind} to be passed on");
        assert!(other.is_empty() || !holds(&fixture, None, other), "{kind} of another privilege");
        fixture.session.grants = vec![(ALICE, with_oid(object, oid + 1), granted), (READERS, object, granted)];
        assert!(!holds(&fixture, None, granted) && holds(&fixture, Some("readers"), granted), "{kind} of another object");
        assert!(holds(&fixture, Some("admin"), granted), "{kind} of a superuser");
    }
}

fn oid_of(object: Object) -> u32 {
    match object {
        Object::Database(oid) | Object::Schema(oid) | Object::Relation(oid) | Object::Function(oid) | Object::Type(oid) => oid,
        Object::Other => 0,
    }
}

/// An object of the same kind.
fn with_oid(object: Object, oid: u32) -> Object {
    match object {
        Object::Database(_) => Object::Database(oid),
        Object::Schema(_) => Object::Schema(oid),
        Object::Relation(_) => Object::Relation(oid),
        Object::Function(_) => Object::Function(oid),
        Object::Type(_) => Object::Type(oid),
        Object::Other => Object::Other,
    }
}

#[test]
fn columns_that_are_not_there() {
    let fixture = Fixture::new();
    let missing = fixture.call("has_column_privilege_name_name", &["crm.orders".into(), "nope".into(), "SELECT".into()]);
    assert_eq!(missing.expect_err("no column").code.sqlstate(), "42703");
    let unknown = fixture.call("has_column_privilege_name_attnum", &["crm.orders".into(), Value::Int(99), "SELECT".into()]);
    assert!(unknown.expect("null").is_null());
}

/// What the gateway has itself is numbered like PostgreSQL's objects, but is none of them.
#[test]
fn privileges_on_the_gateways_own_objects_are_the_hosts() {
    let mut fixture = Fixture { catalog: fixture::metagate(), session: Session { user: "alice", ..Session::new() } };
    let has = |fixture: &Fixture, kind: &str, name: &str, privilege: &str| {
        fixture.call(&format!("has_{kind}_privilege_name"), &[name.into(), privilege.into()]).expect("an answer") == true.into()
    };
    let namespace = fixture.catalog.namespace("system").expect("a namespace");
    let nodes = fixture.catalog.class(namespace, "nodes").and_then(|row| row.oid("oid")).expect("a view");
    let refresh = fixture.named(oid::PG_PROC, "proname", "refresh");
    assert!([namespace, nodes, refresh].iter().all(|oid| (14000..16384).contains(oid)));
    for (kind, name, object, privilege) in [
        ("schema", "system", Object::Schema(namespace), "USAGE"),
        ("table", "system.nodes", Object::Relation(nodes), "SELECT"),
        ("any_column", "system.nodes", Object::Relation(nodes), "SELECT"),
        ("function", "system.refresh()", Object::Function(refresh), "EXECUTE"),
        ("database", "metagate", Object::Database(fixture::METAGATE), "CONNECT"),
    ] {
        fixture.session.grants = Vec::new();
        assert!(!has(&fixture, kind, name, privilege), "{kind} without grant");
        fixture.session.grants = vec![(ALICE, object, privilege)];
        assert!(has(&fixture, kind, name, privilege), "{kind} with grant");
    }
    assert!(has(&fixture, "table", "pg_class", "SELECT"));
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
    assert_eq!(rows, [row(ALICE.into(), "INSERT", false), row(ALICE.into(), "SELECT", true), row(0, "USAGE", false)]);
}
