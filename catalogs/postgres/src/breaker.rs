//! The memory that a server is down: after several failures in a row, answers at once for a while instead of trying again.
//!
//! A source that does not answer would otherwise hold every statement that names it for the whole connect timeout.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use spi::Error;

/// One failure may be chance, and a restart refuses a connection or two.
const FAILURES_MAX: u32 = 3;

/// How long nothing is tried. Short, because whoever has repaired the server wants to see it.
const PAUSE: Duration = Duration::from_secs(5);

/// Counts failures to connect.
#[derive(Default)]
pub(crate) struct Breaker {
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    last: Option<(Instant, Error)>,
}

impl Breaker {
    /// The answer without an attempt, while the server is taken to be down.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.last {
            Some((at, error)) if state.failures >= FAILURES_MAX && at.elapsed() < PAUSE => Err(remembered(&state, error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    pub(crate) fn failed(&self, error: &Error) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        state.last = Some((Instant::now(), error.clone()));
    }
}

/// The last error, whatever it was, and that it is the last one.
fn remembered(state: &State, last: &Error) -> Error {
    let because = last.detail.as_deref().unwrap_or(&last.message);
    let attempts = format!("The last {} attempts failed, and the next one is made {} s after the last.", state.failures, PAUSE.as_secs());
    Error { detail: Some(format!("{attempts} {because}")), retryable: true, ..last.clone() }
}

#[cfg(test)]
mod tests {
    use spi::Code;

    use super::*;

    #[test]
    fn several_failures_in_a_row_are_remembered() {
        let breaker = Breaker::default();
        let refused = Error::source(Code::Unreachable, "shop", "could not reach").detail("It was refused.");
        for _ in 1..FAILURES_MAX {
            breaker.failed(&refused);
            assert!(breaker.check().is_ok());
        }
        breaker.failed(&refused);
        let error = breaker.check().expect_err("no attempt");
        assert_eq!(error.code, Code::Unreachable);
        assert!(error.detail.expect("a detail").ends_with("It was refused."));
        breaker.succeeded();
        assert!(breaker.check().is_ok());
    }
}
