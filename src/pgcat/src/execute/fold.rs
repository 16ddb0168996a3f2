//! What PostgreSQL computes before it runs a statement: functions that always give the same, of constants and parameters. Their errors
//! come although no row is read, but not from where a constant condition decides that the expression is never looked at.
//!
//! Most often that changes nothing else, and what is run computes the values again. Only where something falls away that is not constant,
//! as `1 / x` does of `1 / x + NULL`, another query is run, without it.

use std::sync::Arc;

use spi::Result;

use super::evaluate::{apply, evaluate};
use super::run::Run;
use crate::catalog::oid as relation;
use crate::expr::{Call, Conversion, Expr, SubqueryKind};
use crate::function::{Function, Implementation};
use crate::functions::comparable::check_order;
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};
use crate::query::{Body, Distinct, Fill, From, Query, Select};
use crate::value::Value;

/// Computes what is constant in a query with all queries in it. Those of its WITH are left out: they may never be read. Gives the query
/// that is to be run in its place, if another one is.
pub(super) fn simplify(query: &Query, run: &mut Run) -> Result<Option<Query>> {
    let mut query = query.clone();
    let mut folder = Folder { run, drops: false };
    folder.query(&mut query, &|_| true)?;
    Ok(folder.drops.then_some(query))
}

struct Folder<'a> {
    run: &'a mut Run,
    /// Whether something fell away that is not constant.
    drops: bool,
}

