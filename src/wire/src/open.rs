//! From a socket to an open session: greeting, authentication, a free place, the engine's consent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::access;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey};
use spi::{Code, Error, Result};
use sql::Session;
use tokio::sync::OwnedSemaphorePermit;

use crate::authentication::authenticate;
use crate::cancel::{Registration, Secret};
use crate::connection::Connection;
use crate::error::{Severity, error_response};
use crate::greeting::{Greeting, Security, Socket, greet};
use crate::limits::{AUTHENTICATION_BYTES_MAX, CONNECTIONS_RESERVED, FAREWELL_TIMEOUT};
use crate::server::Server;
use crate::startup::{self, NEWEST_VERSION, Packet};
use crate::transport::{Failure, Outcome, Transport};

/// What a session holds as long as it is open.
pub(crate) struct Place {
    pub(crate) registration: Registration,
    _slot: OwnedSemaphorePermit,
}

/// The connection, unless it was a request to cancel, was refused or broke off; then it is over.
pub(crate) async fn open(server: &Arc<Server>, socket: Socket, client_addr: String) -> Option<Connection> {
    let Greeting { stream, security, packet } = match greet(socket, server.config.tls.as_ref()).await {
        Ok(greeting) => greeting,
        Err(error) => {
            tracing::debug!(client = client_addr, %error, "a connection ended before it began");
            return None;
        }
    };
    let mut transport = Transport::new(stream, AUTHENTICATION_BYTES_MAX, server.config.write_timeout);
    match admit(server, &mut transport, security, packet, &client_addr).await {
        Ok(Some((session, place))) => {
            transport.message_bytes_max = server.config.message_bytes_max;
            Some(Connection::new(transport, session, place, server.shutdown.clone()))
        }
        Ok(None) => None,
        Err(failure) => {
            farewell(&mut transport, &client_addr, failure).await;
            None
        }
    }
}

/// Opens the session that the packet asks for. Everything up to the first ReadyForQuery is put into the transport, and not sent yet.
async fn admit(
    server: &Arc<Server>,
    transport: &mut Transport,
    security: Security,
    packet: Result<Packet>,
    client_addr: &str,
) -> Outcome<Option<(Session, Place)>> {
    let startup = match packet.map_err(Failure::Fatal)? {
        Packet::Startup(startup) => startup,
        Packet::Cancel { pid, secret } => {
            server.sessions.cancel(pid, &secret);
            return Ok(None);
        }
        Packet::TlsRequest | Packet::GssRequest => return Err(refusal(Code::Protocol, "expected a startup packet")),
    };
    if server.shutdown.is_cancelled() {
        return Err(refusal(Code::Unavailable, "the database system is shutting down"));
    }
    if server.config.tls_required && security == Security::None {
        let error = Error::new(Code::Authorization, "connections without TLS are not accepted").hint("Connect with sslmode=require.");
        return Err(Failure::Fatal(error));
    }
    if startup.needs_negotiation() {
        let declined = NegotiateProtocolVersion::new(NEWEST_VERSION, startup.unknown_extensions.clone());
        transport.put(PgWireBackendMessage::NegotiateProtocolVersion(declined))?;
    }

    let end_point = match &security {
        Security::Tls { end_point } => end_point.as_deref(),
        Security::None | Security::Local => None,
    };
    let role = access::role(&server.engine.services().store.replica(), &startup.user);
    let role = authenticate(transport, &server.mocks, &startup.user, role, end_point).await?;
    // Only now: strangers cannot use up the places of those who may come in.
    let slot = free_slot(server, role.superuser)?;

    let secret = Secret::random(startup.secret_length());
    let key = SecretKey::Bytes(Bytes::copy_from_slice(secret.bytes()));
    let registration = server.sessions.register(secret);
    let pid = registration.pid;
    let session = open_session(server, role.name, startup, client_addr, pid).map_err(Failure::Fatal)?;
    registration.open(session.canceller());

    transport.put(PgWireBackendMessage::Authentication(Authentication::Ok))?;
    for (name, value) in session.reported_settings() {
        transport.put(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name.to_owned(), value)))?;
    }
    transport.put(PgWireBackendMessage::BackendKeyData(BackendKeyData::new(pid, key)))?;
    Ok(Some((session, Place { registration, _slot: slot })))
}

fn free_slot(server: &Server, superuser: bool) -> Outcome<OwnedSemaphorePermit> {
    if !superuser && server.slots.available_permits() <= CONNECTIONS_RESERVED {
        return Err(refusal(Code::TooManyConnections, "sorry, too many clients already"));
    }
    let slot = Arc::clone(&server.slots).try_acquire_owned();
    slot.map_err(|_| refusal(Code::TooManyConnections, "sorry, too many clients already"))
}

fn open_session(server: &Server, role: String, startup: startup::Startup, client_addr: &str, pid: i32) -> Result<Session> {
    let startup::Startup { database, settings, .. } = startup;
    server.engine.open_session(sql::Startup { role, database, settings, client_addr: client_addr.to_owned(), pid })
}

fn refusal(code: Code, message: &str) -> Failure {
    Failure::Fatal(Error::new(code, message))
}

/// Tells a client why it is not let in.
async fn farewell(transport: &mut Transport, client_addr: &str, failure: Failure) {
    let (Failure::Fatal(error) | Failure::Statement(error)) = failure else { return };
    tracing::info!(client = client_addr, code = error.code.sqlstate(), %error, "a connection was refused");
    let send = async {
        transport.put(error_response(Severity::Fatal, &error))?;
        transport.send().await?;
        transport.close().await;
        Outcome::Ok(())
    };
    // Whoever does not listen to a refusal need not hear it.
    let _ = tokio::time::timeout(FAREWELL_TIMEOUT, send).await;
}

/// How long a connection may take until it is open. During a shutdown none will be, and it only has to hear so.
pub(crate) fn time_to_open(server: &Server) -> Duration {
    if server.shutdown.is_cancelled() { FAREWELL_TIMEOUT } else { server.config.startup_timeout }
}
