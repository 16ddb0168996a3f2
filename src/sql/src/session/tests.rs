//! Sessions as the wire drives them, over a gateway in memory.

mod shared_plans;
mod views;
mod writes;

use bytes::BytesMut;
use futures::TryStreamExt;
use spi::types::{PgType, oid};

use super::*;
use crate::answer::{Batch, Severity};
use crate::encode::{self, Style};
use crate::engine::EngineConfig;
use crate::testing;

async fn engine() -> Arc<Engine> {
    engine_of(testing::services().await)
}

fn engine_of(services: Arc<domain::Services>) -> Arc<Engine> {
    let config = EngineConfig { memory_limit_bytes: 64 << 20, spill_folder: std::env::temp_dir(), version: "0.0.0" };
    Engine::new(services, config).expect("an engine")
}

fn startup(database: &str) -> Startup {
    Startup {
        role: "admin".to_owned(),
        database: Some(database.to_owned()),
        settings: Vec::new(),
        client_addr: "127.0.0.1".to_owned(),
        pid: 7,
    }
}

async fn session() -> Session {
    engine().await.open_session(startup("metagate")).expect("a session")
}

/// The answers of a text's statements, up to the first error, as the simple protocol gives them.
async fn simple(session: &mut Session, text: &str) -> Vec<String> {
    let mut answers = Vec::new();
    match session.statements(text) {
        Err(error) => {
            session.fail();
            answers.push(shown_error(&error));
        }
        Ok(statements) => {
            for statement in statements {
                let shown = match session.run(statement).await {
                    Ok(answer) => show(answer).await,
                    Err(error) => Err(error),
                };
                let failed = shown.is_err();
                answers.push(shown.unwrap_or_else(|error| shown_error(&error)));
                if failed {
                    session.fail();
                    break;
                }
            }
        }
    }
    session.sync().await;
    answers
}

fn shown_error(error: &Error) -> String {
    format!("{}: {}", error.code.sqlstate(), error.message)
}

/// Rows as `a|b`, with commas between them; a tag as it is.
async fn show(answer: Answer) -> Result<String> {
    match answer {
        Answer::Rows { columns, batches, command } => Ok(format!("{command} {}", rows(&columns, batches.try_collect().await?)?.join(","))),
        Answer::Command { tag } => Ok(tag),
        Answer::CopyOut { columns, batches, .. } => Ok(format!("COPY {}", rows(&columns, batches.try_collect().await?)?.join(","))),
        Answer::Empty => Ok(String::new()),
    }
}

fn rows(columns: &[Column], batches: Vec<Batch>) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    let columns = with_formats(columns, &[])?;
    for batch in batches {
        let cells = encode::cells(&batch, &columns, &Style::default())?;
        for row in 0..batch.num_rows() {
            let text = |cell: &encode::Cell| {
                let mut out = BytesMut::new();
                cell.put(row, &mut out)?;
                Ok(String::from_utf8(out.to_vec()).expect("UTF-8"))
            };
            rows.push(cells.iter().map(text).collect::<Result<Vec<_>>>()?.join("|"));
        }
    }
    Ok(rows)
}

#[tokio::test]
async fn databases_exist_or_not() {
    let engine = engine().await;
    for name in ["metagate", "postgres"] {
        let mut session = engine.open_session(startup(name)).expect("a session");
        assert_eq!(simple(&mut session, "SELECT current_database()").await, ["SELECT metagate"]);
    }
    let error = engine.open_session(startup("nowhere")).err().expect("unknown");
    assert_eq!(shown_error(&error), "3D000: database \"nowhere\" does not exist");
    let error = engine.open_session(Startup { database: None, ..startup("") }).err().expect("no database admin");
    assert_eq!(shown_error(&error), "3D000: database \"admin\" does not exist");
    let wrong = Startup { settings: vec![("statement_timeout".to_owned(), "soon".to_owned())], ..startup("metagate") };
    assert_eq!(
        shown_error(&engine.open_session(wrong).err().expect("refused")),
        "22023: invalid value for parameter \"statement_timeout\": \"soon\""
    );
}

