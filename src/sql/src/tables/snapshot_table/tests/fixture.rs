//! What the tests' databases hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use domain::catalog::Database;
use domain::data_sources::{DataSource, State};
use spi::metadata::{
    ColumnRow, ConstraintKind, ConstraintRow, Generated, Harvest, ParameterRow, PartitionRow, ReferentialAction, RoutineKind, RoutineRow,
    SchemaRow, SequenceRow, Snapshot, TableKind, TableOptionRow, TableRow, TriggerRow, TriggerTiming, ViewRow,
};
use spi::types::{PgType, oid};

fn database(oid: u32, name: &str, harvest: Harvest) -> Arc<Database> {
    let schemas = harvest.finish().expect("a harvest").into_iter().map(Arc::new).collect();
    let snapshot = Snapshot { number: 1, observed_at: Some(1_700_000_000_000_000), schemas };
    let source = DataSource {
        oid,
        name: name.to_owned(),
        kind: "memory".to_owned(),
        state: State::Published,
        comment: None,
        labels: BTreeMap::new(),
        member_of: None,
        current_version: 1,
        published_version: Some(1),
        expires_at: None,
        paused: false,
        dropped_at: None,
        created_at: 0,
        created_by: "admin".to_owned(),
        changed_at: 0,
        changed_by: "admin".to_owned(),
        revision: 1,
    };
    Arc::new(Database { source: Arc::new(source), default_schema: "main".to_owned(), snapshot: Arc::new(snapshot) })
}

pub(super) fn bank() -> Arc<Database> {
    let mut harvest = Harvest::new();
    table(&mut harvest, "main", "customers", TableKind::Table, &["id"]);
    database(16_384, "bank", harvest)
}

pub(super) fn shop() -> Arc<Database> {
    let mut harvest = Harvest::new();
    main_schema(&mut harvest);
    zoo_schema(&mut harvest);
    database(16_400, "shop", harvest)
}

fn main_schema(harvest: &mut Harvest) {
    let schema = "main";
    harvest.schema(SchemaRow { name: schema, owner: None, comment: Some("what is sold") });
    table(harvest, schema, "customers", TableKind::Table, &["id"]);
    let mail =
        ColumnRow { name: "mail", ordinal: 2, pg_type: PgType::varchar(9), default: Some("'-'"), nullable: true, ..plain("customers") };
    harvest.column(mail).expect("a column");
    table(harvest, schema, "orders", TableKind::PartitionedTable, &["id", "customer", "day"]);
    let total = ColumnRow {
        name: "total",
        ordinal: 4,
        pg_type: PgType::numeric(10, 2),
        native_type: "NUMERIC(10,2)",
        default: Some("a + b"),
        generated: Some(Generated::Stored),
        collation: Some("C"),
        comment: Some("the sum"),
        ..plain("orders")
    };
    harvest.column(total).expect("a column");
    foreign_key(harvest, ["main", "orders", "orders_customer_fkey"], &["customer"], ["main", "customers"], &["id"], false);
    table(harvest, schema, "big_orders", TableKind::View, &["n"]);
    harvest.view(ViewRow { schema, name: "big_orders", definition: "SELECT 1", query: None, updatable: false }).expect("a view");
    for (name, description, location, size) in [("day=2", "2", None, None), ("day=1", "1", Some("s3://b/1"), Some(50))] {
        let (table, method, expression) = ("orders", "list", "day");
        let row_estimate = size.map(|size| size / 10);
        let row = PartitionRow { schema, table, name, method, expression, description, location, row_estimate, size_bytes: size };
        harvest.partition(row).expect("a partition");
    }
    harvest.table_option(TableOptionRow { schema, table: "orders", name: "format", value: "csv" }).expect("an option");
    for (name, specific_name, kind, language, return_type, comment) in [
        ("f", "f(integer)", RoutineKind::Function, "sql", Some("text"), Some("says it")),
        ("p", "p()", RoutineKind::Procedure, "plpgsql", None, None),
    ] {
        let row = RoutineRow { schema, name, specific_name, kind, language, return_type, definition: None, comment };
        harvest.routine(row).expect("a routine");
    }
    harvest
        .parameter(ParameterRow {
            schema,
            specific_name: "f(integer)",
            ordinal: 1,
            mode: "IN",
            name: Some("n"),
            native_type: "numeric(5,2)",
            pg_type: PgType::numeric(5, 2),
            default: Some("7"),
        })
        .expect("a parameter");
}

