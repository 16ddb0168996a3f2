//! Tries the way to a source: what every version passes before it is published, and what `test_datasource` shows.

use std::time::Duration;

use spi::connector::{Connector, RemoteCalls, Stage, TestStage};
use spi::options::Options;
use spi::{Code, Error, Result};

use super::state::require_connectable;
use super::{check, opened_options, records};
use crate::services::Services;

/// How long a test may take. A source that needs longer to answer one small request is not usable.
const TEST_DEADLINE: Duration = Duration::from_secs(30);

/// Tests a saved version, the newest if none is given. Fails only if there is nothing to test: a stage that fails is an answer.
pub async fn test_saved(services: &Services, name: &str, number: Option<u64>) -> Result<Vec<TestStage>> {
    let replica = services.store.replica();
    let source = records::get(&replica, name)?;
    require_connectable(&source)?;
    let version = records::version(&replica, &source, number.unwrap_or(source.current_version))?;
    let options = opened_options(&services.keyring, &replica, source.oid, version.number)?;
    let counter = services.connectors.counter(source.oid);
    let connector = services.connectors.open_version(name, &source.kind, &options, &counter).await?;
    stages(name, connector.as_ref(), TEST_DEADLINE).await
}

/// Tests options that are not saved.
pub async fn test_options(services: &Services, kind: &str, options: Options) -> Result<Vec<TestStage>> {
    check::options(&services.factories, kind, &options)?;
    let connector = services.connectors.open_version(kind, kind, &options, &RemoteCalls::default()).await?;
    stages(kind, connector.as_ref(), TEST_DEADLINE).await
}

/// Passes if every stage of the test does, and says how many requests that took. They are counted for the source `oid`; one
/// that does not exist yet has no count.
pub(super) async fn require_passing(services: &Services, oid: Option<u32>, name: &str, kind: &str, options: &Options) -> Result<u64> {
    let made = RemoteCalls::default();
    let connector = services.connectors.open_version(name, kind, options, &made).await?;
    let stages = stages(name, connector.as_ref(), TEST_DEADLINE).await;
    if let Some(oid) = oid {
        services.connectors.add_remote_calls(oid, &made);
    }
    match stages?.into_iter().find_map(|TestStage { stage, outcome, .. }| Some((stage, outcome.err()?))) {
        Some((stage, error)) => Err(not_passed(name, stage, error)),
        None => Ok(made.total()),
    }
}

fn not_passed(name: &str, stage: Stage, error: Error) -> Error {
    let detail = format!("Stage {}: {error}.", stage.name());
    let hint = error.hint.unwrap_or_else(|| "CALL test_datasource shows every stage.".to_owned());
    let failed = Error::source(error.code, name, format!("data source \"{name}\" did not pass its test")).detail(detail).hint(hint);
    if error.retryable { failed.retryable() } else { failed }
}

async fn stages(name: &str, connector: &dyn Connector, deadline: Duration) -> Result<Vec<TestStage>> {
    tokio::time::timeout(deadline, connector.test()).await.map_err(|_| {
        Error::source(Code::Unreachable, name, format!("could not test data source \"{name}\""))
            .detail(format!("The test took longer than {} s.", deadline.as_secs()))
            .retryable()
    })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use spi::connector::{ReadPlan, ReadRequest, Scope};
    use spi::metadata::Harvest;
    use spi::predicate::Predicate;

    use super::*;
    use crate::data_sources::{Create, create, drop, expire, pause};
    use crate::testing::{self, SECRET, failure, new_source, superuser};

    #[tokio::test]
    async fn a_saved_version_is_tested_stage_by_stage() {
        let services = testing::start().await;
        let refusing = format!(r#"{{"behaviour": "refusing", "password": "{SECRET}"}}"#);
        let request = Create { test: false, publish: false, ..new_source("shop", &refusing) };
        create(&services, &superuser(), request).await.expect("a draft");
        let stages = test_saved(&services, "shop", None).await.expect("stages");
        let names: Vec<_> = stages.iter().map(|stage| (stage.stage.name(), stage.outcome.is_ok())).collect();
        assert_eq!(names, [("connect", true), ("authenticate", false)]);
        assert!(!format!("{stages:?}").contains(SECRET));
        let oid = records::get(&services.store.replica(), "shop").expect("the source").oid;
        assert_eq!(services.connectors.remote_calls(oid), 1);
        let (code, message, _, hint) = failure(test_saved(&services, "shop", Some(7)).await);
        assert_eq!((code, message.as_str()), ("42704", "version 7 of data source \"shop\" does not exist"));
        assert_eq!(hint, "Its versions are 1 to 1.");
    }

    #[tokio::test]
    async fn nothing_connects_to_a_source_that_is_paused_expired_or_dropped() {
        let services = testing::start().await;
        for name in ["paused", "expired", "dropped"] {
            testing::create(&services, name, "{}").await;
        }
        pause(&services, &superuser(), "paused").await.expect("paused");
        expire(&services, &superuser(), "expired", 1_000_000).await.expect("expired");
        drop(&services, &superuser(), "dropped", false).await.expect("dropped");
        for (name, verb) in [("paused", "resume"), ("expired", "renew"), ("dropped", "restore")] {
            let (code, message, _, hint) = failure(test_saved(&services, name, None).await);
            assert_eq!((code, message), ("55000", format!("data source \"{name}\" is {name}")));
            assert_eq!(hint, format!("CALL {verb}_datasource('{name}')."));
        }
    }

    #[tokio::test]
    async fn options_are_tested_without_being_saved() {
        let services = testing::start().await;
        let revision = services.store.replica().revision();
        let stages = test_options(&services, "fake", testing::options(r#"{"path": "x"}"#)).await.expect("stages");
        assert!(stages.iter().all(|stage| stage.outcome.is_ok()));
        let (code, message, ..) = failure(test_options(&services, "fake", testing::options(r#"{"pth": "x"}"#)).await);
        assert_eq!((code, message.as_str()), ("22023", "unknown option \"pth\" for data source type \"fake\""));
        assert_eq!(services.store.replica().revision(), revision);
    }

    #[tokio::test]
    async fn a_test_ends_at_its_deadline() {
        let (code, message, ..) = failure(stages("shop", &Silent, Duration::from_millis(1)).await);
        assert_eq!((code, message.as_str()), ("08001", "could not test data source \"shop\""));
    }

    /// A source that does not answer.
    struct Silent;

    #[async_trait]
    impl Connector for Silent {
        fn default_schema(&self) -> &str {
            "main"
        }

        fn applies(&self, _: &Predicate) -> bool {
            false
        }

        async fn test(&self) -> Vec<TestStage> {
            std::future::pending().await
        }

        async fn harvest(&self, _: &Scope, _: &mut Harvest) -> Result<()> {
            std::future::pending().await
        }

        async fn read(&self, _: ReadRequest) -> Result<ReadPlan> {
            std::future::pending().await
        }
    }
}
