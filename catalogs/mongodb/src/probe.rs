//! The connection test, with a client of its own: it says what opening the source means now, not what a pool remembers.

use std::time::Instant;

use bson::doc;
use mongodb::Client;
use mongodb::error::{Error as DriverError, ErrorKind};
use mongodb::options::ServerAddress;
use spi::connector::{Stage, TestStage};
use spi::names::look_up;
use spi::{Code, Error, Result};
use tokio::net::TcpStream;

use crate::failure::failure;
use crate::server::{Product, Server};

/// Looks the hosts up, connects to one, encrypts, logs in, and asks a first question. TLS and the login are one exchange of the driver:
/// both stages say how long it took.
pub(crate) async fn probe(server: &Server) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let mut note = |stage, started: Instant, outcome: Result<String>| {
        let passed = outcome.is_ok();
        stages.push(TestStage { stage, latency: started.elapsed(), outcome });
        passed
    };
    let started = Instant::now();
    // Opening a client looks up the records of `srv`; it connects to nobody.
    let (client, addresses) = match found(server).await {
        Ok(found) => found,
        Err(error) => {
            note(if error.code == Code::InvalidArgument { Stage::Tls } else { Stage::Resolve }, started, Err(error));
            return stages;
        }
    };
    let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    note(Stage::Resolve, started, Ok(shown));
    let started = Instant::now();
    if note(Stage::Connect, started, reach(server, &addresses).await) {
        log_in(server, &client, &mut note).await;
    }
    client.shutdown().immediate(true).await;
    stages
}

/// A client, and the addresses of the members that are named. Names are looked up.
async fn found(server: &Server) -> Result<(Client, Vec<std::net::SocketAddr>)> {
    let opened = tokio::time::timeout(server.options.connect_timeout(), server.open()).await;
    let opened = opened.map_err(|_| server.unresolved())?;
    let client = opened.map_err(|error| failure(server, server.unreached(), error))?;
    if server.options.srv {
        return Ok((client, Vec::new()));
    }
    let mut addresses = Vec::new();
    let mut detail = String::new();
    for member in server.options.addresses()? {
        let ServerAddress::Tcp { host, port } = member else { continue };
        match look_up(&host, port.unwrap_or(server.options.port), server.options.connect_timeout()).await {
            Ok(found) => addresses.extend(found),
            Err(failed) => detail = failed,
        }
    }
    if addresses.is_empty() { Err(unreachable(server, detail)) } else { Ok((client, addresses)) }
}

/// Connects to the first member that lets us; the driver alone knows those of `srv`.
async fn reach(server: &Server, addresses: &[std::net::SocketAddr]) -> Result<String> {
    let mut detail = String::new();
    for address in addresses {
        match tokio::time::timeout(server.options.connect_timeout(), TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(format!("{address} accepts connections")),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                detail = format!("Connection to {address} was refused.");
            }
            Ok(Err(error)) => detail = format!("Connection to {address} failed: {error}."),
            Err(_) => detail = format!("{address} had not answered after {} ms.", server.options.connect_timeout),
        }
    }
    if addresses.is_empty() { Ok("left to the driver".to_owned()) } else { Err(unreachable(server, detail)) }
}

async fn log_in(server: &Server, client: &Client, note: &mut impl FnMut(Stage, Instant, Result<String>) -> bool) {
    let started = Instant::now();
    server.context.remote_calls.count();
    let message = || format!("could not connect to data source \"{}\"", server.context.source);
    let admin = client.database("admin");
    // The driver's own deadline is that of finding a server.
    let asked = tokio::time::timeout(server.options.connect_timeout() * 2, admin.run_command(doc! { "buildInfo": 1 }).into_future());
    let product = match asked.await {
        Ok(Ok(build_info)) => Product::of(&build_info).text,
        Ok(Err(error)) => {
            let stage = stage_of(server, &error);
            let error = failure(server, message(), error);
            if stage == Stage::Tls || note(Stage::Tls, started, Ok(encryption(server))) {
                note(stage, started, Err(error));
            }
            return;
        }
        Err(_) => {
            let detail = format!("{} had not answered after {} ms.", server.address(), server.options.connect_timeout * 2);
            note(Stage::Tls, started, Err(unreachable(server, detail)));
            return;
        }
    };
    note(Stage::Tls, started, Ok(encryption(server)));
    let login = server.options.user.as_ref().map_or("nobody logs in".to_owned(), |user| format!("logged in as {user}"));
    note(Stage::Authenticate, started, Ok(login));
    let started = Instant::now();
    server.context.remote_calls.count();
    let databases = admin.run_command(doc! { "listDatabases": 1, "nameOnly": true, "authorizedDatabases": true });
    let outcome = match tokio::time::timeout(server.options.connect_timeout(), databases).await {
        Ok(Ok(reply)) => Ok(format!("{product} with {} databases", reply.get_array("databases").map_or(0, Vec::len))),
        Ok(Err(error)) => Err(failure(server, format!("could not list the databases of data source \"{}\"", server.context.source), error)),
        Err(_) => Err(unreachable(server, format!("{} had not answered in time.", server.address()))),
    };
    note(Stage::Query, started, outcome);
}

/// How far an attempt came. A server that was reached, but does not answer a client that encrypts, does not encrypt as it should.
fn stage_of(server: &Server, error: &DriverError) -> Stage {
    match &*error.kind {
        ErrorKind::ServerSelection { .. } | ErrorKind::InvalidTlsConfig { .. } | ErrorKind::Io(_) => Stage::Tls,
        ErrorKind::ConnectionPoolCleared { .. } if server.options.encrypts() => Stage::Tls,
        _ => Stage::Authenticate,
    }
}

fn encryption(server: &Server) -> String {
    if server.options.encrypts() { "encrypted".to_owned() } else { "not used".to_owned() }
}

fn unreachable(server: &Server, detail: String) -> Error {
    Error::source(Code::Unreachable, &server.context.source, server.unreached())
        .detail(detail)
        .hint("Check the options \"host\" and \"port\".")
        .retryable()
}
