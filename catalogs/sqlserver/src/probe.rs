//! The connection test, on a connection of its own: it says what opening the source means now, not what a pool remembers.

use std::time::{Duration, Instant};

use spi::Result;
use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};
use tokio::net::TcpStream;

use crate::channel::Channel;
use crate::endpoint::{Connection, Endpoint};
use crate::failure::{self, Remote, unreachable};
use crate::metadata::text;

/// The one question is answered from memory.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Says what the server is.
const STATEMENT: &str = "SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')), \
     CONVERT(nvarchar(128), SERVERPROPERTY('Edition'))";

/// Looks the host up, connects, encrypts, logs in, and asks a first question.
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
    let channel = match encrypt(endpoint).await {
        Ok(channel) => channel,
        Err(error) => {
            // A server that turns the connection away after it took it fails in the stage that was next.
            note(Stage::Tls, started, Err(error));
            return stages;
        }
    };
    note(Stage::Tls, started, Ok(channel.encryption.clone()));
    let started = Instant::now();
    let connection = match log_in(endpoint, channel).await {
        Ok(connection) => connection,
        Err(error) => {
            note(Stage::Authenticate, started, Err(error));
            return stages;
        }
    };
    note(Stage::Authenticate, started, Ok(format!("logged in as \"{}\"", endpoint.user)));
    let started = Instant::now();
    note(Stage::Query, started, ask(endpoint, connection).await);
    stages
}

async fn resolve(endpoint: &Endpoint) -> Result<String> {
    let found = look_up(&endpoint.host, endpoint.port, endpoint.connect_timeout).await;
    let failed = |detail| unreachable(endpoint, detail).hint("Check the option \"host\".");
    found.map(|addresses| names::shown(&addresses)).map_err(failed)
}

async fn reach(endpoint: &Endpoint) -> Result<String> {
    endpoint.context.remote_calls.count();
    let connected = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
    match tokio::time::timeout(endpoint.connect_timeout, connected).await {
        Ok(Ok(_)) => Ok(format!("{} accepts connections", endpoint.address())),
        Ok(Err(error)) => Err(failure::unconnected(endpoint, error)),
        Err(_) => Err(failure::timed_out(endpoint)),
    }
}

async fn encrypt(endpoint: &Endpoint) -> Result<Channel> {
    let channel = tokio::time::timeout(endpoint.connect_timeout, endpoint.channel(&endpoint.host, endpoint.port));
    channel.await.unwrap_or_else(|_| Err(failure::timed_out(endpoint)))
}

/// Logs in; where the server sends the login elsewhere, there.
async fn log_in(endpoint: &Endpoint, channel: Channel) -> Result<Connection> {
    let program = Endpoint::program(None);
    let login = tokio::time::timeout(endpoint.connect_timeout, Box::pin(endpoint.log_in(channel, &program)));
    match login.await.map_err(|_| failure::timed_out(endpoint))? {
        Err(Remote::Routing { .. }) => endpoint.open(program).await,
        outcome => outcome.map_err(|error| failure::refused(endpoint, error)),
    }
}

async fn ask(endpoint: &Endpoint, mut connection: Connection) -> Result<String> {
    endpoint.context.remote_calls.count();
    let answer = async {
        let row = async { connection.client.simple_query(STATEMENT).await?.into_row().await };
        let row = row.await.map_err(|error| endpoint.unqueried(error))?;
        let part = |place| row.as_ref().and_then(|row| text(row, place)).unwrap_or("unknown");
        Ok(format!("SQL Server {}, {}", part(0), part(1)))
    };
    endpoint.within(STATEMENT_TIMEOUT, "query", answer).await
}
