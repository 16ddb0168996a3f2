//! `statement_timestamp()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, moment};
use crate::plan_context::PlanContext;

/// When the statement began.
pub(super) struct StatementTimestamp;

impl SessionFunction for StatementTimestamp {
    const NAME: &'static str = "statement_timestamp";
    const RETURNS: PgType = PgType::new(oid::TIMESTAMPTZ);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(moment(ctx.statement_started_at))
    }
}
