//! INSERT, `query` and `execute_on`, on fake sources that keep an account of what is done to them.

use serde_json::Value;

use super::*;
use crate::parameters::Parameter;
use crate::testing::Fake;

/// A gateway with the source `shop`, which takes rows, and `bank`, which does not; and a session of `admin`.
struct World {
    services: Arc<domain::Services>,
    engine: Arc<Engine>,
    fake: Fake,
    admin: Session,
}

impl World {
    async fn new() -> Self {
        let fake = Fake::default();
        let services = testing::services_with(fake.clone()).await;
        let engine = engine_of(Arc::clone(&services));
        let admin = engine.open_session(startup("metagate")).expect("a session");
        let mut world = Self { services, engine, fake, admin };
        world.check("CALL create_datasource('shop', 'fake', '{\"read_only\": false}')", "CALL").await;
        world.check("CALL create_datasource('bank', 'fake')", "CALL").await;
        world
    }

    /// A session of a new role with USAGE on both sources.
    async fn bob(&mut self) -> Session {
        self.check("CREATE ROLE bob LOGIN", "CREATE ROLE").await;
        self.check("GRANT USAGE ON FOREIGN SERVER shop, bank TO bob", "GRANT").await;
        self.engine.open_session(Startup { role: "bob".to_owned(), ..startup("metagate") }).expect("a session")
    }

    /// The last answer of a text begins with this.
    async fn check(&mut self, text: &str, expected: &str) {
        let answers = simple(&mut self.admin, text).await;
        assert!(answers.last().is_some_and(|answer| answer.starts_with(expected)), "{text}: {answers:?}");
    }

    /// What was done to the sources since the last time.
    fn done(&self) -> Vec<String> {
        std::mem::take(&mut *self.fake.done.lock().expect("no panic while it was held"))
    }

    /// The last entry of the audit journal: action, object, arguments and SQLSTATE.
    async fn audited(&self) -> (String, Option<String>, Value, Option<String>) {
        let entry = testing::audit(&self.services).await.pop().expect("an entry");
        let arguments = entry.arguments.map_or(Value::Null, |arguments| serde_json::from_str(&arguments).expect("JSON"));
        (entry.action, entry.object, arguments, entry.sqlstate)
    }
}

fn text(value: &str) -> Option<Parameter> {
    Some(Parameter { bytes: value.as_bytes().to_vec().into(), format: Format::Text })
}

#[tokio::test]
async fn rows_are_added_in_the_types_of_the_columns() {
    let mut world = World::new().await;
    for (statement, tag, written) in [
        (
            "INSERT INTO shop.main.t VALUES (1, 'ann', 2.345, '2026-01-02', '0e37df36-f698-11e6-8dd4-cb9ced3df976'), (2, NULL, 1, NULL, NULL)",
            "INSERT 0 2",
            "(id,name,total,day,key): 1|ann|2.35|2026-01-02|0e37df36-f698-11e6-8dd4-cb9ced3df976,2||1.00||",
        ),
        ("INSERT INTO shop.main.t VALUES (2.5)", "INSERT 0 1", "(id): 3"),
        ("INSERT INTO shop.main.t (name, id) SELECT x, x FROM generate_series(1, 3) g(x)", "INSERT 0 3", "(name,id): 1|1,2|2,3|3"),
        ("INSERT INTO shop.main.t (day, name) SELECT '2026-01-02', 'a'", "INSERT 0 1", "(day,name): 2026-01-02|a"),
        ("INSERT INTO shop.main.t (name, id) VALUES ('longer than five', DEFAULT)", "INSERT 0 1", "(name): longer than five"),
        ("INSERT INTO shop.main.t DEFAULT VALUES", "INSERT 0 1", "(): "),
        ("INSERT INTO shop.main.t (id, name) VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT)", "INSERT 0 2", "(): ,"),
        ("INSERT INTO shop.main.t (id) SELECT 1 WHERE false", "INSERT 0 0", "(id): "),
        ("WITH w AS (SELECT 7 AS x) INSERT INTO shop.main.t (total) SELECT x FROM w", "INSERT 0 1", "(total): 7.00"),
        ("INSERT INTO shop.main.t (day) SELECT timestamp '2026-01-02 10:00'", "INSERT 0 1", "(day): 2026-01-02"),
        ("INSERT INTO shop.main.t SELECT * FROM query('shop', 'SELECT a')", "INSERT 0 2", "(id,name): 1|x,2|"),
    ] {
        world.done();
        world.check(statement, tag).await;
        assert_eq!(world.done().last(), Some(&format!("admin into main.t {written}")), "{statement}");
    }
}

