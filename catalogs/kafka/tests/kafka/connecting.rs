//! Logins, the connection test, and what is said when there is no way in.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::Stage;

use crate::fixture::{Source, open, source};
use crate::server::{Server, value};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "connecting::stages_are_told", stages_are_told),
        trial(shared, "connecting::logins_are_those_of_sasl", logins_are_those_of_sasl),
        trial(shared, "connecting::a_wrong_password_is_told", a_wrong_password_is_told),
        trial(shared, "connecting::connections_are_encrypted", connections_are_encrypted),
        trial(shared, "connecting::a_stranger_is_not_trusted", a_stranger_is_not_trusted),
        trial(shared, "connecting::a_closed_port_is_told", a_closed_port_is_told),
    ]
}

async fn login(server: &Server, mechanism: &str, user: &str, password: &str) -> Source {
    let options = json!({
        "bootstrap_servers": format!("127.0.0.1:{}", server.sasl_port), "security_protocol": "sasl_plaintext",
        "sasl_mechanism": mechanism, "sasl_username": user, "sasl_password": password,
    });
    open(options).await.expect("a connector")
}

async fn stages_are_told(server: &Server) {
    let source = source(server).await;
    let stages = source.connector.test().await;
    let names: Vec<Stage> = stages.iter().map(|stage| stage.stage).collect();
    assert_eq!(names, [Stage::Resolve, Stage::Connect, Stage::Authenticate, Stage::Query]);
    assert!(stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
    assert_eq!(stages[2].outcome.as_deref().ok(), Some("no login, not encrypted"));
    assert!(source.remote_calls.total() >= 3);
}

async fn logins_are_those_of_sasl(server: &Server) {
    server.create("logins", 1, &[]).await;
    server.send("logins", &[value("a")]);
    for (mechanism, user, password) in
        [("PLAIN", "alice", "alice-secret"), ("SCRAM-SHA-256", "carol", "carol-secret"), ("SCRAM-SHA-512", "carol", "carol-secret")]
    {
        let source = login(server, mechanism, user, password).await;
        assert_eq!(source.rows_of("logins", &["_value"]).await, ["a"], "{mechanism}");
    }
}

async fn a_wrong_password_is_told(server: &Server) {
    for (mechanism, user) in [("PLAIN", "alice"), ("SCRAM-SHA-512", "carol")] {
        let source = login(server, mechanism, user, "wrong-secret").await;
        let error = source.harvest().await.expect_err("no way in");
        assert_eq!(error.code, Code::Password, "{error:?}");
        assert!(!format!("{error:?}").contains("wrong-secret"), "{error:?}");
        let stages = source.connector.test().await;
        let last = stages.last().expect("a stage");
        assert_eq!((last.stage, last.outcome.is_err()), (Stage::Authenticate, true), "{stages:?}");
    }
}

async fn connections_are_encrypted(server: &Server) {
    server.create("encrypted", 1, &[]).await;
    server.send("encrypted", &[value("a")]);
    let key = std::fs::read_to_string(server.certificate("client.key")).expect("a key");
    let by_certificate = json!({
        "bootstrap_servers": format!("localhost:{}", server.ssl_port), "security_protocol": "ssl",
        "ssl_ca": server.certificate("ca.crt"), "ssl_certificate": server.certificate("client.crt"), "ssl_key": key,
    });
    let source = open(by_certificate).await.expect("a connector");
    assert_eq!(source.rows_of("encrypted", &["_value"]).await, ["a"]);
    let stages = source.connector.test().await;
    assert!(stages.iter().any(|stage| stage.outcome.as_deref().is_ok_and(|told| told == "no login, encrypted")), "{stages:?}");
    let authority = std::fs::read_to_string(server.certificate("ca.crt")).expect("a certificate");
    for (mechanism, user, password) in [("PLAIN", "alice", "alice-secret"), ("SCRAM-SHA-512", "carol", "carol-secret")] {
        let by_login = json!({
            "bootstrap_servers": format!("localhost:{}", server.sasl_ssl_port), "security_protocol": "sasl_ssl", "ssl_ca": authority,
            "sasl_mechanism": mechanism, "sasl_username": user, "sasl_password": password,
        });
        let source = open(by_login).await.expect("a connector");
        assert_eq!(source.rows_of("encrypted", &["_value"]).await, ["a"], "{mechanism}");
    }
}

async fn a_stranger_is_not_trusted(server: &Server) {
    let options = |host: &str, more: serde_json::Value| {
        let mut options = json!({
            "bootstrap_servers": format!("{host}:{}", server.sasl_ssl_port), "security_protocol": "sasl_ssl",
            "sasl_username": "alice", "sasl_password": "alice-secret",
        });
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        options
    };
    let (ca, other) = (server.certificate("ca.crt"), server.certificate("other.crt"));
    for refused in [
        options("localhost", json!({"ssl_ca": other})),
        // The authorities of the machine did not sign it.
        options("localhost", json!({})),
        options("127.0.0.1", json!({"ssl_ca": ca})),
    ] {
        let source = open(refused.clone()).await.expect("a connector");
        let error = source.harvest().await.expect_err("no trust");
        assert!(error.code == Code::Unreachable && error.message.contains("could not encrypt"), "{refused}: {error:?}");
    }
    let of_any_host = options("127.0.0.1", json!({"ssl_ca": ca, "ssl_any_host": true}));
    assert!(open(of_any_host).await.expect("a connector").harvest().await.is_ok());
    let no_certificate = options("localhost", json!({"ssl_ca": "/nowhere"}));
    let error = open(no_certificate).await.expect("a connector").harvest().await.expect_err("no such file");
    assert!(error.code == Code::InvalidArgument && !format!("{error:?}").contains("alice-secret"), "{error:?}");
}

async fn a_closed_port_is_told(_: &Server) {
    let source = open(json!({"bootstrap_servers": "127.0.0.1:1"})).await.expect("a connector");
    for _ in 0..3 {
        let error = source.harvest().await.expect_err("nobody is there");
        assert_eq!((error.code, error.retryable), (Code::Unreachable, true), "{error:?}");
    }
    let before = source.remote_calls.total();
    let error = source.harvest().await.expect_err("a pause");
    assert!(error.hint.is_some_and(|hint| hint.contains("tries again")));
    assert_eq!(source.remote_calls.total(), before);
    let stages = source.connector.test().await;
    assert_eq!(stages.last().map(|stage| (stage.stage, stage.outcome.is_err())), Some((Stage::Connect, true)));
}
