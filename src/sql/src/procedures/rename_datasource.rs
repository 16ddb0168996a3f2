//! `CALL rename_datasource(name, new_name)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct RenameDatasource;

/// Gives a data source another name. It keeps its OID, its versions, its grants and its metadata.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// The name that it is to have.
    new_name: String,
}

impl Procedure for RenameDatasource {
    const NAME: &'static str = "rename_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::rename(&ctx.services, &ctx.actor, &args.name, &args.new_name).await.map(Outcome::rows)
    }
}
