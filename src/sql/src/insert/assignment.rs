//! Casts from the types of a query to those of the columns that its values are for, as PostgreSQL assigns them.

use arrow::datatypes::DataType;
use datafusion::common::{Column as PlanColumn, Result as DataFusionResult};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use super::Target;
use super::target::TargetColumn;
use crate::answer::Column;
use crate::error::from_datafusion;
use crate::output::arrow_type;
use crate::planner::conversion::convert;

/// The plan with its columns cast to those of the target. `columns` are the plan's own, `untyped` says of which the statement has
/// constants without a type only.
pub(crate) fn assign(plan: LogicalPlan, columns: &[Column], untyped: &[bool], target: &mut Target) -> Result<LogicalPlan> {
    if target.columns.is_empty() {
        return Ok(plan);
    }
    target.take(columns.len())?;
    for (index, (column, wanted)) in columns.iter().zip(&target.columns).enumerate() {
        let is_untyped = untyped.get(index).is_some_and(|untyped| *untyped) || plan.schema().field(index).data_type() == &DataType::Null;
        if !is_untyped && !is_assignable(column.pg_type, wanted.pg_type) {
            return Err(mismatch(column.pg_type, wanted));
        }
    }
    let assigned = || {
        let cast = |(index, wanted): (usize, &TargetColumn)| {
            let (qualifier, field) = plan.schema().qualified_field(index);
            let value = Expr::Column(PlanColumn::from((qualifier, field.as_ref())));
            Ok(cast(value, field.data_type(), columns[index].pg_type, wanted)?.alias(wanted.field.name()))
        };
        let casts = target.columns.iter().enumerate().map(cast).collect::<DataFusionResult<Vec<_>>>()?;
        LogicalPlanBuilder::from(plan.clone()).project(casts)?.build()
    };
    assigned().map_err(from_datafusion)
}

fn mismatch(from: PgType, wanted: &TargetColumn) -> Error {
    let (name, to, from) = (wanted.field.name(), PgType::new(wanted.pg_type.oid).format(), PgType::new(from.oid).format());
    Error::new(Code::DatatypeMismatch, format!("column \"{name}\" is of type {to} but expression is of type {from}"))
        .hint("You will need to rewrite or cast the expression.")
}

/// Whether PostgreSQL casts a value without being told to when it goes into a column.
fn is_assignable(from: PgType, to: PgType) -> bool {
    if let (Some(from), Some(to)) = (from.element(), to.element()) {
        return is_assignable(PgType::new(from.oid), PgType::new(to.oid));
    }
    from.oid == to.oid
        || is_text(to)
        || is_number(from) && is_number(to)
        || match from.oid {
            oid::DATE => matches!(to.oid, oid::TIMESTAMP | oid::TIMESTAMPTZ),
            oid::TIMESTAMP | oid::TIMESTAMPTZ => matches!(to.oid, oid::DATE | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ),
            oid::TIME => to.oid == oid::INTERVAL,
            oid::INTERVAL => to.oid == oid::TIME,
            oid::JSON | oid::JSONB => matches!(to.oid, oid::JSON | oid::JSONB),
            _ => false,
        }
}

/// Everything has a text, so everything goes into these.
fn is_text(pg_type: PgType) -> bool {
    matches!(pg_type.oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME)
}

fn is_number(pg_type: PgType) -> bool {
    matches!(pg_type.oid, oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC | oid::OID)
}

/// The most digits that Arrow holds, so that a number that is too large is found to be out of range of the integer type.
const WHOLE: PgType = PgType::numeric(76, 0);

