//! `CALL restore_datasource(name)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct RestoreDatasource;

/// Makes a dropped data source what it was before, without the grants that it had.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
}

impl Procedure for RestoreDatasource {
    const NAME: &'static str = "restore_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::restore(&ctx.services, &ctx.actor, &args.name).await.map(Outcome::rows)
    }
}
