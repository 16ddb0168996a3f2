//! Who may cancel what: the sessions of this gateway, each with its number and its secret.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::RngCore;
use sql::Canceller;

/// The sessions that can be cancelled now. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<Registry>>);

#[derive(Default)]
struct Registry {
    last_pid: i32,
    sessions: HashMap<i32, Entry>,
}

struct Entry {
    secret: Secret,
    /// None until the session is open.
    canceller: Option<Canceller>,
}

/// What a client must know to cancel a session's statement. Never shown, so there is no `Debug`.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// Protocol 3.0 has room for 4 bytes, 3.2 for up to 256; 32 are beyond any guessing.
    pub(crate) fn random(length: usize) -> Self {
        let mut bytes = vec![0; length];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes as long for a wrong secret as for the right one.
    fn matches(&self, given: &[u8]) -> bool {
        given.len() == self.0.len() && self.0.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

/// A session's place in the registry, given back when this is dropped.
pub(crate) struct Registration {
    sessions: Sessions,
    pub(crate) pid: i32,
}

impl Sessions {
    /// A number that no other session has. The secret is set when the protocol version is known.
    pub(crate) fn register(&self, secret: Secret) -> Registration {
        let mut registry = self.lock();
        // There are far fewer sessions than numbers, so a free one is near.
        loop {
            registry.last_pid = registry.last_pid.checked_add(1).unwrap_or(1);
            let pid = registry.last_pid;
            if let std::collections::hash_map::Entry::Vacant(place) = registry.sessions.entry(pid) {
                place.insert(Entry { secret, canceller: None });
                return Registration { sessions: self.clone(), pid };
            }
        }
    }

    /// Cancels what a session is running. A wrong number or secret does nothing, and the sender learns nothing.
    pub(crate) fn cancel(&self, pid: i32, secret: &[u8]) {
        let registry = self.lock();
        if let Some(entry) = registry.sessions.get(&pid).filter(|entry| entry.secret.matches(secret)) {
            entry.canceller.iter().for_each(Canceller::cancel);
        }
    }

    pub(crate) fn cancel_all(&self) {
        self.lock().sessions.values().filter_map(|entry| entry.canceller.as_ref()).for_each(Canceller::cancel);
    }

    /// Every change is one call, so a panic elsewhere cannot leave the registry half changed.
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// From now on the session's statements can be cancelled.
    pub(crate) fn open(&self, canceller: Canceller) {
        if let Some(entry) = self.sessions.lock().sessions.get_mut(&self.pid) {
            entry.canceller = Some(canceller);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.sessions.lock().sessions.remove(&self.pid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_given_back() {
        let sessions = Sessions::default();
        let (first, second) = (sessions.register(Secret::random(4)), sessions.register(Secret::random(4)));
        assert_ne!(first.pid, second.pid);
        sessions.lock().last_pid = i32::MAX;
        let third = sessions.register(Secret::random(4));
        assert!(third.pid > 0 && third.pid != first.pid && third.pid != second.pid);
        let pid = first.pid;
        drop(first);
        assert!(!sessions.lock().sessions.contains_key(&pid));
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = Secret::random(32);
        assert!(secret.matches(secret.bytes()));
        assert!(!secret.matches(&secret.bytes()[..31]));
        assert!(!secret.matches(&[]));
        let mut wrong = secret.bytes().to_vec();
        wrong[31] ^= 1;
        assert!(!secret.matches(&wrong));
    }
}
