//! The connection test, on a connection of its own: it says what opening the source means now, not what an idle connection remembers.

use std::time::Instant;

use spi::Result;
use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};

use crate::client::Client;
use crate::dial::Address;
use crate::failure::{said, unreachable};
use crate::sasl::Login;

/// Looks the host up, connects, encrypts, says who we are, and asks for the databases.
pub(crate) async fn probe(client: &Client) -> Vec<TestStage> {
    let mut stages = Vec::new();
    for (place, address) in client.endpoint.addresses.iter().enumerate() {
        let mut of_server = Vec::new();
        let is_open = steps(client, address, &mut of_server).await.is_some();
        // If no server can be used, the first one's stages say why.
        if is_open || place == 0 {
            stages = of_server;
        }
        if is_open {
            break;
        }
    }
    stages
}

/// `None` if a step fails, which is then the last one.
async fn steps(client: &Client, address: &Address, stages: &mut Vec<TestStage>) -> Option<()> {
    let endpoint = &client.endpoint;
    let started = Instant::now();
    take(stages, Stage::Resolve, started, resolve(client, address).await, String::clone)?;

    let started = Instant::now();
    let reached = endpoint.within(address, endpoint.reach(address)).await;
    let tcp = take(stages, Stage::Connect, started, reached, |_| format!("{address} accepts connections"))?;

    let started = Instant::now();
    let encrypted = endpoint.within(address, endpoint.encrypt(address, tcp)).await;
    let use_of_tls = if endpoint.is_encrypted() { "used" } else { "not used" };
    let channel = take(stages, Stage::Tls, started, encrypted, |_| use_of_tls.to_owned())?;

    let started = Instant::now();
    let known = async {
        let channel = endpoint.within(address, endpoint.log_in(address, channel)).await?;
        let known = client.introduce(endpoint.speak(channel)).await;
        known.map_err(|failure| failure.into_error(client, "log in to"))
    };
    let how = match endpoint.login() {
        Some(Login::Password { .. }) => "the metastore takes the password",
        Some(Login::Kerberos(_)) => "the metastore takes the ticket of Kerberos",
        None => "the metastore takes the user's name as given",
    };
    let connection = take(stages, Stage::Authenticate, started, known.await, |_| how.to_owned())?;

    let started = Instant::now();
    let databases = client.ask_over(connection, |metastore| async move { said(metastore.get_all_databases().await) }).await;
    let databases = databases.map_err(|failure| failure.into_error(client, "list the databases of"));
    take(stages, Stage::Query, started, databases, |names| format!("{} databases", names.len())).map(|_| ())
}

/// Notes the outcome of a stage, and gives what it made.
fn take<T>(stages: &mut Vec<TestStage>, stage: Stage, started: Instant, outcome: Result<T>, found: impl FnOnce(&T) -> String) -> Option<T> {
    let latency = started.elapsed();
    let (made, outcome) = match outcome {
        Ok(made) => {
            let found = found(&made);
            (Some(made), Ok(found))
        }
        Err(error) => (None, Err(error)),
    };
    stages.push(TestStage { stage, latency, outcome });
    made
}

/// The addresses of the server.
async fn resolve(client: &Client, address: &Address) -> Result<String> {
    let found = look_up(&address.host, address.port, client.endpoint.connect_timeout).await;
    found.map(|addresses| names::shown(&addresses)).map_err(|detail| unreachable(client.source(), detail))
}
