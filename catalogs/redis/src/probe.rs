//! The connection test, on a connection of its own: it says what opening the source means now, not what a pool remembers.

use std::time::Instant;

use redis::Value;
use spi::Result;
use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};

use crate::connection::Connection;
use crate::endpoint::{Address, Channel, Endpoint};
use crate::failure::{lost, said_no, unexpected, unreachable};
use crate::nodes::ask_sentinels;
use crate::options::Mode;
use crate::reply;

/// Looks the host up, connects, encrypts, logs in, and asks a first question. With sentinels it is the primary that they name, and they
/// are asked as a part of looking it up.
pub(crate) async fn probe(endpoint: &Endpoint) -> Vec<TestStage> {
    let mut stages = Vec::new();
    // Each step that fails is the last one.
    let _ = steps(endpoint, &mut stages).await;
    stages
}

/// A stage that has failed was noted.
struct Failed;

async fn steps(endpoint: &Endpoint, stages: &mut Vec<TestStage>) -> Result<(), Failed> {
    let started = Instant::now();
    let address = server(endpoint).await;
    let resolved = match &address {
        Ok(address) => resolve(endpoint, address).await,
        Err(error) => Err(error.clone()),
    };
    note(stages, Stage::Resolve, started, resolved)?;
    let Ok(address) = address else { return Err(Failed) };

    let started = Instant::now();
    let reached = endpoint.within(&address, endpoint.reach(&address)).await;
    let tcp = take(stages, Stage::Connect, started, reached, |_| format!("{address} accepts connections"))?;

    let started = Instant::now();
    let encrypted = endpoint.within(&address, Box::pin(endpoint.encrypt(&address, tcp))).await;
    let channel = take(stages, Stage::Tls, started, encrypted, encryption)?;

    let started = Instant::now();
    let connection = Box::pin(endpoint.log_in(&address, channel, &endpoint.login));
    let connection = endpoint.within(&address, connection).await;
    let login = match (&endpoint.login.user, &endpoint.login.password) {
        (Some(user), _) => format!("logged in as \"{user}\""),
        (None, Some(_)) => "logged in as \"default\"".to_owned(),
        (None, None) => "no password given".to_owned(),
    };
    let mut connection = take(stages, Stage::Authenticate, started, connection, |_| login)?;

    let started = Instant::now();
    let size = size(endpoint, &mut connection).await;
    note(stages, Stage::Query, started, size.map(|keys| format!("database 0 has {keys} keys")))
}

fn note(stages: &mut Vec<TestStage>, stage: Stage, started: Instant, outcome: Result<String>) -> Result<(), Failed> {
    let passed = outcome.is_ok();
    stages.push(TestStage { stage, latency: started.elapsed(), outcome });
    if passed { Ok(()) } else { Err(Failed) }
}

/// Notes a step of opening the connection, and hands on what it brought.
fn take<T>(
    stages: &mut Vec<TestStage>,
    stage: Stage,
    started: Instant,
    outcome: Result<T>,
    found: impl FnOnce(&T) -> String,
) -> Result<T, Failed> {
    match outcome {
        Ok(brought) => note(stages, stage, started, Ok(found(&brought))).map(|()| brought),
        Err(error) => note(stages, stage, started, Err(error)).and(Err(Failed)),
    }
}

/// The server that is tested.
async fn server(endpoint: &Endpoint) -> Result<Address> {
    match endpoint.mode {
        Mode::Sentinel => Box::pin(ask_sentinels(endpoint)).await,
        // An endpoint has at least the address of its option "host".
        Mode::Standalone | Mode::Cluster => Ok(endpoint.addresses[0].clone()),
    }
}

async fn resolve(endpoint: &Endpoint, address: &Address) -> Result<String> {
    let found = look_up(&address.host, address.port, endpoint.connect_timeout).await;
    found.map(|addresses| names::shown(&addresses)).map_err(|detail| unreachable(endpoint, detail))
}

fn encryption(channel: &Channel) -> String {
    match channel {
        Channel::Plain(_) => "not used".to_owned(),
        Channel::Encrypted(stream) => {
            let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str().map(str::to_owned));
            version.unwrap_or_else(|| "encrypted".to_owned())
        }
    }
}

async fn size(endpoint: &Endpoint, connection: &mut Connection) -> Result<i64> {
    let address = connection.address.clone();
    let what = "count the keys";
    match connection.ask_one(redis::cmd("DBSIZE")).await.map_err(|error| lost(endpoint, &address, what, error))? {
        Value::ServerError(error) => Err(said_no(endpoint, &address, what, &error)),
        answer => reply::integer(&answer).ok_or_else(|| unexpected(endpoint, &address, "DBSIZE")),
    }
}
