//! A metastore that ends, hangs, and comes back.

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::Scope;
use spi::metadata::Harvest;

use crate::fixture::{open, source};
use crate::trial_alone;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_alone("a_server_that_comes_back_is_asked_again", async |server| {
            let source = source(server).await;
            source.harvest("default").await;
            server.kill();
            // As often as the breaker takes, and once more.
            for _ in 0..4 {
                let error = source.connector.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("nobody there");
                assert!(matches!(error.code, Code::Unreachable | Code::ConnectionLost), "{error:?}");
                assert!(error.retryable);
            }
            server.restart();
            // The breaker's pause has to pass first; it is the only thing to wait for.
            let wait = async {
                while source.connector.harvest(&Scope::default(), &mut Harvest::new()).await.is_err() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(60), wait).await.expect("a harvest");
        }),
        trial_alone("a_server_that_says_nothing_is_given_up", async |_| {
            let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let uri = format!("thrift://{}", silent.local_addr().expect("an address"));
            let source = open(json!({"uris": [uri], "request_timeout": 300})).await.expect("a connector");
            let error = source.connector.harvest(&Scope::default(), &mut Harvest::new()).await.expect_err("no answer");
            assert_eq!(error.code, Code::ConnectionLost);
            assert_eq!(error.detail.as_deref(), Some("The metastore had not answered after 300 ms."));
        }),
    ]
}
