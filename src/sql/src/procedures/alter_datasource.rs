//! `CALL alter_datasource(name, options, comment, labels, expected_version, publish => false, test => true)`.

use std::collections::BTreeMap;

use domain::data_sources::{self, Alter};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;
use spi::options::Options;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::call_context::CallContext;

pub(super) struct AlterDatasource;

/// Changes a data source. Options are merged into those of the newest version and saved as a new version, which is read once it is
/// published; a comment and labels hold at once. What is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source.
    name: String,
    /// Options to change; one that is null is removed.
    options: Option<Options>,
    /// What the data source is for.
    comment: Option<String>,
    /// Words to find it by, as a JSON object of texts. They replace those that it has.
    labels: Option<BTreeMap<String, String>>,
    /// The newest version that the caller knows of; if there is a newer one, nothing is changed.
    expected_version: Option<u64>,
    /// Publish the new version at once. It must have been tested.
    #[serde(default)]
    publish: bool,
    /// Test the connection first, and save nothing if the test fails.
    #[serde(default = "yes")]
    test: bool,
}

fn yes() -> bool {
    true
}

impl Procedure for AlterDatasource {
    const NAME: &'static str = "alter_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        let Args { name, options, comment, labels, expected_version, publish, test } = args;
        let request = Alter { options, comment, labels, expected_version, publish, test };
        data_sources::alter(&ctx.services, &ctx.actor, &name, request).await.map(Outcome::rows)
    }
}
