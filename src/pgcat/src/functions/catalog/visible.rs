//! Whether the bare name of an object means that object: `pg_table_is_visible` and its kin.

use spi::Result;

use super::names::{self, Kind, Naming};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_table_is_visible", |context, _, arguments| visible(context, &names::RELATION, arguments)),
    ScalarEntry::new("pg_type_is_visible", |context, _, arguments| visible(context, &names::TYPE, arguments)),
    ScalarEntry::new("pg_function_is_visible", |context, _, arguments| visible(context, &names::FUNCTION, arguments)),
    ScalarEntry::new("pg_operator_is_visible", |context, _, arguments| visible(context, &names::OPERATOR, arguments)),
    ScalarEntry::new("pg_opclass_is_visible", |context, _, arguments| visible(context, &names::OPERATOR_CLASS, arguments)),
    ScalarEntry::new("pg_opfamily_is_visible", |context, _, arguments| visible(context, &names::OPERATOR_FAMILY, arguments)),
    ScalarEntry::new("pg_collation_is_visible", |context, _, arguments| visible(context, &names::COLLATION, arguments)),
    ScalarEntry::new("pg_conversion_is_visible", |context, _, arguments| visible(context, &names::CONVERSION, arguments)),
    ScalarEntry::new("pg_statistics_obj_is_visible", |context, _, arguments| visible(context, &names::STATISTICS, arguments)),
    ScalarEntry::new("pg_ts_config_is_visible", |context, _, arguments| visible(context, &names::TS_CONFIGURATION, arguments)),
    ScalarEntry::new("pg_ts_dict_is_visible", |context, _, arguments| visible(context, &names::TS_DICTIONARY, arguments)),
    ScalarEntry::new("pg_ts_parser_is_visible", |context, _, arguments| visible(context, &names::TS_PARSER, arguments)),
    ScalarEntry::new("pg_ts_template_is_visible", |context, _, arguments| visible(context, &names::TS_TEMPLATE, arguments)),
    ScalarEntry::new("pg_my_temp_schema", no_temporary_schema),
    ScalarEntry::new("pg_is_other_temp_schema", is_other_temporary_schema),
];

fn visible(context: &Context<'_>, kind: &Kind, arguments: &[Value]) -> Result<Value> {
    Ok(Naming::new(context).is_visible(kind, arguments.oid(0)?).into())
}

/// Sessions have no temporary objects.
fn no_temporary_schema(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<Value> {
    Ok(Value::oid(0))
}

/// What begins like a temporary schema is one of another session.
fn is_other_temporary_schema(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let schema = Naming::new(context).schema(arguments.oid(0)?);
    Ok(schema.is_some_and(|name| name.starts_with("pg_temp_") || name.starts_with("pg_toast_temp_")).into())
}
