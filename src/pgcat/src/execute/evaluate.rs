//! Computes expressions over the registers, with PostgreSQL's three-valued logic.

mod array;
mod compare;
mod convert;
mod now;

use std::cmp::Ordering;
use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::expr::{Call, Expr};
use crate::function::{Function, Implementation};
use crate::io::json;
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};
use crate::value::compare::compare as compare_values;
use crate::value::{Record, Value};

use super::Row;
use super::function::call_sql;
use super::run::Run;
use super::subquery;

pub(super) use array::construct as construct_array;

/// The value of an expression.
pub(super) fn evaluate(expr: &Expr, run: &mut Run) -> Result<Value> {
    match expr {
        Expr::Constant(value) => Ok(value.clone()),
        Expr::Parameter(number) => run.parameter(*number),
        Expr::Column { depth, register } => run.column(*depth, *register),
        _ => stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || evaluate_inner(expr, run)),
    }
}

pub(super) fn evaluate_all(exprs: &[Expr], run: &mut Run) -> Result<Row> {
    exprs.iter().map(|expr| evaluate(expr, run)).collect()
}

/// Whether a condition is true, neither false nor null.
pub(super) fn is_true(expr: &Expr, run: &mut Run) -> Result<bool> {
    Ok(matches!(evaluate(expr, run)?, Value::Bool(true)))
}

/// Whether all conditions are true.
pub(super) fn all_true(conditions: &[Expr], run: &mut Run) -> Result<bool> {
    for condition in conditions {
        if !is_true(condition, run)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a function for its arguments.
pub(super) fn apply(function: &Function, arguments: &[Value], run: &mut Run) -> Result<Value> {
    if function.is_strict && arguments.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    match &function.implementation {
        Implementation::Scalar(call) => {
            let value = json::made(function.signature.result.oid, call(&run.context(), &function.signature, arguments)?)?;
            run.budget.made(&value)?;
            Ok(value)
        }
        Implementation::Sql(body) => {
            let plan = run.nested(body)?;
            call_sql(function, &plan, arguments.to_vec(), run)
        }
        Implementation::Set(_) => Err(Error::new(Code::Unsupported, "set-valued function called in context that cannot accept a set")),
    }
}

fn evaluate_inner(expr: &Expr, run: &mut Run) -> Result<Value> {
    match expr {
        Expr::Constant(_) | Expr::Parameter(_) | Expr::Column { .. } => evaluate(expr, run),
        Expr::Call(call) => self::call(call, run),
        Expr::And(operands) => connected(operands, false, run),
        Expr::Or(operands) => connected(operands, true, run),
        Expr::Not(operand) => Ok(match evaluate(operand, run)? {
            Value::Bool(truth) => Value::Bool(!truth),
            other => other,
        }),
        Expr::IsNull { operand, negated, is_row } => {
            let value = evaluate(operand, run)?;
            Ok(Value::Bool(is_null(&value, *negated, *is_row)))
        }
        Expr::IsTruth { operand, truth, negated } => {
            let value = evaluate(operand, run)?.as_bool();
            Ok(Value::Bool((value == *truth) != *negated))
        }
        Expr::IsDistinct { left, right, equal, negated } => {
            let (left, right) = (evaluate(left, run)?, evaluate(right, run)?);
            Ok(Value::Bool(compare::is_distinct(left, right, equal, run)? != *negated))
        }
        Expr::Case { branches, otherwise } => {
            for (condition, value) in branches {
                if is_true(condition, run)? {
                    return evaluate(value, run);
                }
            }
            otherwise.as_ref().map_or(Ok(Value::Null), |otherwise| evaluate(otherwise, run))
        }
        Expr::Coalesce(operands) => {
            for operand in operands {
                let value = evaluate(operand, run)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Ok(Value::Null)
        }
        Expr::NullIf { left, right, equal } => {
            let (left, right) = (evaluate(left, run)?, evaluate(right, run)?);
            if left.is_null() || right.is_null() {
                return Ok(left);
            }
            let pair = [left, right];
            let is_same = apply(equal, &pair, run)?.as_bool() == Some(true);
            let [left, _] = pair;
            Ok(if is_same { Value::Null } else { left })
        }
        Expr::Extreme { operands, greatest, .. } => extreme(operands, *greatest, run),
        Expr::Array { element, items, nested } => {
            let items = evaluate_all(items, run)?;
            let value = array::construct(*element, items, *nested)?;
            run.budget.made(&value)?;
            Ok(value)
        }
        Expr::Row { type_oid, fields, items } => {
            let values = evaluate_all(items, run)?;
            Ok(Value::Record(Arc::new(Record { type_oid: *type_oid, fields: fields.clone(), values })))
        }
        Expr::Field { record, field } => Ok(match evaluate(record, run)? {
            Value::Record(record) => record.values.get(*field).cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        }),
        Expr::Subscript { array, subscripts } => array::subscript(array, subscripts, run),
        Expr::Quantified { left, operator, array, all } => {
            let (left, array) = (evaluate(left, run)?, evaluate(array, run)?);
            compare::quantified(left, operator, &array, *all, run)
        }
        Expr::CompareRows(rows) => {
            let (left, right) = (evaluate_all(&rows.left, run)?, evaluate_all(&rows.right, run)?);
            compare::rows(rows, left, right, run)
        }
        Expr::Subquery(subquery) => subquery::evaluate_subquery(subquery, run),
        Expr::Convert { operand, conversion } => {
            let value = evaluate(operand, run)?;
            convert::convert(value, conversion, run)
        }
        Expr::Now(now) => now::now(*now, run),
    }
}

/// Most calls have few arguments, which then need no list of their own.
fn call(call: &Call, run: &mut Run) -> Result<Value> {
    match call.arguments.as_slice() {
        [first] => {
            let arguments = [evaluate(first, run)?];
            apply(&call.function, &arguments, run)
        }
        [first, second] => {
            let arguments = [evaluate(first, run)?, evaluate(second, run)?];
            apply(&call.function, &arguments, run)
        }
        arguments => {
            let arguments = evaluate_all(arguments, run)?;
            apply(&call.function, &arguments, run)
        }
    }
}

/// AND, which `false` decides, and OR, which `true` decides.
fn connected(operands: &[Expr], deciding: bool, run: &mut Run) -> Result<Value> {
    let mut has_null = false;
    for operand in operands {
        match evaluate(operand, run)? {
            Value::Bool(truth) if truth == deciding => return Ok(Value::Bool(deciding)),
            Value::Bool(_) => {}
            _ => has_null = true,
        }
    }
    Ok(if has_null { Value::Null } else { Value::Bool(!deciding) })
}

/// A row is null if all its fields are, and not null if none is.
fn is_null(value: &Value, negated: bool, is_row: bool) -> bool {
    match value {
        Value::Record(record) if is_row => record.values.iter().all(|field| field.is_null() != negated),
        value => value.is_null() != negated,
    }
}

fn extreme(operands: &[Expr], greatest: bool, run: &mut Run) -> Result<Value> {
    let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
    let mut found = Value::Null;
    for operand in operands {
        let value = evaluate(operand, run)?;
        if !value.is_null() && (found.is_null() || compare_values(&value, &found) == wanted) {
            found = value;
        }
    }
    Ok(found)
}
