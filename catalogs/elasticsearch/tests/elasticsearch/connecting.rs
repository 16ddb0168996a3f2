//! The way to the server: the stages of the test, TLS, logins, and what stands in the way.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::Stage;

use crate::fixture::{Source, open, source, source_with};
use crate::proxy::{Manners, Proxy};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![trial(shared, "all_stages_pass", all_stages_pass)];
    match shared.0 {
        Product::Elasticsearch => {}
        Product::OpenSearch => {
            trials.push(trial(shared, "opensearch_is_not_elasticsearch", opensearch_is_not_elasticsearch));
            return trials;
        }
        Product::Elasticsearch7 => return trials,
        // What says which server it is is in a module that is not published.
        Product::Elasticsearch9 => return Vec::new(),
    }
    trials.extend([
        trial(shared, "tls_trusts_the_given_authority_alone", tls_trusts_the_given_authority_alone),
        trial(shared, "logins_are_sent_as_the_product_wants_them", logins_are_sent_as_the_product_wants_them),
        trial(shared, "a_node_that_is_down_is_passed_over", a_node_that_is_down_is_passed_over),
        trial(shared, "a_node_without_its_cluster_is_passed_over", a_node_without_its_cluster_is_passed_over),
        trial(shared, "options_are_checked", options_are_checked),
    ]);
    trials
}

/// The stages, with the code of the one that failed.
async fn stages(source: &Source) -> Vec<(Stage, Option<Code>)> {
    let stages = source.connector.test().await;
    stages.into_iter().map(|stage| (stage.stage, stage.outcome.err().map(|error| error.code))).collect()
}

async fn all_stages_pass(server: &Server) {
    let source = source(server, "*").await;
    let stages = source.connector.test().await;
    let names: Vec<_> = stages.iter().map(|stage| stage.stage.name()).collect();
    assert_eq!(names, ["resolve", "connect", "tls", "authenticate", "query"]);
    let said: Vec<String> = stages.into_iter().map(|stage| stage.outcome.expect("a stage that passes")).collect();
    assert_eq!(said[2], "not used");
    let product = match server.product {
        Product::Elasticsearch => "Elasticsearch 8.7.1",
        Product::Elasticsearch7 => "Elasticsearch 7.17.28",
        Product::Elasticsearch9 => "Elasticsearch 9.5.3",
        Product::OpenSearch => "OpenSearch 2.19.1",
    };
    assert_eq!(said[3], format!("let in by {product}"));
}

async fn opensearch_is_not_elasticsearch(server: &Server) {
    let source = open(json!({"hosts": [server.address()]})).await.expect("a connector");
    let last = source.connector.test().await.pop().expect("a stage");
    let error = last.outcome.expect_err("another product");
    assert_eq!((last.stage, error.code), (Stage::Query, Code::Unsupported), "{error:?}");
    assert_eq!(error.message, "data source \"shop\" cannot be of type \"elasticsearch\"");
    assert_eq!(error.hint.as_deref(), Some("Create it with type \"opensearch\"."));
}

async fn tls_trusts_the_given_authority_alone(server: &Server) {
    let proxy = Proxy::start(server.port, Manners { tls: true, ..Manners::default() }).await;
    let file = |name: &str| proxy.folder.path().join(name).display().to_string();
    let address = |host: &str| json!({"hosts": [format!("https://{host}:{}", proxy.port)]});
    let passed = [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Authenticate, Stage::Query].map(|stage| (stage, None)).to_vec();
    let failed = vec![(Stage::Resolve, None), (Stage::Connect, None), (Stage::Tls, Some(Code::Unreachable))];
    let text = std::fs::read_to_string(file("ca.crt")).expect("a file");
    for (host, more, expected) in [
        ("localhost", json!({"ca_certs": file("ca.crt")}), &passed),
        ("localhost", json!({"ca_certs": text}), &passed),
        ("localhost", json!({"verify_certs": false}), &passed),
        ("localhost", json!({}), &failed),
        ("localhost", json!({"ca_certs": file("other.crt")}), &failed),
        // The certificate is not one for the address.
        ("127.0.0.1", json!({"ca_certs": file("ca.crt")}), &failed),
    ] {
        let source = source_with(server, address(host), more.clone()).await;
        assert_eq!(stages(&source).await, *expected, "{host} {more}");
    }
    let source = source_with(server, address("localhost"), json!({})).await;
    let error = source.connector.test().await.pop().expect("a stage").outcome.expect_err("an unknown authority");
    assert_eq!(error.message, "could not encrypt the connection to data source \"shop\"");
}

