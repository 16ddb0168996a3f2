//! Queries of a source that speaks SQL: the same rows as without, and as few operators here as there must be.

use async_trait::async_trait;
use datafusion::prelude::SessionContext;
use spi::connector::{ReadPlan, ReadRequest, RowStream, RunRequest, TestStage};
use spi::metadata::Harvest;
use spi::predicate::{Predicate, Value};
use spi::query::{AggregateFunction, Dialect, Expr, Function, SortKey, TableColumn, WindowFunction};

use super::*;

const SOURCE: u32 = 17_000;

/// A database in memory, whose server is DataFusion.
struct Server {
    tables: Memory,
    speaks_sql: bool,
}

fn server(speaks_sql: bool) -> Arc<Server> {
    let numbers = |values: Vec<Option<i32>>| Arc::new(Int32Array::from(values)) as ArrayRef;
    let words = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let t = batch(vec![
        ("a", numbers(vec![Some(1), Some(2), Some(3), Some(4), None])),
        ("b", numbers(vec![Some(10), Some(10), None, Some(20), Some(30)])),
        ("c", words(vec![Some("x"), Some("y"), Some("X"), None, Some("x ")])),
    ]);
    let u = batch(vec![
        ("x", numbers(vec![Some(1), Some(1), Some(3), Some(9), None])),
        ("y", words(vec![Some("x"), Some("y"), Some("y"), Some("x"), None])),
    ]);
    let v = batch(vec![
        ("k", words(vec![Some("x  "), Some("xy "), Some("abc"), None])),
        ("s", words(vec![Some("x"), Some("xy "), None, None])),
    ]);
    let tables = [("t".to_owned(), vec![t]), ("u".to_owned(), vec![u]), ("v".to_owned(), vec![v])].into();
    Arc::new(Server { tables: Memory { tables, ..Memory::default() }, speaks_sql })
}

#[async_trait]
impl Connector for Server {
    fn default_schema(&self) -> &str {
        "main"
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        self.tables.applies(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        Vec::new()
    }

    async fn harvest(&self, _: &spi::connector::Scope, _: &mut Harvest) -> Result<()> {
        Ok(())
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        self.tables.read(request).await
    }

    fn dialect(&self) -> Option<&dyn Dialect> {
        self.speaks_sql.then_some(&Words)
    }

    fn run(&self, RunRequest { statement, .. }: RunRequest) -> RowStream {
        let context = SessionContext::new();
        for (name, batches) in &self.tables.tables {
            context.register_batch(name, batches[0].clone()).expect("a new table");
        }
        let rows = async move {
            let values: Vec<ScalarValue> = statement.parameters.iter().map(|parameter| predicate::scalar(&parameter.value)).collect();
            let text = statement.text.replace("\"main\".", "");
            let rows = async { context.sql(&text).await?.with_param_values(values)?.collect().await };
            rows.await.map_err(|error| Error::internal(format!("{error}: {text}")))
        };
        futures::stream::once(rows).map_ok(|batches| futures::stream::iter(batches.into_iter().map(Ok))).try_flatten().boxed()
    }
}

/// DataFusion's SQL, without some of its words.
struct Words;

impl Dialect for Words {
    fn name(&self, name: &str) -> String {
        format!("\"{name}\"")
    }

    fn column(&self, _: &TableColumn, written: String) -> Option<String> {
        Some(written)
    }

    fn parameter(&self, place: usize, _: &DataType) -> String {
        format!("${place}")
    }

    fn takes(&self, value: &Value, _: &DataType) -> bool {
        matches!(value, Value::Int(_) | Value::Text(_))
    }

    fn call(&self, function: Function, arguments: &[Expr], written: &[String], data_type: &DataType) -> Option<String> {
        let sign = match function {
            Function::Equal => "=",
            Function::NotEqual => "<>",
            Function::Less => "<",
            Function::Greater => ">",
            Function::Add => "+",
            Function::In => return Some(format!("({} IN ({}))", written[0], written[1..].join(", "))),
            Function::Coalesce => return Some(format!("coalesce({})", written.join(", "))),
            Function::TrimEnd => return Some(format!("rtrim({})", written[0])),
            Function::Left => return Some(format!("left({}, {})", written[0], arguments[1].as_integer()?)),
            _ => return None,
        };
        let type_name = if *data_type == DataType::Int32 { "INT" } else { "BOOLEAN" };
        Some(format!("CAST({} AS {type_name})", written.join(&format!(" {sign} "))))
    }

    fn cast(&self, _: &Expr, written: &str, to: &DataType) -> Option<String> {
        (*to == DataType::Int64).then(|| format!("CAST({written} AS BIGINT)"))
    }

    fn window(&self, function: WindowFunction, _: &[Expr], written: &[String], over: &str, _: &DataType) -> Option<String> {
        let word = match function {
            WindowFunction::RowNumber => "row_number",
            WindowFunction::Lag => "lag",
            WindowFunction::Aggregate(AggregateFunction::Max) => "max",
            WindowFunction::Aggregate(AggregateFunction::Count) => "count",
            _ => return None,
        };
        let number = |written: String| if word == "row_number" { format!("CAST({written} AS BIGINT)") } else { written };
        let argument = if word == "count" { "1" } else { written.first().map_or("", String::as_str) };
        Some(number(format!("{word}({argument}){over}")))
    }

