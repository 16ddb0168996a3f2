//! What the server has is what the snapshot says, in few statements.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::connector::Scope;
use spi::metadata::Relation;
use sqlx::Row;

use crate::fixture::{harvest, open, options, relation, source, source_of};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "harvest::everything_the_server_has_is_there", everything_the_server_has_is_there),
        trial(shared, "harvest::details_are_told", details_are_told),
        trial_on(Product::MySql, shared, "harvest::what_mysql_does_otherwise", what_mysql_does_otherwise),
        trial(shared, "harvest::what_the_login_may_not_see_is_absent", what_the_login_may_not_see_is_absent),
        trial(shared, "harvest::scopes_are_kept", scopes_are_kept),
        trial(shared, "harvest::statements_do_not_grow_with_the_tables", statements_do_not_grow_with_the_tables),
    ]
}

const SCHEMA: &str = "
    CREATE TABLE customer (
        id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'the number',
        email varchar(100) NOT NULL UNIQUE,
        name varchar(50) COLLATE utf8mb4_bin DEFAULT 'it''s',
        kind enum('person','firm') NOT NULL DEFAULT 'person',
        document json,
        score decimal(5,2) NOT NULL DEFAULT 1.50 CHECK (score > 0),
        twice decimal(6,2) AS (score * 2) STORED,
        half decimal(6,2) AS (score / 2) VIRTUAL,
        changed timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
        CONSTRAINT short_name CHECK (char_length(name) < 50),
        FULLTEXT KEY words (name),
        KEY beginning (email(10), name) COMMENT 'for mails'
    ) COMMENT 'who buys' ENGINE = InnoDB ROW_FORMAT = COMPRESSED;
    CREATE TABLE `Customer` (id int);
    CREATE TABLE `odd \"``name` (`a b` int, place point NOT NULL, SPATIAL KEY (place));
    CREATE TABLE orders (
        id bigint, line smallint, customer int unsigned, PRIMARY KEY (line, id),
        CONSTRAINT buyer FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE ON UPDATE RESTRICT
    );
    CREATE TABLE part (
        line smallint, id bigint,
        CONSTRAINT of_order FOREIGN KEY (line, id) REFERENCES orders (line, id) ON DELETE SET NULL
    );
    CREATE TABLE event (at date NOT NULL, n int) PARTITION BY RANGE (year(at)) SUBPARTITION BY HASH (n) SUBPARTITIONS 2
        (PARTITION old VALUES LESS THAN (2000), PARTITION new VALUES LESS THAN MAXVALUE);
    CREATE TABLE region (code varchar(2)) PARTITION BY LIST COLUMNS (code) (PARTITION eu VALUES IN ('DE', 'FR'));
    CREATE VIEW buyers AS SELECT id, email FROM customer WHERE kind = 'person';
    CREATE VIEW counted AS SELECT count(*) AS n FROM customer;
    CREATE TABLE gone (x int); CREATE VIEW broken AS SELECT x FROM gone; DROP TABLE gone;
    CREATE SEQUENCE numbers START 5 MINVALUE -3 MAXVALUE 100 INCREMENT 2 CYCLE COMMENT 'of orders';
    CREATE SEQUENCE plain;
    CREATE TRIGGER folded BEFORE UPDATE ON customer FOR EACH ROW SET NEW.email = lower(NEW.email);
    CREATE TRIGGER counted AFTER DELETE ON orders FOR EACH ROW BEGIN SET @a = 1; SET @b = 2; END;
    CREATE FUNCTION twice(x int) RETURNS bigint DETERMINISTIC COMMENT 'doubles' RETURN x * 2;
    CREATE PROCEDURE twice(IN a varchar(9), INOUT b decimal(9,2), OUT c json) SET c = a;
";

