//! Comparisons that are words: IS, IN and BETWEEN, and those of rows.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned};

use super::boolean;
use super::operator::row_items;
use crate::bind::{Binder, Place};
use crate::expr::{CompareRows, Expr, RowOperator, Typed};
use crate::parse::SYMMETRIC;
use crate::resolve::{Coercion, format_type};
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn is_null(&mut self, operand: &ast::Expr, negated: bool, place: Place) -> Result<Typed> {
        let typed = self.expression(operand, place)?;
        let is_row = typed.type_.oid == oid::RECORD || self.names().is_composite(typed.type_.oid);
        Ok(boolean(Expr::IsNull { operand: Box::new(typed.expr), negated, is_row }))
    }

    pub(super) fn is_truth(
        &mut self,
        operand: &ast::Expr,
        truth: Option<bool>,
        negated: bool,
        construct: &str,
        place: Place,
    ) -> Result<Typed> {
        let operand = Box::new(self.condition(operand, place, construct)?);
        Ok(boolean(Expr::IsTruth { operand, truth, negated }))
    }

    /// `IS [NOT] DISTINCT FROM`: of rows, that of any of their pairs.
    pub(super) fn is_distinct(&mut self, left: &ast::Expr, right: &ast::Expr, negated: bool, place: Place) -> Result<Typed> {
        let syntax = left;
        if let Some(tested) = self.is_json(left, right, !negated, place)? {
            return Ok(tested);
        }
        if let (Some(left), Some(right)) = (row_items(left), row_items(right)) {
            let (left, right) = (self.expressions(left, place)?, self.expressions(right, place)?);
            let unequal = || Error::new(Code::Syntax, "unequal number of entries in row expressions");
            if left.len() != right.len() {
                return self.locate(|_| syntax.span(), Err(unequal()));
            }
            let pairs = left.into_iter().zip(right).map(|(left, right)| self.distinct_pair(left, right, false));
            let distinct = Expr::Or(pairs.collect::<Result<_>>()?);
            return Ok(boolean(if negated { Expr::Not(Box::new(distinct)) } else { distinct }));
        }
        let position = |binder: &Binder<'_>| binder.between(left.span(), right.span(), "is");
        let (left, right) = (self.expression(left, place)?, self.expression(right, place)?);
        // What is compared with NULL itself is only tested for it, whatever its type.
        let is_null = |typed: &Typed| matches!(typed.expr, Expr::Constant(Value::Null)) && typed.type_.oid == oid::UNKNOWN;
        let tested = match (is_null(&left), is_null(&right)) {
            (_, true) => Some(left.clone()),
            (true, false) => Some(right.clone()),
            (false, false) => None,
        };
        if let Some(tested) = tested {
            return Ok(boolean(Expr::IsNull { operand: Box::new(tested.expr), negated: !negated, is_row: false }));
        }
        let pair = self.distinct_pair(left, right, negated);
        self.locate(position, pair).map(boolean)
    }

    fn distinct_pair(&mut self, left: Typed, right: Typed, negated: bool) -> Result<Expr> {
        let (operator, equal) = self.operator_for(&["=".to_owned()], left.type_, right.type_)?;
        self.expect_boolean(operator.result, || "IS DISTINCT FROM requires = operator to yield boolean".to_owned())?;
        let [left, right] = self.pair(left, right, &operator.operands)?;
        Ok(Expr::IsDistinct { left: Box::new(left), right: Box::new(right), equal, negated })
    }

    /// Two operands as an operator takes them.
    pub(super) fn pair(&mut self, left: Typed, right: Typed, declared: &[u32]) -> Result<[Expr; 2]> {
        let left = self.convert(left, declared[0], -1, Coercion::Implicit)?.expr;
        let right = self.convert(right, declared[1], -1, Coercion::Implicit)?.expr;
        Ok([left, right])
    }

    pub(super) fn between_bounds(
        &mut self,
        operand: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let Some(low) = symmetric_bound(low) else { return self.between_ordered(operand, low, high, negated, place) };
        // The bounds in any order.
        let rising = self.between_ordered(operand, low, high, negated, place)?.expr;
        let falling = self.between_ordered(operand, high, low, negated, place)?.expr;
        Ok(boolean(joined(vec![rising, falling], negated)))
    }

    fn between_ordered(&mut self, operand: &ast::Expr, low: &ast::Expr, high: &ast::Expr, negated: bool, place: Place) -> Result<Typed> {
        let span = |binder: &Binder<'_>| binder.between(operand.span(), low.span(), "between");
        let (above, below) = if negated { ("<", ">") } else { (">=", "<=") };
        let first = self.bound(operand, above, low, place);
        let first = self.locate(span, first)?;
        let second = self.bound(operand, below, high, place);
        let second = self.locate(span, second)?;
        Ok(boolean(joined(vec![first, second], !negated)))
    }

    fn bound(&mut self, operand: &ast::Expr, operator: &str, bound: &ast::Expr, place: Place) -> Result<Expr> {
        let name = [operator.to_owned()];
        let compared = match (row_items(operand), row_items(bound)) {
            (Some(left), Some(right)) => {
                let (left, right) = (self.expressions(left, place)?, self.expressions(right, place)?);
                self.compare_rows(&name, left, right)?
            }
            _ => {
                let operands = vec![self.expression(operand, place)?, self.expression(bound, place)?];
                self.apply(&name, operands)?
            }
        };
        self.of_type(compared, Type::new(oid::BOOL), if operator.len() == 2 { "AND" } else { "OR" })
    }

    /// `a IN (b, c)`. What does not depend on the row becomes one array where it has a common type with `a`, as in PostgreSQL.
    pub(super) fn in_list(&mut self, operand: &ast::Expr, list: &[ast::Expr], negated: bool, place: Place) -> Result<Typed> {
        let span = |binder: &Binder<'_>| {
            binder.between(operand.span(), list.first().map_or(operand.span(), Spanned::span), if negated { "not" } else { "in" })
        };
        let bound = self.in_items(operand, list, negated, place);
        self.locate(span, bound)
    }

    fn in_items(&mut self, operand: &ast::Expr, list: &[ast::Expr], negated: bool, place: Place) -> Result<Typed> {
        let name = [if negated { "<>" } else { "=" }.to_owned()];
        if let Some(row) = row_items(operand) {
            let mut comparisons = Vec::with_capacity(list.len());
            for item in list {
                let Some(items) = row_items(item) else {
                    return Err(Error::new(Code::Syntax, "unequal number of entries in row expressions"));
                };
                let (left, right) = (self.expressions(row, place)?, self.expressions(items, place)?);
                comparisons.push(self.compare_rows(&name, left, right)?.expr);
            }
            return Ok(boolean(joined(comparisons, negated)));
        }
        let left = self.expression(operand, place)?;
        let items = self.expressions(list, place)?;
        let (fixed, varying): (Vec<Typed>, Vec<Typed>) = items.into_iter().partition(|item| is_fixed(&item.expr));
        let mut comparisons = Vec::new();
        let mut one_by_one = varying;
        match self.list_type(&left, &fixed) {
            Some(element) if fixed.len() > 1 => comparisons.push(self.in_array(&name, left.clone(), fixed, element, negated)?),
            _ => one_by_one.splice(0..0, fixed).for_each(drop),
        }
        for item in one_by_one {
            let compared = self.apply(&name, vec![left.clone(), item])?;
            comparisons.push(self.of_type(compared, Type::new(oid::BOOL), "IN")?);
        }
        Ok(boolean(joined(comparisons, negated)))
    }

    /// The type of the array that the items can stand in, if all can be compared with the operand that way.
    fn list_type(&self, left: &Typed, items: &[Typed]) -> Option<u32> {
        let types: Vec<u32> = std::iter::once(left).chain(items).map(|item| item.type_.oid).collect();
        let common = self.names().common_type_if_any(&types).filter(|common| *common != oid::RECORD)?;
        self.names().array(common).map(|_| common)
    }

    fn in_array(&mut self, name: &[String], left: Typed, items: Vec<Typed>, element: u32, negated: bool) -> Result<Expr> {
        let common = self.names().type_of(element, -1);
        let items = items.into_iter().map(|item| self.unify_one(item, common, "IN")).collect::<Result<_>>()?;
        let array_type = self.names().type_of(self.names().array(element).unwrap_or_default(), -1);
        let array = Typed::new(Expr::Array { element, items, nested: false }, array_type);
        Ok(self.compare_with_array(name, left, array, negated)?.expr)
    }

    /// A comparison of rows, pair by pair.
    pub(super) fn compare_rows(&mut self, name: &[String], left: Vec<Typed>, right: Vec<Typed>) -> Result<Typed> {
        if left.len() != right.len() {
            return Err(Error::new(Code::Syntax, "unequal number of entries in row expressions"));
        }
        if left.is_empty() {
            return Err(Error::new(Code::Unsupported, "cannot compare rows of zero length"));
        }
        let operator = row_operator(name);
        if left.len() == 1 || matches!(operator, Some(RowOperator::Equal | RowOperator::NotEqual)) {
            let mut comparisons = Vec::with_capacity(left.len());
            for (left, right) in left.into_iter().zip(right) {
                let compared = self.apply(name, vec![left, right])?;
                self.expect_row_boolean(compared.type_.oid)?;
                comparisons.push(compared.expr);
            }
            return Ok(boolean(joined(comparisons, operator != Some(RowOperator::NotEqual))));
        }
        let Some(operator) = operator else {
            for (left, right) in left.iter().zip(&right) {
                let (found, _) = self.operator_for(name, left.type_, right.type_)?;
                self.expect_row_boolean(found.result)?;
            }
            let message = format!("could not determine interpretation of row comparison operator {}", name.join("."));
            return Err(
                Error::new(Code::Unsupported, message).hint("Row comparison operators must be associated with btree operator families.")
            );
        };
        let mut rows = CompareRows { operator, left: Vec::new(), right: Vec::new(), equal: Vec::new(), compare: Vec::new() };
        for (left, right) in left.into_iter().zip(right) {
            let (found, compare) = self.operator_for(name, left.type_, right.type_)?;
            self.expect_row_boolean(found.result)?;
            let types = [self.names().type_of(found.operands[0], -1), self.names().type_of(found.operands[1], -1)];
            let (_, equal) = self.operator_for(&["=".to_owned()], types[0], types[1])?;
            let [left, right] = self.pair(left, right, &found.operands)?;
            rows.left.push(left);
            rows.right.push(right);
            rows.equal.push(equal);
            rows.compare.push(compare);
        }
        Ok(boolean(Expr::CompareRows(Box::new(rows))))
    }

    fn expect_row_boolean(&self, type_oid: u32) -> Result<()> {
        let type_name = || format_type(self.names(), type_oid, None);
        self.expect_boolean(type_oid, || format!("row comparison operator must yield type boolean, not type {}", type_name()))
    }

    pub(super) fn is_normalized(
        &mut self,
        operand: &ast::Expr,
        form: Option<ast::NormalizationForm>,
        negated: bool,
        place: Place,
    ) -> Result<Typed> {
        let mut arguments = vec![self.expression(operand, place)?];
        if let Some(form) = form {
            arguments.push(Typed::new(Expr::Constant(Value::text(form.to_string())), Type::new(oid::TEXT)));
        }
        let call = self.call_named("is_normalized", arguments)?;
        Ok(if negated { boolean(Expr::Not(Box::new(call.expr))) } else { call })
    }
}