#[tokio::test]
async fn a_text_stops_at_its_first_error() {
    let mut session = session().await;
    assert_eq!(simple(&mut session, "SELECT 1; SELECT 2").await, ["SELECT 1", "SELECT 2"]);
    let answers = simple(&mut session, "SET lock_timeout = '5s'; INSERT INTO t VALUES (1); SELECT 2").await;
    assert_eq!(answers, ["SET", "42P01: relation \"t\" does not exist"]);
    assert_eq!(simple(&mut session, "SHOW lock_timeout").await, ["SHOW 0"]);
    assert_eq!(simple(&mut session, "").await, [""]);
    assert_eq!(simple(&mut session, "SELECT 1; SELEC").await, ["42601: syntax error at or near \"SELEC\""]);
}

#[tokio::test]
async fn transactions_have_postgresqls_states() {
    let mut session = session().await;
    assert_eq!(simple(&mut session, "BEGIN; SAVEPOINT a").await, ["BEGIN", "SAVEPOINT"]);
    assert_eq!(session.transaction_status(), TransactionStatus::InTransaction);
    assert_eq!(simple(&mut session, "SELECT 1 +").await, ["42601: syntax error at end of input"]);
    assert_eq!(session.transaction_status(), TransactionStatus::Failed);
    let aborted = "25P02: current transaction is aborted, commands ignored until end of transaction block";
    assert_eq!(simple(&mut session, "SELECT 1").await, [aborted]);
    assert_eq!(simple(&mut session, "ROLLBACK TO a; SELECT 1").await, ["ROLLBACK", "SELECT 1"]);
    assert_eq!(simple(&mut session, "NOTIFY x").await, ["0A000: NOTIFY is not supported"]);
    assert_eq!(simple(&mut session, "COMMIT").await, ["ROLLBACK"]);
    assert_eq!(session.transaction_status(), TransactionStatus::Idle);
    assert_eq!(simple(&mut session, "COMMIT").await, ["COMMIT"]);
    let notices = session.take_notices();
    assert_eq!((notices.len(), notices[0].severity, notices[0].code), (1, Severity::Warning, "25P01"));
}

#[tokio::test]
async fn administration_is_refused_inside_a_block_and_in_read_only_transactions() {
    let mut session = session().await;
    assert_eq!(
        simple(&mut session, "BEGIN; CALL pause_datasource('x')").await[1],
        "25001: CALL pause_datasource cannot run inside a transaction block"
    );
    simple(&mut session, "ROLLBACK; SET default_transaction_read_only = on").await;
    assert_eq!(simple(&mut session, "CREATE ROLE bob").await, ["25006: cannot execute CREATE ROLE in a read-only transaction"]);
    assert_eq!(simple(&mut session, "DROP TABLE t").await, ["25006: cannot execute DROP TABLE in a read-only transaction"]);
    assert_eq!(simple(&mut session, "SET default_transaction_read_only = off; CREATE ROLE bob").await, ["SET", "CREATE ROLE"]);
}

#[tokio::test]
async fn settings_are_shown_set_and_reported() {
    let mut session = session().await;
    assert!(session.reported_settings().contains(&("is_superuser", "on".to_owned())));
    assert_eq!(simple(&mut session, "SET TIME ZONE 'Europe/Berlin'; SHOW timezone").await, ["SET", "SHOW Europe/Berlin"]);
    assert_eq!(session.take_changed_settings(), [("TimeZone", "Europe/Berlin".to_owned())]);
    assert!(session.take_changed_settings().is_empty());
    assert_eq!(
        simple(&mut session, "BEGIN; SET LOCAL statement_timeout = '1min'; SHOW statement_timeout; COMMIT; SHOW statement_timeout").await,
        ["BEGIN", "SET", "SHOW 1min", "COMMIT", "SHOW 0",]
    );
    assert_eq!(simple(&mut session, "SELECT set_config('my.tenant', '7', false); SHOW my.tenant").await, ["SELECT 7", "SHOW 7"]);
    assert_eq!(simple(&mut session, "SET nonsense = 1").await, ["42704: unrecognized configuration parameter \"nonsense\""]);
    assert_eq!(simple(&mut session, "SET server_version = '9'").await, ["55P02: parameter \"server_version\" cannot be changed"]);
    assert_eq!(simple(&mut session, "DISCARD ALL; SHOW TIME ZONE").await, ["DISCARD ALL", "SHOW UTC"]);
    assert_eq!(simple(&mut session, "SHOW my.tenant").await, ["42704: unrecognized configuration parameter \"my.tenant\""]);
}