impl Folder<'_> {
    /// Puts constants in the place of what is constant in a query of which only some columns are wanted: first in the select list. Queries
    /// in its expressions are looked at behind all of these, and those in FROM at last.
    fn query(&mut self, query: &mut Query, is_wanted: &dyn Fn(usize) -> bool) -> Result<()> {
        stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || {
            let unwanted: Vec<*const Expr> = match &query.body {
                Body::Select(select) => unwanted(query, select, is_wanted),
                // One row of them is as much as a select list.
                Body::Values(rows) if rows.len() == 1 => unread(&rows[0], is_wanted),
                Body::Values(_) | Body::SetOperation(_) => Vec::new(),
            };
            let is_read = |expr: &Expr| !unwanted.contains(&std::ptr::from_ref(expr));
            let mut result = Ok(());
            if let Body::Select(select) = &mut query.body {
                select.output.iter_mut().filter(|output| is_read(output)).try_for_each(|output| self.expression(output))?;
            }
            query.own_expressions_mut(&mut |expr, _| {
                if result.is_ok() && is_read(expr) {
                    result = self.expression(expr);
                }
            });
            query.own_expressions_mut(&mut |expr, _| {
                if result.is_ok() && is_read(expr) {
                    result = self.queries_in(expr);
                }
            });
            result?;
            match &mut query.body {
                Body::Select(select) => select.from.iter_mut().try_for_each(|from| self.from(from)),
                Body::Values(_) => Ok(()),
                Body::SetOperation(operation) => {
                    self.query(&mut operation.left, &|_| true)?;
                    self.query(&mut operation.right, &|_| true)
                }
            }
        })
    }

    /// The queries in an expression are run however constant they are.
    fn queries_in(&mut self, expr: &mut Expr) -> Result<()> {
        let mut result = Ok(());
        expr.each_mut(&mut |inner, deeper| {
            if let Expr::Subquery(subquery) = inner
                && deeper == 0
                && result.is_ok()
            {
                result = self.query(Arc::make_mut(&mut subquery.query), &|_| true);
            }
        });
        result
    }

    fn from(&mut self, from: &mut From) -> Result<()> {
        match from {
            From::Relation(_) | From::Function(_) | From::Cte { .. } => Ok(()),
            From::Query { query, registers, .. } => {
                self.query(Arc::make_mut(query), &|place| registers.iter().any(|Fill { column, .. }| *column == place))
            }
            From::Join(join) => {
                self.from(&mut join.left)?;
                self.from(&mut join.right)
            }
        }
    }

    /// Puts a constant in the place of an expression that is constant, and of those in it that are.
    fn expression(&mut self, expr: &mut Expr) -> Result<()> {
        stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || {
            let found = match expr {
                Expr::Constant(_) | Expr::Column { .. } | Expr::Now(_) => None,
                Expr::Parameter(number) => Some(Expr::Constant(self.run.parameter(*number)?)),
                Expr::Call(call) => self.call(call)?.map(Expr::Constant),
                Expr::And(operands) => self.connected(operands, false)?.map(Expr::Constant),
                Expr::Or(operands) => self.connected(operands, true)?.map(Expr::Constant),
                Expr::Case { branches, otherwise } => self.case(branches, otherwise)?,
                Expr::Coalesce(operands) => self.coalesce(operands)?,
                Expr::Subquery(subquery) => {
                    if let SubqueryKind::Quantified { left, .. } = &mut subquery.kind {
                        left.iter_mut().try_for_each(|operand| self.expression(operand))?;
                    }
                    None
                }
                Expr::Convert { operand, conversion } => {
                    self.expression(operand)?;
                    let is_computed = constant(operand).is_some() && is_immutable_conversion(conversion, self.run);
                    self.computed(expr, is_computed)?
                }
                Expr::Row { .. } | Expr::Field { .. } | Expr::CompareRows(_) => {
                    self.parts(expr)?;
                    None
                }
                Expr::Quantified { operator: function, .. }
                | Expr::IsDistinct { equal: function, .. }
                | Expr::NullIf { equal: function, .. } => {
                    let is_computable = is_computable(function);
                    let is_computed = self.parts(expr)? && is_computable;
                    self.computed(expr, is_computed)?
                }
                // Whether its operands have an order is asked for even if none of them is ever computed.
                Expr::Extreme { type_oid, .. } => {
                    let type_oid = *type_oid;
                    let is_computed = self.parts(expr)?;
                    check_order(&self.run.context(), type_oid)?;
                    self.computed(expr, is_computed)?
                }
                Expr::Not(_) | Expr::IsNull { .. } | Expr::IsTruth { .. } | Expr::Array { .. } | Expr::Subscript { .. } => {
                    let is_computed = self.parts(expr)?;
                    self.computed(expr, is_computed)?
                }
            };
            if let Some(found) = found {
                *expr = found;
            }
            Ok(())
        })
    }

    fn computed(&mut self, expr: &Expr, is_computed: bool) -> Result<Option<Expr>> {
        if is_computed { evaluate(expr, self.run).map(|value| Some(Expr::Constant(value))) } else { Ok(None) }
    }

    /// Whether all parts of an expression are constant.
    fn parts(&mut self, expr: &mut Expr) -> Result<bool> {
        let mut is_constant = Ok(true);
        expr.children_mut(&mut |child, _| {
            if let Ok(all) = is_constant {
                is_constant = self.expression(child).map(|()| all && constant(child).is_some());
            }
        });
        is_constant
    }

    fn call(&mut self, call: &mut Call) -> Result<Option<Value>> {
        call.arguments.iter_mut().try_for_each(|argument| self.expression(argument))?;
        let values: Vec<Option<&Value>> = call.arguments.iter().map(constant).collect();
        if call.function.is_strict && values.iter().flatten().any(|value| value.is_null()) {
            self.drops |= values.iter().any(Option::is_none);
            return Ok(Some(Value::Null));
        }
        match values.into_iter().map(Option::<&Value>::cloned).collect::<Option<Vec<Value>>>() {
            Some(values) if is_computable(&call.function) => apply(&call.function, &values, self.run).map(Some),
            _ => Ok(None),
        }
    }

    /// AND and OR: what is behind the constant that decides is not looked at, and what is before it falls away.
    fn connected(&mut self, operands: &mut [Expr], deciding: bool) -> Result<Option<Value>> {
        let (mut is_constant, mut has_null) = (true, false);
        for operand in operands {
            self.expression(operand)?;
            match constant(operand) {
                Some(Value::Bool(truth)) if *truth == deciding => {
                    self.drops |= !is_constant;
                    return Ok(Some(Value::Bool(deciding)));
                }
                Some(Value::Null) => has_null = true,
                Some(_) => {}
                None => is_constant = false,
            }
        }
        Ok(is_constant.then_some(if has_null { Value::Null } else { Value::Bool(!deciding) }))
    }

    /// Branches whose condition is never true are not looked at, nor what is behind one whose condition always is.
    fn case(&mut self, branches: &mut Vec<(Expr, Expr)>, otherwise: &mut Option<Box<Expr>>) -> Result<Option<Expr>> {
        let mut kept = Vec::new();
        for (mut condition, mut value) in std::mem::take(branches) {
            self.expression(&mut condition)?;
            match constant(&condition) {
                Some(Value::Bool(true)) => {
                    *otherwise = Some(Box::new(value));
                    break;
                }
                Some(_) => {}
                None => {
                    self.expression(&mut value)?;
                    kept.push((condition, value));
                }
            }
        }
        if let Some(otherwise) = otherwise {
            self.expression(otherwise)?;
        }
        if kept.is_empty() {
            return Ok(Some(otherwise.take().map_or(Expr::Constant(Value::Null), |otherwise| *otherwise)));
        }
        *branches = kept;
        Ok(None)
    }

    /// What is behind the first constant that is not null is not looked at.
    fn coalesce(&mut self, operands: &mut Vec<Expr>) -> Result<Option<Expr>> {
        let mut kept = Vec::new();
        for mut operand in std::mem::take(operands) {
            self.expression(&mut operand)?;
            match constant(&operand) {
                Some(Value::Null) => {}
                Some(_) if kept.is_empty() => return Ok(Some(operand)),
                Some(_) => {
                    kept.push(operand);
                    break;
                }
                None => kept.push(operand),
            }
        }
        *operands = kept;
        Ok(operands.is_empty().then_some(Expr::Constant(Value::Null)))
    }
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

fn constant(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::Constant(value) => Some(value),
        _ => None,
    }
}

fn is_computable(function: &Function) -> bool {
    function.is_immutable && !function.returns_set && !matches!(function.implementation, Implementation::Set(_))
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
