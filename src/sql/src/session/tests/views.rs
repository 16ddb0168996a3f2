//! Views of a data source whose queries the gateway runs.

use serde_json::json;

use super::*;

async fn session_with(views: serde_json::Value) -> Session {
    let mut session = session().await;
    let created = simple(&mut session, &format!("CALL create_datasource('shop', 'fake', $${}$$)", json!({"views": views}))).await;
    assert!(created.last().is_some_and(|answer| answer.starts_with("CALL")), "{created:?}");
    session
}

async fn check(session: &mut Session, text: &str, expected: &str) {
    assert_eq!(simple(session, text).await.join("\n"), expected, "{text}");
}

#[tokio::test]
async fn a_view_reads_what_its_query_says() {
    let mut session = session_with(json!({
        "two": "SELECT 1, 'x' UNION ALL SELECT 2, NULL",
        "above": "SELECT \"two\".\"id\" + 10 AS \"id\", count(*) AS \"name\" FROM \"main\".\"two\" GROUP BY \"two\".\"id\"",
        "far": "SELECT \"id\", \"name\" FROM \"main\".\"t\"",
    }))
    .await;
    check(&mut session, "SELECT * FROM shop.main.two ORDER BY id", "SELECT 1|x,2|").await;
    check(
        &mut session,
        "SELECT a.name, b.id FROM shop.main.two a JOIN shop.main.above b ON a.id + 10 = b.id ORDER BY 2",
        "SELECT x|11,|12",
    )
    .await;
    check(
        &mut session,
        "SELECT count(*) FROM shop.main.above WHERE EXISTS (SELECT 1 FROM shop.main.two WHERE id = above.id - 10)",
        "SELECT 2",
    )
    .await;
    let prepared = "PREPARE of(int) AS SELECT name FROM shop.main.two WHERE id = $1; EXECUTE of(1)";
    check(&mut session, prepared, "PREPARE\nSELECT x").await;
    check(&mut session, "SELECT name FROM shop.main.far", "08001: there is nothing to read").await;
}

#[tokio::test]
async fn what_a_sort_needs_is_known_below_a_view() {
    let mut session = session_with(json!({"far": "SELECT \"id\", \"name\" FROM \"main\".\"t\""})).await;
    simple(&mut session, "PREPARE newest(bigint) AS SELECT name FROM shop.main.far ORDER BY id DESC, name LIMIT $1 OFFSET 2").await;
    for (setting, is_told) in [("off", false), ("on", true)] {
        simple(&mut session, &format!("SET metagate.enable_pushdown = {setting}")).await;
        let explained = simple(&mut session, "EXPLAIN EXECUTE newest(3)").await.join("\n");
        assert!(explained.contains("table=main.t, columns=[id, name]"), "{explained}");
        assert_eq!(explained.contains("request=the first 5 by id"), is_told, "{explained}");
    }
}

#[tokio::test]
async fn columns_of_an_answer_are_those_of_the_view() {
    let mut session = session_with(json!({"one": "SELECT 1, 'x'"})).await;
    let statement = session.statements("SELECT id, name, id + 1 FROM shop.main.one").expect("a statement").remove(0);
    let Ok(Answer::Rows { columns, .. }) = session.run(statement).await else { panic!("rows") };
    let origins: Vec<_> = columns.iter().map(|column| (column.table_oid > 0, column.attribute_number)).collect();
    assert_eq!(origins, [(true, 1), (true, 2), (false, 0)]);
    // What the query gives is text.
    assert_eq!(columns[1].pg_type, PgType::varchar(5));
}

#[tokio::test]
async fn a_view_that_cannot_be_run_says_why() {
    let mut session = session_with(json!({
        "narrow": "SELECT 1",
        "circle": "SELECT * FROM \"main\".\"circle\"",
        "lost": "SELECT \"id\", \"name\" FROM \"main\".\"gone\"",
    }))
    .await;
    check(&mut session, "SELECT * FROM shop.main.narrow", "42703: could not run view \"main.narrow\" of data source \"shop\"").await;
    check(&mut session, "SELECT * FROM shop.main.circle", "54000: could not run view \"main.circle\" of data source \"shop\"").await;
    check(&mut session, "SELECT * FROM shop.main.lost", "42P01: could not run view \"main.lost\" of data source \"shop\"").await;
}
