//! What PostgreSQL 16 said of its own objects when the static part of the catalog was read from it.

use super::Fixture;
use crate::catalog::oid;
use crate::relation::Relation;
use crate::statics;
use crate::value::Value;

/// The OIDs of a static relation's rows.
fn oids(relation: u32, column: &str) -> Vec<u32> {
    let relation = statics::relation(relation).expect("a relation");
    let column = relation.column(column).expect("a column");
    (0..relation.count()).filter_map(|row| relation.value(row, column).as_oid()).collect()
}

#[test]
fn definitions_of_indexes() {
    let fixture = Fixture::new();
    let indexes = oids(oid::PG_INDEX, "indexrelid");
    assert!(indexes.len() > 150);
    for index in indexes {
        let recorded = statics::index_definition(index).expect("a definition");
        let argument = Value::oid(index);
        assert_eq!(fixture.text("pg_get_indexdef", std::slice::from_ref(&argument)).as_deref(), Some(recorded.plain));
        let pretty = fixture.text("pg_get_indexdef_ext", &[argument, Value::Int(0), true.into()]);
        assert_eq!(pretty.as_deref(), Some(recorded.pretty));
    }
}

#[test]
fn definitions_of_constraints() {
    let fixture = Fixture::new();
    let constraints = oids(oid::PG_CONSTRAINT, "oid");
    assert!(constraints.len() > 100);
    for constraint in constraints {
        let recorded = statics::constraint_definition(constraint).expect("a definition");
        assert_eq!(fixture.text("pg_get_constraintdef", &[Value::oid(constraint)]).as_deref(), Some(recorded.plain));
        let pretty = fixture.text("pg_get_constraintdef_ext", &[Value::oid(constraint), true.into()]);
        assert_eq!(pretty.as_deref(), Some(recorded.pretty));
    }
}

#[test]
fn signatures_of_functions() {
    let fixture = Fixture::new();
    let functions = oids(oid::PG_PROC, "oid");
    assert!(functions.len() > 3000);
    for function in functions {
        let recorded = statics::signature(function).expect("a signature");
        let argument = [Value::oid(function)];
        assert_eq!(fixture.text("pg_get_function_arguments", &argument).as_deref(), Some(recorded.arguments));
        assert_eq!(fixture.text("pg_get_function_identity_arguments", &argument).as_deref(), Some(recorded.identity_arguments));
        assert_eq!(fixture.text("pg_get_function_result", &argument).as_deref(), recorded.result);
        for place in 1..=recorded.arguments.matches(" DEFAULT ").count() + 1 {
            let default = fixture.text("pg_get_function_arg_default", &[Value::oid(function), Value::Int(place as i64)]);
            assert_eq!(default.as_deref(), statics::function_default(function, place), "{function} {place}");
        }
    }
}

#[test]
fn definitions_of_views() {
    let fixture = Fixture::new();
    for view in ["pg_tables", "pg_settings", "columns"] {
        let view = fixture.relation(view);
        let recorded = statics::view_definition(view.as_oid().expect("an OID"), true);
        assert_eq!(fixture.text("pg_get_viewdef_ext", &[view, true.into()]).as_deref(), recorded);
    }
    assert_eq!(fixture.text("pg_get_viewdef", &[fixture.relation("pg_class")]), None);
}
