//! What a session has by name, for those who list it while the session itself is at work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Descriptions by name. Clones share them.
pub(crate) struct Listed<T>(Arc<Mutex<BTreeMap<String, T>>>);

impl<T: Clone> Listed<T> {
    pub(crate) fn insert(&self, name: &str, description: T) {
        self.lock().insert(name.to_owned(), description);
    }

    pub(crate) fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Forgets those that are not kept.
    pub(crate) fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.lock().retain(|name, _| keep(name));
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.lock().values().cloned().collect()
    }

    /// Every change is one call, so a panic elsewhere cannot leave the map half changed.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Listed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
