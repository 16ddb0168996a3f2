//! `pg_backend_pid()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::SessionFunction;
use crate::plan_context::PlanContext;

/// The number of the session, by which it can be cancelled.
pub(super) struct PgBackendPid;

impl SessionFunction for PgBackendPid {
    const NAME: &'static str = "pg_backend_pid";
    const RETURNS: PgType = PgType::new(oid::INT4);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(ScalarValue::Int32(Some(ctx.pid)))
    }
}
