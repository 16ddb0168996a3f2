//! What the page before has shown, which SCAN and its kin may show once more.
//!
//! A server that has shrunk its table since the last page begins the next one with the whole bucket that the cursor is in by then. Of the
//! smaller table's buckets it is the only one of which anything was shown, and that was not long ago: the cursor goes through the larger
//! table in such an order that the buckets that become one follow each other. A table that shrinks is nearly empty, and of such a one a page
//! looks at thousands of buckets: so what is shown again was in the page before.
//!
//! Source: `dictScan` of Redis 7.0.

use std::collections::HashSet;

/// The keys, or members, of a page.
#[derive(Default)]
pub(crate) struct Recent(HashSet<Vec<u8>>);

impl Recent {
    /// What of a page the page before did not have, and each once. `key` says what tells two of them apart.
    pub(crate) fn fresh<T>(&mut self, page: Vec<T>, key: impl Fn(&T) -> Option<&[u8]>) -> Vec<T> {
        let mut shown = HashSet::with_capacity(page.len());
        let is_fresh = |one: &T| key(one).is_none_or(|key| shown.insert(key.to_vec()) && !self.0.contains(key));
        let fresh = page.into_iter().filter(is_fresh).collect();
        self.0 = shown;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_twice_in_a_row() {
        let mut recent = Recent::default();
        let mut fresh = |page: &[&'static str]| recent.fresh(page.to_vec(), |key| Some(key.as_bytes()));
        assert_eq!(fresh(&["a", "b", "a"]), ["a", "b"]);
        assert_eq!(fresh(&["b", "c"]), ["c"]);
        assert_eq!(fresh(&["b", "c", "d"]), ["d"], "what was left out was shown, too");
        assert_eq!(fresh(&[]), [""; 0]);
        assert_eq!(fresh(&["d"]), ["d"]);
    }
}
