//! Statements over a small catalog, from SQL to rows, for every kind of row.

mod fixture;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;
use domain::catalog::Database;
use fixture::{bank, shop};

use super::provider::SnapshotProvider;
use super::*;
use crate::own_database;
use crate::tables;

#[tokio::test]
async fn schemas() {
    let expected = ["bank|main|", "shop|main|what is sold", "shop|zoo|"];
    check("SELECT catalog_name, schema_name, comment FROM information_schema.schemata ORDER BY 1, 2", &expected).await;
    check("SELECT schema_name FROM information_schema.schemata WHERE catalog_name = 'bank'", &["main"]).await;
}

#[tokio::test]
async fn tables_are_found_by_every_kind_of_condition() {
    let tables = "SELECT table_catalog, table_schema, table_name FROM information_schema.tables WHERE";
    for (condition, expected) in [
        ("table_name = 'customers'", vec!["bank|main|customers", "shop|main|customers"]),
        ("table_name::text = 'customers' AND table_catalog = 'shop'", vec!["shop|main|customers"]),
        ("table_name IN ('orders', 'child', 'nothing')", vec!["shop|main|orders", "shop|zoo|child"]),
        ("table_name = 'orders' OR table_name = 'child'", vec!["shop|main|orders", "shop|zoo|child"]),
        ("table_name LIKE 'or%'", vec!["shop|main|orders"]),
        (
            "table_name LIKE '%er%' AND table_schema NOT IN ('zoo')",
            vec!["bank|main|customers", "shop|main|big_orders", "shop|main|customers", "shop|main|orders"],
        ),
        ("table_name ILIKE 'BIG\\_%'", vec!["shop|main|big_orders"]),
        ("table_name ~ '^c.*s$' AND table_catalog <> 'bank'", vec!["shop|main|customers"]),
        ("lower(table_name) = 'parent'", vec!["shop|zoo|parent"]),
        ("table_name = 'orders' AND table_name = 'child'", vec![]),
        ("table_name = NULL", vec![]),
        ("table_type = 'VIEW'", vec!["shop|main|big_orders"]),
        ("table_name = table_schema", vec![]),
        ("(table_schema = 'zoo' AND table_name = 'child') OR table_name = 'orders'", vec!["shop|main|orders", "shop|zoo|child"]),
        ("table_name = (SELECT max(table_name) FROM information_schema.tables)", vec!["shop|zoo|parent"]),
        (
            "EXISTS (SELECT FROM information_schema.columns c WHERE c.table_name = tables.table_name AND c.column_name = 'customer')",
            vec!["shop|main|orders"],
        ),
    ] {
        check(&format!("{tables} {condition} ORDER BY 1, 2, 3"), &expected).await;
    }
}

#[tokio::test]
async fn columns() {
    let columns =
        "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default FROM information_schema.columns";
    let expected = ["customers|id|1|integer|NO|", "customers|mail|2|character varying|YES|'-'"];
    check(&format!("{columns} WHERE table_catalog = 'shop' AND table_name = 'customers' ORDER BY ordinal_position"), &expected).await;
    check(&format!("{columns} WHERE column_name LIKE '%ail'"), &["customers|mail|2|character varying|YES|'-'"]).await;
    check(&format!("{columns} WHERE column_name = 'mail' AND table_name = 'orders'"), &[]).await;
    let generated = "SELECT column_name, is_generated, generation_expression, column_default, dtd_identifier, native_type
        FROM information_schema.columns WHERE is_generated = 'ALWAYS'";
    check(generated, &["total|ALWAYS|a + b||4|NUMERIC(10,2)"]).await;
    let described =
        "SELECT numeric_precision, numeric_scale, udt_name, comment FROM information_schema.columns WHERE column_name = 'total'";
    check(described, &["10|2|numeric|the sum"]).await;
}

#[tokio::test]
async fn rows_are_counted_without_being_made() {
    check("SELECT count(*) FROM information_schema.columns", &["15"]).await;
    check("SELECT count(*) FROM information_schema.columns WHERE table_catalog = 'shop'", &["14"]).await;
    check("SELECT count(*) FROM information_schema.columns WHERE column_name = 'id'", &["4"]).await;
    let plan = plan("SELECT count(*) FROM information_schema.columns WHERE table_catalog = 'shop'").await;
    assert!(plan.contains("PlaceholderRowExec") && !plan.contains("SnapshotScan"), "{plan}");
}