/// The lower bound of BETWEEN SYMMETRIC, without what marks it as such.
fn symmetric_bound(low: &ast::Expr) -> Option<&ast::Expr> {
    let ast::Expr::Function(marked) = low else { return None };
    let ([ast::ObjectNamePart::Identifier(name)], ast::FunctionArguments::List(list)) = (marked.name.0.as_slice(), &marked.args) else {
        return None;
    };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(low))] if name.value == SYMMETRIC => Some(low),
        _ => None,
    }
}

/// Conditions of which all must hold, or any.
pub(super) fn joined(mut conditions: Vec<Expr>, all: bool) -> Expr {
    match conditions.len() {
        1 => conditions.remove(0),
        _ if all => Expr::And(conditions),
        _ => Expr::Or(conditions),
    }
}

/// What an operator means between rows.
pub(super) fn row_operator(name: &[String]) -> Option<RowOperator> {
    Some(match name.last()?.as_str() {
        "=" => RowOperator::Equal,
        "<>" => RowOperator::NotEqual,
        "<" => RowOperator::Less,
        "<=" => RowOperator::LessOrEqual,
        ">" => RowOperator::Greater,
        ">=" => RowOperator::GreaterOrEqual,
        _ => return None,
    })
}

/// Whether an expression is plainly the same for every row.
fn is_fixed(expr: &Expr) -> bool {
    match expr {
        Expr::Constant(_) | Expr::Parameter(_) => true,
        Expr::Convert { operand, .. } => is_fixed(operand),
        Expr::Call(call) => call.arguments.iter().all(is_fixed),
        _ => false,
    }
}