async fn everything_the_server_has_is_there(server: &Server) {
    let source = source(server, "rich", SCHEMA).await;
    let schema = source.harvest().await;
    // Sorted here as the snapshot sorts: by bytes.
    let asked = async |columns: &str, from: &str| -> Vec<String> {
        let sql = format!("SELECT CONCAT_WS('|', {columns}) FROM information_schema.{from}");
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut server.connect().await).await.expect("an answer");
        let mut texts: Vec<String> = rows.iter().map(|row| row.try_get_unchecked::<String, _>(0).expect("a text")).collect();
        texts.sort_unstable();
        texts
    };
    let sorted = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts
    };
    let tables = asked("TABLE_NAME", "TABLES WHERE TABLE_SCHEMA = 'rich' AND TABLE_TYPE <> 'SEQUENCE'").await;
    assert_eq!(relation(&schema, Relation::Tables, &["name"]), tables);
    assert!(tables.len() == 10, "{tables:?}");

    let columns = asked(
        "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, IF(IS_NULLABLE = 'YES', 'true', 'false'), COLUMN_COMMENT",
        "COLUMNS WHERE TABLE_SCHEMA = 'rich' AND TABLE_NAME NOT IN ('numbers', 'plain')",
    );
    let found = (0..tables.len()).flat_map(|table| {
        let rows = relation(&schema, Relation::Columns, &["name", "ordinal", "nullable", "comment"]);
        let schema = &schema;
        schema.columns_of(table).map(move |column| {
            let parts: Vec<&str> = rows[column].split('|').collect();
            let comment = if parts[3] == "NULL" { "" } else { parts[3] };
            let native = &schema.column_type(column).native;
            format!("{}|{}|{}|{native}|{}|{comment}", schema.text(Relation::Tables, "name").value(table), parts[0], parts[1], parts[2])
        })
    });
    assert_eq!(sorted(found.collect()), columns.await);

    let of_table = |relation_of: Relation, columns: &[&str]| -> Vec<String> {
        let tables = schema.numbers(relation_of, "table");
        let rows = relation(&schema, relation_of, columns).into_iter().enumerate();
        sorted(
            rows.map(|(place, row)| format!("{}|{row}", schema.text(Relation::Tables, "name").value(tables.value(place) as usize)))
                .collect(),
        )
    };
    let constraints = asked("TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE", "TABLE_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = 'rich'").await;
    assert_eq!(of_table(Relation::Constraints, &["name", "kind"]), constraints);
    assert!(constraints.len() == 8, "{constraints:?}");

    let indexes = asked(
        "TABLE_NAME, INDEX_NAME, IF(NON_UNIQUE = 0, 'true', 'false'), LOWER(INDEX_TYPE)",
        "STATISTICS WHERE TABLE_SCHEMA = 'rich' AND SEQ_IN_INDEX = 1",
    );
    assert_eq!(of_table(Relation::Indexes, &["name", "unique", "method"]), indexes.await);
    let views = asked("TABLE_NAME, VIEW_DEFINITION, IF(IS_UPDATABLE = 'YES', 'true', 'false')", "VIEWS WHERE TABLE_SCHEMA = 'rich'").await;
    assert_eq!(of_table(Relation::Views, &["definition", "updatable"]), views);
    let routines = asked("ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION", "ROUTINES WHERE ROUTINE_SCHEMA = 'rich'").await;
    assert_eq!(sorted(relation(&schema, Relation::Routines, &["name", "kind", "definition"])), routines);
    assert_eq!(schema.rows_of(Relation::Partitions, schema.table("event").expect("the table")).len(), 4);
}