#[tokio::test]
async fn plans_show_how_objects_are_found() {
    for (statement, expected) in [
        (
            "SELECT * FROM information_schema.columns WHERE table_catalog = 'shop' AND table_schema = 'main' AND table_name = 'orders'",
            "index lookup table_catalog = 'shop', index lookup table_schema = 'main', index lookup table_name = 'orders', schemas=1",
        ),
        (
            "SELECT table_name FROM information_schema.tables WHERE table_name::text IN ('a', 'b')",
            "index lookup table_name = 'a' OR table_name = 'b', schemas=3",
        ),
        ("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'or%'", "index range table_name LIKE 'or%', schemas=3"),
        (
            "SELECT table_name FROM information_schema.tables WHERE table_schema NOT LIKE 'z%' LIMIT 1",
            "index filter table_schema NOT LIKE 'z%', schemas=2, limit=1",
        ),
        ("SELECT 1 FROM information_schema.columns WHERE column_name ILIKE '%x%'", "distinct names column_name ILIKE '%x%', schemas=3"),
        ("SELECT table_name FROM information_schema.tables", "full scan, schemas=3"),
    ] {
        let plan = plan(statement).await;
        assert!(plan.contains(expected) && !plan.contains("FilterExec"), "{statement}: {plan}");
    }
}

#[tokio::test]
async fn rows_come_in_the_order_of_the_snapshot() {
    for (statement, sorts) in [
        (
            "SELECT column_name FROM information_schema.columns WHERE table_catalog = 'shop' AND table_schema = 'main'
            AND table_name = 'orders' ORDER BY ordinal_position",
            false,
        ),
        ("SELECT * FROM information_schema.columns ORDER BY table_catalog, table_schema, table_name, ordinal_position", false),
        ("SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'shop' ORDER BY 1, 2", false),
        ("SELECT table_name FROM information_schema.tables WHERE table_catalog = 'shop' AND table_schema = 'zoo' ORDER BY 1 DESC", true),
        ("SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2", true),
        ("SELECT table_name FROM information_schema.tables WHERE table_catalog IN ('shop', 'bank') ORDER BY 1", true),
        (
            "SELECT column_name FROM information_schema.columns WHERE table_catalog = 'shop' AND table_schema = 'main'
            ORDER BY ordinal_position",
            true,
        ),
        (
            "SELECT table_name, constraint_name FROM information_schema.table_constraints WHERE table_catalog = 'shop'
            AND table_schema = 'zoo' ORDER BY 1, 2",
            true,
        ),
    ] {
        let plan = plan(statement).await;
        assert_eq!(plan.contains("SortExec"), sorts, "{statement}: {plan}");
    }
    let columns = "SELECT table_catalog, table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'main' AND column_name LIKE '%i%'";
    check(
        &format!("{columns} ORDER BY table_catalog, table_schema, table_name, ordinal_position"),
        &["bank|customers|id", "shop|customers|id", "shop|customers|mail", "shop|orders|id"],
    )
    .await;
}

/// What PostgreSQL 16 says about the same triggers, but for TRUNCATE, which it leaves out.
#[tokio::test]
async fn triggers_and_sequences() {
    let triggers = "SELECT event_object_table, trigger_name, event_manipulation, action_order, action_condition, action_orientation,
        action_timing FROM information_schema.triggers WHERE event_object_schema = 'zoo' ORDER BY 1, 2, 3";
    let expected = [
        "child|a|UPDATE|1|(old.x <> new.x)|ROW|BEFORE",
        "child|b|INSERT|1||ROW|BEFORE",
        "child|b|UPDATE|2||ROW|BEFORE",
        "child|c|UPDATE|1||STATEMENT|BEFORE",
        "parent|a|TRUNCATE|1||STATEMENT|BEFORE",
    ];
    check(triggers, &expected).await;
    let of_parent = "SELECT trigger_schema, action_statement FROM information_schema.triggers WHERE event_object_table = 'parent'";
    check(of_parent, &["zoo|EXECUTE FUNCTION f()"]).await;
    let sequences = "SELECT sequence_catalog, sequence_schema, sequence_name, data_type, numeric_precision, numeric_scale, start_value,
        minimum_value, maximum_value, increment, cycle_option, comment FROM information_schema.sequences";
    check(sequences, &["shop|zoo|numbers|integer|32|0|5|-1|2147483647|2|YES|counts"]).await;
    let collations = "SELECT column_name, collation_name FROM information_schema.columns WHERE collation_name IS NOT NULL";
    check(collations, &["total|C"]).await;
}

