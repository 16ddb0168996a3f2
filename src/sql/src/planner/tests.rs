//! Statements against two data sources in memory, from their text to their rows.

mod pushdown;
mod structure;
mod top_n;

use arrow::array::{Array, ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::Utc;
use datafusion::execution::runtime_env::RuntimeEnv;
use domain::access::Visible;
use spi::types::{PgType, oid};

use super::*;
use crate::predicate;
use crate::resolve::{Scope, resolve_in};
use crate::source_table::testing::{Folder, Memory, catalog, database_of};

const BANK: u32 = 16_384;
const SHOP: u32 = 16_400;
const LAKE: u32 = 16_500;

/// Three sources: `bank` applies no condition, `shop` applies those on integers, `lake` has files.
struct World {
    shared: Arc<SessionState>,
    bank: Arc<Memory>,
    shop: Arc<Memory>,
    lake: Arc<Folder>,
}

impl World {
    fn new() -> Self {
        Self::with(|_, _| {})
    }

    fn with(change: impl FnOnce(&mut Memory, &mut Memory)) -> Self {
        let accounts = batch(vec![
            ("id", Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef),
            ("name", Arc::new(StringArray::from(vec![Some("ann"), Some("bob"), None])) as ArrayRef),
            ("balance", Arc::new(Float64Array::from(vec![10.5, 1e20, -1.0])) as ArrayRef),
        ]);
        let orders = batch(vec![
            ("id", Arc::new(Int64Array::from(vec![10, 11, 12])) as ArrayRef),
            ("account", Arc::new(Int32Array::from(vec![1, 1, 2])) as ArrayRef),
        ]);
        let mut bank = Memory { tables: [("accounts".to_owned(), vec![accounts])].into(), ..Memory::default() };
        let mut shop = Memory { tables: [("orders".to_owned(), vec![orders])].into(), applies: true, ..Memory::default() };
        change(&mut bank, &mut shop);
        let lake = Folder::new(&[("DE", "id,note\n1,ja\n2,\"a\nb\"\n"), ("FR", "id,note\n3,oui\n")]);
        let shared = shared_state(Arc::new(RuntimeEnv::default()));
        Self { shared, bank: Arc::new(bank), shop: Arc::new(shop), lake: Arc::new(lake) }
    }

    fn statement(&self, only_explained: bool) -> Statement {
        Statement::new(&self.shared, About { ctx: None, only_explained }, "UTC".to_owned(), Utc::now())
    }

    fn plan(&self, sql: &str, given: &[u32]) -> Result<Made> {
        let accounts: &[(&str, DataType, PgType)] = &[
            ("id", DataType::Int32, PgType::new(oid::INT4)),
            ("name", DataType::Utf8, PgType::varchar(20)),
            ("balance", DataType::Float64, PgType::new(oid::FLOAT8)),
        ];
        let orders: &[(&str, DataType, PgType)] =
            &[("id", DataType::Int64, PgType::new(oid::INT8)), ("account", DataType::Int32, PgType::new(oid::INT4))];
        let events: &[(&str, DataType, PgType)] = &[
            ("id", DataType::Int32, PgType::new(oid::INT4)),
            ("note", DataType::Utf8, PgType::new(oid::TEXT)),
            ("country", DataType::Utf8, PgType::new(oid::TEXT)),
        ];
        let catalog = catalog(vec![
            database_of(BANK, "bank", "main", &[("main", "accounts", accounts)]),
            database_of(LAKE, "lake", "public", &[("public", "events", events)]),
            database_of(SHOP, "shop", "main", &[("main", "orders", orders)]),
        ]);
        let path = ["bank.main", "shop.main", "lake.public"].map(str::to_owned);
        let scope = Scope { catalog: &catalog, visible: &Visible::All, database: "metagate", search_path: &path };
        let source = SourceText(sql.into());
        let parsed = ast_of(sql);
        let query = rewritten(&self.shared, &parsed);
        let relations = resolve_in(scope, &query, &source)?;
        plan_query(&self.shared, &self.statement(false), query, &relations, &source, given)
    }

    fn connectors(&self) -> HashMap<u32, Arc<dyn Connector>> {
        let bank: Arc<dyn Connector> = Arc::clone(&self.bank) as _;
        [(BANK, bank), (SHOP, Arc::clone(&self.shop) as _), (LAKE, Arc::clone(&self.lake) as _)].into()
    }

    async fn rows(&self, sql: &str, values: Vec<ScalarValue>) -> Result<Vec<String>> {
        let made = self.plan(sql, &[])?;
        let batches: Vec<RecordBatch> = run(&self.statement(false), made.plan, values, &self.connectors()).await?.try_collect().await?;
        Ok(batches.iter().flat_map(written).collect())
    }

    async fn explained(&self, sql: &str) -> String {
        let made = self.plan(sql, &[]).expect("a plan");
        let plan = physical(&self.statement(true), made.plan, Vec::new(), &self.connectors()).await.expect("a physical plan");
        DisplayableExecutionPlan::new(plan.as_ref()).indent(false).to_string()
    }

    #[track_caller]
    fn check_columns(&self, sql: &str, columns: &str) {
        let made = self.plan(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let shown: Vec<String> = made.columns.iter().map(|column| format!("{} {}", column.name, column.pg_type.format())).collect();
        assert_eq!(shown.join(", "), columns, "{sql}");
    }

    #[track_caller]
    fn check_refused(&self, sql: &str, sqlstate: &str, message: &str, position: Option<usize>) {
        let error = self.plan(sql, &[]).err().unwrap_or_else(|| panic!("{sql} was planned"));
        assert_eq!((error.code.sqlstate(), error.message.as_str(), error.position), (sqlstate, message, position), "{sql}");
    }
}

fn ast_of(sql: &str) -> ast::Query {
    use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};
    match Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("a statement").remove(0) {
        ast::Statement::Query(query) => *query,
        other => panic!("{other} is no query"),
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).expect("a batch")
}

/// The rows of a batch, their values separated by bars.
fn written(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter")).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")).collect()
}

