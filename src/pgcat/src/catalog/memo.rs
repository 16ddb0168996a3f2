//! What is made of rows of the catalog, remembered as long as the catalog lives.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// Things by their keys, each made when it is first asked for. What is not there is not remembered, so there are never more things than
/// the catalog has.
pub(crate) struct Memo<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Memo(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// The thing of a key. Two that ask at the same time may both make it; they make the same.
    pub fn get<Q>(&self, key: &Q, make: impl FnOnce() -> Option<V>) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if known.is_some() {
            return known;
        }
        let made = make()?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), made.clone());
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_made_once() {
        let memo: Memo<String, u32> = Memo::default();
        assert_eq!(memo.get("a", || None), None);
        assert_eq!(memo.get("a", || Some(1)), Some(1));
        assert_eq!(memo.get("a", || panic!("it is known")), Some(1));
        assert_eq!(memo.get("b", || Some(2)), Some(2));
    }
}
