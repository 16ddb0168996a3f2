//! `CALL drop_datasource(name, cascade => false)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct DropDatasource;

/// Drops a data source. It can be restored until it is purged.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// Revoke the grants that roles have on it; without this, a data source with grants is not dropped.
    #[serde(default)]
    cascade: bool,
}

impl Procedure for DropDatasource {
    const NAME: &'static str = "drop_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::drop(&ctx.services, &ctx.actor, &args.name, args.cascade).await.map(Outcome::rows)
    }
}
