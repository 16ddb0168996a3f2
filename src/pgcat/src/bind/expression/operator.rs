//! Operators, by the names that PostgreSQL has for them.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, BinaryOperator, Spanned, UnaryOperator};

use super::boolean;
use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::function::{Function, Signature};
use crate::resolve::{Operator, format_type};
use crate::types::{Type, oid};

impl Binder<'_> {
    pub(super) fn infix_operator(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr, place: Place) -> Result<Typed> {
        if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
            return self.logical(left, op, right, place);
        }
        if matches!(op, BinaryOperator::Overlaps) {
            let span = |binder: &Binder<'_>| binder.between(left.span(), right.span(), "overlaps");
            let overlaps = self.overlaps(left, right, place);
            return self.locate(span, overlaps);
        }
        let name = operator_name(op)?;
        let span = |binder: &Binder<'_>| binder.between(left.span(), right.span(), written(&name));
        if let (Some(left), Some(right)) = (row_items(left), row_items(right)) {
            let (left, right) = (self.expressions(left, place)?, self.expressions(right, place)?);
            let compared = self.compare_rows(&name, left, right);
            return self.locate(span, compared);
        }
        let operands = vec![self.expression(left, place)?, self.expression(right, place)?];
        let applied = self.apply(&name, operands);
        self.locate(span, applied)
    }

    /// AND and OR, each chain in one list however long it is.
    fn logical(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr, place: Place) -> Result<Typed> {
        let construct = if *op == BinaryOperator::And { "AND" } else { "OR" };
        let mut operands = vec![right];
        let mut rest = left;
        while let ast::Expr::BinaryOp { left, op: other, right } = rest
            && other == op
        {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        let conditions = operands.into_iter().rev().map(|operand| self.condition(operand, place, construct)).collect::<Result<_>>()?;
        Ok(boolean(if *op == BinaryOperator::And { Expr::And(conditions) } else { Expr::Or(conditions) }))
    }

    pub(super) fn prefix_operator(&mut self, op: &UnaryOperator, operand: &ast::Expr, place: Place) -> Result<Typed> {
        if *op == UnaryOperator::Minus {
            // A sign is part of the number, so that the smallest integer is one.
            if let Some((is_negative, digits)) = signed_number(operand) {
                return self.number(&if is_negative { digits.to_owned() } else { format!("-{digits}") });
            }
            // The parser library reads `-a ^ b` as `-(a ^ b)`; a sign binds tighter than a power.
            if let Some(power) = negated_base(operand) {
                return self.expression(&power, place);
            }
        }
        let name = match op {
            UnaryOperator::Plus => "+",
            UnaryOperator::Minus => "-",
            UnaryOperator::BitwiseNot => "~",
            UnaryOperator::PGAbs => "@",
            UnaryOperator::PGCubeRoot => "||/",
            UnaryOperator::PGSquareRoot => "|/",
            UnaryOperator::PGPrefixFactorial => "!!",
            UnaryOperator::AtDashAt => "@-@",
            UnaryOperator::BangNot => "!",
            UnaryOperator::DoubleAt => "@@",
            UnaryOperator::Hash => "#",
            UnaryOperator::QuestionDash => "?-",
            UnaryOperator::QuestionPipe => "?|",
            UnaryOperator::Not | UnaryOperator::PGPostfixFactorial => {
                return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{op}\"")));
            }
        };
        let operands = vec![self.expression(operand, place)?];
        let applied = self.apply(&[name.to_owned()], operands);
        self.locate(|binder| binder.sign_before(operand.span(), name), applied)
    }

    pub(super) fn expressions(&mut self, items: &[ast::Expr], place: Place) -> Result<Vec<Typed>> {
        items.iter().map(|item| self.expression(item, place)).collect()
    }

    /// An operator applied to its operands: two, or one for a prefix operator.
    pub(crate) fn apply(&mut self, name: &[String], operands: Vec<Typed>) -> Result<Typed> {
        let given: Vec<u32> = operands.iter().map(|operand| operand.type_.oid).collect();
        let operator = self.names().operator(name, &given)?;
        let operands = self.coerce_arguments(operands, &operator.operands)?;
        let info = self.operator_function(&operator)?;
        self.call(&info, operands, operator.result)
    }

    /// An operator of the search path applied to two operands.
    pub(crate) fn operator_call(&mut self, name: &str, left: Typed, right: Typed) -> Result<Typed> {
        self.apply(&[name.to_owned()], vec![left, right])
    }

    /// The function that an operator computes for operands of these types, and what they must become.
    pub(super) fn operator_for(&mut self, name: &[String], left: Type, right: Type) -> Result<(Operator, Arc<Function>)> {
        let operator = self.names().operator(name, &[left.oid, right.oid])?;
        let info = self.operator_function(&operator)?;
        let types = [(operator.operands[0], left), (operator.operands[1], right)];
        let types = types.map(|(declared, given)| Type { collation: given.collation, ..self.names().type_of(declared, -1) });
        let result = self.names().type_of(operator.result, -1);
        let signature = Signature { arguments: types.to_vec(), result, is_variadic: false };
        let function = self.implement(&info, signature, Arc::default())?;
        Ok((operator, function))
    }

    /// Refuses a type whose values cannot be told apart, as DISTINCT and grouping must.
    pub(crate) fn check_equality(&self, type_: Type) -> Result<()> {
        self.check_operator(type_, "=", "an equality operator", None)
    }

    /// Refuses a type whose values have no order.
    pub(crate) fn check_ordering(&self, type_: Type) -> Result<()> {
        self.check_operator(type_, "<", "an ordering operator", Some("Use an explicit ordering operator or modify the query."))
    }

    fn check_operator(&self, type_: Type, operator: &str, kind: &str, hint: Option<&str>) -> Result<()> {
        let names = self.names();
        // What decides is the default class of operators, which `pg_catalog` has, whatever the search path leads to.
        let found = names.operator(&["pg_catalog".to_owned(), operator.to_owned()], &[type_.oid, type_.oid]);
        let is_comparable = match names.element(type_.oid) {
            Some(element) => self.check_operator(names.type_of(element, -1), operator, kind, hint).is_ok(),
            None => found.is_ok(),
        };
        if is_comparable {
            return Ok(());
        }
        let shown = format_type(names, type_.oid, None);
        let error = Error::new(Code::UndefinedFunction, format!("could not identify {kind} for type {shown}"));
        Err(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }

    fn operator_function(&self, operator: &Operator) -> Result<crate::resolve::FunctionInfo> {
        let missing = || Error::new(Code::UndefinedFunction, format!("operator is only a shell: {}", operator.oid));
        self.names().function_by_oid(operator.function).ok_or_else(missing)
    }

    /// Two spans of time, each as two moments or a moment and a length.
    fn overlaps(&mut self, left: &ast::Expr, right: &ast::Expr, place: Place) -> Result<Typed> {
        let (Some(left), Some(right)) = (row_items(left), row_items(right)) else {
            return Err(Error::new(Code::Syntax, "syntax error at or near \"OVERLAPS\""));
        };
        for (items, side) in [(left, "left"), (right, "right")] {
            if items.len() != 2 {
                let message = format!("wrong number of parameters on {side} side of OVERLAPS expression");
                return Err(Error::new(Code::Syntax, message));
            }
        }
        let mut arguments = self.expressions(left, place)?;
        arguments.extend(self.expressions(right, place)?);
        self.call_named("overlaps", arguments)
    }

    /// Whether an expression yields a boolean, as what a construct of the language is made of must.
    pub(super) fn expect_boolean(&self, type_oid: u32, message: impl FnOnce() -> String) -> Result<()> {
        if type_oid == oid::BOOL { Ok(()) } else { Err(Error::new(Code::DatatypeMismatch, message())) }
    }
}

