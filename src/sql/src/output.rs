//! The columns of an answer, as PostgreSQL would describe them: names, types, and the table columns that they are.

mod origin;
mod select_list;
mod sql_types;

use arrow::datatypes::FieldRef;
use datafusion::logical_expr::LogicalPlan;
use spi::types::{PgType, oid};

pub(crate) use origin::origins;
pub(crate) use select_list::{OutputNames, rename};
pub(crate) use sql_types::{Types, arrow_type, cast_target, pg_type};

use crate::answer::{Column, Format};
use crate::functions;
use crate::resolve::Relations;
use origin::called_function;

/// The columns of a planned query. Where they come from, the plan says as the statement was written; which types they have, the
/// plan after its types were made to fit.
pub(crate) fn columns(plan: &LogicalPlan, analyzed: &LogicalPlan, names: &OutputNames, relations: &Relations) -> Vec<Column> {
    let column = |(index, (field, computed)): (usize, (&FieldRef, &FieldRef))| {
        let origins = origins(plan, index);
        let sources: Vec<_> = origins.iter().filter_map(|origin| relations.column(&origin.table, origin.column)).collect();
        let mut column = Column {
            name: names.wire_name(field.name()).to_owned(),
            table_oid: 0,
            attribute_number: 0,
            pg_type: names
                .cast_to(field.name())
                .or_else(|| called_function(plan, index).and_then(functions::result_type))
                .unwrap_or_else(|| computed_type(computed.data_type())),
            format: Format::Text,
        };
        match sources.as_slice() {
            [only] => {
                column.pg_type = only.pg_type;
                column.table_oid = only.table_oid;
                column.attribute_number = only.attribute_number;
                column.name = unsuffixed(&column.name, &only.name).to_owned();
            }
            [first, rest @ ..] if sources.len() == origins.len() && rest.iter().all(|other| other.pg_type == first.pg_type) => {
                column.pg_type = first.pg_type;
            }
            _ => {}
        }
        column
    };
    plan.schema().fields().iter().zip(analyzed.schema().fields()).enumerate().map(column).collect()
}

/// The type of an expression. Precision and scale of a computed number are Arrow's business, not the client's.
pub(crate) fn computed_type(data_type: &arrow::datatypes::DataType) -> PgType {
    let pg_type = PgType::from_arrow(data_type);
    if pg_type.oid == oid::NUMERIC { PgType::new(oid::NUMERIC) } else { pg_type }
}

/// DataFusion numbers columns of a derived table that `*` made equal (`id`, `id:1`); PostgreSQL does not.
fn unsuffixed<'a>(name: &'a str, table_column: &'a str) -> &'a str {
    match name.strip_prefix(table_column).and_then(|rest| rest.strip_prefix(':')) {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => table_column,
        _ => name,
    }
}
