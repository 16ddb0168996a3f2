//! `admin.data_source_type_options`: the options of each type of data source.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use spi::Result;

use crate::row::Json;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct DataSourceTypeOptions;

/// An option of a type of data source.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The type of data source.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The option.
    name: String,
    /// The JSON type of its value: `string`, `integer`, `number`, `boolean`, `array` or `object`.
    data_type: String,
    /// Whether it must be given.
    required: bool,
    /// What holds when it is not given; null where nothing does.
    #[serde(rename = "default")]
    default_value: Option<Json>,
    /// Whether its value is sealed, and masked wherever it would be shown.
    secret: bool,
    /// The values that it takes, where they are few, as a JSON array.
    choices: Option<Json>,
    /// What it is for.
    description: String,
}

impl RowTable for DataSourceTypeOptions {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "data_source_type_options";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let factories = &extent.ctx.services().factories;
        let mut rows = Vec::new();
        for factory in factories.list() {
            rows.extend(factories.options(factory.kind())?.iter().map(|option| Row {
                kind: factory.kind(),
                name: option.name.clone(),
                data_type: option.data_type.clone(),
                required: option.required,
                default_value: option.default.clone().map(Json),
                secret: option.secret,
                choices: (!option.choices.is_empty()).then(|| Json(json!(option.choices))),
                description: option.description.clone(),
            }));
        }
        Ok(rows)
    }
}