#[tokio::test]
async fn parameters_have_the_types_of_their_columns() {
    let mut world = World::new().await;
    let insert = "INSERT INTO shop.main.t (id, total, day, key, name) VALUES ($1, $2, $3, $4, $5), (2, $2, NULL, NULL, $5)";
    world.admin.parse("p", insert, &[]).await.expect("a statement");
    let (types, columns) = world.admin.describe_statement("p").expect("a description");
    assert_eq!((types, columns), (vec![oid::INT4, oid::NUMERIC, oid::DATE, oid::UUID, oid::VARCHAR], None));
    let key = "0e37df36-f698-11e6-8dd4-cb9ced3df976";
    world.done();
    for total in ["1.5", "22.345"] {
        let values = vec![text("1"), text(total), text("2026-01-02"), text(key), text("x")];
        world.admin.bind("", "p", values, Vec::new()).await.expect("a portal");
        let Answer::Command { tag } = world.admin.execute("").await.expect("rows") else { panic!("no tag") };
        assert_eq!(tag, "INSERT 0 2");
        world.admin.sync().await;
    }
    let written = |total: &str| format!("admin into main.t (id,total,day,key,name): 1|{total}|2026-01-02|{key}|x,2|{total}|||x");
    assert_eq!(world.done(), [written("1.50"), written("22.35")]);
    let (action, object, arguments, _) = world.audited().await;
    assert_eq!((action.as_str(), object.as_deref()), ("INSERT", Some("shop.main.t")));
    assert_eq!(arguments, serde_json::json!({ "statement": insert, "rows": 2 }));

    world.check("PREPARE q AS INSERT INTO shop.main.t (id) SELECT $1; EXECUTE q (4)", "INSERT 0 1").await;
    assert_eq!(world.done(), ["admin into main.t (id): 4"]);
}

