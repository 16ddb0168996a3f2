//! The connection test and what it says when something is wrong.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::Stage;

use crate::fixture::{open, source};
use crate::server::{PASSWORD, Security, USER};
use crate::{Shared, trial_secured, trials as trials_of};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    [
        trials_of(shared, "stages_are_tested", async |server| {
            let stages = source(server).await.connector.test().await;
            let names: Vec<Stage> = stages.iter().map(|stage| stage.stage).collect();
            assert_eq!(names, [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Authenticate, Stage::Query]);
            assert!(stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
        }),
        trials_of(shared, "the_first_server_that_is_there_is_asked", async |server| {
            let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
            let source = open(json!({"uris": [format!("thrift://{gone}"), server.uri()]})).await.expect("a connector");
            assert!(source.connector.test().await.iter().all(|stage| stage.outcome.is_ok()));
            source.harvest("default").await;
        }),
        vec![trial_secured("certificates_are_checked", Security::Encryption, async |server| {
            let authority = server.authority().display().to_string();
            let options = |more: serde_json::Value| {
                let mut options = json!({"uris": [server.uri()], "use_ssl": true, "username": "ann"});
                options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                options
            };
            for trusting in [json!({"ca_certs": authority}), json!({"verify_certs": false})] {
                let source = open(options(trusting)).await.expect("a connector");
                let stages = source.connector.test().await;
                assert!(stages.len() == 5 && stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
                source.harvest("default").await;
            }
            let strict = open(options(json!({}))).await.expect("a connector");
            let last = strict.connector.test().await.pop().expect("a stage");
            assert_eq!(last.stage, Stage::Tls);
            assert!(last.outcome.is_err());
            let plain = open(options(json!({"use_ssl": false, "request_timeout": 5000}))).await.expect("a connector");
            let last = plain.connector.test().await.pop().expect("a stage");
            assert_eq!(last.stage, Stage::Authenticate);
            assert_eq!(last.outcome.expect_err("no TLS").code, Code::ConnectionLost);
        })],
        vec![trial_secured("passwords_are_checked", Security::Password, async |server| {
            let options = |password: &str| json!({"uris": [server.uri()], "username": USER, "password": password, "request_timeout": 5000});
            let source = open(options(PASSWORD)).await.expect("a connector");
            let stages = source.connector.test().await;
            assert!(stages.len() == 5 && stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
            source.harvest("default").await;
            let stranger = open(options("a guess")).await.expect("a connector");
            let last = stranger.connector.test().await.pop().expect("a stage");
            let refused = last.outcome.expect_err("another password");
            assert_eq!((last.stage, refused.code), (Stage::Authenticate, Code::Password), "{refused:?}");
            assert!(!format!("{refused:?}").contains("a guess"), "{refused:?}");
            let nameless = open(json!({"uris": [server.uri()], "request_timeout": 5000, "username": USER})).await.expect("a connector");
            let last = nameless.connector.test().await.pop().expect("a stage");
            assert_eq!((last.stage, last.outcome.is_err()), (Stage::Authenticate, true));
            assert_eq!(open(json!({"uris": ["hms"], "password": "x"})).await.err().map(|error| error.code), Some(Code::InvalidArgument));
        })],
        trials_of(shared, "a_server_without_tls_says_so", async |server| {
            let source = open(json!({"uris": [server.uri()], "use_ssl": true, "connect_timeout": 2000})).await.expect("a connector");
            let stages = source.connector.test().await;
            let last = stages.last().expect("a stage");
            assert_eq!(last.stage, Stage::Tls);
            assert_eq!(last.outcome.as_ref().expect_err("no TLS").code, Code::Unreachable);
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
