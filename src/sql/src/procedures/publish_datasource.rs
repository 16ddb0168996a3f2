//! `CALL publish_datasource(name, version)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct PublishDatasource;

/// Publishes a version: it is what is read from then on. The version is tested first; if the test fails nothing is changed.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// Number of the version.
    version: u64,
}

impl Procedure for PublishDatasource {
    const NAME: &'static str = "publish_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::publish(&ctx.services, &ctx.actor, &args.name, args.version).await.map(Outcome::rows)
    }
}