#[tokio::test]
async fn refuses_as_postgresql_does() {
    let mut world = World::new().await;
    for (statement, refusal) in [
        ("INSERT INTO shop.main.nowhere VALUES (1)", "42P01: relation \"shop.main.nowhere\" does not exist"),
        ("INSERT INTO shop.main.t (id, nothing) VALUES (1, 2)", "42703: column \"nothing\" of relation \"t\" does not exist"),
        ("INSERT INTO shop.main.t (id, id) VALUES (1, 2)", "42701: column \"id\" specified more than once"),
        ("INSERT INTO shop.main.t (id) VALUES (1, 2)", "42601: INSERT has more expressions than target columns"),
        ("INSERT INTO shop.main.t (id) SELECT 1, 2", "42601: INSERT has more expressions than target columns"),
        ("INSERT INTO shop.main.t (id, name) SELECT 1", "42601: INSERT has more target columns than expressions"),
        ("INSERT INTO shop.main.t VALUES (1, 'a'), (2)", "42601: VALUES lists must all be the same length"),
        ("INSERT INTO shop.main.t (id) SELECT 'a'::text", "42804: column \"id\" is of type integer but expression is of type text"),
        ("INSERT INTO shop.main.t (key) SELECT 'a'::text", "42804: column \"key\" is of type uuid but expression is of type text"),
        ("INSERT INTO shop.main.t (id) VALUES ('a')", "22P02: invalid input syntax for type integer: \"a\""),
        ("INSERT INTO shop.main.t (id) VALUES (1), (DEFAULT)", "0A000: DEFAULT beside values for the same column is not supported"),
        ("INSERT INTO shop.main.t (id) VALUES (3000000000)", "22003: integer out of range"),
        ("INSERT INTO shop.main.t VALUES (1) RETURNING id", "0A000: INSERT … RETURNING is not supported"),
        ("INSERT INTO admin.settings VALUES ('a')", "0A000: cannot insert into \"admin.settings\""),
        ("INSERT INTO bank.main.t VALUES (1)", "25006: data source \"bank\" is read-only"),
        ("INSERT INTO shop.main.t SELECT id FROM bank.main.t", "08001: there is nothing to read"),
        ("INSERT INTO shop.main.t SELECT * FROM query('shop', 'half')", "22000: half of the rows"),
        ("EXPLAIN ANALYZE INSERT INTO shop.main.t VALUES (1)", "0A000: EXPLAIN ANALYZE is not supported for INSERT"),
        ("BEGIN; INSERT INTO shop.main.t VALUES (1)", "0A000: INSERT into a data source cannot run inside a transaction block"),
        ("ROLLBACK; SET default_transaction_read_only = on; SELECT 1", "SELECT 1"),
        ("INSERT INTO shop.main.t VALUES (1)", "25006: cannot execute INSERT in a read-only transaction"),
        ("CALL execute_on('shop', 'DROP TABLE t')", "25006: cannot execute CALL in a read-only transaction"),
    ] {
        world.check(statement, refusal).await;
    }
    assert!(world.done().iter().all(|done| !done.contains("into") && !done.contains("executes")), "nothing was written");
}

#[tokio::test]
async fn each_privilege_is_one_by_itself() {
    let mut world = World::new().await;
    let mut bob = world.bob().await;
    let statements = [
        ("INSERT", "INSERT INTO shop.main.t VALUES (1)", "INSERT 0 1"),
        ("QUERY", "SELECT * FROM query('shop', 'SELECT a')", "SELECT 1|x,2|"),
        ("EXECUTE", "CALL execute_on('shop', 'DROP TABLE t')", "CALL 3"),
    ];
    let denied = "42501: permission denied for foreign server shop";
    for (privilege, ..) in statements {
        world.check(&format!("GRANT {privilege} ON FOREIGN SERVER shop TO bob"), "GRANT").await;
        for (needed, statement, answer) in statements {
            let expected = if needed == privilege { answer } else { denied };
            assert_eq!(simple(&mut bob, statement).await, [expected], "{statement} with {privilege}");
            let (action, object, _, sqlstate) = world.audited().await;
            assert!(["INSERT", "query", "execute_on"].contains(&action.as_str()), "{action}");
            assert!(object.is_some_and(|object| object.starts_with("shop")), "{statement}");
            assert_eq!(sqlstate.as_deref(), (needed != privilege).then_some("42501"), "{statement} with {privilege}");
        }
        world.check(&format!("REVOKE {privilege} ON FOREIGN SERVER shop FROM bob"), "REVOKE").await;
    }
    assert_eq!(simple(&mut bob, "EXPLAIN INSERT INTO shop.main.t VALUES (1)").await, [denied]);
    world.check("GRANT ALL ON FOREIGN SERVER shop TO bob; REVOKE USAGE ON FOREIGN SERVER shop FROM bob", "REVOKE").await;
    let hidden = "42704: data source \"shop\" does not exist";
    assert_eq!(simple(&mut bob, "SELECT * FROM query('shop', 'SELECT a')").await, [hidden]);
    assert_eq!(simple(&mut bob, "CALL execute_on('shop', 'x')").await, [hidden]);
    assert_eq!(simple(&mut bob, "INSERT INTO shop.main.t VALUES (1)").await, ["3D000: database \"shop\" does not exist"]);
}

