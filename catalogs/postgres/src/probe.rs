//! The connection test, on a connection of its own: it says what opening the source means now, not what a pool remembers.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use spi::connector::{Stage, TestStage};
use spi::{Code, Error, Result};
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::failure::{connect_failure, connect_stage, failure};
use crate::options::SslMode;
use crate::server::Server;

/// The one statement reads nothing but the catalogs.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Asks whether the server encrypts: a length of 8 and the code of `SSLRequest`.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Resolves the host, connects, looks for TLS, logs in, and asks a first question.
pub(crate) async fn probe(server: &Server) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let Some(addresses) = timed(&mut stages, Stage::Resolve, resolve(server)).await else { return stages };
    let Some(socket) = timed(&mut stages, Stage::Connect, connect(server, &addresses)).await else { return stages };
    if server.options.sslmode != SslMode::Disable && timed(&mut stages, Stage::Tls, tls(server, socket)).await.is_none() {
        return stages;
    }
    let Some(connection) = authenticate(server, &mut stages).await else { return stages };
    timed(&mut stages, Stage::Query, query(server, connection)).await;
    stages
}

/// Runs a stage and notes its outcome; gives what the next stage needs.
async fn timed<T>(stages: &mut Vec<TestStage>, stage: Stage, work: impl Future<Output = Result<(T, String)>>) -> Option<T> {
    let started = Instant::now();
    let (value, outcome) = match work.await {
        Ok((value, found)) => (Some(value), Ok(found)),
        Err(error) => (None, Err(error)),
    };
    stages.push(TestStage { stage, latency: started.elapsed(), outcome });
    value
}

async fn resolve(server: &Server) -> Result<(Vec<SocketAddr>, String)> {
    let (source, host) = (server.source(), &server.options.host);
    let refused = |detail: String| {
        Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
            .detail(detail)
            .hint("Check the option \"host\".")
    };
    let lookup = async {
        let found = tokio::net::lookup_host((host.as_str(), server.port())).await;
        found.map(Vec::from_iter).map_err(|error| refused(format!("Host \"{host}\" could not be resolved: {error}.")))
    };
    let addresses = server.within(server.connect_timeout(), Code::Unreachable, "resolve the host of", lookup).await?;
    match addresses.first() {
        Some(first) => {
            let found = first.ip().to_string();
            Ok((addresses, found))
        }
        None => Err(refused(format!("Host \"{host}\" has no address."))),
    }
}

async fn connect(server: &Server, addresses: &[SocketAddr]) -> Result<(TcpStream, String)> {
    let connect = async {
        server.context.remote_calls.count();
        TcpStream::connect(addresses).await.map_err(|error| connect_failure(server.source(), &server.address(), sqlx::Error::Io(error)))
    };
    let socket = server.within(server.connect_timeout(), Code::Unreachable, "reach", connect).await?;
    Ok((socket, format!("connected to {}", server.address())))
}

/// Whether the server offers what the option asks for. The handshake itself is part of logging in.
async fn tls(server: &Server, mut socket: TcpStream) -> Result<((), String)> {
    let ask = async {
        let mut answer = [0];
        server.context.remote_calls.count();
        let asked = async {
            socket.write_all(&SSL_REQUEST).await?;
            socket.read_exact(&mut answer).await
        };
        asked.await.map_err(|error| connect_failure(server.source(), &server.address(), sqlx::Error::Io(error)))?;
        Ok(answer[0] == b'S')
    };
    match server.within(server.connect_timeout(), Code::Unreachable, "reach", ask).await? {
        true => Ok(((), "the server offers TLS".to_owned())),
        false if server.options.sslmode == SslMode::Prefer => {
            Ok(((), "the server offers no TLS, and the option does not insist".to_owned()))
        }
        false => {
            let error = sqlx::Error::Tls("the server does not offer TLS".into());
            Err(connect_failure(server.source(), &server.address(), error))
        }
    }
}

/// Logs in. A certificate that is not accepted is the outcome of the stage before.
async fn authenticate(server: &Server, stages: &mut Vec<TestStage>) -> Option<PgConnection> {
    let started = Instant::now();
    let mut stage = Stage::Authenticate;
    let connect = async {
        server.connect().await.map_err(|error| {
            stage = connect_stage(&error);
            connect_failure(server.source(), &server.address(), error)
        })
    };
    let (connection, outcome) = match server.within(server.connect_timeout(), Code::Unreachable, "log in to", connect).await {
        Ok(connection) => (Some(connection), Ok(format!("logged in as \"{}\"", server.options.user))),
        Err(error) => (None, Err(error)),
    };
    if stage == Stage::Tls {
        stages.retain(|earlier| earlier.stage != Stage::Tls);
    }
    stages.push(TestStage { stage, latency: started.elapsed(), outcome });
    connection
}

async fn query(server: &Server, mut connection: PgConnection) -> Result<((), String)> {
    let version = async {
        server.context.remote_calls.count();
        let version = sqlx::query_scalar::<_, String>("SELECT pg_catalog.version()").persistent(false).fetch_one(&mut connection).await;
        version.map_err(|error| failure(server.source(), format!("could not query data source \"{}\"", server.source()), error))
    };
    Ok(((), server.within(STATEMENT_TIMEOUT, Code::Unavailable, "query", version).await?))
}
