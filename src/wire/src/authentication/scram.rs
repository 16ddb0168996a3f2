//! The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), with and without channel binding.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::access::Verifier;
use ring::{digest, hmac};
use spi::{Code, Error, Result};

/// 144 bits, as PostgreSQL's nonces have.
const NONCE_BYTES: usize = 18;

/// What the proof is bound to.
#[derive(Debug)]
pub(super) enum Binding {
    /// Nothing. Whether we offered more is compared with what the client believes, which reveals somebody in the middle.
    Unused { offered: bool },
    /// `tls-server-end-point`: the hash of our certificate.
    EndPoint(Vec<u8>),
}

/// An exchange that waits for the client's proof.
pub(super) struct Exchange {
    verifier: Verifier,
    /// What `c=` of the client's last message must be.
    channel: String,
    nonce: String,
    client_first_bare: String,
    server_first: String,
}

impl Exchange {
    /// Takes the client's first message and gives the server's.
    pub(super) fn begin(verifier: Verifier, binding: Binding, client_first: &[u8]) -> Result<(Self, String)> {
        let nonce = STANDARD.encode(rand::random::<[u8; NONCE_BYTES]>());
        Self::begin_with_nonce(verifier, binding, client_first, &nonce)
    }

    fn begin_with_nonce(verifier: Verifier, binding: Binding, client_first: &[u8], server_nonce: &str) -> Result<(Self, String)> {
        let text = std::str::from_utf8(client_first).map_err(|_| malformed())?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(identity), Some(bare)) = (parts.next(), parts.next(), parts.next()) else { return Err(malformed()) };
        check_flag(flag, &binding)?;
        if !identity.is_empty() {
            return Err(Error::new(Code::Unsupported, "client uses authorization identity, but it is not supported"));
        }
        // The name is that of the startup packet; PostgreSQL ignores the one here, and libpq leaves it empty.
        let client_nonce = match bare.split(',').collect::<Vec<_>>()[..] {
            [name, nonce, ..] if name.starts_with("n=") => nonce.strip_prefix("r=").ok_or_else(malformed)?,
            _ => return Err(malformed()),
        };
        if client_nonce.is_empty() || !client_nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed());
        }
        let mut channel = format!("{flag},,").into_bytes();
        if let Binding::EndPoint(hash) = binding {
            channel.extend(hash);
        }
        let nonce = format!("{client_nonce}{server_nonce}");
        let server_first = format!("r={nonce},s={},i={}", STANDARD.encode(&verifier.salt), verifier.iterations);
        let exchange = Self {
            verifier,
            channel: STANDARD.encode(channel),
            nonce,
            client_first_bare: bare.to_owned(),
            server_first: server_first.clone(),
        };
        Ok((exchange, server_first))
    }

    /// Takes the client's proof and gives the server's, or none if the client does not know the password.
    pub(super) fn finish(self, client_final: &[u8]) -> Result<Option<String>> {
        let text = std::str::from_utf8(client_final).map_err(|_| malformed())?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or_else(malformed)?;
        let mut parts = without_proof.split(',');
        let (Some(channel), Some(nonce)) = (parts.next(), parts.next()) else { return Err(malformed()) };
        if nonce.strip_prefix("r=") != Some(&self.nonce) {
            return Err(malformed().detail("Nonce does not match."));
        }
        if channel.strip_prefix("c=") != Some(&self.channel) {
            return Err(Error::new(Code::Authorization, "SCRAM channel binding check failed"));
        }
        let proof: [u8; 32] =
            STANDARD.decode(proof).ok().and_then(|proof| proof.try_into().ok()).ok_or_else(|| malformed().detail("Malformed proof."))?;

        let message = format!("{},{},{without_proof}", self.client_first_bare, self.server_first);
        let signature = sign(&self.verifier.stored_key, message.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature.as_ref()).map(|(proof, signature)| proof ^ signature).collect();
        let stored_key = digest::digest(&digest::SHA256, &client_key);
        // These are hashes of what is secret, so the comparison need not take the same time for all of them.
        if stored_key.as_ref() != self.verifier.stored_key {
            return Ok(None);
        }
        Ok(Some(format!("v={}", STANDARD.encode(sign(&self.verifier.server_key, message.as_bytes())))))
    }
}

/// Whether what the client says about channel binding fits what it chose.
fn check_flag(flag: &str, binding: &Binding) -> Result<()> {
    match (flag, binding) {
        ("n", Binding::Unused { .. }) | ("y", Binding::Unused { offered: false }) | ("p=tls-server-end-point", Binding::EndPoint(_)) => {
            Ok(())
        }
        ("y", Binding::Unused { offered: true }) => Err(Error::new(Code::Authorization, "SCRAM channel binding negotiation error")
            .detail("The client supports SCRAM channel binding but thinks the server does not, although the server has offered it.")),
        _ => Err(malformed().detail("The channel binding does not fit the mechanism.")),
    }
}

