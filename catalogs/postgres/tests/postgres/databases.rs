//! The databases of a server.

use serde_json::{Value, json};

use crate::fixture::{login, new_database, open, options, run, with};
use crate::server;

#[tokio::test]
async fn databases_that_the_role_may_connect_to_are_listed() {
    let Some(server) = server::shared() else { return };
    let open_one = new_database(server, "CREATE TABLE t (a int)").await;
    let closed = new_database(server, "").await;
    let template = new_database(server, "").await;
    let role = format!("{open_one}_role");
    let sql = format!(
        "REVOKE CONNECT ON DATABASE {closed} FROM PUBLIC; ALTER DATABASE {template} IS_TEMPLATE true; CREATE ROLE {role} LOGIN PASSWORD 'secret'"
    );
    run(&mut login(server, "postgres").await, &sql).await;
    let listed =
        async |more: Value| open(with(options(server, &open_one), more)).await.expect("a connector").databases().await.expect("a list");

    let all = listed(json!({"databases": "*"})).await.expect("a source of the whole server");
    assert!(all.contains(&open_one) && all.contains(&closed) && all.contains(&"postgres".to_owned()));
    assert!(!all.contains(&template) && !all.contains(&"template0".to_owned()) && !all.contains(&"template1".to_owned()));
    assert!(all.is_sorted());
    let own = listed(json!({"databases": "*", "user": role, "password": "secret"})).await.expect("a source of the whole server");
    assert!(own.contains(&open_one) && !own.contains(&closed));
    assert_eq!(listed(json!({})).await, None, "a source of one database");
    run(&mut login(server, "postgres").await, &format!("ALTER DATABASE {template} IS_TEMPLATE false; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn a_source_of_a_whole_server_has_no_tables_of_its_own() {
    let Some(server) = server::shared() else { return };
    let database = new_database(server, "CREATE TABLE t (a int)").await;
    let connector = open(with(options(server, &database), json!({"databases": "*"}))).await.expect("a connector");
    assert!(crate::fixture::harvest(&*connector, &Default::default()).await.expect("a harvest").is_empty());
    assert_eq!(connector.fingerprint().await.expect("an answer"), None);
    assert!(connector.test().await.iter().all(|stage| stage.outcome.is_ok()));
}