/// What PostgreSQL 16 says about the same tables, but for its constraints of columns that are not null.
#[tokio::test]
async fn constraints() {
    let constraints = "SELECT table_name, constraint_name, constraint_type, is_deferrable, initially_deferred, enforced, nulls_distinct
        FROM information_schema.table_constraints WHERE table_schema = 'zoo' ORDER BY 1, 2";
    let expected = [
        "child|child_c_fkey|FOREIGN KEY|YES|YES|YES|",
        "child|child_pkey|PRIMARY KEY|NO|NO|YES|",
        "child|child_x_y_fkey|FOREIGN KEY|NO|NO|YES|",
        "parent|parent_a_check|CHECK|NO|NO|YES|",
        "parent|parent_c_key|UNIQUE|NO|NO|YES|YES",
        "parent|parent_pkey|PRIMARY KEY|NO|NO|YES|",
    ];
    check(constraints, &expected).await;
    let keys = "SELECT table_name, constraint_name, column_name, ordinal_position, position_in_unique_constraint
        FROM information_schema.key_column_usage WHERE table_schema = 'zoo' ORDER BY 1, 2, 4";
    let expected = [
        "child|child_c_fkey|c|1|1",
        "child|child_pkey|id|1|",
        "child|child_x_y_fkey|x|1|2",
        "child|child_x_y_fkey|y|2|1",
        "parent|parent_c_key|c|1|",
        "parent|parent_pkey|b|1|",
        "parent|parent_pkey|a|2|",
    ];
    check(keys, &expected).await;
    let referential = "SELECT constraint_name, unique_constraint_catalog, unique_constraint_schema, unique_constraint_name, match_option,
        update_rule, delete_rule FROM information_schema.referential_constraints ORDER BY 1";
    let expected = [
        "child_c_fkey|shop|zoo|parent_c_key|NONE|NO ACTION|CASCADE",
        "child_x_y_fkey|shop|zoo|parent_pkey|NONE|SET NULL|NO ACTION",
        "orders_customer_fkey||||NONE|NO ACTION|NO ACTION",
    ];
    check(referential, &expected).await;
    let usage = "SELECT table_schema, table_name, column_name, constraint_schema, constraint_name
        FROM information_schema.constraint_column_usage ORDER BY 5, 3";
    let expected = [
        "zoo|parent|c|zoo|child_c_fkey",
        "zoo|child|id|zoo|child_pkey",
        "zoo|parent|a|zoo|child_x_y_fkey",
        "zoo|parent|b|zoo|child_x_y_fkey",
        "main|customers|id|main|orders_customer_fkey",
        "zoo|parent|a|zoo|parent_a_check",
        "zoo|parent|c|zoo|parent_c_key",
        "zoo|parent|a|zoo|parent_pkey",
        "zoo|parent|b|zoo|parent_pkey",
    ];
    check(usage, &expected).await;
    let checks = "SELECT constraint_schema, constraint_name, check_clause FROM information_schema.check_constraints";
    check(checks, &["zoo|parent_a_check|(a > 0)"]).await;
}

#[tokio::test]
async fn what_belongs_to_tables() {
    let views = "SELECT table_name, view_definition, check_option, is_updatable FROM information_schema.views";
    check(views, &["big_orders|SELECT 1|NONE|NO"]).await;
    let partitions = "SELECT table_name, partition_name, partition_ordinal_position, partition_method, partition_expression,
        partition_description, location, table_rows, data_length FROM information_schema.partitions ORDER BY 3";
    let expected = ["orders|day=1|1|LIST|day|1|s3://b/1|5|50", "orders|day=2|2|LIST|day|2|||"];
    check(partitions, &expected).await;
    check("SELECT partition_name, method, bounds FROM metadata.partitions WHERE table_name = 'orders' LIMIT 1", &["day=1|list|1"]).await;
    let options = "SELECT foreign_table_name, option_name, option_value FROM information_schema.foreign_table_options";
    check(options, &["orders|format|csv"]).await;
    let foreign =
        "SELECT foreign_table_name, foreign_server_name FROM information_schema.foreign_tables WHERE foreign_table_schema = 'main'";
    check(&format!("{foreign} ORDER BY 1, 2"), &["customers|bank", "customers|shop", "orders|shop"]).await;
}

#[tokio::test]
async fn routines_and_parameters() {
    let routines = "SELECT specific_name, routine_name, routine_type, data_type, routine_body, external_language, dtd_identifier, comment
        FROM information_schema.routines ORDER BY 1";
    let expected = ["f(integer)|f|FUNCTION|text|SQL|SQL|0|says it", "p()|p|PROCEDURE||EXTERNAL|PLPGSQL||"];
    check(routines, &expected).await;
    let parameters = "SELECT specific_name, ordinal_position, parameter_mode, parameter_name, data_type, udt_name, dtd_identifier,
        parameter_default, native_type FROM information_schema.parameters";
    check(parameters, &["f(integer)|1|IN|n|numeric|numeric|1|7|numeric(5,2)"]).await;
}

