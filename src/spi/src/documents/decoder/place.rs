//! What appending a row's values needs to know, and what it finds wrong with them.

/// How many misfits of a row its `_error` tells. Of the others it says how many there are.
const MISFITS_MAX: usize = 5;

/// A value that does not fit its column.
struct Misfit {
    /// The steps to it, the last one first.
    steps: Vec<String>,
    reason: String,
}

/// The row that is being appended.
pub(super) struct Place {
    /// How many bytes the batch may still take.
    bytes_left: usize,
    /// Why the row as a whole could not be decoded.
    problem: Option<String>,
    misfits: Vec<Misfit>,
    misfits_untold: usize,
}

impl Place {
    pub(super) fn new(bytes_left: usize, problem: Option<String>) -> Self {
        Self { bytes_left, problem, misfits: Vec::new(), misfits_untold: 0 }
    }

    pub(super) fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Counts bytes that a value takes in the batch.
    pub(super) fn take(&mut self, bytes: usize) {
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
    }

    pub(super) fn misfit(&mut self, reason: String) {
        match self.misfits.len() < MISFITS_MAX {
            true => self.misfits.push(Misfit { steps: Vec::new(), reason }),
            false => self.misfits_untold += 1,
        }
    }

    /// Does some work one step further down. Only if something there does not fit, the step is written.
    pub(super) fn of(&mut self, step: impl Fn() -> String, work: impl FnOnce(&mut Self)) {
        let before = self.misfits.len();
        work(self);
        self.misfits[before..].iter_mut().for_each(|misfit| misfit.steps.push(step()));
    }

    /// What `_error` says of the row.
    pub(super) fn error(self) -> Option<String> {
        let told = self.misfits.into_iter().map(|misfit| {
            let path: String = misfit.steps.into_iter().rev().collect();
            format!("field {path}: {}", misfit.reason)
        });
        let untold = (self.misfits_untold > 0).then(|| format!("and {} more", self.misfits_untold));
        let parts: Vec<String> = self.problem.into_iter().chain(told).chain(untold).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}
