//! `CALL unpublish_datasource(name)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct UnpublishDatasource;

/// Leaves a data source without a published version: it cannot be read until one is published. Its metadata is still shown as it was
/// seen last.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
}

impl Procedure for UnpublishDatasource {
    const NAME: &'static str = "unpublish_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::unpublish(&ctx.services, &ctx.actor, &args.name).await.map(Outcome::rows)
    }
}
