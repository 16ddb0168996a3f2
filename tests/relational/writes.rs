//! What goes to the servers: rows that INSERT adds, and statements in their own language.

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::servers::{MySqlServer, PostgreSql, register, rows};
use crate::gateway::Gateway;

/// Both servers with a table of orders, as the sources `shop` and `desk`, which take rows, and `frozen`, which does not.
struct World {
    postgresql: PostgreSql,
    _mariadb: MySqlServer,
    gateway: Gateway,
    admin: Client,
}

impl World {
    async fn new(database: &'static str) -> Result<World, Failed> {
        let (postgresql, mariadb) = (PostgreSql::create(database).await, MySqlServer::mariadb());
        postgresql
            .client
            .batch_execute(
                "CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10,2), placed timestamptz,
                 doubled numeric GENERATED ALWAYS AS (total * 2) STORED, note varchar(10) DEFAULT 'none');
                 INSERT INTO orders (id, customer, total, placed) SELECT i, 'c' || i % 3, i * 1.25, '2026-01-01 10:00+00'::timestamptz + i * interval '1 day'
                 FROM generate_series(1, 10) i",
            )
            .await?;
        mariadb
            .execute(
                "CREATE DATABASE support; CREATE TABLE support.orders (id int PRIMARY KEY AUTO_INCREMENT, customer varchar(40) NOT NULL,
                 total decimal(8,1), placed datetime) ENGINE = InnoDB",
            )
            .await;
        let gateway = Gateway::start();
        let admin = gateway.connect("metagate").await;
        let writable = |mut options: Value| {
            options["read_only"] = json!(false);
            options
        };
        register(&admin, "shop", "postgresql", &writable(postgresql.options())).await;
        register(&admin, "desk", "mariadb", &writable(mariadb.options())).await;
        register(&admin, "frozen", "postgresql", &postgresql.options()).await;
        Ok(World { postgresql, _mariadb: mariadb, gateway, admin })
    }

    async fn rows(&self, sql: &str) -> Result<Vec<String>, String> {
        rows(&self.admin, sql).await
    }
}

/// The SQLSTATE with which a statement is refused.
async fn refused(client: &Client, sql: &str) -> Result<String, Failed> {
    match client.simple_query(sql).await {
        Ok(_) => Err(format!("{sql} was not refused").into()),
        Err(error) => Ok(error.as_db_error().ok_or_else(|| format!("{sql}: {error}"))?.code().code().to_owned()),
    }
}

