//! `pg_is_in_recovery()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::SessionFunction;
use crate::plan_context::PlanContext;

/// Whether this is a standby server, which it never is.
pub(super) struct PgIsInRecovery;

impl SessionFunction for PgIsInRecovery {
    const NAME: &'static str = "pg_is_in_recovery";
    const RETURNS: PgType = PgType::new(oid::BOOL);

    fn call(_: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(ScalarValue::Boolean(Some(false)))
    }
}
