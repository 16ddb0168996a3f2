//! Objects of a source like PostgreSQL: the answers are PostgreSQL's own for the same objects.

use super::Fixture;
use crate::catalog::oid;
use crate::value::Value;

#[test]
fn constraints() {
    let fixture = Fixture::new();
    for (name, plain, pretty) in [
        ("customers_balance_check", "CHECK ((balance >= (0)::numeric))", "CHECK (balance >= 0::numeric)"),
        ("customers_pkey", "PRIMARY KEY (id)", "PRIMARY KEY (id)"),
        ("customers_email_key", "UNIQUE (email)", "UNIQUE (email)"),
        ("orders_pkey", "PRIMARY KEY (id, line)", "PRIMARY KEY (id, line)"),
        (
            "orders_customer_id_fkey",
            "FOREIGN KEY (customer_id) REFERENCES crm.customers(id) ON DELETE CASCADE",
            "FOREIGN KEY (customer_id) REFERENCES crm.customers(id) ON DELETE CASCADE",
        ),
    ] {
        let constraint = Value::oid(fixture.named(oid::PG_CONSTRAINT, "conname", name));
        assert_eq!(fixture.text("pg_get_constraintdef", std::slice::from_ref(&constraint)).as_deref(), Some(plain));
        assert_eq!(fixture.text("pg_get_constraintdef_ext", &[constraint, true.into()]).as_deref(), Some(pretty));
    }
}

#[test]
fn names_of_referenced_tables_follow_the_search_path() {
    let mut fixture = Fixture::new();
    fixture.session.search_path = vec!["crm".to_owned()];
    let constraint = Value::oid(fixture.named(oid::PG_CONSTRAINT, "conname", "oi_fk"));
    let definition = fixture.text("pg_get_constraintdef", &[constraint]);
    assert_eq!(definition.as_deref(), Some("FOREIGN KEY (order_id, line) REFERENCES orders(id, line)"));
}

#[test]
fn indexes() {
    let fixture = Fixture::new();
    for (name, plain, pretty) in [
        (
            "orders_placed_idx",
            "CREATE INDEX orders_placed_idx ON crm.orders USING btree (placed DESC, lower((c)::text)) WHERE flag",
            "CREATE INDEX orders_placed_idx ON crm.orders USING btree (placed DESC, lower(c::text)) WHERE flag",
        ),
        ("t1_pkey", "CREATE UNIQUE INDEX t1_pkey ON public.t1 USING btree (a)", "CREATE UNIQUE INDEX t1_pkey ON t1 USING btree (a)"),
    ] {
        let index = fixture.relation(name);
        assert_eq!(fixture.text("pg_get_indexdef", std::slice::from_ref(&index)).as_deref(), Some(plain));
        assert_eq!(fixture.text("pg_get_indexdef_ext", &[index, Value::Int(0), true.into()]).as_deref(), Some(pretty));
    }
    let column = |number, is_pretty: bool| {
        fixture.text("pg_get_indexdef_ext", &[fixture.relation("orders_placed_idx"), Value::Int(number), is_pretty.into()])
    };
    assert_eq!(column(1, true).as_deref(), Some("placed"));
    assert_eq!(column(2, false).as_deref(), Some("lower((c)::text)"));
    assert_eq!(column(2, true).as_deref(), Some("lower(c::text)"));
    assert_eq!(column(3, true).as_deref(), Some(""));
}

#[test]
fn triggers_views_and_partitions() {
    let fixture = Fixture::new();
    let trigger = Value::oid(fixture.named(oid::PG_TRIGGER, "tgname", "tr"));
    let definition = "CREATE TRIGGER tr BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg()";
    assert_eq!(fixture.text("pg_get_triggerdef_ext", &[trigger, true.into()]).as_deref(), Some(definition));
    let query = " SELECT id,\n    customer_id\n   FROM crm.orders o\n  WHERE (st = 'paid'::crm.status);";
    assert_eq!(fixture.text("pg_get_viewdef_name", &["crm.paid_orders".into()]).as_deref(), Some(query));
    assert_eq!(fixture.text("pg_get_partkeydef", &[fixture.relation("part")]).as_deref(), Some("RANGE (d)"));
    assert_eq!(
        fixture.text("pg_get_partition_constraintdef", &[fixture.relation("part_2024")]).as_deref(),
        Some("((d IS NOT NULL) AND (d >= '2024-01-01'::date) AND (d < '2025-01-01'::date))")
    );
    let (part, part_2024) = (fixture.relation("part"), fixture.relation("part_2024"));
    assert_eq!(fixture.call("pg_partition_root", std::slice::from_ref(&part_2024)).expect("a root"), part);
    assert_eq!(fixture.rows("pg_partition_ancestors", std::slice::from_ref(&part_2024)), [part_2024, part.clone()]);
    assert_eq!(fixture.rows("pg_partition_tree", &[part]).len(), 2);
}

#[test]
fn routines() {
    let fixture = Fixture::new();
    let routine = |name| Value::oid(fixture.named(oid::PG_PROC, "proname", name));
    let definition = "CREATE OR REPLACE FUNCTION crm.add(a integer, b integer DEFAULT 1)\n RETURNS integer\n LANGUAGE sql\n\
                      AS $function$select a+b$function$\n";
    let add = Value::oid(
        fixture
            .catalog
            .find_one(
                oid::PG_PROC,
                &["proname", "pronamespace"],
                &["add".into(), Value::oid(fixture.catalog.namespace("crm").expect("crm"))],
            )
            .and_then(|row| row.oid("oid"))
            .expect("add"),
    );
    assert_eq!(fixture.text("pg_get_functiondef", std::slice::from_ref(&add)).as_deref(), Some(definition));
    assert_eq!(fixture.text("pg_get_function_arguments", &[add]).as_deref(), Some("a integer, b integer DEFAULT 1"));
    assert_eq!(fixture.text("pg_get_function_arguments", &[routine("noop")]).as_deref(), Some("INOUT x integer"));
    assert_eq!(fixture.text("pg_get_function_result", &[routine("noop")]), None);
    assert_eq!(fixture.text("pg_get_function_result", &[routine("trg")]).as_deref(), Some("trigger"));
}

#[test]
fn sequences_of_columns() {
    let fixture = Fixture::new();
    let sequence = |column: &str| fixture.text("pg_get_serial_sequence", &["crm.orders".into(), column.into()]);
    assert_eq!(sequence("id").as_deref(), Some("crm.orders_id_seq"));
    assert_eq!(sequence("line"), None);
    let error = fixture.call("pg_get_serial_sequence", &["crm.orders".into(), "nope".into()]).expect_err("no column");
    assert_eq!((error.code.sqlstate(), &*error.message), ("42703", "column \"nope\" of relation \"orders\" does not exist"));
    let error = fixture.call("pg_get_serial_sequence", &["nope.orders".into(), "id".into()]).expect_err("no schema");
    assert_eq!((error.code.sqlstate(), &*error.message), ("3F000", "schema \"nope\" does not exist"));
}
