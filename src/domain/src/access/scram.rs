//! Passwords as they are stored: SCRAM-SHA-256 verifiers, in PostgreSQL's text form.
//!
//! A verifier proves a password without telling it (RFC 5802, RFC 7677).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spi::Secret;
use spi::secret::MASK;

/// PostgreSQL's default. More would slow every log-in down, and the RFC asks for at least as many.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).expect("4096 is not 0");
/// PostgreSQL's salt length.
const SALT_BYTES: usize = 16;
/// What the text form begins with.
const MECHANISM: &str = "SCRAM-SHA-256";

/// `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the last three in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub iterations: u32,
    pub salt: Vec<u8>,
    pub stored_key: [u8; 32],
    pub server_key: [u8; 32],
}

/// The verifier of a new password, with a salt of its own. A password that is a verifier's text is taken as that verifier, as
/// PostgreSQL does: this is how roles are copied without knowing their passwords.
pub fn verifier(password: &Secret<String>) -> Verifier {
    match password.expose().parse() {
        Ok(ready) => ready,
        Err(NotAVerifier) => Verifier::derive(password.expose(), &rand::random::<[u8; SALT_BYTES]>(), ITERATIONS),
    }
}

impl Verifier {
    fn derive(password: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        // A password that SASLprep refuses is used as it is, as PostgreSQL and its clients do.
        let prepared = stringprep::saslprep(password).unwrap_or(password.into());
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, prepared.as_bytes(), &mut salted);
        let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        Self {
            iterations: iterations.get(),
            salt: salt.to_vec(),
            stored_key: bytes(digest::digest(&digest::SHA256, client_key.as_ref()).as_ref()),
            server_key: bytes(hmac::sign(&salted, b"Server Key").as_ref()),
        }
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let Self { iterations, salt, stored_key, server_key } = self;
        format!("{MECHANISM}${iterations}:{}${}:{}", STANDARD.encode(salt), STANDARD.encode(stored_key), STANDARD.encode(server_key))
    }
}

/// SHA-256 gives 32 bytes, always.
fn bytes(hash: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash);
    bytes
}

/// The text is not that of a verifier.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAVerifier;

impl FromStr for Verifier {
    type Err = NotAVerifier;

    fn from_str(text: &str) -> Result<Self, NotAVerifier> {
        let [MECHANISM, salting, keys] = text.split('$').collect::<Vec<_>>()[..] else { return Err(NotAVerifier) };
        let (iterations, salt) = salting.split_once(':').ok_or(NotAVerifier)?;
        let (stored_key, server_key) = keys.split_once(':').ok_or(NotAVerifier)?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| NotAVerifier);
        let key = |text: &str| decode(text)?.try_into().map_err(|_| NotAVerifier);
        Ok(Self {
            iterations: iterations.parse::<NonZeroU32>().map_err(|_| NotAVerifier)?.get(),
            salt: decode(salt)?,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }
}

/// Never shown: it lets its reader try passwords.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Verifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Verifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|NotAVerifier| serde::de::Error::custom("a SCRAM-SHA-256 verifier is expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3: user "user", password "pencil".
    #[test]
    fn the_exchange_of_rfc_7677_is_proved() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64");
        let verifier = Verifier::derive("pencil", &salt, ITERATIONS);
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &verifier.server_key), message.as_bytes());
        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").expect("base64");
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &verifier.stored_key), message.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        assert_eq!(digest::digest(&digest::SHA256, &client_key).as_ref(), verifier.stored_key);
    }

    #[test]
    fn the_text_form_is_read_back_and_taken_as_a_ready_verifier() {
        let made = verifier(&Secret::new("pencil".to_owned()));
        assert!(made.to_text().starts_with("SCRAM-SHA-256$4096:"));
        assert_eq!(verifier(&Secret::new(made.to_text())), made);
        assert_ne!(verifier(&Secret::new("pencil".to_owned())), made, "every verifier has its own salt");
        let broken = ["", "pencil", "md5abc", "SCRAM-SHA-256$0:AA==$AA==:AA==", "SCRAM-SHA-256$4096:AA==$AA==:AA==", "SCRAM-SHA-256$4096"];
        for text in broken {
            assert_eq!(text.parse::<Verifier>(), Err(NotAVerifier), "{text}");
        }
    }

    #[test]
    fn equal_passwords_in_different_unicode_forms_are_equal() {
        let of = |password: &str| Verifier::derive(password, b"salt", ITERATIONS);
        assert_eq!(of("I\u{00AD}X"), of("IX"));
        assert_eq!(of("\u{2168}"), of("IX"));
        assert_ne!(of("ix"), of("IX"));
        // A control character is prohibited: the password is taken as it is.
        assert_ne!(of("a\u{7}b"), of("ab"));
    }

    #[test]
    fn a_verifier_is_never_shown() {
        assert_eq!(format!("{:?}", verifier(&Secret::new("pencil".to_owned()))), MASK);
    }
}
