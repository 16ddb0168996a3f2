//! TLS modes mean what they mean to libpq.

use serde_json::json;
use spi::Code;
use spi::connector::{Scope, Stage, TestStage};

use crate::fixture::{harvest, login, open, options, run, with};
use crate::server;

/// Where a connection test ends, and how.
async fn ends(options: serde_json::Value) -> (Stage, Option<Code>) {
    let mut stages = open(options).await.expect("a connector").test().await;
    let TestStage { stage, outcome, .. } = stages.pop().expect("a stage");
    (stage, outcome.err().map(|error| error.code))
}

#[tokio::test]
async fn modes_ask_for_more_and_more() {
    let Some(server) = server::own(true) else { return };
    let given = options(&server, "postgres");
    let file = |name: &str| server.file(name).to_str().expect("UTF-8").to_owned();
    let root = std::fs::read_to_string(server.file("ca.crt")).expect("the authority's certificate");
    let passes = (Stage::Query, None);
    let refused_by_tls = (Stage::Tls, Some(Code::Unreachable));
    for (more, expected) in [
        // This server lets nobody in without TLS.
        (json!({"sslmode": "disable"}), (Stage::Authenticate, Some(Code::Authorization))),
        (json!({"sslmode": "prefer"}), passes),
        (json!({"sslmode": "require"}), passes),
        // The public authorities did not sign its certificate.
        (json!({"sslmode": "verify-ca"}), refused_by_tls),
        (json!({"sslmode": "verify-full"}), refused_by_tls),
        (json!({"sslmode": "verify-ca", "sslrootcert": root.clone()}), passes),
        (json!({"sslmode": "verify-full", "sslrootcert": file("ca.crt")}), passes),
        // The certificate is for the name only.
        (json!({"sslmode": "verify-full", "sslrootcert": root.clone(), "host": "127.0.0.1"}), refused_by_tls),
        (json!({"sslmode": "verify-ca", "sslrootcert": root.clone(), "host": "127.0.0.1"}), passes),
        // With an authority, `require` checks it.
        (json!({"sslmode": "require", "sslrootcert": file("client.crt")}), refused_by_tls),
        (json!({"sslmode": "require", "sslrootcert": file("no-such-file")}), refused_by_tls),
    ] {
        assert_eq!(ends(with(given.clone(), more.clone())).await, expected, "{more}");
    }

    run(&mut login(&server, "postgres").await, "CREATE ROLE certified LOGIN").await;
    let certified =
        json!({"sslmode": "require", "user": "certified", "password": "", "sslcert": file("client.crt"), "sslkey": file("client.key")});
    assert_eq!(ends(with(given.clone(), certified)).await, passes);
    let uncertified = with(given.clone(), json!({"sslmode": "require", "user": "certified", "password": ""}));
    assert_eq!(ends(uncertified).await, (Stage::Authenticate, Some(Code::Authorization)));

    let connector = open(with(given, json!({"sslmode": "verify-full", "sslrootcert": root}))).await.expect("a connector");
    harvest(&*connector, &Scope::default()).await.expect("a harvest through TLS");
}

#[tokio::test]
async fn a_server_without_tls_does_not_pass_for_one_with() {
    let Some(server) = server::shared_own() else { return };
    let given = options(server, "postgres");
    assert_eq!(ends(with(given.clone(), json!({"sslmode": "require"}))).await, (Stage::Tls, Some(Code::Unreachable)));
    assert_eq!(ends(with(given, json!({"sslmode": "disable"}))).await, (Stage::Query, None));
}
