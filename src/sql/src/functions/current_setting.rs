//! `current_setting(name)` and `current_setting(name, missing_ok)`.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, is_true, text, text_of};
use crate::plan_context::PlanContext;

/// The value of a setting, as SHOW prints it. An unknown name is an error, or NULL with `missing_ok`.
pub(super) struct CurrentSetting;

impl SessionFunction for CurrentSetting {
    const NAME: &'static str = "current_setting";
    const ARGUMENTS: &'static [&'static [DataType]] = &[&[DataType::Utf8], &[DataType::Utf8, DataType::Boolean]];
    const RETURNS: PgType = PgType::new(oid::TEXT);

    fn call(ctx: &PlanContext, arguments: &[ScalarValue]) -> Result<ScalarValue> {
        let Some(name) = text_of(arguments.first()) else { return Ok(ScalarValue::Utf8(None)) };
        let settings = ctx.settings.current();
        match is_true(arguments.get(1)) {
            true => Ok(ScalarValue::Utf8(settings.show_if_known(name))),
            false => settings.show(name).map(text),
        }
    }
}
