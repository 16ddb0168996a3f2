//! The connection test, on a connection of its own: it says what opening the source means now, not what a pool remembers.

use std::time::{Duration, Instant};

use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};
use spi::{Code, Error, Result};
use sqlx::Executor;
use sqlx::mysql::MySqlSslMode;
use tokio::net::TcpStream;

use crate::endpoint::{Connection, Endpoint};
use crate::failure::{ConnectFailure, failure, io_detail};
use crate::metadata::text;

/// Both questions are answered from memory.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Looks the host up, connects, encrypts, logs in, and asks a first question. TLS and the login are one exchange of the driver:
/// both stages say how long it took.
pub(crate) async fn probe(endpoint: &Endpoint) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let mut note = |stage, started: Instant, outcome: Result<String>| {
        let passed = outcome.is_ok();
        stages.push(TestStage { stage, latency: started.elapsed(), outcome });
        passed
    };
    let started = Instant::now();
    if !note(Stage::Resolve, started, resolve(endpoint).await) {
        return stages;
    }
    let started = Instant::now();
    if !note(Stage::Connect, started, reach(endpoint).await) {
        return stages;
    }
    let started = Instant::now();
    let mut connection = match endpoint.open().await {
        Ok(connection) => connection,
        Err(ConnectFailure { stage, error }) => {
            match stage {
                // A server that turns the connection away after it took it fails in the stage that was next.
                Stage::Connect => note(Stage::Authenticate, started, Err(error)),
                Stage::Authenticate => {
                    note(Stage::Tls, started, Ok("not the obstacle".to_owned())) && note(Stage::Authenticate, started, Err(error))
                }
                stage => note(stage, started, Err(error)),
            };
            return stages;
        }
    };
    if !note(Stage::Tls, started, encryption(endpoint, &mut connection).await) {
        return stages;
    }
    note(Stage::Authenticate, started, Ok(format!("logged in to {}", product(&connection))));
    let started = Instant::now();
    note(Stage::Query, started, databases(endpoint, &mut connection).await);
    connection.close().await;
    stages
}

async fn resolve(endpoint: &Endpoint) -> Result<String> {
    let found = look_up(&endpoint.host, endpoint.port, endpoint.connect_timeout).await;
    found.map(|addresses| names::shown(&addresses)).map_err(|detail| unreachable(endpoint, detail))
}

async fn reach(endpoint: &Endpoint) -> Result<String> {
    let connected = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
    match tokio::time::timeout(endpoint.connect_timeout, connected).await {
        Ok(Ok(_)) => Ok(format!("{} accepts connections", endpoint.address())),
        Ok(Err(error)) => Err(unreachable(endpoint, io_detail(&endpoint.address(), &error)).cause(error)),
        Err(_) => Err(ConnectFailure::timed_out(endpoint).named(endpoint).error),
    }
}

fn unreachable(endpoint: &Endpoint, detail: String) -> Error {
    let source = &endpoint.context.source;
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint("Check the options \"host\" and \"port\".")
        .retryable()
}

async fn encryption(endpoint: &Endpoint, connection: &mut Connection) -> Result<String> {
    if matches!(endpoint.encryption, MySqlSslMode::Disabled) {
        return Ok("not used".to_owned());
    }
    let cipher = ask(endpoint, connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", 1).await?;
    Ok(if cipher.is_empty() { "the server does not offer it".to_owned() } else { cipher })
}

fn product(connection: &Connection) -> String {
    let name = if connection.server.mariadb { "MariaDB" } else { "MySQL" };
    format!("{name} {}", connection.server.text)
}

async fn databases(endpoint: &Endpoint, connection: &mut Connection) -> Result<String> {
    let count = ask(endpoint, connection, "SELECT COUNT(*) FROM information_schema.SCHEMATA", 0).await?;
    Ok(format!("{count} databases"))
}

/// A value of the first row of an answer; empty where there is none.
async fn ask(endpoint: &Endpoint, connection: &mut Connection, statement: &'static str, place: usize) -> Result<String> {
    let context = &endpoint.context;
    context.remote_calls.count();
    let answer = async {
        let row = connection.mysql.fetch_optional(statement).await;
        let row = row.map_err(|error| failure(&context.source, format!("could not query data source \"{}\"", context.source), error))?;
        Ok(row.and_then(|row| text(&row, place).map(str::to_owned)).unwrap_or_default())
    };
    endpoint.within(STATEMENT_TIMEOUT, "query", answer).await
}
