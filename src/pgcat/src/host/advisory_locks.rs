//! The advisory locks of a session, which clients take to keep migrations and jobs apart.
//!
//! What they would keep apart cannot be changed here, so that no session ever waits for another. Each only knows what it took itself,
//! since clients look at whether they could give it back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spi::{Code, Error, Result};

/// How many locks a session may hold, as many as a PostgreSQL of default settings has room for.
const LOCKS_MAX: usize = 6_400;

/// What a session holds. Clones are of the same session.
#[derive(Clone, Debug, Default)]
pub struct AdvisoryLocks(Arc<Mutex<HashMap<Lock, u64>>>);

/// A lock: its key, and whether it is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    pub key: LockKey,
    pub is_shared: bool,
}

/// A number, or two, which are never the same as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKey {
    One(i64),
    Two(i64, i64),
}

impl AdvisoryLocks {
    /// Takes a lock, which the session may have already.
    pub fn take(&self, lock: Lock) -> Result<()> {
        let mut held = self.held();
        if held.len() >= LOCKS_MAX && !held.contains_key(&lock) {
            return Err(Error::new(Code::OutOfMemory, "out of shared memory"));
        }
        *held.entry(lock).or_default() += 1;
        Ok(())
    }

    /// Gives a lock back once. False if the session does not hold it.
    pub fn release(&self, lock: Lock) -> bool {
        let mut held = self.held();
        let Some(times) = held.get_mut(&lock) else { return false };
        *times -= 1;
        if *times == 0 {
            held.remove(&lock);
        }
        true
    }

    pub fn release_all(&self) {
        self.held().clear();
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Lock, u64>> {
        // Every change is whole before anything can fail.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_given_back_as_often_as_it_was_taken() {
        let locks = AdvisoryLocks::default();
        let lock = Lock { key: LockKey::One(1), is_shared: false };
        locks.take(lock).unwrap();
        locks.take(lock).unwrap();
        for other in [Lock { is_shared: true, ..lock }, Lock { key: LockKey::Two(0, 1), ..lock }] {
            assert!(!locks.release(other), "{other:?}");
        }
        assert!(locks.release(lock) && locks.release(lock) && !locks.release(lock));
        locks.take(lock).unwrap();
        locks.clone().release_all();
        assert!(!locks.release(lock));
    }

    #[test]
    fn a_session_holds_only_so_many() {
        let locks = AdvisoryLocks::default();
        let lock = |number: usize| Lock { key: LockKey::One(number as i64), is_shared: false };
        assert!((0..LOCKS_MAX).all(|number| locks.take(lock(number)).is_ok()));
        assert!(locks.take(lock(LOCKS_MAX)).is_err() && locks.take(lock(0)).is_ok());
    }
}
