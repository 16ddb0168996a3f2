//! `CALL create_datasource(name, type, options, comment, labels, test => true, publish => true, if_not_exists => false)`.

use std::collections::BTreeMap;

use domain::data_sources::{self, Create};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;
use spi::options::Options;

use super::outcome::Outcome;
use super::{Caller, Procedure};
use crate::answer::Notice;
use crate::call_context::CallContext;

pub(super) struct CreateDatasource;

/// Registers a data source and makes it a database. The options are checked against those of the type, the connection is tested,
/// and version 1 is saved and published; if a check or the test fails nothing is saved.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Args {
    /// Name of the data source, which is also that of its database.
    name: String,
    /// Type of the data source; `SELECT * FROM admin.data_source_types` lists all.
    #[serde(rename = "type")]
    kind: String,
    /// Options of the type; `SELECT * FROM admin.data_source_type_options` lists all.
    #[serde(default)]
    options: Options,
    /// What the data source is for.
    comment: Option<String>,
    /// Words to find it by, as a JSON object of texts.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Test the connection first, and save nothing if the test fails.
    #[serde(default = "yes")]
    test: bool,
    /// Publish version 1 at once, so that it can be read. It must have been tested.
    #[serde(default = "yes")]
    publish: bool,
    /// Leave a data source that has the name already as it is.
    #[serde(default)]
    if_not_exists: bool,
}

fn yes() -> bool {
    true
}

impl Procedure for CreateDatasource {
    const NAME: &'static str = "create_datasource";
    const CALLER: Caller = Caller::Superuser;
    type Args = Args;
    type Row = Outcome;

    async fn call(ctx: &CallContext, args: Args) -> Result<Vec<Outcome>> {
        let Args { name, kind, options, comment, labels, test, publish, if_not_exists } = args;
        let request = Create { name, kind, options, comment, labels, test, publish, if_not_exists };
        let outcome = data_sources::create(&ctx.services, &ctx.actor, request).await?;
        if !outcome.changed {
            ctx.notices.push(Notice::note(format!("data source \"{}\" already exists, skipping", outcome.name)));
        }
        Ok(Outcome::rows(outcome))
    }
}