/// The tables with which PostgreSQL was asked.
fn zoo_schema(harvest: &mut Harvest) {
    let schema = "zoo";
    table(harvest, schema, "parent", TableKind::Table, &["a", "b", "c"]);
    table(harvest, schema, "child", TableKind::Table, &["id", "x", "y", "c"]);
    for (table, name, kind, columns) in [
        ("parent", "parent_pkey", ConstraintKind::PrimaryKey, &["b", "a"][..]),
        ("parent", "parent_c_key", ConstraintKind::Unique, &["c"]),
        ("parent", "parent_a_check", ConstraintKind::Check { expression: "(a > 0)" }, &["a"]),
        ("child", "child_pkey", ConstraintKind::PrimaryKey, &["id"]),
        ("child", "child_x_excl", ConstraintKind::Exclusion { definition: "EXCLUDE USING btree (x WITH =)" }, &["x"]),
    ] {
        let row = ConstraintRow { schema, table, name, kind, columns, deferrable: false, initially_deferred: false, comment: None };
        harvest.constraint(row).expect("a constraint");
    }
    foreign_key(harvest, ["zoo", "child", "child_x_y_fkey"], &["x", "y"], ["zoo", "parent"], &["a", "b"], false);
    foreign_key(harvest, ["zoo", "child", "child_c_fkey"], &["c"], ["zoo", "parent"], &["c"], true);
    for (table, name, events, for_each_row, condition) in [
        ("child", "b", &["INSERT", "UPDATE"][..], true, None),
        ("child", "a", &["UPDATE"], true, Some("(old.x <> new.x)")),
        ("child", "c", &["UPDATE"], false, None),
        ("parent", "a", &["TRUNCATE"], false, None),
    ] {
        let (timing, action) = (TriggerTiming::Before, "EXECUTE FUNCTION f()");
        let row =
            TriggerRow { schema, table, name, timing, events, columns: &[], for_each_row, condition, action, enabled: true, comment: None };
        harvest.trigger(row).expect("a trigger");
    }
    harvest.sequence(SequenceRow {
        schema,
        name: "numbers",
        owner: None,
        comment: Some("counts"),
        native_type: "integer",
        pg_type: PgType::new(oid::INT4),
        start: "5",
        minimum: "-1",
        maximum: "2147483647",
        increment: "2",
        cycle: true,
        owned_by: Some(("child", "id")),
    });
}

fn table(harvest: &mut Harvest, schema: &str, name: &str, kind: TableKind, columns: &[&str]) {
    harvest.table(TableRow { schema, name, kind, owner: None, comment: None, row_estimate: None, size_bytes: None }).expect("a new table");
    for (ordinal, column) in (1..).zip(columns) {
        harvest.column(ColumnRow { schema, name: column, ordinal, ..plain(name) }).expect("a column");
    }
}

fn plain(table: &str) -> ColumnRow<'_> {
    ColumnRow {
        schema: "main",
        table,
        name: "",
        ordinal: 1,
        data_type: &DataType::Int32,
        pg_type: PgType::new(oid::INT4),
        native_type: "INT",
        nullable: false,
        default: None,
        generated: None,
        collation: None,
        comment: None,
    }
}

/// A key that cascades is deferred too; the other one sets null.
fn foreign_key(
    harvest: &mut Harvest,
    [schema, table, name]: [&str; 3],
    columns: &[&str],
    [referenced_schema, referenced_table]: [&str; 2],
    referenced_columns: &[&str],
    cascades: bool,
) {
    let (on_update, on_delete) = match (cascades, schema) {
        (true, _) => (ReferentialAction::NoAction, ReferentialAction::Cascade),
        (false, "zoo") => (ReferentialAction::SetNull, ReferentialAction::NoAction),
        (false, _) => (ReferentialAction::NoAction, ReferentialAction::NoAction),
    };
    let kind = ConstraintKind::ForeignKey { referenced_schema, referenced_table, referenced_columns, on_update, on_delete };
    let row = ConstraintRow { schema, table, name, kind, columns, deferrable: cascades, initially_deferred: cascades, comment: None };
    harvest.constraint(row).expect("a constraint");
}