/// A number with its sign, in whatever parentheses: whether it is negative, and its digits.
fn signed_number(syntax: &ast::Expr) -> Option<(bool, &str)> {
    match syntax {
        ast::Expr::Nested(inner) => signed_number(inner),
        ast::Expr::UnaryOp { op: UnaryOperator::Minus, expr } => signed_number(expr).map(|(is_negative, digits)| (!is_negative, digits)),
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(digits, _) => Some((false, digits)),
            _ => None,
        },
        _ => None,
    }
}

/// The power, or the power of powers, with its base negated.
fn negated_base(syntax: &ast::Expr) -> Option<ast::Expr> {
    let ast::Expr::BinaryOp { left, op: BinaryOperator::PGExp, right } = syntax else { return None };
    let negated = negated_base(left);
    let negated = negated.unwrap_or_else(|| ast::Expr::UnaryOp { op: UnaryOperator::Minus, expr: left.clone() });
    Some(ast::Expr::BinaryOp { left: Box::new(negated), op: BinaryOperator::PGExp, right: right.clone() })
}

/// The items of `(a, b)` or `ROW(a, b)`.
pub(super) fn row_items(syntax: &ast::Expr) -> Option<&[ast::Expr]> {
    match syntax {
        ast::Expr::Tuple(items) => Some(items),
        ast::Expr::Nested(inner) => row_items(inner).filter(|_| matches!(**inner, ast::Expr::Tuple(_))),
        _ => None,
    }
}

/// What an operator's place begins with.
pub(super) fn written(name: &[String]) -> &str {
    match name {
        [name] => name,
        _ => "operator",
    }
}

/// The name of an operator, with its schema where `OPERATOR(schema.name)` gives one.
pub(super) fn operator_name(op: &BinaryOperator) -> Result<Vec<String>> {
    let name = match op {
        BinaryOperator::NotEq => "<>".to_owned(),
        BinaryOperator::PGCustomBinaryOperator(parts) => return Ok(parts.clone()),
        BinaryOperator::Custom(name) => if name == "!=" { "<>" } else { name }.to_owned(),
        BinaryOperator::PGExp | BinaryOperator::BitwiseXor => "^".to_owned(),
        BinaryOperator::PGBitwiseXor => "#".to_owned(),
        BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::Xor
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::MyIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Assignment
        | BinaryOperator::Overlaps => return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{op}\""))),
        // All others are written as PostgreSQL calls them.
        other => other.to_string(),
    };
    Ok(vec![name])
}
