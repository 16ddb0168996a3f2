//! Values by condition: CASE, COALESCE, NULLIF, GREATEST and LEAST.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, CaseWhen, Spanned};
use sqlparser::tokenizer::Span;

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::resolve::Coercion;
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&ast::Expr>,
        place: Place,
    ) -> Result<Typed> {
        let mut before = operand;
        let operand = match operand {
            Some(operand) => {
                let operand = self.expression(operand, place)?;
                Some(self.settle_unknown(operand)?)
            }
            None => None,
        };
        let mut tests = Vec::with_capacity(conditions.len());
        let mut results = Vec::with_capacity(conditions.len() + 1);
        for branch in conditions {
            tests.push(match &operand {
                Some(operand) => {
                    let value = self.expression(&branch.condition, place)?;
                    let compared = self.apply(&["=".to_owned()], vec![operand.clone(), value]);
                    let position = |binder: &Binder<'_>| {
                        let before = before.map_or_else(Span::empty, Spanned::span);
                        binder.between(before, branch.condition.span(), "when")
                    };
                    let compared = self.locate(position, compared)?;
                    self.of_type(compared, Type::new(oid::BOOL), "CASE/WHEN")?
                }
                None => self.condition(&branch.condition, place, "CASE/WHEN")?,
            });
            results.push(self.expression(&branch.result, place)?);
            before = Some(&branch.result);
        }
        // Where there is no default, none of the others is in conflict with it.
        let first = otherwise.or(conditions.first().map(|branch| &branch.result));
        let syntax: Vec<&ast::Expr> = first.into_iter().chain(conditions.iter().map(|branch| &branch.result)).collect();
        let otherwise = match otherwise {
            Some(otherwise) => self.expression(otherwise, place)?,
            None => Typed::new(Expr::Constant(Value::Null), Type::new(oid::UNKNOWN)),
        };
        // The default is the first to say what the type is.
        let types: Vec<Type> = std::iter::once(&otherwise).chain(&results).map(|result| result.type_).collect();
        let common = self.common_type(&types, &syntax, "CASE")?;
        let otherwise = self.unify_one(otherwise, common, "CASE/ELSE");
        let otherwise = self.locate(|_| first.map_or_else(Span::empty, Spanned::span), otherwise)?;
        let mut branches = Vec::with_capacity(tests.len());
        for ((test, result), syntax) in tests.into_iter().zip(results).zip(conditions) {
            let result = self.unify_one(result, common, "CASE/WHEN");
            branches.push((test, self.locate(|_| syntax.result.span(), result)?));
        }
        let otherwise = (!matches!(otherwise, Expr::Constant(Value::Null))).then(|| Box::new(otherwise));
        Ok(Typed::new(Expr::Case { branches, otherwise }, common))
    }

    pub(super) fn coalesce(&mut self, arguments: Vec<Typed>, syntax: &[&ast::Expr]) -> Result<Typed> {
        let (items, type_) = self.unify(arguments, syntax, "COALESCE")?;
        Ok(Typed::new(Expr::Coalesce(items), type_))
    }

    pub(super) fn extreme(&mut self, arguments: Vec<Typed>, syntax: &[&ast::Expr], greatest: bool) -> Result<Typed> {
        let (operands, type_) = self.unify(arguments, syntax, if greatest { "GREATEST" } else { "LEAST" })?;
        Ok(Typed::new(Expr::Extreme { type_oid: type_.oid, operands, greatest }, type_))
    }

    pub(super) fn null_if(&mut self, arguments: Vec<Typed>) -> Result<Typed> {
        let [left, right] = <[Typed; 2]>::try_from(arguments).map_err(|_| Error::new(Code::Syntax, "syntax error at or near \")\""))?;
        let (operator, equal) = self.operator_for(&["=".to_owned()], left.type_, right.type_)?;
        self.expect_boolean(operator.result, || "NULLIF requires = operator to yield boolean".to_owned())?;
        let left = self.convert(left, operator.operands[0], -1, Coercion::Implicit)?;
        let right = self.convert(right, operator.operands[1], -1, Coercion::Implicit)?;
        let type_ = left.type_;
        Ok(Typed::new(Expr::NullIf { left: Box::new(left.expr), right: Box::new(right.expr), equal }, type_))
    }
}
