//! What PostgreSQL computes before it runs a statement: functions that always give the same, of constants and parameters. Their errors
//! come although no row is read, but not from where a constant condition decides that the expression is never looked at.
//!
//! The plan is not changed by it: the values are forgotten, and what is run computes them again.

use spi::Result;

use super::evaluate::{apply, evaluate};
use super::run::Run;
use crate::catalog::oid as relation;
use crate::expr::{Call, Conversion, Expr, Subquery, SubqueryKind};
use crate::function::{Function, Implementation};
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};
use crate::query::{Body, Distinct, Fill, From, Query, Select};
use crate::value::Value;

/// Computes what is constant in a query with all queries in it. Those of its WITH are left out: they may never be read.
pub(super) fn check(query: &Query, run: &mut Run) -> Result<()> {
    check_columns(query, &|_| true, run)
}

/// The same, of a query of which only some columns are wanted.
fn check_columns(query: &Query, is_wanted: &dyn Fn(usize) -> bool, run: &mut Run) -> Result<()> {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || {
        let unwanted: Vec<*const Expr> = match &query.body {
            Body::Select(select) => unwanted(query, select, is_wanted),
            // One row of them is as much as a select list.
            Body::Values(rows) if rows.len() == 1 => unread(&rows[0], is_wanted),
            Body::Values(_) | Body::SetOperation(_) => Vec::new(),
        };
        let mut result = Ok(());
        query.own_expressions(&mut |expr, _| {
            if result.is_ok() && !unwanted.contains(&std::ptr::from_ref(expr)) {
                result = fold(expr, run).map(drop);
            }
        });
        result?;
        match &query.body {
            Body::Select(select) => select.from.iter().try_for_each(|from| check_from(from, run)),
            Body::Values(_) => Ok(()),
            Body::SetOperation(operation) => {
                check(&operation.left, run)?;
                check(&operation.right, run)
            }
        }
    })
}

/// The expressions of the select list that nobody reads.
fn unwanted(query: &Query, select: &Select, is_wanted: &dyn Fn(usize) -> bool) -> Vec<*const Expr> {
    if select.distinct != Distinct::No {
        return Vec::new();
    }
    let is_sorted_by = |place| query.order_by.iter().any(|key| key.column == place);
    unread(&select.output, &|place| is_wanted(place) || is_sorted_by(place))
}

fn unread(outputs: &[Expr], is_wanted: &dyn Fn(usize) -> bool) -> Vec<*const Expr> {
    outputs.iter().enumerate().filter(|(place, _)| !is_wanted(*place)).map(|(_, output)| std::ptr::from_ref(output)).collect()
}

fn check_from(from: &From, run: &mut Run) -> Result<()> {
    match from {
        From::Relation(_) | From::Function(_) | From::Cte { .. } => Ok(()),
        From::Query { query, registers, .. } => {
            check_columns(query, &|place| registers.iter().any(|Fill { column, .. }| *column == place), run)
        }
        From::Join(join) => {
            check_from(&join.left, run)?;
            check_from(&join.right, run)
        }
    }
}

/// The value of an expression, where it is constant.
fn fold(expr: &Expr, run: &mut Run) -> Result<Option<Value>> {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || match expr {
        Expr::Constant(value) => Ok(Some(value.clone())),
        Expr::Parameter(number) => run.parameter(*number).map(Some),
        Expr::Column { .. } | Expr::Now(_) => Ok(None),
        Expr::Call(call) => fold_call(call, run),
        Expr::And(operands) => connected(operands, false, run),
        Expr::Or(operands) => connected(operands, true, run),
        Expr::Case { branches, otherwise } => case(branches, otherwise.as_deref(), run),
        Expr::Coalesce(operands) => coalesce(operands, run),
        Expr::Subquery(subquery) => fold_subquery(subquery, run),
        Expr::Convert { operand, conversion } => {
            let is_constant = fold(operand, run)?.is_some();
            if is_constant && is_immutable_conversion(conversion, run) { evaluate(expr, run).map(Some) } else { Ok(None) }
        }
        Expr::Quantified { operator, .. } => of_parts(expr, is_computable(operator), run),
        Expr::IsDistinct { equal, .. } | Expr::NullIf { equal, .. } => of_parts(expr, is_computable(equal), run),
        Expr::Not(_) | Expr::IsNull { .. } | Expr::IsTruth { .. } | Expr::Extreme { .. } | Expr::Array { .. } | Expr::Subscript { .. } => {
            of_parts(expr, true, run)
        }
        Expr::Row { .. } | Expr::Field { .. } | Expr::CompareRows(_) => of_parts(expr, false, run),
    })
}