/// A value as the column holds it. What is held as text stays whole: whether it is too long, the source says, as PostgreSQL does.
fn cast(mut value: Expr, from: &DataType, from_pg: PgType, wanted: &TargetColumn) -> DataFusionResult<Expr> {
    let holds_text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let to = wanted.field.data_type();
    if from == to || holds_text(from) && holds_text(to) {
        return Ok(value);
    }
    let mut from = from.clone();
    if from_pg.oid == oid::NUMERIC && holds_text(&from) && arrow_type(wanted.pg_type).is_integer() {
        // A `numeric` of any length is held as text, which no integer type reads a fraction of. It is rounded once, from all its digits.
        value = convert(value, &from, WHOLE)?;
        from = arrow_type(WHOLE);
    }
    convert(value, &from, if holds_text(to) { PgType::new(oid::TEXT) } else { wanted.pg_type })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Field;
    use arrow::util::display::array_value_to_string;
    use datafusion::logical_expr::lit;
    use datafusion::prelude::SessionContext;
    use spi::types::to_arrow;

    use super::*;

    /// What a `numeric` of any length becomes in a column of the type.
    async fn assigned(number: &str, to: PgType) -> Result<String> {
        let plan = LogicalPlanBuilder::values(vec![vec![lit(number)]]).and_then(LogicalPlanBuilder::build).expect("a plan");
        let field = Arc::new(Field::new("c", to_arrow(to), true));
        let mut target = Target {
            source: "shop".to_owned(),
            schema: "main".to_owned(),
            table: "t".to_owned(),
            columns: vec![TargetColumn { field, pg_type: to }],
            listed: true,
            statement: String::new(),
        };
        let plan = assign(plan, &[Column::new("n", PgType::new(oid::NUMERIC))], &[false], &mut target)?;
        let run = async { SessionContext::new().execute_logical_plan(plan).await?.collect().await };
        let batches = run.await.map_err(from_datafusion)?;
        assert_eq!(batches[0].schema().field(0).data_type(), &to_arrow(to));
        Ok(array_value_to_string(batches[0].column(0), 0).expect("a value"))
    }

    #[tokio::test]
    async fn a_numeric_keeps_the_digits_that_the_column_has() {
        let third = "0.333333333333333333333333333333";
        for (number, to, expected) in [
            ("0.0000000000015", PgType::new(oid::FLOAT8), "1.5e-12"),
            ("123456789012345678901234567890.5", PgType::new(oid::FLOAT8), "1.2345678901234568e29"),
            ("NaN", PgType::new(oid::FLOAT8), "NaN"),
            (third, PgType::numeric(30, 15), "0.333333333333333"),
            ("-1.2345678901234565", PgType::numeric(30, 15), "-1.234567890123457"),
            (third, PgType::numeric(60, 40), "0.3333333333333333333333333333330000000000"),
            (third, PgType::new(oid::NUMERIC), third),
            (third, PgType::new(oid::TEXT), third),
            ("0.49999999999999", PgType::new(oid::INT4), "0"),
            ("2.5", PgType::new(oid::INT4), "3"),
            ("-0.5", PgType::new(oid::INT2), "-1"),
            ("9223372036854775807.4", PgType::new(oid::INT8), "9223372036854775807"),
        ] {
            assert_eq!(assigned(number, to).await.expect(number), expected, "{number} as {to:?}");
        }
        for (number, to) in [
            ("32767.5", PgType::new(oid::INT2)),
            ("9223372036854775807.5", PgType::new(oid::INT8)),
            ("1000000000000000000000000000000000000000", PgType::new(oid::INT8)),
            ("1000", PgType::numeric(4, 2)),
        ] {
            assert_eq!(assigned(number, to).await.expect_err(number).code, Code::OutOfRange, "{number} as {to:?}");
        }
    }

    #[test]
    fn values_go_into_columns_as_in_postgresql() {
        for (from, to, assigned) in [
            (oid::INT8, oid::INT2, true),
            (oid::FLOAT8, oid::NUMERIC, true),
            (oid::INT4, oid::VARCHAR, true),
            (oid::TEXT, oid::INT4, false),
            (oid::TEXT, oid::UUID, false),
            (oid::BOOL, oid::INT4, false),
            (oid::INT4, oid::BOOL, false),
            (oid::DATE, oid::TIMESTAMPTZ, true),
            (oid::TIMESTAMP, oid::DATE, true),
            (oid::DATE, oid::TIME, false),
            (oid::JSON, oid::JSONB, true),
            (1007, 1016, true),
            (1009, 1007, false),
            (1007, oid::TEXT, true),
        ] {
            assert_eq!(is_assignable(PgType::new(from), PgType::new(to)), assigned, "{from} to {to}");
        }
    }
}