#[tokio::test]
async fn cursors_are_read_a_few_rows_at_a_time() {
    let mut session = session().await;
    assert_eq!(
        simple(&mut session, "DECLARE c CURSOR FOR SELECT 1").await,
        ["25P01: DECLARE CURSOR can only be used in transaction blocks"]
    );
    let values = "VALUES (1), (2), (3)";
    assert_eq!(
        simple(&mut session, &format!("BEGIN; DECLARE c CURSOR FOR {values}; FETCH 2 FROM c; MOVE c; FETCH c")).await,
        ["BEGIN", "DECLARE CURSOR", "FETCH 1,2", "MOVE 1", "FETCH ",]
    );
    assert_eq!(simple(&mut session, "COMMIT; FETCH c").await, ["COMMIT", "34000: cursor \"c\" does not exist"]);
    assert_eq!(simple(&mut session, &format!("DECLARE h CURSOR WITH HOLD FOR {values}")).await, ["DECLARE CURSOR"]);
    assert_eq!(simple(&mut session, "FETCH ALL h; CLOSE h").await, ["FETCH 1,2,3", "CLOSE CURSOR"]);
}

#[tokio::test]
async fn prepared_statements_of_sql() {
    let mut session = session().await;
    let answers = simple(&mut session, "PREPARE p (int, text) AS SELECT $1 + 1, $2; EXECUTE p (1 + 1, 'x'); EXECUTE p (NULL, 7)").await;
    assert_eq!(answers, ["PREPARE", "SELECT 3|x", "SELECT |7"]);
    assert_eq!(simple(&mut session, "EXECUTE p (1)").await, ["42601: wrong number of parameters for prepared statement \"p\""]);
    assert_eq!(simple(&mut session, "PREPARE p AS SELECT 1").await, ["42P05: prepared statement \"p\" already exists"]);
    assert_eq!(simple(&mut session, "DEALLOCATE p; EXECUTE p").await, ["DEALLOCATE", "26000: prepared statement \"p\" does not exist"]);
}

/// Its plan is kept after the first run, for names, and cannot be for a condition on what is no name.
#[tokio::test]
async fn a_prepared_lookup_looks_up_the_names_of_each_run() {
    let mut session = session().await;
    let columns = "SELECT column_name FROM information_schema.columns WHERE table_catalog = 'metagate'";
    let by_name =
        format!("PREPARE p AS {columns} AND table_schema = $1 AND $2 IN (table_name) AND column_name LIKE 'o%' ORDER BY ordinal_position");
    assert_eq!(simple(&mut session, &by_name).await, ["PREPARE"]);
    for (values, rows) in [
        ("'admin', 'data_sources'", "SELECT oid"),
        ("'admin', 'audit_log'", "SELECT object"),
        ("'admin', 'data_sources'", "SELECT oid"),
        ("'admin', NULL", "SELECT "),
        ("'nowhere', 'data_sources'", "SELECT "),
    ] {
        assert_eq!(simple(&mut session, &format!("EXECUTE p ({values})")).await, [rows], "{values}");
    }
    let by_place = format!("PREPARE q AS {columns} AND table_name = $1 AND ordinal_position = $2 ORDER BY 1 LIMIT $2");
    assert_eq!(simple(&mut session, &by_place).await, ["PREPARE"]);
    let answers = simple(&mut session, "EXECUTE q ('data_sources', 1); EXECUTE q ('data_sources', 2)").await;
    assert_eq!(answers, ["SELECT name", "SELECT oid"]);
}

