//! The connection test says at which stage and why, and a source that cannot be reached says so at once.

use std::time::Instant;

use serde_json::json;
use spi::connector::{Connector, Scope, Stage, TestStage};
use spi::{Code, Error};

use crate::fixture::{database, harvest, new_database, open, options, with};
use crate::server;

fn names(stages: &[TestStage]) -> Vec<&str> {
    stages.iter().map(|stage| stage.stage.name()).collect()
}

fn last_error(stages: &[TestStage]) -> (Stage, &Error) {
    let last = stages.last().expect("a stage");
    (last.stage, last.outcome.as_ref().expect_err("a failure"))
}

async fn refresh_error(connector: &dyn Connector) -> Error {
    harvest(connector, &Scope::default()).await.expect_err("a failure")
}

#[tokio::test]
async fn a_good_connection_passes_every_stage() {
    let Some(fixture) = database("").await else { return };
    let stages = fixture.connector.test().await;
    assert_eq!(names(&stages), ["resolve", "connect", "tls", "authenticate", "query"]);
    let outcomes: Vec<&String> = stages.iter().map(|stage| stage.outcome.as_ref().expect("a success")).collect();
    assert!(outcomes[4].starts_with("PostgreSQL "), "{outcomes:?}");
}

#[tokio::test]
async fn a_wrong_login_is_told_apart() {
    let Some(server) = server::shared() else { return };
    for (more, code, sqlstate) in [
        (json!({"password": "wrong"}), Code::Password, "28P01"),
        (json!({"user": "nobody_of_this_name"}), Code::Password, "28P01"),
        (json!({"database": "no_such_database"}), Code::UndefinedDatabase, "3D000"),
    ] {
        let connector = open(with(options(server, "postgres"), more)).await.expect("a connector");
        let stages = connector.test().await;
        let (stage, error) = last_error(&stages);
        assert_eq!((stage, error.code, error.code.sqlstate()), (Stage::Authenticate, code, sqlstate));
        assert!(error.message.contains("data source \"shop\""), "{error}");
        assert_eq!(refresh_error(&*connector).await.code, code);
    }
}

#[tokio::test]
async fn an_unknown_host_ends_at_resolving() {
    let connector = open(json!({"host": "no-such-host.invalid", "database": "d", "user": "u"})).await.expect("a connector");
    let stages = connector.test().await;
    let (stage, error) = last_error(&stages);
    assert_eq!((stages.len(), stage, error.code), (1, Stage::Resolve, Code::Unreachable));
}

#[tokio::test]
async fn a_server_that_is_down_is_not_asked_again_and_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let connector = open(json!({"host": "127.0.0.1", "port": port, "database": "d", "user": "u"})).await.expect("a connector");
    let stages = connector.test().await;
    let (stage, error) = last_error(&stages);
    assert_eq!((names(&stages), stage, error.code), (vec!["resolve", "connect"], Stage::Connect, Code::Unreachable));
    assert_eq!(error.detail.as_deref(), Some(format!("Connection to 127.0.0.1:{port} was refused.").as_str()));
    for _ in 0..3 {
        let error = refresh_error(&*connector).await;
        assert_eq!((error.code, error.detail), (Code::Unreachable, Some(format!("Connection to 127.0.0.1:{port} was refused."))));
    }
    let error = refresh_error(&*connector).await;
    assert_eq!(error.code, Code::Unreachable);
    assert!(error.hint.expect("a hint").contains("The gateway tries again every 5 s."));
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_the_connect_timeout() {
    // A listener that nobody accepts from: connecting succeeds, and then nothing comes.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let options = json!({"host": "127.0.0.1", "port": port, "database": "d", "user": "u", "connect_timeout": 1});
    let connector = open(options).await.expect("a connector");
    let started = Instant::now();
    let error = refresh_error(&*connector).await;
    assert_eq!(error.code, Code::Unreachable);
    assert!(error.detail.expect("a detail").contains("had not answered after 1 s"));
    assert!(started.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn a_server_without_room_says_so() {
    let Some(server) = server::shared() else { return };
    let name = new_database(server, "").await;
    let mut admin = crate::fixture::login(server, "postgres").await;
    let role = format!("CREATE ROLE {name} LOGIN PASSWORD 'secret' CONNECTION LIMIT 0");
    crate::fixture::run(&mut admin, &role).await;
    let connector = open(with(options(server, &name), json!({"user": name, "password": "secret"}))).await.expect("a connector");
    assert_eq!(refresh_error(&*connector).await.code, Code::TooManyConnections);
}
