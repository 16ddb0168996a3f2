//! Spares a server that does not let us in: after repeated failures the last one is answered at once, and tried again after a pause.
//!
//! A source that does not answer would otherwise hold every statement that names it for the whole connect timeout.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// One failure may be a restart, and two its tail; a third one in a row is a server that is down, or an account near its lock.
const FAILURES_MAX: u32 = 3;

/// Long enough to spare both sides, short enough that nobody asks why a server that is back is not seen.
const PAUSE: Duration = Duration::from_secs(5);

/// What is known of the latest attempts to connect.
#[derive(Default)]
pub struct Breaker {
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// The last failure, while attempts are not wanted.
    paused: Option<(Instant, Error)>,
}

impl Breaker {
    /// Whether a connection may be attempted at this moment. After a pause one caller may, and the others wait for its outcome.
    pub fn check(&self, now: Instant) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut state.paused {
            None => Ok(()),
            Some((until, _)) if *until <= now => {
                *until = now + PAUSE;
                Ok(())
            }
            Some((_, error)) => Err(error.clone()),
        }
    }

    /// A connection was opened: all is forgotten.
    pub fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// An attempt has failed with this error, which is the answer while attempts are not wanted.
    pub fn failed(&self, now: Instant, error: &Error) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if state.failures >= FAILURES_MAX {
            let hint = format!("The gateway tries again every {} s.", PAUSE.as_secs());
            let hint = error.hint.as_ref().map_or(hint.clone(), |own| format!("{own} {hint}"));
            state.paused = Some((now + PAUSE, error.clone().hint(hint).retryable()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Code;

    use super::*;

    #[test]
    fn repeated_failures_pause_attempts() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let error = Error::source(Code::Unreachable, "shop", "could not reach data source \"shop\"").hint("Check the options.");
        for _ in 0..FAILURES_MAX {
            assert!(breaker.check(start).is_ok());
            breaker.failed(start, &error);
        }
        let answered = breaker.check(start).expect_err("a pause");
        assert_eq!((answered.code, answered.retryable), (Code::Unreachable, true));
        assert_eq!(answered.hint.as_deref(), Some("Check the options. The gateway tries again every 5 s."));
        // After the pause one attempt at a time.
        let later = start + PAUSE;
        assert!(breaker.check(later).is_ok());
        assert!(breaker.check(later).is_err());
        breaker.succeeded();
        assert!(breaker.check(later).is_ok());
        assert!(breaker.check(later).is_ok());
    }
}