pub async fn rows_go_from_one_source_to_another() -> Result<(), Failed> {
    let world = World::new("writes").await?;
    let admin = &world.admin;
    let there =
        "INSERT INTO desk.support.orders (customer, total, placed) SELECT customer, total, placed FROM shop.public.orders WHERE id > 2";
    assert_eq!(admin.execute(there, &[]).await?, 8);
    let found = "SELECT count(*), sum(total), min(placed), max(customer) FROM desk.support.orders";
    assert_eq!(world.rows(found).await?, ["8|65.2|2026-01-04 10:00:00|c2"]);

    // Without a list of columns, the one that is computed is left out.
    let back = "INSERT INTO shop.public.orders SELECT id + 100, customer, total, placed FROM desk.support.orders ORDER BY id LIMIT 2";
    assert_eq!(admin.execute(back, &[]).await?, 2);
    let found = "SELECT id, customer, total, placed, doubled, note FROM shop.public.orders WHERE id > 100 ORDER BY id";
    let expected = ["101|c0|3.80|2026-01-04 10:00:00+00|7.60|none", "102|c1|5.00|2026-01-05 10:00:00+00|10.00|none"];
    assert_eq!(world.rows(found).await?, expected);

    let values =
        "INSERT INTO shop.public.orders (id, customer, note, placed) VALUES ($1, $2, DEFAULT, '2026-05-01'), ($3, 'a''\\', DEFAULT, NULL)";
    assert_eq!(admin.execute(values, &[&201i32, &"tab\tand\nline", &202i32]).await?, 2);
    let found = "SELECT id, customer, note, placed FROM shop.public.orders WHERE id > 200 ORDER BY id";
    assert_eq!(world.rows(found).await?, ["201|tab\tand\nline|none|2026-05-01 00:00:00+00", "202|a'\\|none|∅"]);
    assert_eq!(admin.execute("INSERT INTO desk.support.orders (customer) VALUES ('ü'), ($1)", &[&"tab\tand\nline"]).await?, 2);
    let found = "SELECT customer FROM desk.support.orders WHERE total IS NULL ORDER BY id";
    assert_eq!(world.rows(found).await?, ["ü", "tab\tand\nline"]);

    let plan = world.rows(&format!("EXPLAIN {there}")).await?;
    assert_eq!(plan[0], "Insert: target=desk.support.orders");
    assert!(plan.iter().any(|line| line.contains("RemoteQuery: source=shop, sql=SELECT")), "{plan:?}");
    let audited =
        "SELECT action, object, arguments, sqlstate FROM admin.audit_log WHERE object = 'desk.support.orders' ORDER BY number LIMIT 1";
    assert_eq!(world.rows(audited).await?, [format!(r#"INSERT|desk.support.orders|{{"statement": "{there}", "rows": 8}}|∅"#)]);
    Ok(())
}

pub async fn all_rows_are_added_or_none() -> Result<(), Failed> {
    let world = World::new("halves").await?;
    let admin = &world.admin;
    for (source, table) in [("shop", "shop.public.orders"), ("desk", "desk.support.orders")] {
        let count = format!("SELECT count(*) FROM {table}");
        let before = world.rows(&count).await?;
        let series = "generate_series(1, 30000) g(x)";
        for (sqlstate, statement) in [
            // The server refuses a row when it has taken thousands, and then the gateway fails to make one.
            ("23505", format!("INSERT INTO {table} (id, customer) SELECT 1000 + x % 29999, 'x' FROM {series}")),
            ("22012", format!("INSERT INTO {table} (id, customer) SELECT 1000 + x, (1 / (x - 29000))::text FROM {series}")),
            (
                "23502",
                format!("INSERT INTO {table} (id, customer) SELECT 1000 + x, NULLIF('y', CASE WHEN x > 20000 THEN 'y' END) FROM {series}"),
            ),
        ] {
            assert_eq!(refused(admin, &statement).await?, sqlstate, "{statement}");
            assert_eq!(world.rows(&count).await?, before, "{statement}");
        }
        admin.simple_query("SET statement_timeout = '1s'").await?;
        let endless = format!("INSERT INTO {table} (id, customer) SELECT 1000 + x, 'x' FROM generate_series(1, 2000000000) g(x)");
        assert_eq!(refused(admin, &endless).await?, "57014", "{source}");
        admin.simple_query("RESET statement_timeout").await?;
        assert_eq!(world.rows(&count).await?, before, "{source}");
        assert_eq!(refused(admin, &format!("BEGIN; INSERT INTO {table} (id, customer) VALUES (1, 'x')")).await?, "0A000");
        admin.simple_query("ROLLBACK").await?;
        assert_eq!(admin.execute(&format!("INSERT INTO {table} (id, customer) VALUES (5000, 'x')"), &[]).await?, 1);
    }
    Ok(())
}

pub async fn writing_needs_an_option_and_privileges() -> Result<(), Failed> {
    let world = World::new("privileges").await?;
    let insert = |source: &str, id: i32| format!("INSERT INTO {source}.public.orders (id, customer) VALUES ({id}, 'x')");
    assert_eq!(refused(&world.admin, &insert("frozen", 50)).await?, "25006");
    assert_eq!(refused(&world.admin, "CALL execute_on('frozen', 'DROP TABLE orders')").await?, "25006");
    assert_eq!(world.rows("SELECT n FROM query('frozen', 'SELECT count(*) FROM orders') q(n)").await?, ["10"]);
    assert_eq!(refused(&world.admin, "SELECT * FROM query('shop', 'DELETE FROM orders RETURNING id')").await?, "25006");

    let setup = "CREATE ROLE ana LOGIN PASSWORD 'ana'; GRANT USAGE ON FOREIGN SERVER shop TO ana";
    world.admin.batch_execute(setup).await?;
    let ana = world.gateway.connect_as("ana", "ana", "metagate").await?;
    let statements = [
        ("INSERT", insert("shop", 51)),
        ("QUERY", "SELECT * FROM query('shop', 'SELECT 1')".to_owned()),
        ("EXECUTE", "CALL execute_on('shop', 'ANALYZE orders')".to_owned()),
    ];
    for (privilege, statement) in &statements {
        let error = ana.simple_query(statement).await.expect_err("it is not granted yet");
        let error = error.as_db_error().expect("an answer");
        assert_eq!((error.code().code(), error.message()), ("42501", "permission denied for foreign server shop"));
        let hint = format!("A superuser can say GRANT {privilege} ON FOREIGN SERVER shop TO ana.");
        assert_eq!(error.hint(), Some(hint.as_str()));
        world.admin.batch_execute(&format!("GRANT {privilege} ON FOREIGN SERVER shop TO ana")).await?;
        ana.simple_query(statement).await?;
    }
    let granted = "SELECT privilege FROM admin.grants WHERE role = 'ana' ORDER BY 1";
    assert_eq!(world.rows(granted).await?, ["EXECUTE", "INSERT", "QUERY", "USAGE"]);
    world.admin.batch_execute("REVOKE ALL ON FOREIGN SERVER shop FROM ana").await?;
    assert_eq!(refused(&ana, &statements[0].1).await?, "3D000");
    Ok(())
}

pub async fn statements_in_the_servers_own_language() -> Result<(), Failed> {
    let world = World::new("native").await?;
    let admin = &world.admin;
    admin.execute("INSERT INTO desk.support.orders (customer, total) VALUES ('c1', 2.5), ('c2', 7)", &[]).await?;
    let joined = "SELECT o.id, q.* FROM shop.public.orders o
        JOIN query('desk', 'SELECT customer, total, total * 2 AS total FROM support.orders WHERE total > 3') AS q(c, t, u) ON q.c = o.customer
        WHERE o.id < 4 ORDER BY 1";
    assert_eq!(world.rows(joined).await?, ["2|c2|7.0|14.0"]);
    let statement = admin.prepare("SELECT * FROM query('shop', 'SELECT id, id, customer FROM orders WHERE id = 3')").await?;
    let columns: Vec<(&str, &str)> = statement.columns().iter().map(|column| (column.name(), column.type_().name())).collect();
    assert_eq!(columns, [("id", "int4"), ("id", "int4"), ("customer", "text")]);
    assert_eq!(admin.query_one(&statement, &[]).await?.get::<_, i32>(1), 3);
    let plan = world.rows("EXPLAIN SELECT * FROM query('shop', 'SELECT 1 AS one')").await?;
    assert!(plan.iter().any(|line| line.trim() == "NativeQuery: source=shop, sql=SELECT 1 AS one"), "{plan:?}");
    assert_eq!(refused(admin, "SELECT * FROM query('shop', 'SELECT * FROM nowhere')").await?, "42P01");

    assert_eq!(world.rows("CALL execute_on('shop', 'CREATE TABLE made AS SELECT 1 AS id')").await?, ["1"]);
    assert_eq!(world.rows("CALL execute_on('shop', 'UPDATE made SET id = 2')").await?, ["1"]);
    assert_eq!(world.rows("CALL execute_on('desk', 'CREATE TABLE support.made (id int)')").await?, ["0"]);
    assert_eq!(refused(admin, "CALL execute_on('shop', 'DROP TABLE nowhere')").await?, "42P01");
    for (source, schema) in [("shop", "public"), ("desk", "support")] {
        admin.batch_execute(&format!("CALL refresh_metadata('{source}')")).await?;
        assert_eq!(admin.execute(&format!("INSERT INTO {source}.{schema}.made VALUES (7)"), &[]).await?, 1);
    }
    let made = world.postgresql.client.query("SELECT id FROM made ORDER BY id", &[]).await?;
    assert_eq!(made.iter().map(|row| row.get(0)).collect::<Vec<i32>>(), [2, 7]);

    let audited = "SELECT action, arguments, sqlstate FROM admin.audit_log
        WHERE action IN ('query', 'execute_on') AND object = 'shop' ORDER BY number";
    assert_eq!(
        world.rows(audited).await?,
        [
            r#"query|{"name": "shop", "statement": "SELECT id, id, customer FROM orders WHERE id = 3", "rows": 1}|∅"#,
            r#"query|{"name": "shop", "statement": "SELECT * FROM nowhere"}|42P01"#,
            r#"execute_on|{"name": "shop", "statement": "CREATE TABLE made AS SELECT 1 AS id"}|∅"#,
            r#"execute_on|{"name": "shop", "statement": "UPDATE made SET id = 2"}|∅"#,
            r#"execute_on|{"name": "shop", "statement": "DROP TABLE nowhere"}|42P01"#,
        ]
    );
    Ok(())
}
