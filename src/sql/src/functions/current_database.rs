//! `current_database()` and `current_catalog`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// The database of the connection: `metagate`, or the name of a data source.
pub(super) struct CurrentDatabase;

impl SessionFunction for CurrentDatabase {
    const NAME: &'static str = "current_database";
    const ALIASES: &'static [&'static str] = &["current_catalog"];
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(text(ctx.database.as_ref()))
    }
}