#[tokio::test]
async fn every_column_of_every_relation_is_gathered() {
    for name in names("information_schema") {
        let statement = format!("SELECT * FROM information_schema.{name}");
        let rows = rows(&statement).await;
        assert!(!rows.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn limits_and_joins() {
    assert_eq!(rows("SELECT table_name FROM information_schema.tables LIMIT 2").await.len(), 2);
    assert_eq!(rows("SELECT table_name FROM information_schema.tables LIMIT 0").await.len(), 0);
    let joined = "SELECT c.column_name
        FROM information_schema.tables t JOIN information_schema.columns c USING (table_catalog, table_schema, table_name)
        WHERE t.table_catalog = 'shop' AND t.table_name = 'customers' ORDER BY c.ordinal_position";
    check(joined, &["id", "mail"]).await;
    let plan = plan(joined).await;
    assert_eq!(plan.matches("index lookup table_name = 'customers'").count(), 2, "{plan}");
}

#[tokio::test]
async fn the_gateways_own_database_is_listed_with_comments() {
    let own = Arc::clone(own_database::get());
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_type = 'VIEW' AND comment <> ''";
    let expected = tables::all().count().to_string();
    assert_eq!(rows_over(vec![Arc::clone(&own)], tables).await, [expected]);
    let column = "SELECT table_catalog, data_type, comment FROM information_schema.columns
        WHERE table_schema = 'admin' AND table_name = 'data_sources' AND column_name = 'paused'";
    assert_eq!(rows_over(vec![Arc::clone(&own)], column).await, ["metagate|boolean|Whether nothing connects to it until it is resumed."]);
    let routine = "SELECT specific_schema, routine_type FROM information_schema.routines WHERE routine_name = 'create_datasource'";
    assert_eq!(rows_over(vec![own], routine).await, ["admin|PROCEDURE"]);
}

/// A condition on a name is decided where names are looked at, so a relation may call a column a key only if its rows are.
#[test]
fn keys_are_decided_by_the_grain() {
    for table in snapshot_tables() {
        for column in table.columns {
            let decided = match column.key {
                Some(Key::Table) => table.grain.has_tables(),
                Some(Key::Column) => table.grain == Grain::Column,
                Some(Key::Catalog | Key::Schema) | None => true,
            };
            assert!(decided, "{}.{}", table.name, column.name);
        }
    }
}

async fn check(statement: &str, expected: &[&str]) {
    assert_eq!(rows(statement).await, expected, "{statement}");
}

async fn rows(statement: &str) -> Vec<String> {
    rows_over(vec![bank(), shop()], statement).await
}

async fn rows_over(databases: Vec<Arc<Database>>, statement: &str) -> Vec<String> {
    let result = context(databases).sql(statement).await.expect("a plan").collect().await;
    result.expect("rows").iter().flat_map(lines).collect()
}

async fn plan(statement: &str) -> String {
    let frame = context(vec![bank(), shop()]).sql(statement).await.expect("a plan");
    displayable(frame.create_physical_plan().await.expect("a physical plan").as_ref()).indent(false).to_string()
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let shown = |column: &ArrayRef, row: usize| {
        let format = FormatOptions::default();
        ArrayFormatter::try_new(column, &format).expect("a formatter").value(row).to_string()
    };
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| shown(column, row)).collect::<Vec<_>>().join("|")).collect()
}

fn names(schema: &str) -> impl Iterator<Item = &'static str> {
    snapshot_tables().filter(move |table| table.schema == schema).map(|table| table.name)
}

fn snapshot_tables() -> impl Iterator<Item = &'static SnapshotTable> {
    tables::all().filter_map(|table| table.snapshot_table())
}

/// DataFusion as the gateway configures it, with the relations over some databases.
fn context(databases: Vec<Arc<Database>>) -> SessionContext {
    let state = crate::planner::shared_state(Arc::new(RuntimeEnv::default()));
    let context = SessionContext::new_with_state(state.as_ref().clone());
    let catalog = MemoryCatalogProvider::new();
    for schema in ["information_schema", "metadata"] {
        let provider = MemorySchemaProvider::new();
        for table in snapshot_tables().filter(|table| table.schema == schema) {
            let relation = Arc::new(SnapshotProvider::new(table, databases.clone()));
            provider.register_table(table.name.to_owned(), relation).expect("a new table");
        }
        catalog.register_schema(schema, Arc::new(provider)).expect("a new schema");
    }
    context.register_catalog("datafusion", Arc::new(catalog));
    context
}
