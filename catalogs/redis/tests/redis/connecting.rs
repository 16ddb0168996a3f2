//! Getting in, with TLS and without, and what is said of those who do not.

use serde_json::{Value, json};
use spi::Code;
use spi::connector::{Scope, Stage};
use spi::metadata::Relation;

use crate::fixture::{open, relation, source, source_with};
use crate::server::{Server, certificates};

/// The last stage of a connection test, and why it failed.
async fn ends(options: Value) -> (Stage, Option<Code>) {
    let stages = open(options).await.expect("a connector").connector.test().await;
    let last = stages.last().expect("a stage");
    (last.stage, last.outcome.as_ref().err().map(|error| error.code))
}

#[tokio::test]
async fn a_test_goes_through_the_stages() {
    let Some(server) = Server::start().await else { return };
    server.run("SET a 1").await;
    let stages = source(&server).await.connector.test().await;
    let said: Vec<_> = stages.iter().map(|stage| (stage.stage, stage.outcome.clone().expect("a stage that passes"))).collect();
    assert_eq!(said[0], (Stage::Resolve, "127.0.0.1".to_owned()));
    assert_eq!(said[1], (Stage::Connect, format!("127.0.0.1:{} accepts connections", server.port)));
    assert_eq!(said[2], (Stage::Tls, "not used".to_owned()));
    assert_eq!(said[3], (Stage::Authenticate, "no password given".to_owned()));
    assert_eq!(said[4], (Stage::Query, "database 0 has 1 keys".to_owned()));
}

#[tokio::test]
async fn wrong_logins_are_told_and_secrets_are_not() {
    let Some(server) = Server::start().await else { return };
    server.run("SET a:1 1\nACL SETUSER app on >right ~a:* +@all -@admin -@dangerous\nCONFIG SET requirepass hunter2").await;
    let login = |user: Option<&str>, password: Option<&str>| {
        let mut options = json!({"host": "127.0.0.1", "port": server.port});
        user.into_iter().for_each(|user| options["user"] = user.into());
        password.into_iter().for_each(|password| options["password"] = password.into());
        options
    };
    assert_eq!(ends(login(Some("app"), Some("right"))).await, (Stage::Query, None));
    assert_eq!(ends(login(None, Some("hunter2"))).await, (Stage::Query, None));
    assert_eq!(ends(login(Some("app"), Some("wrong"))).await, (Stage::Authenticate, Some(Code::Password)));
    assert_eq!(ends(login(Some("nobody"), Some("right"))).await, (Stage::Authenticate, Some(Code::Password)));
    assert_eq!(ends(login(None, None)).await, (Stage::Query, Some(Code::Password)));
    let source = open(login(Some("app"), Some("s3cret"))).await.expect("a connector");
    let error = source.harvest(&Scope::default()).await.expect_err("a wrong password");
    assert_eq!((error.code.sqlstate(), error.message.as_str()), ("28P01", "could not connect to data source \"cache\""));
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_repeats_what_it_does_not_know_tells_no_password() {
    let Some(server) = Server::start_with(|_, _| ["--rename-command", "AUTH", ""].map(str::to_owned).into()).await else { return };
    let source = source_with(&server, json!({"user": "app", "password": "s3cret"})).await;
    let error = source.harvest(&Scope::default()).await.expect_err("no AUTH");
    assert_eq!(error.code, Code::Unsupported, "{error:?}");
    // Releases differ in the quotes.
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("unknown command") && detail.contains("AUTH")), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_password_where_none_is_wanted_is_told() {
    let Some(server) = Server::start().await else { return };
    let options = json!({"host": "127.0.0.1", "port": server.port, "password": "x"});
    assert_eq!(ends(options).await, (Stage::Authenticate, Some(Code::Password)));
}

#[tokio::test]
async fn keys_that_the_user_may_not_read_are_not_there() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET a:1 f 1\nHSET a:2 f 2\nHSET b:1 f 1\nACL SETUSER app on >right ~a:1 +@read +@connection").await;
    server.run("ACL SETUSER blind on >right ~* +@connection +scan +dbsize").await;
    let source = source_with(&server, json!({"user": "app", "password": "right"})).await;
    assert_eq!(relation(&source.schema("db0").await, Relation::Tables, &["name"]), ["a"]);
    assert_eq!(source.rows_of("a", &["_key", "f"]).await, ["a:1|1"]);
    assert_eq!(source.rows_of("a", &["_key"]).await, ["a:1"]);
    // Commands are another matter.
    let source = source_with(&server, json!({"user": "blind", "password": "right"})).await;
    let error = source.harvest(&Scope::default()).await.expect_err("a command that must not be run");
    assert_eq!(error.code, Code::Privilege, "{error:?}");
    assert!(error.hint.is_some_and(|hint| hint.contains("ACL SETUSER")));
}

