//! Conditions of a plan as conditions that a connector can be asked about.
//!
//! What has no exact counterpart is not translated; DataFusion then applies it to the rows.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator, expr::InList};
use spi::predicate::{Comparison, Predicate, Value};

/// The condition, if connectors have one that is true for exactly the same rows.
pub(crate) fn translate(condition: &Expr) -> Option<Predicate> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Some(Predicate::And(flatten(translate(left)?, translate(right)?, |predicate| match predicate {
                Predicate::And(all) => Ok(all),
                other => Err(other),
            })))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(Predicate::Or(flatten(translate(left)?, translate(right)?, |predicate| match predicate {
                Predicate::Or(any) => Ok(any),
                other => Err(other),
            })))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let comparison = comparison(*op)?;
            match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), Expr::Literal(value, _)) => compare(&column.name, comparison, value),
                (Expr::Literal(value, _), Expr::Column(column)) => compare(&column.name, mirrored(comparison), value),
                _ => None,
            }
        }
        Expr::Column(column) => compare(&column.name, Comparison::Equal, &ScalarValue::Boolean(Some(true))),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Column(column) => compare(&column.name, Comparison::Equal, &ScalarValue::Boolean(Some(false))),
            _ => None,
        },
        Expr::IsNull(inner) => Some(Predicate::IsNull { column: column_name(inner)? }),
        Expr::IsNotNull(inner) => Some(Predicate::IsNotNull { column: column_name(inner)? }),
        Expr::Between(Between { expr, negated, low, high }) => {
            let column = column_name(expr)?;
            let (Expr::Literal(low, _), Expr::Literal(high, _)) = (low.as_ref(), high.as_ref()) else { return None };
            Some(match negated {
                false => Predicate::And(vec![
                    compare(&column, Comparison::GreaterOrEqual, low)?,
                    compare(&column, Comparison::LessOrEqual, high)?,
                ]),
                true => Predicate::Or(vec![compare(&column, Comparison::Less, low)?, compare(&column, Comparison::Greater, high)?]),
            })
        }
        Expr::InList(list) => translate_list(list),
        _ => None,
    }
}

fn flatten(left: Predicate, right: Predicate, parts: impl Fn(Predicate) -> Result<Vec<Predicate>, Predicate>) -> Vec<Predicate> {
    [left, right].into_iter().flat_map(|one| parts(one).unwrap_or_else(|other| vec![other])).collect()
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The comparison that says the same with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same @ (Comparison::Equal | Comparison::NotEqual) => same,
    }
}

fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Column(column) => Some(column.name.clone()),
        _ => None,
    }
}

fn compare(column: &str, comparison: Comparison, value: &ScalarValue) -> Option<Predicate> {
    match constant(value)? {
        // Such a condition is never true; the optimizer has removed it before.
        Value::Null => None,
        value => Some(Predicate::Compare { column: column.to_owned(), comparison, value }),
    }
}

fn translate_list(list: &InList) -> Option<Predicate> {
    let column = column_name(&list.expr)?;
    let values: Option<Vec<Value>> = list
        .list
        .iter()
        .map(|item| match item {
            Expr::Literal(value, _) => constant(value),
            _ => None,
        })
        .collect();
    let (nulls, values): (Vec<Value>, Vec<Value>) = values?.into_iter().partition(|value| *value == Value::Null);
    if !list.negated {
        return Some(Predicate::In { column, values });
    }
    // `NOT IN` of a list with a null is never true.
    nulls.is_empty().then(|| {
        let unequal = |value| Predicate::Compare { column: column.clone(), comparison: Comparison::NotEqual, value };
        Predicate::And(values.into_iter().map(unequal).collect())
    })
}

