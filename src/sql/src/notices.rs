//! Messages that a statement leaves for the client, kept until the wire takes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answer::Notice;

/// More notices than a person reads; a statement that makes more is told on the last one.
const NOTICES_MAX: usize = 100;

/// The notices that a session has not sent yet. Clones share them, so that a running statement can add to them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<Pending>>);

#[derive(Debug, Default)]
struct Pending {
    notices: Vec<Notice>,
    dropped: usize,
}

impl Notices {
    pub fn push(&self, notice: Notice) {
        let mut pending = self.lock();
        if pending.notices.len() < NOTICES_MAX { pending.notices.push(notice) } else { pending.dropped += 1 }
    }

    /// All notices since the last call.
    pub fn take(&self) -> Vec<Notice> {
        let Pending { mut notices, dropped } = std::mem::take(&mut *self.lock());
        if dropped > 0 {
            notices.push(Notice::note(format!("{dropped} more notices are not shown")));
        }
        notices
    }

    /// A push cannot leave the list half changed, so a panic elsewhere while it was held does no harm.
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_it_drops() {
        let notices = Notices::default();
        (0..NOTICES_MAX + 3).for_each(|number| notices.push(Notice::note(number.to_string())));
        let taken = notices.take();
        assert_eq!((taken.len(), taken[NOTICES_MAX].message.as_str()), (NOTICES_MAX + 1, "3 more notices are not shown"));
        assert!(notices.take().is_empty());
    }
}