#[tokio::test]
async fn joins_two_sources() {
    let world = World::new();
    let sql =
        "SELECT a.name, count(*), sum(o.id) FROM bank.main.accounts a JOIN shop.main.orders o ON o.account = a.id GROUP BY 1 ORDER BY name";
    assert_eq!(world.rows(sql, vec![]).await.expect("rows"), ["ann|2|21", "bob|1|12"]);
    world.check_columns(sql, "name character varying(20), count bigint, sum numeric");
}

#[tokio::test]
async fn conditions_and_limits_go_where_they_are_applied_exactly() {
    let world = World::new();
    world.rows("SELECT id FROM orders WHERE account = 1 AND id > 10 LIMIT 2", vec![]).await.expect("rows");
    let reads = std::mem::take(&mut *world.shop.reads.lock().expect("unpoisoned"));
    assert_eq!(reads.len(), 1);
    let predicates: Vec<String> = reads[0].predicates.iter().map(predicate::display).collect();
    assert_eq!((predicates.as_slice(), reads[0].limit), (["account = 1".to_owned(), "id > 10".to_owned()].as_slice(), Some(2)));
    assert_eq!(reads[0].columns.iter().map(|column| column.name().as_str()).collect::<Vec<_>>(), ["id"]);

    assert_eq!(world.rows("SELECT name FROM accounts WHERE id = 2 LIMIT 1", vec![]).await.expect("rows"), ["bob"]);
    let reads = std::mem::take(&mut *world.bank.reads.lock().expect("unpoisoned"));
    assert_eq!((reads[0].predicates.len(), reads[0].limit), (0, None));
}

#[tokio::test]
async fn explain_shows_what_is_sent_and_reads_nothing() {
    let world = World::new();
    let shown = world.explained("SELECT id FROM orders WHERE account = 1 LIMIT 5").await;
    assert_eq!(
        shown.lines().last().map(str::trim),
        Some("SourceScan: source=shop, table=main.orders, columns=[id], filters=[account = 1], limit=5")
    );
    assert!(world.shop.reads.lock().expect("unpoisoned").is_empty());
}