fn sign(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

fn malformed() -> Error {
    Error::new(Code::Protocol, "malformed SCRAM message")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;
    use ring::pbkdf2;
    use spi::Secret;

    use super::*;

    fn verifier(password: &str) -> Verifier {
        domain::access::verifier(&Secret::new(password.to_owned()))
    }

    /// The client's side, written from the RFC: its last message, and what the server has to answer.
    fn client_final(password: &str, header: &str, hash: &[u8], bare: &str, server_first: &str) -> (String, String) {
        let field = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name)).expect("a field");
        let salt = STANDARD.decode(field("s=")).expect("base64");
        let iterations = field("i=").parse::<NonZeroU32>().expect("a number");
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, password.as_bytes(), &mut salted);
        let client_key = sign(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
        let without_proof = format!("c={},r={}", STANDARD.encode([header.as_bytes(), hash].concat()), field("r="));
        let message = format!("{bare},{server_first},{without_proof}");
        let signature = sign(stored_key.as_ref(), message.as_bytes());
        let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, signature)| key ^ signature).collect();
        let server = sign(sign(&salted, b"Server Key").as_ref(), message.as_bytes());
        (format!("{without_proof},p={}", STANDARD.encode(proof)), format!("v={}", STANDARD.encode(server)))
    }

    /// Whether a client with that password gets in, the server's proof being checked too.
    fn exchange(known: &str, tried: &str, binding: Binding, header: &str, hash: &[u8]) -> Result<bool> {
        let bare = "n=,r=rOprNGfwEbeRWgbNEkqO";
        let (exchange, server_first) = Exchange::begin(verifier(known), binding, format!("{header}{bare}").as_bytes())?;
        let (client_final, expected) = client_final(tried, header, hash, bare, &server_first);
        let answer = exchange.finish(client_final.as_bytes())?;
        assert!(answer.is_none() || answer == Some(expected));
        Ok(answer.is_some())
    }

    #[test]
    fn the_password_decides() {
        assert!(exchange("pencil", "pencil", Binding::Unused { offered: false }, "n,,", b"").expect("valid"));
        assert!(exchange("pencil", "pencil", Binding::Unused { offered: false }, "y,,", b"").expect("valid"));
        assert!(!exchange("pencil", "Pencil", Binding::Unused { offered: false }, "n,,", b"").expect("valid"));
    }

    #[test]
    fn the_certificate_is_part_of_the_proof() {
        let bound = || Binding::EndPoint(vec![1, 2, 3]);
        let header = "p=tls-server-end-point,,";
        assert!(exchange("pencil", "pencil", bound(), header, &[1, 2, 3]).expect("valid"));
        assert_eq!(exchange("pencil", "pencil", bound(), header, &[9]).expect_err("another certificate").code, Code::Authorization);
        assert_eq!(exchange("pencil", "pencil", bound(), "n,,", b"").expect_err("no binding").code, Code::Protocol);
        let downgraded = exchange("pencil", "pencil", Binding::Unused { offered: true }, "y,,", b"").expect_err("somebody in the middle");
        assert_eq!(downgraded.code, Code::Authorization);
    }

    /// RFC 7677, section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let verifier = Verifier {
            iterations: 4096,
            salt: STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64"),
            stored_key: STANDARD.decode("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=").expect("base64").try_into().expect("32 bytes"),
            server_key: STANDARD.decode("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=").expect("base64").try_into().expect("32 bytes"),
        };
        let (exchange, server_first) = Exchange::begin_with_nonce(
            verifier,
            Binding::Unused { offered: false },
            b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        )
        .expect("valid");
        assert_eq!(server_first, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        let last = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let answer = exchange.finish(last).expect("valid");
        assert_eq!(answer.as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    #[test]
    fn malformed_messages_are_refused() {
        let begin = |first: &str| {
            Exchange::begin(verifier("x"), Binding::Unused { offered: false }, first.as_bytes()).map(|(exchange, _)| exchange)
        };
        for first in ["", "n", "n,,", "n,,n=", "n,,n=,r=", "n,,r=abc,n=", "n,,m=x,n=,r=abc", "x,,n=,r=abc", "n,,n=,r=a\u{e9}"] {
            assert_eq!(begin(first).err().expect(first).code, Code::Protocol, "{first}");
        }
        assert_eq!(begin("n,a=bob,n=,r=abc").err().expect("an identity").code, Code::Unsupported);
        for last in ["", "c=biws", "c=biws,r=abc,p=AA==", "c=biws,r=abc"] {
            assert!(begin("n,,n=,r=abc").expect("valid").finish(last.as_bytes()).is_err(), "{last}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(first in ".{0,60}", last in ".{0,60}") {
            let _ = Exchange::begin(verifier("SCRAM-SHA-256$1:AA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                Binding::Unused { offered: false }, first.as_bytes());
            let (exchange, _) = Exchange::begin(verifier("SCRAM-SHA-256$1:AA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                Binding::Unused { offered: false }, b"n,,n=,r=abc").expect("valid");
            let _ = exchange.finish(last.as_bytes());
        }
    }
}
