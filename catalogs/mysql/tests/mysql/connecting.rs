//! The way to the server: its stages, its errors, TLS, and the session that results.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use spi::Code;
use spi::connector::{Scope, Stage, TestStage};

use crate::fixture::{harvest, open, options, session_request, source};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "connecting::a_test_passes_every_stage", a_test_passes_every_stage),
        trial_on(Product::MySql, shared, "connecting::a_test_passes_every_stage", a_test_passes_every_stage),
        trial(shared, "connecting::a_failed_stage_says_why", a_failed_stage_says_why),
        trial_on(Product::MySql, shared, "connecting::a_failed_stage_says_why", a_failed_stage_says_why),
        trial(shared, "connecting::certificates_are_verified", certificates_are_verified),
        trial_on(Product::MySql, shared, "connecting::certificates_are_verified", certificates_are_verified),
        trial(shared, "connecting::a_login_may_insist_on_tls", a_login_may_insist_on_tls),
        trial(shared, "connecting::sessions_are_read_only_and_in_utc", sessions_are_read_only_and_in_utc),
        trial(shared, "connecting::options_are_checked", options_are_checked),
    ]
}

async fn test(server: &Server, more: Value) -> Vec<TestStage> {
    let mut options = options(server);
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    open(server.product, options).await.expect("a connector").0.test().await
}

fn names(stages: &[TestStage]) -> Vec<Stage> {
    stages.iter().map(|stage| stage.stage).collect()
}

fn found(stages: &[TestStage], stage: Stage) -> &str {
    let stage = stages.iter().find(|one| one.stage == stage).expect("the stage");
    stage.outcome.as_ref().unwrap_or_else(|error| panic!("{:?}: {error}", stage.stage))
}

async fn a_test_passes_every_stage(server: &Server) {
    let stages = test(server, json!({})).await;
    assert_eq!(names(&stages), [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Authenticate, Stage::Query]);
    assert_eq!(found(&stages, Stage::Resolve), "127.0.0.1");
    assert!(found(&stages, Stage::Tls).starts_with("TLS_"), "{stages:?}");
    assert!(
        found(&stages, Stage::Authenticate).starts_with(match server.product {
            Product::MariaDb => "logged in to MariaDB 10.",
            Product::MySql => "logged in to MySQL 8.",
        }),
        "{stages:?}"
    );
    assert!(found(&stages, Stage::Query).ends_with(" databases"));
    let stages = test(server, json!({"ssl_mode": "disabled"})).await;
    assert_eq!(found(&stages, Stage::Tls), "not used");
}

async fn a_failed_stage_says_why(server: &Server) {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    for (more, stage, code, detail) in [
        (json!({"host": "nowhere.invalid"}), Stage::Resolve, Code::Unreachable, "The name \"nowhere.invalid\" was not found".to_owned()),
        (json!({"port": closed}), Stage::Connect, Code::Unreachable, format!("Connection to 127.0.0.1:{closed} was refused.")),
        (
            json!({"password": "wrong"}),
            Stage::Authenticate,
            Code::Password,
            format!("127.0.0.1:{} says: Access denied for user 'root'", server.port),
        ),
        (
            json!({"user": "nobody"}),
            Stage::Authenticate,
            Code::Password,
            format!("127.0.0.1:{} says: Access denied for user 'nobody'", server.port),
        ),
    ] {
        let stages = test(server, more.clone()).await;
        let last = stages.last().expect("a stage");
        let error = last.outcome.as_ref().expect_err("a failure");
        assert_eq!((last.stage, error.code), (stage, code), "{more} {error}");
        assert!(error.detail.as_deref().is_some_and(|text| text.starts_with(&detail)), "{error}");
        assert!(error.hint.is_some() && !format!("{error:?}").contains("wrong"));
        assert!(stages[..stages.len() - 1].iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
    }
    let mut options = options(server);
    options["port"] = json!(closed);
    let (connector, _) = open(server.product, options).await.expect("a connector");
    let error = harvest(&*connector, &Scope::default()).await.expect_err("nobody is there");
    assert_eq!((error.code, error.message.as_str()), (Code::Unreachable, "could not reach data source \"shop\""));
}

async fn certificates_are_verified(server: &Server) {
    let file = |name: &str| server.folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (ca, other) = (file("ca.crt"), file("other.crt"));
    let pem = std::fs::read_to_string(&ca).expect("a file");
    for (more, passes) in [
        (json!({"ssl_mode": "REQUIRED"}), true),
        (json!({"ssl_mode": "VERIFY_CA", "ssl_ca": ca}), true),
        (json!({"ssl_mode": "verify_ca", "ssl_ca": pem}), true),
        (json!({"ssl_mode": "VERIFY_IDENTITY", "ssl_ca": ca, "host": "localhost"}), true),
        // The certificate names no addresses.
        (json!({"ssl_mode": "VERIFY_IDENTITY", "ssl_ca": ca}), false),
        (json!({"ssl_mode": "VERIFY_CA", "ssl_ca": other}), false),
        (json!({"ssl_mode": "VERIFY_CA"}), false),
        (json!({"ssl_mode": "VERIFY_CA", "ssl_ca": "/nowhere.crt"}), false),
    ] {
        let stages = test(server, more.clone()).await;
        if passes {
            assert!(found(&stages, Stage::Tls).starts_with("TLS_"), "{more}");
        } else {
            let last = stages.last().expect("a stage");
            let error = last.outcome.as_ref().expect_err("a failure");
            assert_eq!((last.stage, error.code), (Stage::Tls, Code::Unreachable), "{more}: {error}");
            assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("ssl_ca")), "{error}");
        }
    }
}

async fn a_login_may_insist_on_tls(server: &Server) {
    server.execute("CREATE USER encrypted@'%' IDENTIFIED BY 'pw' REQUIRE SSL").await;
    let login = |mode: &str| json!({"user": "encrypted", "password": "pw", "ssl_mode": mode});
    assert!(found(&test(server, login("PREFERRED")).await, Stage::Query).ends_with(" databases"));
    let stages = test(server, login("DISABLED")).await;
    let error = stages.last().expect("a stage").outcome.as_ref().expect_err("refused");
    assert_eq!(error.code, Code::Password);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("TLS")), "{error:?}");
}

async fn sessions_are_read_only_and_in_utc(server: &Server) {
    // The server's own time zone and mode are others.
    let source = source(server, "session", "").await;
    let rows = source.rows(session_request("SESSION_VARIABLES")).await.expect("rows");
    for wanted in [
        "TIME_ZONE|+00:00",
        "SQL_MODE|NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES",
        "TX_READ_ONLY|ON",
        "TX_ISOLATION|REPEATABLE-READ",
        "CHARACTER_SET_RESULTS|utf8mb4",
        "CHARACTER_SET_CLIENT|utf8mb4",
        "NET_WRITE_TIMEOUT|28800",
    ] {
        assert!(rows.iter().any(|row| row == wanted), "{wanted}");
    }
}

async fn options_are_checked(server: &Server) {
    for more in [
        json!({"ssl_mode": "sometimes"}),
        json!({"connections_max": 0}),
        json!({"connect_timeout": 0}),
        json!({"host": ""}),
        json!({"ssl_cert": "/x"}),
        json!({"databases": ["MySQL"]}),
    ] {
        let mut options = options(server);
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        assert_eq!(open(server.product, options).await.err().map(|error| error.code), Some(Code::InvalidArgument), "{more}");
    }
}