#[tokio::test]
async fn files_are_scanned_where_their_folders_allow_it() {
    let world = World::new();
    let sql = "SELECT id, note, country FROM events WHERE country = 'DE' ORDER BY id";
    assert_eq!(world.rows(sql, vec![]).await.expect("rows"), ["1|ja|DE", "2|a\nb|DE"]);
    assert_eq!(world.rows("SELECT count(*) FROM events", vec![]).await.expect("rows"), ["3"]);
    assert_eq!(world.rows("SELECT country, id FROM events WHERE id > 2", vec![]).await.expect("rows"), ["FR|3"]);

    let made = world.plan(sql, &[]).expect("a plan");
    let plan = physical(&world.statement(false), made.plan, Vec::new(), &world.connectors()).await.expect("a physical plan");
    let shown = DisplayableExecutionPlan::new(plan.as_ref()).indent(false).to_string();
    assert!(shown.contains("FileScan: source=lake") && shown.contains("country=DE") && !shown.contains("country=FR"), "{shown}");
}

#[tokio::test]
async fn errors_of_files_name_the_source() {
    let mut world = World::new();
    world.lake = Arc::new(Folder::new(&[("DE", "id,note\n1,ja\n2\n")]));
    let error = world.rows("SELECT * FROM events", vec![]).await.expect_err("a row too short");
    assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not read data source \"lake\""));
    assert!(error.detail.is_some());
}

#[tokio::test]
async fn names_may_repeat() {
    let world = World::new();
    let rows = |sql: &'static str| world.rows(sql, vec![]);
    assert_eq!(rows("SELECT 1, 1, 'a', NULL").await.expect("rows"), ["1|1|a|NULL"]);
    assert_eq!(
        rows("SELECT a.id, o.id, a.* FROM accounts a, orders o WHERE a.id = o.account AND o.id = 12").await.expect("rows"),
        ["2|12|2|bob|1e20"]
    );
    assert_eq!(rows("SELECT *, id FROM orders ORDER BY id DESC LIMIT 1").await.expect("rows"), ["12|2|12"]);
    assert_eq!(
        rows("SELECT * FROM (SELECT a.id, o.id FROM accounts a JOIN orders o ON o.account = a.id) x ORDER BY 2 LIMIT 1")
            .await
            .expect("rows"),
        ["1|10"]
    );
    assert_eq!(rows("SELECT count(*), count(*) FROM orders ORDER BY count(*)").await.expect("rows"), ["3|3"]);
    assert_eq!(rows("SELECT 1, 2 UNION ALL SELECT 3, 3 ORDER BY 1").await.expect("rows"), ["1|2", "3|3"]);
    world.check_columns("SELECT a.id, o.id, 1, 1 FROM accounts a, orders o", "id integer, id bigint, ?column? integer, ?column? integer");
    world.check_columns("SELECT * FROM (SELECT a.id, o.id FROM accounts a, orders o) x", "id integer, id bigint");
    world.check_columns(
        "SELECT * FROM (SELECT a.*, o.* FROM accounts a, orders o) x",
        "id integer, name character varying(20), balance double precision, id bigint, account integer",
    );
    world.check_columns("WITH c AS (SELECT count(*), max(id) FROM orders) SELECT * FROM c", "count bigint, max bigint");
    world.check_columns(
        "SELECT name, name, count(id) FROM accounts GROUP BY name, name",
        "name character varying(20), name character varying(20), count bigint",
    );
    world.check_columns("SELECT max FROM (SELECT max(id) FROM orders) x", "max bigint");
}