#[tokio::test]
async fn a_prepared_statement_needs_its_privilege_with_each_run() {
    let mut world = World::new().await;
    let mut bob = world.bob().await;
    world.check("GRANT ALL ON FOREIGN SERVER shop TO bob", "GRANT").await;
    let prepare = "PREPARE p AS SELECT * FROM query('shop', 'SELECT a'); PREPARE i AS INSERT INTO shop.main.t VALUES (1)";
    assert_eq!(simple(&mut bob, prepare).await, ["PREPARE", "PREPARE"]);
    assert_eq!(simple(&mut bob, "EXECUTE p; EXECUTE i").await, ["SELECT 1|x,2|", "INSERT 0 1"]);
    world.check("REVOKE QUERY, INSERT ON FOREIGN SERVER shop FROM bob", "REVOKE").await;
    for statement in ["EXECUTE p", "EXECUTE i"] {
        assert_eq!(simple(&mut bob, statement).await, ["42501: permission denied for foreign server shop"], "{statement}");
    }
}

#[tokio::test]
async fn a_native_query_is_a_table_like_any_other() {
    let mut world = World::new().await;
    for (statement, answer) in [
        ("SELECT * FROM query('shop', 'SELECT a')", "SELECT 1|x,2|"),
        ("SELECT q.n FROM query('shop', 'SELECT a') AS q(n, s) WHERE n > 1", "SELECT 2"),
        ("SELECT count(*) FROM query('shop', 'a') x(n) JOIN query('bank', 'b') y(n) USING (n)", "SELECT 2"),
        ("SELECT n FROM generate_series(2, 3) g(n) WHERE n IN (SELECT n FROM query('shop', 'a') q(n))", "SELECT 2"),
        ("SELECT * FROM query('shop', 'wrong')", "42601: syntax error in a query"),
        ("SELECT * FROM query('nowhere', 'a')", "42704: data source \"nowhere\" does not exist"),
        ("SELECT * FROM query('shop', 'half')", "22000: half of the rows"),
    ] {
        world.check(statement, answer).await;
    }
    world.admin.parse("p", "SELECT * FROM query('shop', 'SELECT a')", &[]).await.expect("a statement");
    let (_, columns) = world.admin.describe_statement("p").expect("a description");
    let columns: Vec<String> =
        columns.expect("columns").iter().map(|column| format!("{} {}", column.name, column.pg_type.format())).collect();
    assert_eq!(columns, ["a integer", "a character varying(5)"]);
}

#[tokio::test]
async fn native_queries_are_audited_once_with_their_text() {
    let mut world = World::new().await;
    let entries = async |services: &domain::Services| testing::audit(services).await.len();
    let before = entries(&world.services).await;
    world.check("SELECT * FROM query('shop', 'SELECT a')", "SELECT").await;
    let (action, object, arguments, sqlstate) = world.audited().await;
    assert_eq!((action.as_str(), object.as_deref(), sqlstate), ("query", Some("shop"), None));
    assert_eq!(arguments, serde_json::json!({ "name": "shop", "statement": "SELECT a", "rows": 2 }));
    world.check("SELECT * FROM query('shop', 'wrong')", "42601").await;
    let (_, _, arguments, sqlstate) = world.audited().await;
    assert_eq!((arguments, sqlstate.as_deref()), (serde_json::json!({ "name": "shop", "statement": "wrong" }), Some("42601")));
    world.check("SELECT * FROM query('shop', 'half')", "22000").await;
    assert_eq!(world.audited().await.3.as_deref(), Some("22000"));
    assert_eq!(entries(&world.services).await, before + 3);
    let plan = simple(&mut world.admin, "EXPLAIN SELECT * FROM query('shop', E'SELECT\\na')").await;
    assert!(plan[0].ends_with("NativeQuery: source=shop, sql=SELECT a"), "{plan:?}");
    assert_eq!(entries(&world.services).await, before + 3, "nothing was run");
    world.check("CALL execute_on('shop', 'DROP TABLE t')", "CALL 3").await;
    assert_eq!(world.audited().await.2, serde_json::json!({ "name": "shop", "statement": "DROP TABLE t" }));
    assert!(world.done().contains(&"admin executes DROP TABLE t".to_owned()));
    world.check("CALL execute_on('bank', 'DROP TABLE t')", "25006: data source \"bank\" is read-only").await;
}