/// The value of an expression of which all parts are computed, where all of them are constant and it is wanted.
fn of_parts(expr: &Expr, is_wanted: bool, run: &mut Run) -> Result<Option<Value>> {
    let mut is_constant = Ok(true);
    expr.children(&mut |child, _| {
        if let Ok(all) = is_constant {
            is_constant = fold(child, run).map(|value| all && value.is_some());
        }
    });
    if is_constant? && is_wanted { evaluate(expr, run).map(Some) } else { Ok(None) }
}

fn fold_call(call: &Call, run: &mut Run) -> Result<Option<Value>> {
    let mut values = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        values.push(fold(argument, run)?);
    }
    if call.function.is_strict && values.iter().flatten().any(Value::is_null) {
        return Ok(Some(Value::Null));
    }
    match values.into_iter().collect::<Option<Vec<Value>>>() {
        Some(values) if is_computable(&call.function) => apply(&call.function, &values, run).map(Some),
        _ => Ok(None),
    }
}

fn is_computable(function: &Function) -> bool {
    function.is_immutable && !function.returns_set && matches!(function.implementation, Implementation::Scalar(_))
}

/// AND and OR: what is behind the constant that decides is not looked at.
fn connected(operands: &[Expr], deciding: bool, run: &mut Run) -> Result<Option<Value>> {
    let (mut is_constant, mut has_null) = (true, false);
    for operand in operands {
        match fold(operand, run)? {
            Some(Value::Bool(truth)) if truth == deciding => return Ok(Some(Value::Bool(deciding))),
            Some(Value::Null) => has_null = true,
            Some(_) => {}
            None => is_constant = false,
        }
    }
    Ok(is_constant.then_some(if has_null { Value::Null } else { Value::Bool(!deciding) }))
}

/// Branches whose condition is never true are not looked at, nor what is behind one whose condition always is.
fn case(branches: &[(Expr, Expr)], otherwise: Option<&Expr>, run: &mut Run) -> Result<Option<Value>> {
    let mut is_first = true;
    for (condition, value) in branches {
        match fold(condition, run)? {
            Some(Value::Bool(true)) => {
                let value = fold(value, run)?;
                return Ok(value.filter(|_| is_first));
            }
            Some(_) => {}
            None => {
                fold(value, run)?;
                is_first = false;
            }
        }
    }
    let value = otherwise.map_or(Ok(Some(Value::Null)), |otherwise| fold(otherwise, run))?;
    Ok(value.filter(|_| is_first))
}

/// What is behind the first constant that is not null is not looked at.
fn coalesce(operands: &[Expr], run: &mut Run) -> Result<Option<Value>> {
    let mut is_first = true;
    for operand in operands {
        match fold(operand, run)? {
            Some(Value::Null) => {}
            Some(value) => return Ok(is_first.then_some(value)),
            None => is_first = false,
        }
    }
    Ok(is_first.then_some(Value::Null))
}

/// A query is run however constant it is.
fn fold_subquery(subquery: &Subquery, run: &mut Run) -> Result<Option<Value>> {
    if let SubqueryKind::Quantified { left, .. } = &subquery.kind {
        for operand in left {
            fold(operand, run)?;
        }
    }
    check(&subquery.query, run)?;
    Ok(None)
}

/// Whether a conversion depends on nothing but the value: neither on settings nor on the catalog.
fn is_immutable_conversion(conversion: &Conversion, run: &Run) -> bool {
    let is_immutable = |type_oid: u32, function: &str| {
        let function = run.catalog.by_oid(relation::PG_TYPE, type_oid).and_then(|row| row.oid(function));
        let row = function.and_then(|function| run.catalog.by_oid(relation::PG_PROC, function));
        row.and_then(|row| row.char("provolatile")) == Some(b'i')
    };
    match conversion {
        Conversion::Relabel | Conversion::Modifier { .. } => true,
        Conversion::Text { from, to } => is_immutable(from.oid, "typoutput") && is_immutable(to.oid, "typinput"),
        Conversion::Elements(_) | Conversion::Domain { .. } | Conversion::Record { .. } => false,
    }
}