async fn logins_are_sent_as_the_product_wants_them(server: &Server) {
    // The words of "ann:s3cret" and of "id:key" in Base64.
    for (header, right, wrong) in [
        ("Basic YW5uOnMzY3JldA==", json!({"username": "ann", "password": "s3cret"}), json!({"username": "ann", "password": "other"})),
        ("ApiKey aWQ6a2V5", json!({"api_key": "aWQ6a2V5"}), json!({"api_key": "b3RoZXI="})),
        ("ApiKey aWQ6a2V5", json!({"api_key": "id:key"}), json!({})),
        ("Bearer t0ken", json!({"bearer_auth": "t0ken"}), json!({"bearer_auth": "other"})),
    ] {
        let proxy = Proxy::start(server.port, Manners { login: Some(header), ..Manners::default() }).await;
        let address = json!({"hosts": [format!("http://127.0.0.1:{}", proxy.port)]});
        let source = source_with(server, address.clone(), right).await;
        assert!(stages(&source).await.iter().all(|(_, code)| code.is_none()));
        let source = source_with(server, address, wrong.clone()).await;
        let last = source.connector.test().await.pop().expect("a stage");
        let error = last.outcome.expect_err("a wrong login");
        assert_eq!((last.stage, error.code), (Stage::Authenticate, Code::Password));
        assert_eq!(error.message, "could not log in to data source \"shop\"");
        assert!(!format!("{error:?}").contains("other"), "{error:?}");
    }
}

async fn a_node_that_is_down_is_passed_over(server: &Server) {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let hosts = json!({"hosts": [format!("http://127.0.0.1:{closed}"), server.address()]});
    let source = source_with(server, hosts, json!({})).await;
    let before = source.remote_calls.total();
    assert!(source.connector.fingerprint().await.expect("an answer").is_some());
    assert_eq!(source.remote_calls.total() - before, 2);
    // It is remembered who has answered.
    assert!(source.connector.fingerprint().await.expect("an answer").is_some());
    assert_eq!(source.remote_calls.total() - before, 3);
}

async fn a_node_without_its_cluster_is_passed_over(server: &Server) {
    let lost = Proxy::start(server.port, Manners { lost: true, ..Manners::default() }).await;
    let lost = format!("http://127.0.0.1:{}", lost.port);
    let source = source_with(server, json!({"hosts": [lost, server.address()]}), json!({})).await;
    assert!(source.connector.fingerprint().await.expect("an answer").is_some());
    assert!(source.connector.fingerprint().await.expect("an answer").is_some());
    assert_eq!(source.remote_calls.total(), 3, "it is remembered who has answered");
    let source = source_with(server, json!({"hosts": [lost]}), json!({})).await;
    let error = source.connector.fingerprint().await.expect_err("no node");
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true), "{error:?}");
}

async fn options_are_checked(_: &Server) {
    for (options, message) in [
        (json!({"hosts": []}), "option \"hosts\" must name at least one host"),
        (json!({"hosts": ["es1:9200"]}), "option \"hosts\" must be a list of addresses like https://es1:9200"),
        (json!({"hosts": ["http://a:secret@es1"]}), "option \"hosts\" must be a list of addresses like https://es1:9200"),
        (json!({"hosts": ["http://es1"], "password": "x"}), "option \"password\" needs option \"username\""),
        (
            json!({"hosts": ["http://es1"], "username": "x", "api_key": "y"}),
            "only one of the options \"username\", \"api_key\" and \"bearer_auth\" can be given",
        ),
        (json!({"hosts": ["http://es1"], "slices": 0}), "option \"slices\" must be from 1 to 32"),
        (json!({"hosts": ["http://es1"], "indices": ["a,b"]}), "option \"indices\" must be a list of names or patterns"),
        (json!({"hosts": ["http://es1"], "ca_certs": "/nowhere"}), "could not read the file of option \"ca_certs\""),
        (json!({"hosts": ["http://es1"], "client_cert": "/nowhere"}), "options \"client_cert\" and \"client_key\" need each other"),
    ] {
        let error = open(options.clone()).await.err().unwrap_or_else(|| panic!("{options} was taken"));
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message), "{options}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
