//! `pg_advisory_unlock_all()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// Releases all advisory locks. There are none, so it always succeeds; connection pools call it.
pub(super) struct PgAdvisoryUnlockAll;

impl SessionFunction for PgAdvisoryUnlockAll {
    const NAME: &'static str = "pg_advisory_unlock_all";
    const RETURNS: PgType = PgType::new(oid::VOID);

    fn call(_: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(text(""))
    }
}
