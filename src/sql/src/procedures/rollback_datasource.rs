//! `CALL rollback_datasource(name, to_version)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct RollbackDatasource;

/// Publishes a version again that is older than the published one. The version is tested first; if the test fails nothing is changed.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// Number of the version to go back to.
    to_version: u64,
}

impl Procedure for RollbackDatasource {
    const NAME: &'static str = "rollback_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::rollback(&ctx.services, &ctx.actor, &args.name, args.to_version).await.map(Outcome::rows)
    }
}
