//! Tries the way to a source: what every version passes before it is published, and what `test_datasource` shows.

use std::time::Duration;

use spi::connector::{Connector, RemoteCalls, TestStage};
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
    stages(name, connector.as_ref()).await
}

/// Tests options that are not saved.
pub async fn test_options(services: &Services, kind: &str, options: Options) -> Result<Vec<TestStage>> {
    check::options(&services.factories, kind, &options)?;
    let connector = services.connectors.open_version(kind, kind, &options, &RemoteCalls::default()).await?;
    stages(kind, connector.as_ref()).await
}

/// Passes if every stage of the test does. The requests that it makes are counted in `counter`.
pub(super) async fn require_passing(services: &Services, name: &str, kind: &str, options: &Options, counter: &RemoteCalls) -> Result<()> {
    let connector = services.connectors.open_version(name, kind, options, counter).await?;
    for TestStage { stage, outcome, .. } in stages(name, connector.as_ref()).await? {
        if let Err(error) = outcome {
            let message = format!("data source \"{name}\" did not pass its test");
            let detail = format!("Stage {}: {error}.", stage.name());
            let hint = error.hint.unwrap_or_else(|| "CALL test_datasource shows every stage.".to_owned());
            let failed = Error::source(error.code, name, message).detail(detail).hint(hint);
            return Err(if error.retryable { failed.retryable() } else { failed });
        }
    }
    Ok(())
}

async fn stages(name: &str, connector: &dyn Connector) -> Result<Vec<TestStage>> {
    tokio::time::timeout(TEST_DEADLINE, connector.test()).await.map_err(|_| {
        Error::source(Code::Unreachable, name, format!("could not test data source \"{name}\""))
            .detail(format!("The test took longer than {} s.", TEST_DEADLINE.as_secs()))
            .retryable()
    })
}
