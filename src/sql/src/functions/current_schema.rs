//! `current_schema` and `current_schema()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::SessionFunction;
use crate::plan_context::PlanContext;
use crate::resolve;

/// The first schema of the search path that exists in the database; NULL if none does.
pub(super) struct CurrentSchema;

impl SessionFunction for CurrentSchema {
    const NAME: &'static str = "current_schema";
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(ScalarValue::Utf8(resolve::effective_path(ctx).into_iter().next()))
    }
}