async fn details_are_told(server: &Server) {
    let source = source(server, "details", SCHEMA).await;
    let schema = source.harvest().await;
    let table = |name: &str| schema.table(name).expect("the table");
    let of = |relation_of: Relation, name: &str, columns: &[&str]| -> Vec<String> {
        relation(&schema, relation_of, columns)[schema.rows_of(relation_of, table(name))].to_vec()
    };
    assert_eq!(relation(&schema, Relation::Tables, &["kind", "comment"])[table("customer")], "table|who buys");
    assert_eq!(relation(&schema, Relation::Tables, &["kind", "comment"])[table("buyers")], "view|NULL");
    assert_eq!(relation(&schema, Relation::Tables, &["kind"])[table("event")], "partitioned table");
    let columns: Vec<String> = schema
        .columns_of(table("customer"))
        .map(|column| {
            let row = &relation(&schema, Relation::Columns, &["name", "default", "generated"])[column];
            format!("{row}|{}", schema.column_type(column).pg.format())
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id|NULL|identity by default|bigint",
            "email|NULL|NULL|character varying(100)",
            "name|'it''s'|NULL|character varying(50)",
            "kind|'person'|NULL|text",
            "document|NULL|NULL|jsonb",
            "score|1.50|NULL|numeric(5,2)",
            "twice|`score` * 2|stored|numeric(6,2)",
            "half|`score` / 2|virtual|numeric(6,2)",
            "changed|current_timestamp()|NULL|timestamp with time zone",
        ]
    );
    assert_eq!(
        of(Relation::Constraints, "customer", &["name", "kind", "columns", "expression"]),
        [
            "PRIMARY|PRIMARY KEY|[id]|NULL",
            "document|CHECK|[document]|json_valid(`document`)",
            "email|UNIQUE|[email]|NULL",
            "score|CHECK|[score]|`score` > 0",
            "short_name|CHECK|[]|char_length(`name`) < 50",
        ]
    );
    assert_eq!(
        of(Relation::Constraints, "part", &["name", "columns", "referenced_table", "referenced_columns", "on_update", "on_delete"]),
        ["of_order|[line, id]|orders|[line, id]|RESTRICT|SET NULL"]
    );
    assert_eq!(
        of(Relation::Constraints, "orders", &["name", "columns", "on_update", "on_delete"]),
        ["PRIMARY|[line, id]|NULL|NULL", "buyer|[customer]|RESTRICT|CASCADE"]
    );
    assert_eq!(
        of(Relation::Indexes, "customer", &["name", "primary", "method", "columns"]),
        ["PRIMARY|true|btree|[id]", "beginning|false|btree|[email(10), name]", "email|false|btree|[email]", "words|false|fulltext|[name]"]
    );
    assert_eq!(relation(&schema, Relation::Indexes, &["comment"])[schema.rows_of(Relation::Indexes, table("customer"))][1], "for mails");
    let collations = relation(&schema, Relation::Columns, &["name", "collation"]);
    let own: Vec<&String> = collations[schema.columns_of(table("customer"))].iter().filter(|row| !row.ends_with("|NULL")).collect();
    assert_eq!(own, ["name|utf8mb4_bin"], "the others have the database's own, or none");
    let triggers = |name| of(Relation::Triggers, name, &["name", "timing", "events", "for_each_row", "action", "enabled"]);
    assert_eq!(triggers("customer"), ["folded|BEFORE|[UPDATE]|true|SET NEW.email = lower(NEW.email)|true"]);
    assert_eq!(triggers("orders"), ["counted|AFTER|[DELETE]|true|BEGIN SET @a = 1; SET @b = 2; END|true"]);
    assert_eq!(
        relation(&schema, Relation::Sequences, &["name", "start", "minimum", "maximum", "increment", "cycle", "comment"]),
        ["numbers|5|-3|100|2|true|of orders", "plain|1|1|9223372036854775806|1|false|NULL"]
    );
    assert_eq!(of(Relation::Indexes, "odd \"`name", &["name", "method", "columns"]), ["place|spatial|[place(32)]"]);
    assert_eq!(
        of(Relation::Partitions, "event", &["name", "method", "expression", "description"]),
        [
            "new/newsp0|range|year(`at`)|MAXVALUE",
            "new/newsp1|range|year(`at`)|MAXVALUE",
            "old/oldsp0|range|year(`at`)|2000",
            "old/oldsp1|range|year(`at`)|2000"
        ]
    );
    assert_eq!(of(Relation::Partitions, "region", &["name", "method", "description"]), ["eu|list|'DE','FR'"]);
    assert_eq!(
        of(Relation::TableOptions, "customer", &["name", "value"]),
        ["collation|utf8mb4_general_ci", "create_options|row_format=COMPRESSED", "engine|InnoDB", "row_format|Compressed"]
    );
    assert_eq!(
        relation(&schema, Relation::Routines, &["specific_name", "kind", "return_type", "comment"]),
        ["function twice|FUNCTION|bigint(20)|doubles", "procedure twice|PROCEDURE|NULL|NULL"]
    );
    assert_eq!(relation(&schema, Relation::Parameters, &["ordinal", "mode", "name"]), ["1|IN|x", "1|IN|a", "2|INOUT|b", "3|OUT|c"]);
    assert!(schema.columns_of(table("broken")).is_empty(), "a broken view has no columns");
}

