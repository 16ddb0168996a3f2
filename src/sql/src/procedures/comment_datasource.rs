//! `CALL comment_datasource(name, comment)`.

use domain::data_sources;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct CommentDatasource;

/// Says what a data source is for. The comment holds at once and makes no version.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// The comment; left out or NULL, there is none any more.
    comment: Option<String>,
}

impl Procedure for CommentDatasource {
    const NAME: &'static str = "comment_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        data_sources::comment(&ctx.services, &ctx.actor, &args.name, args.comment).await.map(Outcome::rows)
    }
}