    fn aggregate(&self, function: AggregateFunction, argument: Option<(&Expr, &str)>, distinct: bool, _: &DataType) -> Option<String> {
        let word = match function {
            AggregateFunction::Count => "count",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            _ => return None,
        };
        Some(format!("{word}({}{})", if distinct { "DISTINCT " } else { "" }, argument.map_or("*", |(_, written)| written)))
    }

    fn group_key(&self, _: &DataType, written: &str) -> Option<String> {
        Some(written.to_owned())
    }

    fn sort_key(&self, key: &SortKey, written: &str) -> Option<String> {
        let (order, nulls) = (if key.descending { "DESC" } else { "ASC" }, if key.nulls_first { "FIRST" } else { "LAST" });
        Some(format!("{written} {order} NULLS {nulls}"))
    }

    fn limit(&self, skip: usize, fetch: Option<usize>) -> Option<String> {
        Some(format!("{} OFFSET {skip}", fetch.map(|fetch| format!("LIMIT {fetch}")).unwrap_or_default()))
    }

    fn boolean(&self, value: bool) -> String {
        value.to_string()
    }

    fn null(&self, _: &DataType) -> Option<String> {
        None
    }

    fn has_full_join(&self) -> bool {
        true
    }

    fn parameters_max(&self) -> usize {
        100
    }
}

/// The plan and the rows of a query.
async fn answer(sql: &str, speaks_sql: bool) -> (String, Vec<String>) {
    let world = World::new();
    let int = |name| (name, DataType::Int32, PgType::new(oid::INT4));
    let text = |name| (name, DataType::Utf8, PgType::new(oid::TEXT));
    let (t, u) = ([int("a"), int("b"), text("c")], [int("x"), text("y")]);
    let v = [("k", DataType::Utf8, PgType::bpchar(3)), text("s")];
    let catalog = catalog(vec![database_of(SOURCE, "db", "main", &[("main", "t", &t), ("main", "u", &u), ("main", "v", &v)])]);
    let scope = Scope { catalog: &catalog, visible: &Visible::All, database: "metagate", search_path: &["db.main".to_owned()] };
    let source = SourceText(sql.into());
    let query = rewritten(&world.shared, &ast_of(sql));
    let relations = resolve_in(scope, &query, &source).expect("tables");
    let statement = world.statement(false);
    let made = plan_query(&world.shared, &statement, query, &relations, &source, &[]).expect("a plan");
    let connectors = HashMap::from([(SOURCE, server(speaks_sql) as Arc<dyn Connector>)]);
    let plan = physical(&statement, made.plan, Vec::new(), &connectors).await.expect("a physical plan");
    let batches: Vec<RecordBatch> = stream(&statement, &plan).expect("a stream").try_collect().await.expect(sql);
    (DisplayableExecutionPlan::new(plan.as_ref()).indent(false).to_string(), batches.iter().flat_map(written).collect())
}

#[tokio::test]
async fn a_query_is_pushed_down_as_far_as_its_source_has_words() {
    for (sql, whole) in [
        ("SELECT a FROM t", true),
        ("SELECT a, c FROM t WHERE b = 10 AND c <> 'y'", true),
        ("SELECT t.c, u.y FROM t JOIN u ON t.a = u.x WHERE t.b > 5 ORDER BY 1, 2", true),
        ("SELECT t.c, u.y FROM t LEFT JOIN u ON t.a = u.x AND u.y = 'y' ORDER BY 1, 2", true),
        ("SELECT t.a, u.x FROM t FULL JOIN (SELECT * FROM u WHERE x > 1) u ON t.a = u.x ORDER BY 1, 2", true),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.a AND u.y = 'y') ORDER BY a", true),
        ("SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.x = t.a) ORDER BY a", true),
        ("SELECT b, count(*), count(DISTINCT c), min(a) FROM t GROUP BY b HAVING count(*) > 1 ORDER BY b", true),
        ("SELECT b + 1, max(c) FROM t GROUP BY b + 1 ORDER BY 1 DESC LIMIT 2", true),
        ("SELECT count(*) FROM (SELECT a FROM t LIMIT 2) s", true),
        ("SELECT DISTINCT y FROM u ORDER BY y", true),
        ("SELECT a FROM t UNION ALL SELECT x FROM u ORDER BY 1", true),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 2) s WHERE a > 1", true),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 2) s UNION ALL SELECT x FROM u WHERE x = 9 ORDER BY 1", true),
        ("SELECT c FROM t ORDER BY a DESC LIMIT 2 OFFSET 1", true),
        ("SELECT t1.a, t2.a FROM t t1, t t2 WHERE t1.b = t2.b AND t1.a < t2.a", true),
        ("SELECT CASE WHEN a > 2 THEN b ELSE a END FROM t WHERE a IN (1, 3, 4) ORDER BY a", true),
        ("SELECT a, row_number() OVER (ORDER BY a) FROM t WHERE b > 5 ORDER BY a", true),
        ("SELECT a, lag(a) OVER (PARTITION BY b ORDER BY a), max(a) OVER (ORDER BY a ROWS 1 PRECEDING) FROM t ORDER BY a", true),
        ("SELECT a FROM (SELECT a, row_number() OVER (PARTITION BY b ORDER BY a) n FROM t) s WHERE n = 1 ORDER BY a", true),
        ("SELECT b, count(*) OVER (ORDER BY b) FROM (SELECT b FROM t ORDER BY a LIMIT 4) s ORDER BY b", true),
        ("SELECT a FROM t WHERE b = 20 OR EXISTS (SELECT 1 FROM u WHERE u.x = t.a) ORDER BY a", true),
        ("SELECT t.a, u.x FROM t LEFT JOIN u ON t.a < u.x ORDER BY 1, 2 LIMIT 4", true),
        ("SELECT t.a, u.x FROM t CROSS JOIN u ORDER BY 1 DESC, 2 LIMIT 3", true),
        ("SELECT left(c, 1), count(*) FROM t GROUP BY 1 ORDER BY 1", true),
        // Words that the source does not have.
        ("SELECT upper(c) FROM t WHERE b = 10 ORDER BY a", false),
        ("SELECT a FROM t WHERE c LIKE 'x%' AND b > 5 ORDER BY a", false),
        ("SELECT a FROM t WHERE c ILIKE 'X%' AND b > 5 ORDER BY a", false),
        ("SELECT avg(b) FROM t WHERE a > 1", false),
        ("SELECT sum(b) FROM t WHERE a > 1", false),
        ("SELECT a, dense_rank() OVER (ORDER BY a) FROM t WHERE b > 5 ORDER BY a", false),
        ("SELECT a, max(a) OVER (ORDER BY a RANGE 1 PRECEDING) FROM t WHERE b > 5 ORDER BY a", false),
        ("SELECT a, lead(a, 1, 0) OVER (ORDER BY a) FROM t WHERE b > 5 ORDER BY a", false),
        ("SELECT t.a, u.x FROM (SELECT * FROM t WHERE a < 3) t FULL JOIN u ON t.a = u.x AND t.b < u.x ORDER BY 1, 2", false),
        ("SELECT a, (SELECT max(x) FROM u WHERE y = 'x') FROM t WHERE b > 5 ORDER BY a", false),
        ("SELECT upper(c) FROM t WHERE b > 5 ORDER BY a DESC LIMIT 2", false),
    ] {
        let ((plan, found), (_, expected)) = (answer(sql, true).await, answer(sql, false).await);
        assert_eq!(found, expected, "{sql}\n{plan}");
        assert!(!expected.is_empty(), "{sql}");
        // What gives way to other tasks between the batches is no work.
        let operators = plan.lines().filter(|line| !line.contains("CooperativeExec")).count();
        assert_eq!(plan.contains("RemoteQuery") && operators == 1, whole, "{sql}\n{plan}");
        assert!(plan.contains("RemoteQuery") && !plan.contains("SourceScan"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn blanks_at_the_end_of_a_char_mean_nothing() {
    for (sql, expected, whole) in [
        ("SELECT k FROM v WHERE k = 'x'", &["x  "][..], true),
        ("SELECT k FROM v WHERE k IN ('x ', 'xy     ') ORDER BY k", &["x  ", "xy "], true),
        ("SELECT k FROM v WHERE k = s", &["x  "], true),
        ("SELECT a.k FROM v a JOIN v b ON a.k = b.k WHERE b.k < 'b'", &["abc"], true),
        ("SELECT k || '!', length(k) FROM v WHERE s = 'x'", &["x!|1"], true),
        ("SELECT k FROM v WHERE k = (SELECT max(k) FROM v)", &["xy "], false),
        ("SELECT k::text || '!' FROM v WHERE k LIKE 'x%' AND s <> 'x'", &["xy!"], false),
        ("SELECT k, count(*) FROM v WHERE s IS NOT NULL GROUP BY k HAVING k <> 'x'", &["xy |1"], true),
    ] {
        let ((plan, pushed), (_, here)) = (answer(sql, true).await, answer(sql, false).await);
        assert_eq!(
            (&pushed[..], &here[..]),
            (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], &pushed[..]),
            "{sql}\n{plan}"
        );
        assert_eq!(!plan.contains("Filter") && plan.contains("RemoteQuery"), whole, "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn nor_do_they_where_a_char_is_searched_for() {
    for (sql, expected) in [
        ("SELECT k FROM v WHERE k IN (SELECT s FROM v)", &["x  "][..]),
        ("SELECT s FROM v WHERE s IN (SELECT k FROM v)", &["x"]),
        ("SELECT s FROM v WHERE CASE k WHEN 'x' THEN 1 ELSE 2 END = 1", &["x"]),
    ] {
        let ((plan, pushed), (_, here)) = (answer(sql, true).await, answer(sql, false).await);
        assert_eq!(
            (&pushed[..], &here[..]),
            (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], &pushed[..]),
            "{sql}\n{plan}"
        );
    }
}
