//! Options, the login, TLS, and the connection test.

use std::sync::Arc;

use bson::{Document, doc};
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::{Scope, Stage, TestStage};

use crate::fixture::{harvest, open, options, source};
use crate::server::{PASSWORD, Product, Server};
use crate::{Shared, trial, trial_alone};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::FerretDb, shared, "the_test_goes_all_the_way", all_the_way),
        trial(Product::FerretDb, shared, "a_wrong_password_is_refused", a_wrong_password),
        trial(Product::Java, shared, "nobody_logs_in_without_a_user", nobody),
        trial(Product::Java, shared, "unknown_hosts_and_closed_ports_are_named", out_of_reach),
        trial_alone(Product::JavaWithTls, "connections_are_encrypted", encrypted),
    ]
}

fn shown(stages: &[TestStage]) -> Vec<String> {
    let outcome = |stage: &TestStage| match &stage.outcome {
        Ok(found) => format!("{}: {found}", stage.stage.name()),
        Err(error) => format!("{} failed: {error}", stage.stage.name()),
    };
    stages.iter().map(outcome).collect()
}

async fn all_the_way(server: &Server) {
    source(server, "tested").await.insert("c", [doc! { "_id": 1 }]).await;
    let (connector, remote_calls) = open(server.product, options(server)).await.expect("a connector");
    assert_eq!(remote_calls.total(), 0, "opening asks nothing");
    let stages = shown(&connector.test().await);
    assert_eq!(
        stages[..4],
        [
            "resolve: 127.0.0.1:".to_owned() + &server.port.to_string(),
            format!("connect: 127.0.0.1:{} accepts connections", server.port),
            "tls: not used".to_owned(),
            "authenticate: logged in as root".to_owned()
        ]
    );
    assert!(stages[4].starts_with("query: FerretDB v1.24.0 with "), "{stages:?}");
}

async fn a_wrong_password(server: &Server) {
    let mut given = options(server);
    given["password"] = "hunter2".into();
    let (connector, _) = open(server.product, given).await.expect("a connector");
    let stages = connector.test().await;
    let last = stages.last().expect("a stage");
    let error = last.outcome.as_ref().expect_err("refused");
    assert_eq!((last.stage, error.code), (Stage::Authenticate, Code::Password), "{:?}", shown(&stages));
    let error = harvest(&*connector, &Scope::default()).await.expect_err("refused");
    assert_eq!((error.code, error.message.as_str()), (Code::Password, "could not log in to data source \"shop\""));
    assert!(!format!("{error:?}").contains("hunter2") && !format!("{error:?}").contains(PASSWORD));
    // After three refusals it is not asked again at once.
    for _ in 0..2 {
        harvest(&*connector, &Scope::default()).await.expect_err("refused");
    }
    let error = harvest(&*connector, &Scope::default()).await.expect_err("spared");
    assert!(error.retryable && error.hint.as_deref().is_some_and(|hint| hint.contains("tries again every")), "{error:?}");
}

async fn nobody(server: &Server) {
    let (connector, _) = open(server.product, options(server)).await.expect("a connector");
    let stages = shown(&connector.test().await);
    assert_eq!(stages[3], "authenticate: nobody logs in");
}

async fn out_of_reach(server: &Server) {
    for (more, stage, said) in [
        (json!({"host": "no-such-host.invalid"}), Stage::Resolve, "The name \"no-such-host.invalid\" was not found"),
        (json!({"port": 1}), Stage::Connect, "Connection to 127.0.0.1:1 was refused."),
        (json!({"tls": true, "connect_timeout": 500}), Stage::Tls, ""),
    ] {
        let mut given = options(server);
        given.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let (connector, _) = open(server.product, given).await.expect("a connector");
        let stages = connector.test().await;
        let last = stages.last().expect("a stage");
        let error = last.outcome.as_ref().expect_err("out of reach");
        assert_eq!((last.stage, error.code, error.retryable), (stage, Code::Unreachable, true), "{:?}", shown(&stages));
        assert!(error.detail.as_deref().unwrap_or_default().contains(said), "{error:?}");
        let error = harvest(&*connector, &Scope::default()).await.expect_err("out of reach");
        assert_eq!((error.code, error.message.as_str()), (Code::Unreachable, "could not reach data source \"shop\""));
    }
}

async fn encrypted(server: &mut Server) {
    let source = source(server, "encrypted").await;
    source.insert("c", [doc! { "_id": 1 }]).await;
    let stages = shown(&source.connector.test().await);
    assert_eq!((stages.len(), stages[2].as_str()), (5, "tls: encrypted"), "{stages:?}");
    let request = source.request("c", &["_id"]).await;
    assert_eq!(source.rows(request).await.expect("rows"), ["1"]);
    let found: Option<Document> = source.database.collection("c").find_one(doc! {}).await.expect("a document");
    assert!(found.is_some());
    // An authority that nobody has told the gateway of, and a file that is none.
    for (ca_file, code, stage) in [(None, Code::Unreachable, Stage::Tls), (Some("/dev/null/ca.crt"), Code::InvalidArgument, Stage::Tls)] {
        let mut given = options(server);
        given["connect_timeout"] = 1000.into();
        match ca_file {
            None => drop(given.as_object_mut().expect("an object").remove("tls_ca_file")),
            Some(file) => given["tls_ca_file"] = file.into(),
        }
        let (connector, _) = open(server.product, given).await.expect("a connector");
        let stages = connector.test().await;
        let last = stages.last().expect("a stage");
        let error = last.outcome.as_ref().expect_err("no trust");
        assert_eq!((last.stage, error.code), (stage, code), "{:?}", shown(&stages));
    }
}
