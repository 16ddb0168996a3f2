//! `pg_postmaster_start_time()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, moment};
use crate::plan_context::PlanContext;

/// When the gateway started.
pub(super) struct PgPostmasterStartTime;

impl SessionFunction for PgPostmasterStartTime {
    const NAME: &'static str = "pg_postmaster_start_time";
    const RETURNS: PgType = PgType::new(oid::TIMESTAMPTZ);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(moment(ctx.engine.started_at()))
    }
}
