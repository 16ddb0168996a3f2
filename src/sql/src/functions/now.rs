//! `now()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, moment};
use crate::plan_context::PlanContext;

/// When the transaction began: the same moment for all its statements.
pub(super) struct Now;

impl SessionFunction for Now {
    const NAME: &'static str = "now";
    const ALIASES: &'static [&'static str] = &["current_timestamp", "transaction_timestamp"];
    const RETURNS: PgType = PgType::new(oid::TIMESTAMPTZ);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(moment(ctx.transaction_started_at))
    }
}
