//! Passwords that nobody chose.

use ring::rand::{SecureRandom, SystemRandom};
use spi::Secret;

/// How many characters a password has: 24 of 64 kinds are 144 bits.
const LENGTH: usize = 24;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// A random password that can stand in a URL as it is.
pub(crate) fn random() -> Secret<String> {
    let mut bytes = [0; LENGTH];
    // The operating system's source of randomness does not fail on the systems that we run on.
    SystemRandom::new().fill(&mut bytes).expect("random bytes");
    Secret::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect())
}
