//! `set_config(name, value, is_local)`.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, is_true, text, text_of};
use crate::plan_context::PlanContext;
use crate::settings::Scope;

/// Sets a setting, for the session or for the transaction only, and answers its new value. NULL as value resets it.
pub(super) struct SetConfig;

impl SessionFunction for SetConfig {
    const NAME: &'static str = "set_config";
    const ARGUMENTS: &'static [&'static [DataType]] = &[&[DataType::Utf8, DataType::Utf8, DataType::Boolean]];
    const RETURNS: PgType = PgType::new(oid::TEXT);
    const VOLATILITY: Volatility = Volatility::Volatile;

    fn call(ctx: &PlanContext, arguments: &[ScalarValue]) -> Result<ScalarValue> {
        let Some(name) = text_of(arguments.first()) else { return Ok(ScalarValue::Utf8(None)) };
        let scope = if is_true(arguments.get(2)) { Scope::Transaction } else { Scope::Session };
        match text_of(arguments.get(1)) {
            Some(value) => ctx.settings.set(name, value, scope)?,
            None => ctx.settings.reset(name, scope)?,
        }
        ctx.settings.current().show(name).map(text)
    }
}
