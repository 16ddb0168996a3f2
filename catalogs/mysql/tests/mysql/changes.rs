//! Whether a refresh is needed is known without one.

use libtest_mimic::Trial;
use serde_json::json;
use sqlx::Row;

use crate::fixture::{Source, open, options, source, source_of};
use crate::server::{Product, Server, execute};
use crate::trial_alone;

/// On servers of their own: they look at what anybody changes anywhere.
pub(crate) fn trials() -> Vec<Trial> {
    let on = |product| trial_alone(product, "changes::every_change_is_noticed_and_nothing_else", every_change_is_noticed_and_nothing_else);
    [Product::MariaDb, Product::MySql].into_iter().map(on).collect()
}

async fn fingerprint(source: &Source) -> String {
    source.connector.fingerprint().await.expect("an answer").expect("a fingerprint")
}

async fn every_change_is_noticed_and_nothing_else(server: &Server) {
    server.execute("CREATE USER watcher@'%' IDENTIFIED BY 'pw'; CREATE USER blind@'%' IDENTIFIED BY 'pw'").await;
    server.execute("GRANT PROCESS, SELECT ON *.* TO watcher@'%'; GRANT SELECT ON *.* TO blind@'%'").await;
    let made = source(server, "watched", "CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1);").await;
    server.execute("CREATE PROCEDURE watched.changing() CREATE TABLE watched.in_routine (a int)").await;
    let watcher = source_of(server, "watched", json!({"user": "watcher", "password": "pw"})).await;
    let mut last = fingerprint(&watcher).await;
    assert!(last.len() < 2_000, "{last}");
    assert_ne!(last, fingerprint(&made).await, "another login sees other things");
    what_is_no_change(server, &watcher, &last).await;
    let mut connection = server.connect().await;
    execute(&mut connection, "USE watched").await;
    for change in [
        "CREATE TABLE u (a int)",
        "ALTER TABLE t ADD c int",
        "ALTER TABLE t COMMENT 'another one'",
        "ALTER TABLE t MODIFY c int COMMENT 'new'",
        "CREATE INDEX i ON t (b)",
        "DROP INDEX i ON t",
        "RENAME TABLE u TO v",
        "CREATE VIEW w AS SELECT 1",
        "CREATE OR REPLACE VIEW w AS SELECT 2",
        "DROP VIEW w",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 1",
        "DROP TRIGGER x",
        "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
        "ALTER FUNCTION f COMMENT 'one'",
        "DROP FUNCTION f",
        "CREATE DATABASE another",
        "ALTER DATABASE another CHARACTER SET latin1",
        "DROP DATABASE another",
        "GRANT INSERT ON watched.t TO blind@'%'",
        "REVOKE INSERT ON watched.t FROM blind@'%'",
        "CREATE ROLE part",
        "DROP TABLE v",
        "PREPARE s FROM 'CREATE TABLE prepared (a int)'; EXECUTE s",
        "CALL watched.changing()",
        "CREATE TABLE selected AS SELECT * FROM t",
    ] {
        execute(&mut connection, change).await;
        let now = fingerprint(&watcher).await;
        assert_ne!(last, now, "{change}");
        last = now;
    }
    // By the protocol of prepared statements.
    sqlx::query("CREATE TABLE by_protocol (a int)").execute(&mut connection).await.expect("a table");
    assert_ne!(last, fingerprint(&watcher).await);
    if server.product == Product::MariaDb {
        let before = fingerprint(&watcher).await;
        execute(&mut connection, "CREATE SEQUENCE s").await;
        assert_ne!(before, fingerprint(&watcher).await);
    }
    a_change_that_runs_is_noticed_twice(server, &watcher).await;
    asking_takes_few_statements(server).await;
    let blind = source_of(server, "watched", json!({"user": "blind", "password": "pw"})).await;
    assert_eq!(blind.connector.fingerprint().await.expect("an answer"), None);
}

async fn what_is_no_change(server: &Server, watcher: &Source, last: &str) {
    server.execute("INSERT INTO watched.t VALUES (2, 2); UPDATE watched.t SET b = 5; DELETE FROM watched.t; SELECT * FROM watched.t").await;
    if server.product == Product::MariaDb {
        server.execute("CREATE TEMPORARY TABLE watched.mine (a int); DROP TEMPORARY TABLE watched.mine").await;
    }
    watcher.harvest().await;
    assert_eq!(last, fingerprint(watcher).await);
    // Neither does time change it, nor another session.
    let options = json!({"user": "watcher", "password": "pw"});
    for _ in 0..3 {
        assert_eq!(last, fingerprint(&source_of(server, "watched", options.clone()).await).await);
    }
}

/// A harvest that reads while a table is being altered sees the old one.
async fn a_change_that_runs_is_noticed_twice(server: &Server, watcher: &Source) {
    let before = fingerprint(watcher).await;
    let (mut reader, mut changer) = (server.connect().await, server.connect().await);
    execute(&mut reader, "START TRANSACTION; SELECT * FROM watched.t").await;
    let during = {
        let changing = execute(&mut changer, "ALTER TABLE watched.t ADD late int");
        let mut changing = std::pin::pin!(changing);
        loop {
            tokio::select! {
                () = &mut changing => panic!("the table is being read"),
                now = fingerprint(watcher) => if now != before { break now },
            }
        }
    };
    // The statement was given up; the server goes on with it as soon as it may.
    execute(&mut reader, "COMMIT").await;
    let started = std::time::Instant::now();
    while fingerprint(watcher).await == during {
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{during}");
        tokio::task::yield_now().await;
    }
}

async fn asking_takes_few_statements(server: &Server) {
    let mut options = options(server);
    (options["user"], options["password"]) = (json!("watcher"), json!("pw"));
    let (connector, remote_calls) = open(server.product, options).await.expect("a connector");
    connector.fingerprint().await.expect("an answer");
    server.execute("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON").await;
    let before = remote_calls.total();
    connector.fingerprint().await.expect("an answer");
    server.execute("SET GLOBAL general_log = OFF").await;
    let sql = "SELECT count(*) FROM mysql.general_log WHERE user_host LIKE 'watcher%'";
    let row = sqlx::raw_sql(sql).fetch_one(&mut server.connect().await).await.expect("a count");
    let statements: u64 = row.try_get_unchecked(0).expect("a number");
    // The third call asks whether the idle connection lives.
    assert_eq!((statements, remote_calls.total() - before), (2, 3));
}
