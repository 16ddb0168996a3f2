//! `clock_timestamp()`.

use chrono::Utc;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, moment};
use crate::plan_context::PlanContext;

/// The time of day now, which goes on while the statement runs.
pub(super) struct ClockTimestamp;

impl SessionFunction for ClockTimestamp {
    const NAME: &'static str = "clock_timestamp";
    const RETURNS: PgType = PgType::new(oid::TIMESTAMPTZ);
    const VOLATILITY: Volatility = Volatility::Volatile;

    fn call(_: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(moment(Utc::now().timestamp_micros()))
    }
}
