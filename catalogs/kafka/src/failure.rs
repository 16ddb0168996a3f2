//! What the errors of brokers, and of the way to them, are for the gateway.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use spi::{Code, Error};

use crate::cluster::Cluster;
use crate::observer::Trouble;

/// librdkafka does not take the options. Its own words may quote them, so that only the option's name is shown.
pub(crate) fn misconfigured(source: &str, error: &KafkaError) -> Error {
    let failed = Error::source(Code::InvalidArgument, source, format!("could not use the options of data source \"{source}\""));
    match error {
        KafkaError::ClientConfig(_, _, name, _) => failed.detail(format!("Kafka's client does not take what is set for {name}.")),
        _ => failed
            .detail("Kafka's client refused a certificate, a key or a password of a key.")
            .hint("Check the options \"ssl_ca\", \"ssl_certificate\", \"ssl_key\" and \"ssl_key_password\"."),
    }
}

/// No broker has answered, or none has let us in.
pub(crate) fn unopened(cluster: &Cluster, trouble: &Trouble) -> Error {
    use RDKafkaErrorCode::{Authentication, SSL, SaslAuthenticationFailed};
    let source = &cluster.source;
    match &trouble.said {
        Some((Authentication | SaslAuthenticationFailed, reason)) => {
            Error::source(Code::Password, source, format!("could not connect to data source \"{source}\""))
                .detail(format!("{reason}."))
                .hint("Check the options \"sasl_mechanism\", \"sasl_username\" and \"sasl_password\".")
        }
        Some((SSL, reason)) => {
            Error::source(Code::Unreachable, source, format!("could not encrypt the connection to data source \"{source}\""))
                .detail(format!("{reason}."))
                .hint("Check the options \"security_protocol\", \"ssl_ca\", \"ssl_certificate\" and \"ssl_key\".")
        }
        Some((_, reason)) => unreachable(source, format!("{reason}.")),
        None => unreachable(source, silence(&cluster.options.bootstrap_servers, cluster.connect_timeout())),
    }
}

/// The cluster cannot be reached, for the reason that the sentence says.
pub(crate) fn unreachable(source: &str, detail: String) -> Error {
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint(format!("Check the options of the data source, or CALL pause_datasource('{source}') to silence this source."))
        .retryable()
}

/// The error of a call. `what` says what the gateway could not do: `read table "public.orders"`.
pub(crate) fn failed(cluster: &Cluster, what: &str, error: &KafkaError, trouble: &Trouble) -> Error {
    let source = &cluster.source;
    let code = error.rdkafka_error_code().map_or(Code::BadData, code_of);
    let failed = Error::source(code, source, format!("could not {what} of data source \"{source}\""));
    match code {
        Code::ConnectionLost => {
            let why = trouble.said.as_ref().map(|(_, reason)| format!("{reason}."));
            failed.detail(why.unwrap_or_else(|| silence("A broker", cluster.request_timeout()))).retryable()
        }
        Code::Unavailable => failed.detail(said(error)).hint("Ask again in a moment.").retryable(),
        Code::Privilege => failed.detail(said(error)).hint("Access control lists of the cluster say what a user may describe and read."),
        Code::Password => failed.detail(said(error)).hint("Check the options \"sasl_username\" and \"sasl_password\"."),
        Code::UndefinedTable => {
            failed.detail(said(error)).hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
        }
        _ => failed.detail(said(error)),
    }
}

/// No message came for too long while there should have been some.
pub(crate) fn stalled(cluster: &Cluster, what: &str, trouble: &Trouble) -> Error {
    failed(cluster, what, &KafkaError::Global(RDKafkaErrorCode::OperationTimedOut), trouble)
}

/// The error that a topic is not there any more, or is another one: it was when the metadata was read.
pub(crate) fn vanished(source: &str, object: &str) -> Error {
    Error::source(Code::UndefinedTable, source, format!("{object} of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
}

/// The topic is not any more what it was when the query began.
pub(crate) fn changed(source: &str, what: &str) -> Error {
    Error::source(Code::Conflict, source, format!("could not {what} of data source \"{source}\""))
        .detail("Messages that were to be read were deleted meanwhile, or the topic was deleted and created again.")
        .hint("Ask again.")
        .retryable()
}

/// Whether an error of a topic means that there is no such topic.
pub(crate) fn is_absence(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{InvalidTopic, UnknownTopic, UnknownTopicId, UnknownTopicOrPartition};
    matches!(code, InvalidTopic | UnknownTopic | UnknownTopicId | UnknownTopicOrPartition)
}

/// Whether a call has failed because no broker has answered.
pub(crate) fn is_silence(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(|code| code_of(code) == Code::ConnectionLost)
}

/// Whether a client gets over it by itself, so that only a deadline ends the wait.
pub(crate) fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, GroupAuthorizationFailed, NotCoordinator};
    // Only who joins a group, or commits, needs its coordinator.
    const OF_GROUPS: [RDKafkaErrorCode; 4] = [GroupAuthorizationFailed, CoordinatorNotAvailable, CoordinatorLoadInProgress, NotCoordinator];
    OF_GROUPS.contains(&code) || matches!(code_of(code), Code::ConnectionLost | Code::Unavailable)
}

fn silence(who: &str, timeout: Duration) -> String {
    format!("{who} had not answered after {} ms.", timeout.as_millis())
}

fn said(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => {
            let text = code.to_string();
            format!("Kafka says: {}.", text.trim_end_matches('.'))
        }
        None => format!("Kafka's client says: {error}."),
    }
}

fn code_of(code: RDKafkaErrorCode) -> Code {
    use RDKafkaErrorCode::*;
    match code {
        BrokerTransportFailure
        | AllBrokersDown
        | OperationTimedOut
        | RequestTimedOut
        | Resolve
        | MessageTimedOut
        | TimedOutQueue
        | NetworkException => Code::ConnectionLost,
        Authentication | SaslAuthenticationFailed => Code::Password,
        SSL => Code::Unreachable,
        TopicAuthorizationFailed | GroupAuthorizationFailed | ClusterAuthorizationFailed => Code::Privilege,
        UnknownTopic | UnknownTopicId | UnknownTopicOrPartition | UnknownPartition | InvalidTopic => Code::UndefinedTable,
        LeaderNotAvailable
        | NotLeaderForPartition
        | BrokerNotAvailable
        | ReplicaNotAvailable
        | UnknownLeaderEpoch
        | FencedLeaderEpoch
        | OffsetNotAvailable
        | CoordinatorNotAvailable
        | CoordinatorLoadInProgress
        | NotCoordinator
        | PreferredLeaderNotAvailable => Code::Unavailable,
        _ => Code::BadData,
    }
}