#[tokio::test]
async fn nobody_listens() {
    let options = json!({"host": "127.0.0.1", "port": crate::server::free_port()});
    assert_eq!(ends(options).await, (Stage::Connect, Some(Code::Unreachable)));
    let options = json!({"host": "no-such-host.invalid", "connect_timeout": 3000});
    assert_eq!(ends(options).await, (Stage::Resolve, Some(Code::Unreachable)));
}

#[tokio::test]
async fn tls_is_checked() {
    let encrypted = Server::start_with(|folder, port| {
        certificates(folder);
        let file = |name: &str| folder.join(name).display().to_string();
        let (certificate, key, authority) = (file("server.crt"), file("server.key"), file("ca.crt"));
        let arguments = ["--tls-port", &port.to_string(), "--port", "0", "--tls-auth-clients", "optional"];
        let files = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &authority];
        arguments.iter().chain(&files).map(|argument| (*argument).to_owned()).collect()
    });
    let Some(server) = encrypted.await else { return };
    let file = |name: &str| server.folder.path().join(name).display().to_string();
    let options = |more: Value| {
        let mut options = json!({"host": "localhost", "port": server.port, "tls": true, "cacert": file("ca.crt"), "connect_timeout": 3000});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        options
    };
    assert_eq!(ends(options(json!({}))).await, (Stage::Query, None));
    let pem = std::fs::read_to_string(file("ca.crt")).expect("a certificate");
    assert_eq!(ends(options(json!({"cacert": pem}))).await, (Stage::Query, None));
    assert_eq!(ends(options(json!({"cert": file("client.crt"), "key": file("client.key")}))).await, (Stage::Query, None));
    // An address that the certificate does not have, unless it is said what it has.
    assert_eq!(ends(options(json!({"host": "127.0.0.1"}))).await, (Stage::Tls, Some(Code::Unreachable)));
    assert_eq!(ends(options(json!({"host": "127.0.0.1", "sni": "localhost"}))).await, (Stage::Query, None));
    assert_eq!(ends(options(json!({"cacert": file("other.crt")}))).await, (Stage::Tls, Some(Code::Unreachable)));
    assert_eq!(ends(options(json!({"cacert": file("none.crt")}))).await, (Stage::Tls, Some(Code::Unreachable)));
    let any = json!({"host": "localhost", "port": server.port, "tls": true, "insecure": true});
    assert_eq!(ends(any).await, (Stage::Query, None));
    let plain = json!({"host": "localhost", "port": server.port, "command_timeout": 2000});
    let (stage, code) = ends(plain).await;
    assert!(matches!(stage, Stage::Query | Stage::Authenticate) && code.is_some(), "{stage:?} {code:?}");
}

#[tokio::test]
async fn tls_is_not_taken_for_granted() {
    let Some(server) = Server::start().await else { return };
    let options = json!({"host": "localhost", "port": server.port, "tls": true, "connect_timeout": 2000});
    let (stage, code) = ends(options).await;
    assert!(matches!(stage, Stage::Tls | Stage::Connect) && code == Some(Code::Unreachable), "{stage:?} {code:?}");
}
