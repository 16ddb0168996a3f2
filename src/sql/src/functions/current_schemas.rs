//! `current_schemas(boolean)`.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::PgType;

use super::{SessionFunction, is_true, text};
use crate::plan_context::PlanContext;
use crate::resolve;

/// The schemas of the search path that exist in the database. With `true` also `pg_catalog`, which is searched before them.
pub(super) struct CurrentSchemas;

/// `name[]`.
const NAMES: u32 = 1003;

impl SessionFunction for CurrentSchemas {
    const NAME: &'static str = "current_schemas";
    const ARGUMENTS: &'static [&'static [DataType]] = &[&[DataType::Boolean]];
    const RETURNS: PgType = PgType::new(NAMES);

    fn call(ctx: &PlanContext, arguments: &[ScalarValue]) -> Result<ScalarValue> {
        let implicit = is_true(arguments.first()).then(|| "pg_catalog".to_owned());
        let schemas: Vec<ScalarValue> = implicit.into_iter().chain(resolve::effective_path(ctx)).map(text).collect();
        Ok(ScalarValue::List(ScalarValue::new_list(&schemas, &DataType::Utf8, true)))
    }
}

#[cfg(test)]
mod tests {
    use spi::types::{BUILTIN_TYPES, oid};

    use super::*;

    #[test]
    fn returns_names() {
        assert!(BUILTIN_TYPES.iter().any(|builtin| builtin.oid == oid::NAME && builtin.array_oid == NAMES));
    }
}