/// MySQL writes defaults and checks in another way, has a type for JSON, and indexes of expressions.
async fn what_mysql_does_otherwise(server: &Server) {
    let sql = "CREATE TABLE t (
            id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
            name varchar(50) DEFAULT 'it''s', nothing varchar(9) DEFAULT 'NULL', n int DEFAULT 5, b bit(3) DEFAULT b'101',
            made char(36) NOT NULL DEFAULT (uuid()), changed datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
            document json, twice int AS (n * 2) STORED, CONSTRAINT positive CHECK (n > 0), UNIQUE KEY folded ((lower(name))), KEY plain (name)
        );
        INSERT INTO t (document) VALUES ('{\"b\":1, \"a\":[2.50]}');
        CREATE TABLE u (t bigint unsigned, CONSTRAINT of_t FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE);
        CREATE TABLE e (at date) PARTITION BY RANGE COLUMNS (at) (PARTITION old VALUES LESS THAN ('2000-01-01'));
        CREATE VIEW v AS SELECT id FROM t;
        CREATE TRIGGER made BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1;
        CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN x;";
    let source = source(server, "otherwise", sql).await;
    let schema = source.harvest().await;
    let columns: Vec<String> = schema
        .columns_of(schema.table("t").expect("the table"))
        .map(|column| {
            let row = &relation(&schema, Relation::Columns, &["name", "default", "generated"])[column];
            format!("{row}|{}", schema.column_type(column).pg.format())
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id|NULL|identity by default|numeric(20,0)",
            "name|'it''s'|NULL|character varying(50)",
            "nothing|'NULL'|NULL|character varying(9)",
            "n|5|NULL|integer",
            "b|b'101'|NULL|bytea",
            "made|uuid()|NULL|character varying(36)",
            "changed|CURRENT_TIMESTAMP|NULL|timestamp without time zone",
            "document|NULL|NULL|jsonb",
            "twice|(`n` * 2)|stored|integer",
        ]
    );
    assert_eq!(
        relation(&schema, Relation::Constraints, &["name", "kind", "columns", "expression", "on_delete"]),
        ["PRIMARY|PRIMARY KEY|[id]|NULL|NULL", "positive|CHECK|[]|(`n` > 0)|NULL", "of_t|FOREIGN KEY|[t]|NULL|CASCADE"]
    );
    assert_eq!(
        relation(&schema, Relation::Indexes, &["name", "unique", "columns"]),
        ["PRIMARY|true|[id]", "folded|true|[lower(`name`)]", "plain|false|[name]", "of_t|false|[t]"]
    );
    assert_eq!(relation(&schema, Relation::Partitions, &["name", "method", "description"]), ["old|range|'2000-01-01'"]);
    assert_eq!(relation(&schema, Relation::Views, &["updatable"]), ["true"]);
    assert_eq!(relation(&schema, Relation::Triggers, &["name", "timing", "events"]), ["made|BEFORE|[INSERT]"]);
    let collations = relation(&schema, Relation::Columns, &["name", "collation"]);
    assert!(collations.iter().all(|row| row.ends_with("|NULL")), "{collations:?}");
    assert_eq!(relation(&schema, Relation::Routines, &["name", "kind", "return_type"]), ["f|FUNCTION|int"]);
    let mut request = source.request("t").await;
    request.columns.retain(|column| ["document", "b", "id"].contains(&column.name().as_str()));
    assert_eq!(source.rows(request).await.expect("rows"), ["1|05|{\"a\": [2.5], \"b\": 1}"]);
    assert!(source.remote_calls.total() <= 2 * 12 + 2, "two harvests and a read");
}