#[tokio::test]
async fn order_by_and_group_by_mean_what_postgresql_means() {
    let world = World::new();
    let rows = |sql: &'static str| world.rows(sql, vec![]);
    assert_eq!(rows("SELECT -id AS id FROM accounts ORDER BY id").await.expect("rows"), ["-3", "-2", "-1"]);
    assert_eq!(rows("SELECT -id AS id FROM accounts ORDER BY abs(id)").await.expect("rows"), ["-1", "-2", "-3"]);
    assert_eq!(rows("SELECT name FROM accounts ORDER BY name DESC").await.expect("rows"), ["NULL", "bob", "ann"]);
    assert_eq!(rows("SELECT name FROM accounts ORDER BY 1").await.expect("rows"), ["ann", "bob", "NULL"]);
    assert_eq!(rows("SELECT account AS a, count(*) FROM orders GROUP BY a ORDER BY a").await.expect("rows"), ["1|2", "2|1"]);
    assert_eq!(rows("SELECT account, count(*) AS account FROM orders GROUP BY account ORDER BY 1").await.expect("rows"), ["1|2", "2|1"]);
    assert_eq!(rows("SELECT account FROM orders GROUP BY 1 HAVING count(*) > 1").await.expect("rows"), ["1"]);
    assert_eq!(rows("SELECT max(id) AS id FROM orders HAVING max(id) > 1").await.expect("rows"), ["12"]);
    assert_eq!(rows("SELECT DISTINCT lower(name) FROM accounts ORDER BY lower(name)").await.expect("rows"), ["ann", "bob", "NULL"]);
    assert_eq!(
        rows("SELECT DISTINCT ON (account) account, id FROM orders ORDER BY account, id DESC").await.expect("rows"),
        ["1|11", "2|12"]
    );
    assert_eq!(rows("SELECT id AS x FROM orders UNION SELECT id FROM accounts ORDER BY x LIMIT 2").await.expect("rows"), ["1", "2"]);
}

