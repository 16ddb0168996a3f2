//! The connection test says at which stage and why, and a source that cannot be reached says so at once.

use serde_json::json;
use spi::connector::{Connector, Scope, Stage, TestStage};
use spi::{Code, Error};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::fixture::{harvest, open, options, with};
use crate::imitation::{Answer, Behavior, Imitation, Type, text};

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

/// A port at which nobody listens.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port()
}

#[tokio::test]
async fn a_good_connection_passes_every_stage() {
    let version = Answer::Rows(vec![Type::Text, Type::Text], vec![vec![text("16.0.4035.4"), text("Developer Edition")]]);
    let server = Imitation::start(Behavior { answers: vec![("SERVERPROPERTY", version)], ..Behavior::default() }).await;
    let stages = open(options(&server)).await.expect("a connector").test().await;
    assert_eq!(names(&stages), ["resolve", "connect", "tls", "authenticate", "query"]);
    let outcomes: Vec<&str> = stages.iter().map(|stage| stage.outcome.as_ref().expect("a success").as_str()).collect();
    assert_eq!(outcomes[2..], ["not used", "logged in as \"reader\"", "SQL Server 16.0.4035.4, Developer Edition"]);
    let [login] = &server.logins()[..] else { panic!("one login") };
    assert!(login.contains("reader") && login.contains("shop") && login.contains("metagate"), "{login}");
    // The protocol turns the bytes of passwords over.
    assert!(!login.contains("secret"), "{login}");
    assert!(server.statements()[0].contains("SET TEXTSIZE 2147483647"), "{:?}", server.statements());
}

#[tokio::test]
async fn a_wrong_login_is_told_apart() {
    for (number, message, code, sqlstate) in [
        (18456, "Login failed for user 'reader'.", Code::Password, "28P01"),
        (18486, "Login failed for user 'reader' because the account is currently locked out.", Code::Authorization, "28000"),
        (4060, "Cannot open database \"shop\" requested by the login. The login failed.", Code::UndefinedDatabase, "3D000"),
        (10928, "Resource ID: 1. The request limit for the database is 60 and has been reached.", Code::TooManyConnections, "53300"),
    ] {
        let server = Imitation::start(Behavior { refuses: Some((number, message)), ..Behavior::default() }).await;
        let connector = open(options(&server)).await.expect("a connector");
        let stages = connector.test().await;
        let (stage, error) = last_error(&stages);
        assert_eq!((stage, error.code, error.code.sqlstate()), (Stage::Authenticate, code, sqlstate));
        assert!(error.detail.as_deref().is_some_and(|detail| detail.contains(message.trim_end_matches('.'))), "{error}");
        assert!(error.message.contains("data source \"shop\"") && error.hint.is_some() && !format!("{error:?}").contains("secret"));
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
    let port = closed_port();
    let connector = open(json!({"host": "127.0.0.1", "port": port, "database": "d", "user": "u"})).await.expect("a connector");
    let stages = connector.test().await;
    let (stage, error) = last_error(&stages);
    assert_eq!((names(&stages), stage, error.code.sqlstate()), (vec!["resolve", "connect"], Stage::Connect, "08001"));
    assert_eq!(error.detail.as_deref(), Some(format!("Connection to 127.0.0.1:{port} was refused.").as_str()));
    for _ in 0..3 {
        assert_eq!(refresh_error(&*connector).await.code, Code::Unreachable);
    }
    let error = refresh_error(&*connector).await;
    assert_eq!((error.code, error.retryable), (Code::Unreachable, true));
    assert!(error.hint.expect("a hint").contains("The gateway tries again every 5 s."));
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_the_connect_timeout() {
    // Connecting succeeds, and then nothing comes.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let options = json!({"host": "127.0.0.1", "port": port, "database": "d", "user": "u", "connect_timeout": 1});
    let error = refresh_error(&*open(options).await.expect("a connector")).await;
    assert_eq!(error.code, Code::Unreachable);
    assert!(error.detail.expect("a detail").contains("had not answered after 1 s"));
}

#[tokio::test]
async fn something_else_is_no_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // The test of the stage before has gone already.
            let _ = socket.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").await;
        }
    });
    let stages = open(json!({"host": "127.0.0.1", "port": port, "database": "d", "user": "u"})).await.expect("a connector").test().await;
    let (stage, error) = last_error(&stages);
    assert_eq!((stage, error.code), (Stage::Tls, Code::Unreachable));
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("does not answer as a SQL Server")), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_does_not_pass_for_one_with() {
    let server = Imitation::start(Behavior::default()).await;
    for encrypt in ["true", "strict"] {
        let connector = open(with(options(&server), json!({"encrypt": encrypt, "connect_timeout": 2}))).await.expect("a connector");
        let stages = connector.test().await;
        let (stage, error) = last_error(&stages);
        assert_eq!((stage, error.code), (Stage::Tls, Code::Unreachable), "{encrypt}");
    }
    assert!(server.logins().is_empty());
}
