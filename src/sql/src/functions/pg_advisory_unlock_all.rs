//! `pg_advisory_unlock_all()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// Releases all advisory locks of the session; connection pools call it.
pub(super) struct PgAdvisoryUnlockAll;

impl SessionFunction for PgAdvisoryUnlockAll {
    const NAME: &'static str = "pg_advisory_unlock_all";
    const RETURNS: PgType = PgType::new(oid::VOID);

    fn call(context: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        context.advisory_locks.release_all();
        Ok(text(""))
    }
}