#[tokio::test]
async fn columns_know_their_table() {
    let world = World::new();
    let made = world.plan("SELECT name, x.id, upper(name), id::text FROM accounts x", &[]).expect("a plan");
    let shown: Vec<_> =
        made.columns.iter().map(|column| (column.name.as_str(), column.attribute_number, column.pg_type.format())).collect();
    let expected = [
        ("name", 2, "character varying(20)".to_owned()),
        ("id", 1, "integer".to_owned()),
        ("upper", 0, "text".to_owned()),
        ("id", 0, "text".to_owned()),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn expressions_have_postgresqls_types() {
    let world = World::new();
    world.check_columns(
        "SELECT 1, 3000000000, 1.5, 'a', true",
        "?column? integer, ?column? bigint, ?column? numeric, ?column? text, ?column? boolean",
    );
    world.check_columns(
        "SELECT 1 + 1, id + 1, -1, coalesce(id, 0) FROM accounts",
        "?column? integer, ?column? integer, ?column? integer, coalesce integer",
    );
    world
        .check_columns("SELECT count(*), sum(id), max(id), 7 / 2 FROM accounts", "count bigint, sum bigint, max integer, ?column? integer");
    world.check_columns(
        "SELECT 'x'::uuid, '1'::numeric(5,2), 'a'::varchar(3), 1::oid",
        "uuid uuid, numeric numeric(5,2), varchar character varying(3), oid oid",
    );
    world.check_columns("SELECT balance * 1.5, balance > 1.5 FROM accounts", "?column? double precision, ?column? boolean");
    world.check_columns("SELECT ARRAY[1, 2], name || 'x' FROM accounts", "array integer[], ?column? text");
    world.check_columns("WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t", "n integer");
    world.check_columns(
        "SELECT now(), current_user, pg_backend_pid(), current_schemas(true)",
        "now timestamp with time zone, current_user name, pg_backend_pid integer, current_schemas name[]",
    );
    world.check_columns(
        "SELECT row_number() OVER (), ntile(2) OVER (ORDER BY id), array_length(ARRAY[1], 1) FROM accounts",
        "row_number bigint, ntile integer, array_length integer",
    );
    world.check_columns("VALUES (1, 'a')", "column1 integer, column2 text");
}

#[tokio::test]
async fn operators_mean_what_postgresql_means() {
    let world = World::new();
    let rows = |sql: &'static str| world.rows(sql, vec![]);
    assert_eq!(rows("SELECT 7 / 2, -7 / 2, 7 % 3").await.expect("rows"), ["3|-3|1"]);
    assert_eq!(rows("SELECT id FROM accounts WHERE balance > 1.5 ORDER BY id").await.expect("rows"), ["1", "2"]);
    assert_eq!(rows("SELECT id FROM accounts WHERE id < '10' AND id IN ('2', '3') ORDER BY id").await.expect("rows"), ["2", "3"]);
    assert_eq!(rows("SELECT id FROM accounts WHERE id BETWEEN '2' AND '10' ORDER BY id").await.expect("rows"), ["2", "3"]);
    assert_eq!(
        rows("SELECT 1::numeric, '1.50'::numeric, mod(7, 3), (id, name) IN ((1, 'ann')) FROM accounts WHERE id = 1").await.expect("rows"),
        ["1|1.50|1|true"]
    );
    assert_eq!(rows("SELECT '{1,2}'::int[], '{a,NULL}'::text[]").await.expect("rows"), ["[1, 2]|[a, NULL]"]);
    let sql = "SELECT id, EXISTS (SELECT FROM orders o WHERE o.account = a.id) FROM accounts a ORDER BY id";
    assert_eq!(rows(sql).await.expect("rows"), ["1|true", "2|true", "3|false"]);
    world.check_columns(sql, "id integer, exists boolean");
    assert_eq!(rows("SELECT g FROM generate_series(1, 2) AS g").await.expect("rows"), ["1", "2"]);
    assert_eq!(rows("SELECT id * 2 + 1 - id * 3, 2 - (3 - id) FROM accounts WHERE id = 3").await.expect("rows"), ["-2|2"]);
    assert_eq!(rows("SELECT 'abcd'::varchar(2), 'a'::char(3) || '.', 'ab'::char").await.expect("rows"), ["ab|a.|a"]);
    for (sql, sqlstate, message) in [
        ("SELECT 2147483647 + id FROM accounts", "22003", "integer out of range"),
        ("SELECT 1 + 2147483647 - 1 + 9999999999", "22003", "integer out of range"),
        ("SELECT 2147483647 * 2", "22003", "integer out of range"),
        ("SELECT id / 0 FROM accounts", "22012", "division by zero"),
        ("SELECT 'abc'::int", "22P02", "invalid input syntax for type integer: \"abc\""),
        ("SELECT id FROM accounts WHERE id = 'abc'", "22P02", "invalid input syntax for type integer: \"abc\""),
        ("SELECT (SELECT id FROM accounts)", "21000", "more than one row returned by a subquery used as an expression"),
    ] {
        let error = world.rows(sql, vec![]).await.expect_err(sql);
        assert_eq!((error.code.sqlstate(), error.message.as_str()), (sqlstate, message), "{sql}");
    }
}

#[test]
fn errors_name_and_place_what_is_wrong() {
    let world = World::new();
    world.check_refused("SELECT nme FROM accounts", "42703", "column \"nme\" does not exist", Some(8));
    world.check_refused("SELECT a.nme FROM accounts a", "42703", "column a.nme does not exist", Some(8));
    world.check_refused("SELECT b.id FROM accounts a", "42P01", "missing FROM-clause entry for table \"b\"", Some(8));
    world.check_refused("SELECT id FROM accounts, orders", "42702", "column reference \"id\" is ambiguous", Some(8));
    world.check_refused("SELECT lowr(name) FROM accounts", "42883", "function lowr does not exist", Some(8));
    world.check_refused("SELECT *\nFROM nosuch", "42P01", "relation \"nosuch\" does not exist", Some(15));
    world.check_refused(
        "SELECT id, count(*) FROM accounts",
        "42803",
        "column \"accounts.id\" must appear in the GROUP BY clause or be used in an aggregate function",
        None,
    );
    world.check_refused("SELECT id FROM accounts ORDER BY 2", "42P10", "ORDER BY position 2 is not in select list", None);
    world.check_refused("SELECT to_char(now(), 'YYYY')", "42883", "function to_char does not exist", Some(8));
    world.check_refused("SELECT 1::nosuch", "42704", "type \"nosuch\" does not exist", None);
    world.check_refused("SELECT id FROM accounts WHERE id = ARRAY[1]", "42883", "operator does not exist: integer = integer[]", None);
}

#[tokio::test]
async fn parameters_take_their_types_from_where_they_stand() {
    let world = World::new();
    let types = |sql: &str, given: &[u32]| world.plan(sql, given).expect("a plan").parameter_types;
    assert_eq!(types("SELECT * FROM accounts WHERE id = $1 AND name LIKE $2", &[]), [oid::INT4, oid::TEXT]);
    assert_eq!(types("SELECT $1, $2::int, $3", &[0, 0, oid::FLOAT8]), [oid::TEXT, oid::INT4, oid::FLOAT8]);
    assert_eq!(types("SELECT id FROM orders WHERE id = ANY($1) LIMIT $2", &[]), [1016, oid::INT8]);
    assert_eq!(types("SELECT 1", &[]), [0_u32; 0]);
    world.check_columns("SELECT $1, id + $2 FROM accounts", "?column? text, ?column? integer");

    let sql = "SELECT id FROM orders WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3";
    let values = vec![ScalarValue::Int32(Some(1)), ScalarValue::Int64(Some(9)), ScalarValue::Int64(Some(5))];
    world.rows(sql, values).await.expect("rows");
    let reads = world.shop.reads.lock().expect("unpoisoned");
    assert_eq!(reads[0].predicates.iter().map(predicate::display).collect::<Vec<_>>(), ["account = 1", "id > 9"]);
}

#[tokio::test]
async fn errors_of_a_source_arrive_whole() {
    let failure = || Error::source(Code::ConnectionLost, "shop", "lost the connection to data source \"shop\"").hint("Try again.");
    let world = World::with(|_, shop| shop.failure = Some(failure()));
    for sql in [
        "SELECT * FROM orders",
        "SELECT a.name FROM accounts a JOIN orders o ON o.account = a.id",
        "SELECT count(*) FROM orders GROUP BY account",
    ] {
        let error = world.rows(sql, vec![]).await.expect_err(sql);
        assert_eq!(
            (error.code, error.origin, error.hint.as_deref()),
            (Code::ConnectionLost, failure().origin, Some("Try again.")),
            "{sql}"
        );
    }
}

#[tokio::test]
async fn a_batch_that_does_not_fit_is_refused() {
    let wrong = batch(vec![
        ("id", Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
        ("account", Arc::new(Int32Array::from(vec![1])) as ArrayRef),
    ]);
    let world = World::with(|_, shop| {
        shop.tables.insert("orders".to_owned(), vec![wrong]);
    });
    let error = world.rows("SELECT id FROM orders", vec![]).await.expect_err("text where numbers were");
    assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not read table \"main.orders\" of data source \"shop\""));
}

#[tokio::test]
async fn dropping_the_rows_ends_the_read() {
    let world = World::with(|bank, _| bank.hangs = true);
    let made = world.plan("SELECT id FROM accounts", &[]).expect("a plan");
    let mut rows = run(&world.statement(false), made.plan, Vec::new(), &world.connectors()).await.expect("a stream");
    assert_eq!(rows.next().await.expect("a batch").expect("rows").num_rows(), 3);
    assert!(Arc::strong_count(&world.bank.alive) > 1);
    drop(rows);
    assert_eq!(Arc::strong_count(&world.bank.alive), 1);
}

#[test]
fn only_queries_are_planned() {
    let world = World::new();
    world.check_refused("SELECT id INTO copied FROM accounts", "0A000", "only queries can be run", None);
}

/// Where a plan runs in tasks of its own, their threads have the stack of a worker.
#[tokio::test(flavor = "multi_thread")]
async fn deep_expressions_are_evaluated() {
    let world = World::new();
    let conditions: Vec<String> = (0..600).map(|number| format!("id > {number} AND name <> 'x{number}'")).collect();
    for (sql, rows) in [
        (format!("SELECT id FROM accounts WHERE {}", conditions.join(" OR ")), 2),
        (format!("SELECT length({}) FROM accounts", vec!["name"; 500].join(" || ")), 3),
    ] {
        let plan = deep::with_stack(sql.len(), || world.plan(&sql, &[]).map(|made| made.plan)).expect("a plan");
        let (statement, connectors) = (world.statement(false), world.connectors());
        let batches = deep::steps_with_stack(sql.len(), run(&statement, plan, Vec::new(), &connectors)).await.expect("a stream");
        let batches = tokio::spawn(batches.try_collect::<Vec<RecordBatch>>()).await.expect("no panic").expect("rows");
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
    }
}
