//! Logins at a schema registry. The real one knows none without a service beside it, so that a gate stands for it, which lets in who gives
//! the right one.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use spi::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::source_with;
use crate::server::Server;
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![trial(shared, "logins::a_registry_is_told_who_asks", a_registry_is_told_who_asks)]
}

/// Opens the gate, and returns its address. What it says depends on the login alone: `ann:secret` and the token `secret` see no subjects.
async fn gate() -> String {
    let gate = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", gate.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = gate.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && caller.read_buf(&mut request).await.is_ok_and(|read| read > 0) {}
            let request = String::from_utf8_lossy(&request);
            let login = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
            let (status, body) = match login {
                // The names and passwords in base64.
                "Basic YW5uOnNlY3JldA==" | "Bearer secret" => ("200 OK", "[]"),
                "Basic Ym9iOnNlY3JldA==" => ("403 Forbidden", r#"{"error_code": 40301, "message": "User bob may not list."}"#),
                "Bearer broken" => ("503 Service Unavailable", "try later"),
                _ => ("401 Unauthorized", ""),
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            // Who has left needs no answer.
            let _ = caller.write_all(answer.as_bytes()).await;
        }
    });
    address
}

async fn a_registry_is_told_who_asks(server: &Server) {
    // Where no topic could have a schema, nothing is asked.
    server.create("logged_in", 1, &[]).await;
    let url = gate().await;
    let harvested = async |more: Value| {
        let mut options = json!({"schema_registry_url": url});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        source_with(server, options).await.harvest().await
    };
    let (login, token) = ("schema_registry_basic_auth_user_info", "schema_registry_bearer_auth_token");
    for allowed in [json!({login: "ann:secret"}), json!({token: "secret"})] {
        assert!(harvested(allowed).await.is_ok());
    }
    for (refused, code, detail) in [
        (json!({}), Code::Password, "The schema registry answered 401."),
        (json!({login: "ann:wrong-secret"}), Code::Password, "The schema registry answered 401."),
        (json!({login: "bob:secret"}), Code::Privilege, "The schema registry answered 403: User bob may not list."),
        (json!({token: "broken"}), Code::Unavailable, "The schema registry answered 503."),
    ] {
        let error = harvested(refused).await.expect_err("refused");
        assert_eq!((error.code, error.detail.as_deref()), (code, Some(detail)));
        assert!(!format!("{error:?}").contains("wrong-secret"), "{error:?}");
    }
}
