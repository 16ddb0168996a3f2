//! Who the client is: SCRAM-SHA-256 for everybody, over TCP, TLS and Unix sockets alike.
//!
//! A role that does not exist goes through the same exchange with a verifier that nothing fits, so neither the messages nor their
//! timing tell which names exist.

mod scram;

use bytes::{Buf, Bytes};
use domain::access::{Role, Verifier};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::startup::Authentication;
use ring::hmac;
use spi::{Code, Error, Result};

use crate::message::Message;
use crate::transport::{Failure, Outcome, Transport};
use scram::{Binding, Exchange};

const PLAIN: &str = "SCRAM-SHA-256";
const BOUND: &str = "SCRAM-SHA-256-PLUS";

/// The role, once the client has proved that it knows its password. `role` is that of the name, if there is one. `end_point` is the
/// hash of our certificate, where the connection is encrypted: the proof then covers it, so that nobody in the middle can pass it on.
pub(crate) async fn authenticate(
    transport: &mut Transport,
    mocks: &MockVerifiers,
    user: &str,
    role: Option<Role>,
    end_point: Option<&[u8]>,
) -> Outcome<Role> {
    let now_micros = chrono::Utc::now().timestamp_micros();
    let is_valid = |role: &&Role| role.valid_until.is_none_or(|until| until > now_micros);
    let verifier = role.as_ref().filter(is_valid).and_then(|role| role.password.clone());
    let is_known = verifier.is_some();
    let is_proved = prove(transport, verifier.unwrap_or_else(|| mocks.of(user)), end_point).await?;
    match role {
        Some(role) if is_known && is_proved && role.login => Ok(role),
        Some(_) if is_known && is_proved => {
            Err(Failure::Fatal(Error::new(Code::Authorization, format!("role \"{user}\" is not permitted to log in"))))
        }
        _ => Err(Failure::Fatal(Error::new(Code::Password, format!("password authentication failed for user \"{user}\"")))),
    }
}

/// The exchange. True if the client knows the password of the verifier; then it has our own proof, and waits for AuthenticationOk.
async fn prove(transport: &mut Transport, verifier: Verifier, end_point: Option<&[u8]>) -> Outcome<bool> {
    let offered = end_point.map(|_| BOUND).into_iter().chain([PLAIN]);
    transport.put(authentication(Authentication::SASL(offered.map(str::to_owned).collect())))?;
    transport.send().await?;

    let (mechanism, client_first) = initial_response(password(transport).await?).map_err(Failure::Fatal)?;
    let binding = match (mechanism.as_str(), end_point) {
        (PLAIN, offered) => Binding::Unused { offered: offered.is_some() },
        (BOUND, Some(end_point)) => Binding::EndPoint(end_point.to_vec()),
        _ => return Err(Failure::Fatal(violation("client selected an invalid SASL authentication mechanism"))),
    };
    let (exchange, server_first) = Exchange::begin(verifier, binding, &client_first).map_err(Failure::Fatal)?;
    transport.put(authentication(Authentication::SASLContinue(server_first.into())))?;
    transport.send().await?;

    let client_final = password(transport).await?;
    let Some(server_final) = exchange.finish(&client_final).map_err(Failure::Fatal)? else { return Ok(false) };
    transport.put(authentication(Authentication::SASLFinal(server_final.into())))?;
    Ok(true)
}

async fn password(transport: &mut Transport) -> Outcome<Bytes> {
    match transport.next_frame().await?.decode().map_err(Failure::Fatal)? {
        Message::Password(body) => Ok(body),
        _ => Err(Failure::Fatal(violation("expected SASL response"))),
    }
}

/// The mechanism that the client chose, and its first message.
fn initial_response(mut body: Bytes) -> Result<(String, Bytes)> {
    let malformed = || violation("malformed SASL initial response");
    let end = body.iter().position(|&byte| byte == 0).ok_or_else(malformed)?;
    let mechanism = String::from_utf8(body.split_to(end).to_vec()).map_err(|_| malformed())?;
    body.advance(1);
    let length = body.try_get_i32().map_err(|_| malformed())?;
    // A client may leave its first message out; all that we know of send it.
    if usize::try_from(length) != Ok(body.len()) {
        return Err(malformed());
    }
    Ok((mechanism, body))
}

/// Makes verifiers for names that have none: for the same name always with the same salt, as a real role has. The key lives as long as
/// the process, so a restart changes the salts; keeping it would need a record that every node shares.
pub(crate) struct MockVerifiers(hmac::Key);

impl MockVerifiers {
    pub(crate) fn new() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>()))
    }

    fn of(&self, user: &str) -> Verifier {
        // PostgreSQL's salts have 16 bytes, and so have those of real roles.
        let salt = hmac::sign(&self.0, user.as_bytes()).as_ref()[..16].to_vec();
        Verifier { iterations: 4096, salt, stored_key: [0; 32], server_key: [0; 32] }
    }
}

fn authentication(message: Authentication) -> PgWireBackendMessage {
    PgWireBackendMessage::Authentication(message)
}

fn violation(message: &str) -> Error {
    Error::new(Code::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_role_always_has_the_same_salt() {
        let mocks = MockVerifiers::new();
        assert_eq!(mocks.of("nobody").salt, mocks.of("nobody").salt);
        assert_ne!(mocks.of("nobody").salt, mocks.of("somebody").salt);
        assert_ne!(mocks.of("nobody").salt, MockVerifiers::new().of("nobody").salt);
    }

    #[test]
    fn reads_the_initial_response() {
        let read = |body: &'static [u8]| initial_response(Bytes::from_static(body));
        assert_eq!(read(b"SCRAM-SHA-256\0\0\0\0\x03n,,").expect("valid"), (PLAIN.to_owned(), Bytes::from_static(b"n,,")));
        for wrong in [&b""[..], b"SCRAM", b"SCRAM\0", b"SCRAM\0\0\0\0\x04n,,", b"SCRAM\0\xff\xff\xff\xff", b"\xff\0\0\0\0\0"] {
            assert_eq!(read(wrong).expect_err("malformed").code, Code::Protocol);
        }
    }
}
