//! Whose partitions are listed first, where a refresh does not list those of all tables.
//!
//! First those that have changed, then those that never were listed, then the others one after the other. What is remembered for that is
//! of this gateway's memory alone: after a restart the others begin with the first one again.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::changes::Name;

/// What is remembered from one harvest to the next.
#[derive(Default)]
pub(crate) struct Rota {
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Tables that have changed, and whose partitions were not listed since.
    changed: BTreeSet<Name>,
    /// Tables that need more questions than were left.
    large: BTreeSet<Name>,
    /// The table that was the last one in turn.
    last: Option<Name>,
}

impl Rota {
    /// Notes tables whose partitions have changed.
    pub(crate) fn changed(&self, tables: impl Iterator<Item = Name>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).changed.extend(tables);
    }

    /// The tables that earlier harvests had no questions left for.
    pub(crate) fn waiting(&self) -> BTreeSet<Name> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.changed.union(&state.large).cloned().collect()
    }

    /// Sorts tables into their order. `is_unlisted` says whose partitions never were listed.
    pub(crate) fn sort<T>(&self, tables: &mut [T], name: impl Fn(&T) -> Name, is_unlisted: impl Fn(&T) -> bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        tables.sort_by_cached_key(|table| {
            let name = name(table);
            let class = match () {
                () if state.changed.contains(&name) => 0,
                () if is_unlisted(table) => 1,
                () => 2,
            };
            let had_its_turn = class == 2 && state.last.as_ref().is_some_and(|last| name <= *last);
            (class, had_its_turn, name)
        });
    }

    /// Whether a table waits for a refresh that has enough questions for it.
    pub(crate) fn is_large(&self, table: &Name) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).large.contains(table)
    }

    /// Notes that a table needs more questions than were left.
    pub(crate) fn postpone(&self, table: Name) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).large.insert(table);
    }

    /// Notes that a table's partitions were listed, or that it is gone.
    pub(crate) fn done(&self, table: Name) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (was_large, has_changed) = (state.large.remove(&table), state.changed.remove(&table));
        if !was_large && !has_changed {
            state.last = Some(table);
        }
    }

    /// Forgets the tables that are there no more.
    pub(crate) fn retain(&self, is_there: impl Fn(&Name) -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.changed.retain(&is_there);
        state.large.retain(is_there);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(table: &str) -> Name {
        ("d".to_owned(), table.to_owned())
    }

    #[test]
    fn each_table_has_its_turn() {
        let rota = Rota::default();
        let order = |unlisted: &str| {
            let mut tables = ["a", "b", "c", "d"];
            rota.sort(&mut tables, |table| name(table), |table| *table == unlisted);
            tables
        };
        assert_eq!(order("c"), ["c", "a", "b", "d"]);
        rota.done(name("c"));
        assert_eq!(order(""), ["d", "a", "b", "c"]);
        rota.changed([name("b")].into_iter());
        assert_eq!(order(""), ["b", "d", "a", "c"]);
        // A change is no turn.
        rota.done(name("b"));
        assert_eq!(order(""), ["d", "a", "b", "c"]);
    }

    #[test]
    fn what_waits_is_kept_until_it_was_listed() {
        let rota = Rota::default();
        rota.changed([name("a"), name("b")].into_iter());
        rota.postpone(name("c"));
        rota.done(name("a"));
        assert_eq!(rota.waiting(), BTreeSet::from([name("b"), name("c")]));
        assert!(rota.is_large(&name("c")) && !rota.is_large(&name("b")));
        rota.retain(|table| *table != name("b"));
        assert_eq!(rota.waiting(), BTreeSet::from([name("c")]));
    }
}