#[tokio::test]
async fn the_extended_protocol_describes_binds_and_runs() {
    let mut session = session().await;
    session.parse("s", "SELECT $1::int AS a, $2 AS b", &[]).await.expect("a statement");
    let (types, columns) = session.describe_statement("s").expect("described");
    assert_eq!(types, [oid::INT4, oid::TEXT]);
    let columns = columns.expect("columns");
    assert_eq!((columns[0].name.as_str(), columns[0].pg_type), ("a", PgType::new(oid::INT4)));
    let value = |format, bytes: &'static [u8]| Some(Parameter { format, bytes: bytes.into() });
    let values = vec![value(Format::Binary, &[0, 0, 0, 5]), value(Format::Text, b"x")];
    session.bind("", "s", values, vec![Format::Binary]).await.expect("a portal");
    assert_eq!(session.describe_portal("").expect("a portal").expect("columns")[1].format, Format::Binary);
    assert_eq!(show(session.execute("").await.expect("rows")).await.expect("rows"), "SELECT 5|x");
    session.sync().await;
    assert_eq!(session.describe_portal("").expect_err("closed").code, Code::UndefinedCursor);

    let error = session.bind("", "s", Vec::new(), Vec::new()).await.expect_err("too few values");
    assert_eq!(error.message, "bind message supplies 0 parameters, but prepared statement \"s\" requires 2");
    session.sync().await;
    session.parse("", "SHOW server_version", &[]).await.expect("a statement");
    assert_eq!(session.describe_statement("").expect("described").1.expect("columns")[0].name, "server_version");
    session.sync().await;
    let error = session.parse("", "SELECT 1; SELECT 2", &[]).await.expect_err("two");
    assert_eq!(error.message, "cannot insert multiple commands into a prepared statement");
    session.parse("c", "DECLARE x CURSOR WITH HOLD FOR SELECT $1::text", &[]).await.expect("a cursor with a parameter");
    session.bind("", "c", vec![value(Format::Text, b"y")], Vec::new()).await.expect("a portal");
    session.execute("").await.expect("a cursor");
    session.sync().await;
    assert_eq!(simple(&mut session, "FETCH x").await, ["FETCH y"]);
}

#[tokio::test]
async fn copies_and_plans() {
    let mut session = session().await;
    assert_eq!(simple(&mut session, "COPY (SELECT 1, 'x') TO STDOUT (FORMAT csv)").await, ["COPY 1|x"]);
    assert_eq!(simple(&mut session, "COPY (SELECT 1) TO '/tmp/x'").await, ["0A000: COPY to a file is not supported"]);
    assert!(simple(&mut session, "EXPLAIN SELECT 1").await[0].starts_with("EXPLAIN "));
    assert!(simple(&mut session, "EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1").await[0].contains("\"Node Type\""));
    assert_eq!(simple(&mut session, "EXPLAIN CALL p()").await, ["0A000: EXPLAIN works for queries and INSERT only"]);
}

#[tokio::test]
async fn statements_end_when_their_time_is_over() {
    let mut session = session().await;
    let endless = "SELECT count(*) FROM generate_series(1, 4000000000) a, generate_series(1, 1000000) b";
    let text = format!("SET statement_timeout = 1; {endless}");
    assert_eq!(simple(&mut session, &text).await[1], "57014: canceling statement due to statement timeout");
}

/// The longest chains that are accepted fit on the stack of a test's thread.
#[tokio::test]
async fn long_chains_do_not_exhaust_the_stack() {
    let mut session = session().await;
    let chain = vec!["1 = 2"; 1_000].join(" OR ");
    assert_eq!(simple(&mut session, &format!("SELECT {chain}")).await, ["SELECT f"]);
    let chain = vec!["n"; 240].join(" + ");
    assert_eq!(simple(&mut session, &format!("SELECT {chain} FROM (VALUES (1), (2)) t (n)")).await, ["SELECT 240,480"]);
    let chain = vec!["SELECT 1"; 250].join(" UNION ");
    assert_eq!(simple(&mut session, &chain).await, ["SELECT 1"]);
    let chain = vec!["1"; 100_000].join(" + ");
    assert_eq!(simple(&mut session, &format!("SELECT {chain}")).await, ["54000: statement is nested too deeply"]);
}

#[test]
fn formats_are_for_none_all_or_each() {
    let columns = [Column::new("a", PgType::new(oid::INT4)), Column::new("b", PgType::new(oid::TEXT))];
    let chosen =
        |formats: &[Format]| with_formats(&columns, formats).map(|columns| columns.iter().map(|column| column.format).collect::<Vec<_>>());
    assert_eq!(chosen(&[]).expect("text"), [Format::Text, Format::Text]);
    assert_eq!(chosen(&[Format::Binary]).expect("all"), [Format::Binary, Format::Binary]);
    assert_eq!(chosen(&[Format::Text, Format::Binary]).expect("each"), [Format::Text, Format::Binary]);
    let error = chosen(&[Format::Text; 3]).expect_err("too many");
    assert_eq!(error.message, "bind message has 3 result formats but query has 2 columns");
}
