//! `admin.settings`: the settings of the session, and what each does here.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;

use crate::row::Json;
use crate::settings::SettingRow;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Settings;

/// A setting of the session, as `SHOW ALL` lists it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The setting.
    name: String,
    /// Its value, as `SHOW` prints it.
    setting: String,
    /// `user` if any session may set it; `postmaster` and `internal` ones are fixed.
    context: &'static str,
    /// The type of its value: `bool`, `enum`, `integer`, `real` or `string`.
    data_type: &'static str,
    /// The unit of a number without one.
    unit: Option<&'static str>,
    /// The least value of a number.
    minimum: Option<String>,
    /// The greatest value of a number.
    maximum: Option<String>,
    /// The values that it takes, where they are few, as a JSON array.
    choices: Option<Json>,
    /// What holds where nobody has set it.
    #[serde(rename = "default")]
    default_value: String,
    /// Who set it: `default`, `client` at startup or `session`.
    source: &'static str,
    /// What it is for in PostgreSQL.
    description: String,
    /// What it does here.
    effect: String,
}

impl RowTable for Settings {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "settings";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let rows = extent.ctx.settings.current().rows();
        let row = |setting: SettingRow| Row {
            name: setting.name,
            setting: setting.shown,
            context: setting.context,
            data_type: setting.vartype,
            unit: setting.unit,
            minimum: setting.min_val,
            maximum: setting.max_val,
            choices: (!setting.enumvals.is_empty()).then(|| Json(json!(setting.enumvals))),
            default_value: setting.boot_val,
            source: setting.source,
            description: setting.description.to_owned(),
            effect: setting.effect.to_owned(),
        };
        Ok(rows.into_iter().map(row).collect())
    }
}
