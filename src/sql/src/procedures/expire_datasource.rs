//! `CALL expire_datasource(name, at)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;
use crate::row::Timestamp;

pub(super) struct ExpireDatasource;

/// Sets the time from which on nothing connects to a data source. Its metadata is still shown as it was seen last.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// The time. One in the past, such as 'now', ends the data source's time at once.
    at: Timestamp,
}

impl Procedure for ExpireDatasource {
    const NAME: &'static str = "expire_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::expire(&ctx.services, &ctx.actor, &args.name, args.at.0).await.map(Outcome::rows)
    }
}
