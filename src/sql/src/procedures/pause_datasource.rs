//! `CALL pause_datasource(name)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct PauseDatasource;

/// Sends no request at all to a data source until it is resumed. Its metadata is still shown as it was seen last.
/// What is being read at the moment is read to its end.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
}

impl Procedure for PauseDatasource {
    const NAME: &'static str = "pause_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::pause(&ctx.services, &ctx.actor, &args.name).await.map(Outcome::rows)
    }
}
