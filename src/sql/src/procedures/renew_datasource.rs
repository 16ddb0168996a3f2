//! `CALL renew_datasource(name, until)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;
use crate::row::Timestamp;

pub(super) struct RenewDatasource;

/// Moves the time at which a data source expires, or removes it. One that has expired is then what it was before.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// When it is to expire; left out or NULL, it does not.
    until: Option<Timestamp>,
}

impl Procedure for RenewDatasource {
    const NAME: &'static str = "renew_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::renew(&ctx.services, &ctx.actor, &args.name, args.until.map(|until| until.0)).await.map(Outcome::rows)
    }
}