async fn what_the_login_may_not_see_is_absent(server: &Server) {
    source(
        server,
        "seen",
        "CREATE TABLE a (x int, secret int); CREATE TABLE b (x int); CREATE VIEW v AS SELECT x FROM a; CREATE SEQUENCE s;",
    )
    .await;
    source(server, "unseen", "CREATE TABLE a (x int)").await;
    server
        .execute(
            "CREATE USER 'a@b#c'@'%' IDENTIFIED BY 'pw'; GRANT SELECT (x) ON seen.a TO 'a@b#c'@'%'; GRANT SELECT ON seen.v TO 'a@b#c'@'%';
             GRANT INSERT ON seen.s TO 'a@b#c'@'%'",
        )
        .await;
    let mut options = options(server);
    (options["user"], options["password"]) = (json!("a@b#c"), json!("pw"));
    let (connector, _) = open(server.product, options).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    let names: Vec<&str> = schemas.iter().map(|schema| schema.name.as_str()).collect();
    assert_eq!(names, ["seen"]);
    assert_eq!(relation(&schemas[0], Relation::Tables, &["name"]), ["a", "v"]);
    assert_eq!(relation(&schemas[0], Relation::Columns, &["name"]), ["x", "x"]);
    assert_eq!(relation(&schemas[0], Relation::Sequences, &["name"]), [""; 0], "it is listed, and cannot be read");
    assert_eq!(relation(&schemas[0], Relation::Views, &["definition"]), [""], "the definition needs a privilege of its own");
}

async fn scopes_are_kept(server: &Server) {
    source(server, "scope_a", "CREATE TABLE t (x int); CREATE TABLE u (x int); CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;")
        .await;
    source(server, "scope_b", "CREATE TABLE t (x int)").await;
    let (connector, _) = open(server.product, options(server)).await.expect("a connector");
    let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
    let names: Vec<&str> = schemas.iter().map(|schema| schema.name.as_str()).collect();
    assert!(names.contains(&"scope_a") && names.contains(&"scope_b"), "{names:?}");
    assert!(!names.iter().any(|name| ["mysql", "sys", "information_schema", "performance_schema"].contains(name)), "{names:?}");
    let scope = Scope { schema: Some("scope_a".to_owned()), table: Some("t".to_owned()) };
    let schemas = harvest(&*connector, &scope).await.expect("a harvest");
    assert_eq!(schemas.len(), 1);
    assert_eq!(relation(&schemas[0], Relation::Tables, &["name"]), ["t"]);
    let only = source_of(server, "scope_b", json!({})).await;
    assert_eq!(only.connector.default_schema(), "scope_b");
    assert!(harvest(&*only.connector, &scope).await.expect("a harvest").is_empty());
}

async fn statements_do_not_grow_with_the_tables(server: &Server) {
    server.execute("CREATE DATABASE many; CREATE USER counted@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON many.* TO counted@'%'").await;
    server.execute("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON").await;
    let mut made = 0;
    let mut counts = Vec::new();
    for tables in [3, 500] {
        let create = |n| format!("CREATE TABLE many.t{n} (id int primary key, a varchar(9) UNIQUE, b json) ENGINE = MyISAM;");
        server.execute(&(made..tables).map(create).collect::<String>()).await;
        made = tables;
        server.execute("TRUNCATE mysql.general_log").await;
        let mut options = options(server);
        (options["user"], options["password"]) = (json!("counted"), json!("pw"));
        let (connector, remote_calls) = open(server.product, options).await.expect("a connector");
        let schemas = harvest(&*connector, &Scope::default()).await.expect("a harvest");
        assert_eq!(relation(&schemas[0], Relation::Tables, &["name"]).len(), tables);
        assert_eq!(relation(&schemas[0], Relation::Columns, &["name"]).len(), 3 * tables);
        let sql = "SELECT count(*) FROM mysql.general_log WHERE user_host LIKE 'counted%' AND command_type NOT IN ('Connect', 'Quit')";
        let row = sqlx::raw_sql(sql).fetch_one(&mut server.connect().await).await.expect("a count");
        let statements: u64 = row.try_get_unchecked(0).expect("a number");
        // One more call is the connection itself.
        assert_eq!(remote_calls.total(), statements + 1);
        counts.push(statements);
    }
    server.execute("SET GLOBAL general_log = OFF").await;
    assert!(counts[0] == counts[1] && counts[0] <= 12, "{counts:?} statements");
}
