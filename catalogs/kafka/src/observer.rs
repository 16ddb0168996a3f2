//! What a client says beside its answers: why brokers cannot be reached.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Remembers the last trouble of a client.
#[derive(Default)]
pub(crate) struct Observer {
    /// Never locked for longer than it takes to copy it.
    trouble: Mutex<Trouble>,
}

/// What is wrong, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    /// What the last broker that could not be reached, or would not let us in, has to do with it; in librdkafka's words.
    pub(crate) said: Option<(RDKafkaErrorCode, String)>,
    /// No broker is left that could be asked.
    pub(crate) all_down: bool,
}

impl Trouble {
    /// Whether waiting longer cannot help: no broker is there, or the login is refused.
    pub(crate) fn is_final(&self) -> bool {
        self.all_down || self.is_refusal()
    }

    pub(crate) fn is_refusal(&self) -> bool {
        use RDKafkaErrorCode::{Authentication, SSL, SaslAuthenticationFailed};
        matches!(self.said, Some((Authentication | SSL | SaslAuthenticationFailed, _)))
    }
}

impl Observer {
    pub(crate) fn trouble(&self) -> Trouble {
        self.lock().clone()
    }

    /// All is well again.
    pub(crate) fn forget(&self) {
        *self.lock() = Trouble::default();
    }

    fn lock(&self) -> MutexGuard<'_, Trouble> {
        // It is whole after every step of its changes.
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Observer {
    fn error(&self, error: KafkaError, reason: &str) {
        let mut trouble = self.lock();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AllBrokersDown) => trouble.all_down = true,
            // What refuses us says more than that the connection ended then.
            Some(_) if trouble.is_refusal() => {}
            Some(code) => trouble.said = Some((code, plain(reason))),
            None => {}
        }
    }

    /// What is worth knowing of it comes as an error too.
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ConsumerContext for Observer {}

/// Without the name of the thread, and without how long which state had lasted.
fn plain(reason: &str) -> String {
    let reason = reason.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map_or(reason, |(_, rest)| rest);
    let reason = reason.rfind(" (after ").map_or(reason, |end| &reason[..end]);
    reason.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_for_people() {
        let reason = "[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: \
                      Connection refused (after 0ms in state CONNECT)";
        assert_eq!(plain(reason), "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused");
        assert_eq!(plain("1/1 brokers are down"), "1/1 brokers are down");
    }

    #[test]
    fn a_refusal_outlasts_what_follows() {
        let observer = Observer::default();
        observer.error(KafkaError::Global(RDKafkaErrorCode::Authentication), "x: Invalid username or password");
        observer.error(KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure), "x: Disconnected");
        let trouble = observer.trouble();
        assert!(trouble.is_final() && !trouble.all_down);
        assert_eq!(trouble.said.map(|(code, _)| code), Some(RDKafkaErrorCode::Authentication));
        observer.forget();
        assert!(!observer.trouble().is_final());
    }
}
