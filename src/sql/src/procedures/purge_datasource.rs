//! `CALL purge_datasource(name)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct PurgeDatasource;

/// Removes a dropped data source for ever, with all its versions and metadata.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
}

impl Procedure for PurgeDatasource {
    const NAME: &'static str = "purge_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::purge(&ctx.services, &ctx.actor, &args.name).await.map(Outcome::rows)
    }
}