/// The value without loss; `None` where connectors have no such value.
pub(crate) fn constant(value: &ScalarValue) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let micros = |value: i64, per_micro: i64| (value % per_micro == 0).then_some(Value::Timestamp(value / per_micro));
    match value {
        ScalarValue::Boolean(Some(value)) => Some(Value::Bool(*value)),
        ScalarValue::Int8(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::Int16(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::Int32(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::Int64(Some(value)) => Some(Value::Int(*value)),
        ScalarValue::UInt8(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::UInt16(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::UInt32(Some(value)) => Some(Value::Int((*value).into())),
        ScalarValue::UInt64(Some(value)) => i64::try_from(*value).ok().map(Value::Int),
        // NaN equals itself in PostgreSQL, and in few other places.
        ScalarValue::Float32(Some(value)) => (!value.is_nan()).then(|| Value::Float((*value).into())),
        ScalarValue::Float64(Some(value)) => (!value.is_nan()).then_some(Value::Float(*value)),
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            Some(Value::Text(text.clone()))
        }
        ScalarValue::Binary(Some(bytes)) | ScalarValue::LargeBinary(Some(bytes)) | ScalarValue::BinaryView(Some(bytes)) => {
            Some(Value::Bytes(bytes.clone()))
        }
        ScalarValue::Date32(Some(days)) => Some(Value::Date(*days)),
        ScalarValue::TimestampSecond(Some(value), _) => value.checked_mul(1_000_000).map(Value::Timestamp),
        ScalarValue::TimestampMillisecond(Some(value), _) => value.checked_mul(1000).map(Value::Timestamp),
        ScalarValue::TimestampMicrosecond(Some(value), _) => Some(Value::Timestamp(*value)),
        ScalarValue::TimestampNanosecond(Some(value), _) => micros(*value, 1000),
        ScalarValue::Dictionary(_, value) => constant(value),
        _ => None,
    }
}

/// A condition as EXPLAIN shows it.
pub(crate) fn display(predicate: &Predicate) -> String {
    match predicate {
        Predicate::Compare { column, comparison, value } => format!("{column} {} {}", comparison.sign(), display_value(value)),
        Predicate::In { column, values } => {
            format!("{column} IN ({})", values.iter().map(display_value).collect::<Vec<_>>().join(", "))
        }
        Predicate::IsNull { column } => format!("{column} IS NULL"),
        Predicate::IsNotNull { column } => format!("{column} IS NOT NULL"),
        Predicate::And(all) => joined(all, " AND "),
        Predicate::Or(any) => joined(any, " OR "),
    }
}

fn joined(predicates: &[Predicate], word: &str) -> String {
    format!("({})", predicates.iter().map(display).collect::<Vec<_>>().join(word))
}

pub(crate) fn display_value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Decimal { .. } | Value::Date(_) | Value::Timestamp(_) => format!("'{}'", written(value)),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(bytes) => format!("'\\x{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

/// A value as Arrow writes it.
fn written(value: &Value) -> String {
    let array = scalar(value).to_array();
    array.ok().and_then(|array| arrow::util::display::array_value_to_string(&array, 0).ok()).unwrap_or_default()
}

/// The constant as DataFusion has it.
pub(crate) fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(value) => ScalarValue::Boolean(Some(*value)),
        Value::Int(value) => ScalarValue::Int64(Some(*value)),
        Value::Float(value) => ScalarValue::Float64(Some(*value)),
        Value::Decimal { digits, scale } => ScalarValue::Decimal128(Some(*digits), arrow::datatypes::DECIMAL128_MAX_PRECISION, *scale),
        Value::Text(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Bytes(bytes) => ScalarValue::Binary(Some(bytes.clone())),
        Value::Date(days) => ScalarValue::Date32(Some(*days)),
        Value::Timestamp(micros) => ScalarValue::TimestampMicrosecond(Some(*micros), None),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{col, lit};

    use super::*;

    #[track_caller]
    fn check(condition: Expr, shown: Option<&str>) {
        assert_eq!(translate(&condition).as_ref().map(display).as_deref(), shown, "{condition}");
    }

    #[test]
    fn translates_what_is_exact() {
        check(col("a").eq(lit(1_i32)), Some("a = 1"));
        check(lit(1_i64).lt(col("a")), Some("a > 1"));
        check(col("a").not_eq(lit("x'y")), Some("a <> 'x''y'"));
        check(col("a").is_null().or(col("b").is_not_null()), Some("(a IS NULL OR b IS NOT NULL)"));
        check(col("a").gt(lit(1_i32)).and(col("b").lt_eq(lit(1.5))).and(col("c").eq(lit(true))), Some("(a > 1 AND b <= 1.5 AND c = true)"));
        check(col("a").between(lit(1_i32), lit(2_i32)), Some("(a >= 1 AND a <= 2)"));
        check(col("a").not_between(lit(1_i32), lit(2_i32)), Some("(a < 1 OR a > 2)"));
        check(col("a").in_list(vec![lit(1_i32), lit(ScalarValue::Int32(None))], false), Some("a IN (1)"));
        check(col("a").in_list(vec![lit(1_i32), lit(2_i32)], true), Some("(a <> 1 AND a <> 2)"));
        check(col("a"), Some("a = true"));
        check(!col("a"), Some("a = false"));
        check(col("a").eq(lit(ScalarValue::Date32(Some(18_262)))), Some("a = '2020-01-01'"));
        check(col("a").eq(lit(ScalarValue::TimestampNanosecond(Some(1_000_000), None))), Some("a = '1970-01-01T00:00:00.001'"));
    }

    #[test]
    fn leaves_the_rest() {
        check(col("a").eq(col("b")), None);
        check((col("a") + lit(1_i32)).eq(lit(2_i32)), None);
        check(col("a").like(lit("x%")), None);
        check(col("a").eq(lit(ScalarValue::Int32(None))), None);
        check(col("a").in_list(vec![lit(ScalarValue::Int32(None))], true), None);
        check(col("a").eq(lit(f64::NAN)), None);
        check(col("a").eq(lit(ScalarValue::UInt64(Some(u64::MAX)))), None);
        check(col("a").eq(lit(ScalarValue::Decimal128(Some(1), 3, 1))), None);
        check(col("a").eq(lit(ScalarValue::TimestampNanosecond(Some(1), None))), None);
        check(col("a").eq(lit(1_i32)).or(col("a").like(lit("x"))), None);
    }
}
