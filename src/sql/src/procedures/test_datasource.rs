//! `CALL test_datasource(name, version)`, or `CALL test_datasource(type => …, options => …)`.

use domain::{access, data_sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spi::connector::TestStage;
use spi::options::Options;
use spi::{Code, Error, Result};

use super::{AnswerRow, Caller, Procedure, denied};
use crate::call_context::CallContext;

pub(super) struct TestDatasource;

/// Tries the way to a data source, stage by stage, up to the first stage that fails. Either a saved version is tested, or, by
/// superusers only, options that are not saved.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of a data source.
    name: Option<String>,
    /// Version of it to test; the newest if none is given.
    version: Option<u64>,
    /// Type whose options are tested, in place of a data source.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Options that are tested.
    options: Option<Options>,
}

/// One stage of a test.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// What was tried: resolve, connect, tls, authenticate or query.
    stage: String,
    /// Whether it worked.
    ok: bool,
    /// How long it took, in milliseconds.
    latency_ms: f64,
    /// What was found, or why it failed.
    message: String,
}

impl AnswerRow for Row {}

impl Procedure for TestDatasource {
    const NAME: &'static str = "test_datasource";
    const CALLER: Caller = Caller::Usage;
    type Args = Args;
    type Row = Row;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Row>> {
        let stages = match args {
            Args { name: Some(name), version, kind: None, options: None } => {
                access::require_usage(&ctx.services.store.replica(), &ctx.actor, &name)?;
                data_sources::test_saved(&ctx.services, &name, version).await?
            }
            // Unsaved options lead to any address that the gateway can reach.
            Args { name: None, version: None, kind: Some(_), .. } if !ctx.actor.superuser => return Err(denied(ctx, Self::NAME)),
            Args { name: None, version: None, kind: Some(kind), options } => {
                data_sources::test_options(&ctx.services, &kind, options.unwrap_or_default()).await?
            }
            _ => return Err(what_to_test()),
        };
        Ok(stages.into_iter().map(row).collect())
    }
}

fn what_to_test() -> Error {
    Error::new(Code::InvalidArgument, "procedure \"test_datasource\" needs either a name or a type")
        .hint("CALL test_datasource(name, version), or CALL test_datasource(type => …, options => …).")
}

fn row(TestStage { stage, latency, outcome }: TestStage) -> Row {
    let (ok, message) = match outcome {
        Ok(found) => (true, found),
        Err(error) => (false, error.to_string()),
    };
    Row { stage: stage.name().to_owned(), ok, latency_ms: latency.as_secs_f64() * 1000.0, message }
}