#[tokio::test]
async fn native_queries_that_are_cancelled_are_audited() {
    let mut world = World::new().await;
    for (reached, rows, sqlstate) in [("runs endless", Some(0), None), ("describes shy", None, Some("57014"))] {
        let before = testing::audit(&world.services).await.len();
        let statement = reached.rsplit(' ').next().unwrap_or_default();
        let text = format!("SELECT * FROM query('shop', '{statement}')");
        let done = Arc::clone(&world.fake.done);
        let mut cancelled = Box::pin(simple(&mut world.admin, &text));
        while !done.lock().expect("no panic while it was held").iter().any(|done| done.ends_with(reached)) {
            assert!(futures::poll!(cancelled.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        drop(cancelled);
        // The entry is written by a task of its own.
        while testing::audit(&world.services).await.len() == before {
            tokio::task::yield_now().await;
        }
        let mut expected = serde_json::json!({ "name": "shop", "statement": statement });
        if let Some(rows) = rows {
            expected["rows"] = rows.into();
            expected["complete"] = false.into();
        }
        let (_, _, arguments, found) = world.audited().await;
        assert_eq!((arguments, found.as_deref()), (expected, sqlstate), "{statement}");
        assert_eq!(testing::audit(&world.services).await.len(), before + 1, "{statement}");
    }
}

#[tokio::test]
async fn rows_that_nobody_reads_leave_no_entry() {
    let mut world = World::new().await;
    let before = testing::audit(&world.services).await.len();
    world.admin.parse("", "SELECT * FROM query('shop', 'SELECT a')", &[]).await.expect("a statement");
    world.admin.bind("", "", Vec::new(), Vec::new()).await.expect("a portal");
    let answer = world.admin.execute("").await.expect("rows");
    drop(answer);
    world.admin.sync().await;
    world.check("SELECT * FROM query('shop', 'SELECT b')", "SELECT").await;
    let entries = testing::audit(&world.services).await;
    let texts: Vec<_> = entries[before..].iter().map(|entry| entry.arguments.as_deref()).collect();
    assert_eq!(texts, [Some("{\"name\":\"shop\",\"statement\":\"SELECT b\",\"rows\":2}")]);
    assert!(!world.done().contains(&"admin runs SELECT a".to_owned()), "the source was not asked either");
}

#[tokio::test]
async fn the_journal_keeps_the_beginning_of_long_texts() {
    let mut world = World::new().await;
    let long = "é".repeat(10_001);
    let kept = format!("{}…", "é".repeat(10_000));
    for statement in [format!("SELECT * FROM query('shop', '{long}')"), format!("CALL execute_on('shop', '{long}')")] {
        world.check(&statement, &statement[..4]).await;
        assert_eq!(world.audited().await.2["statement"], kept);
    }
    world.check(&format!("INSERT INTO shop.main.t (name) VALUES ('{long}')"), "INSERT 0 1").await;
    let (_, _, arguments, _) = world.audited().await;
    assert_eq!(arguments["statement"].as_str().map(|text| text.chars().count()), Some(10_001));
    assert!(world.done().iter().any(|done| done.ends_with(&long)), "the row is whole");
}

#[tokio::test]
async fn explain_shows_where_rows_would_go() {
    let mut world = World::new().await;
    world.done();
    let answers = simple(&mut world.admin, "EXPLAIN INSERT INTO shop.main.t (id) SELECT x FROM generate_series(1, 2) g(x)").await;
    assert!(answers[0].starts_with("EXPLAIN Insert: target=shop.main.t,  "), "{answers:?}");
    assert_eq!(world.done(), [""; 0]);
}
