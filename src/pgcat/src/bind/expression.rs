//! Expressions: every name, type, operator and function of them resolved.

mod access;
mod array;
mod call;
mod cast;
mod coerce;
mod collate;
mod comparison;
mod conditional;
mod distinct;
mod figure;
mod literal;
mod now;
mod operator;
mod parameter;
mod pattern;
mod position;
mod quantified;
mod row;
mod several;
mod special;
#[cfg(test)]
mod tests;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned, UnaryOperator};

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::resolve::{Coercion, Names, fold, format_type};
use crate::types::{Type, oid};

pub(crate) use figure::UNNAMED;
pub use figure::figure_column_name;

/// What an expression's level may take of the stack before a new one is taken, in an unoptimised build.
const STACK_LEFT_BYTES: usize = 256 << 10;
const STACK_BYTES: usize = 4 << 20;

impl<'a> Binder<'a> {
    /// What names are looked up in.
    pub(crate) fn names(&self) -> Names<'_> {
        Names::new(self.catalog, &self.search)
    }

    /// An expression of the statement.
    pub(crate) fn expression(&mut self, syntax: &ast::Expr, place: Place) -> Result<Typed> {
        self.begin()?;
        stacker::maybe_grow(STACK_LEFT_BYTES, STACK_BYTES, || self.level(syntax, place))
    }

    /// An expression as a truth value, for a construct such as `WHERE`.
    pub(crate) fn truth(&mut self, typed: Typed, construct: &str, syntax: &ast::Expr) -> Result<Expr> {
        self.argument_of(typed, Type::new(oid::BOOL), construct, syntax)
    }

    /// An expression as a value of the type that a construct such as `LIMIT` takes.
    pub(crate) fn argument_of(&mut self, typed: Typed, to: Type, construct: &str, syntax: &ast::Expr) -> Result<Expr> {
        let argument = self.of_type(typed, to, construct);
        self.locate(|_| syntax.span(), argument)
    }

    fn of_type(&mut self, typed: Typed, to: Type, construct: &str) -> Result<Expr> {
        let from = typed.type_.oid;
        if !self.names().can_coerce(&[from], &[to.oid], Coercion::Assignment) {
            let (from, to) = (format_type(self.names(), from, None), format_type(self.names(), to.oid, None));
            return Err(Error::new(Code::DatatypeMismatch, format!("argument of {construct} must be type {to}, not type {from}")));
        }
        Ok(self.convert(typed, to.oid, to.typmod, Coercion::Assignment)?.expr)
    }

    fn level(&mut self, syntax: &ast::Expr, place: Place) -> Result<Typed> {
        if let Some(regrouped) = distinct::regrouped(syntax) {
            return self.expression(&regrouped, place);
        }
        match syntax {
            ast::Expr::Nested(inner) => self.expression(inner, place),
            ast::Expr::Value(value) => self.literal(value),
            ast::Expr::Prefixed { prefix, value } => self.prefixed(prefix, value),
            ast::Expr::Identifier(ident) => match self.keyword_function(ident)? {
                Some(typed) => Ok(typed),
                None => self.column_or_argument(std::slice::from_ref(ident)),
            },
            ast::Expr::CompoundIdentifier(idents) => self.column_or_argument(idents),
            ast::Expr::QualifiedWildcard(name, _) => self.whole_row(name),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, place),
            ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                let operand = self.condition(expr, place, "NOT")?;
                Ok(boolean(Expr::Not(Box::new(operand))))
            }
            ast::Expr::UnaryOp { op, expr } => self.prefix_operator(op, expr, place),
            ast::Expr::BinaryOp { left, op, right } => self.infix_operator(left, op, right, place),
            ast::Expr::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false, place),
            ast::Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true, place),
            ast::Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, place),
            ast::Expr::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated, place),
            ast::Expr::Between { expr, negated, low, high } => self.between_bounds(expr, low, high, *negated, place),
            ast::Expr::Like { .. } | ast::Expr::ILike { .. } | ast::Expr::SimilarTo { .. } => self.pattern(syntax, place),
            ast::Expr::IsNull(operand) => self.is_null(operand, false, place),
            ast::Expr::IsNotNull(operand) => self.is_null(operand, true, place),
            ast::Expr::IsTrue(operand) => self.is_truth(operand, Some(true), false, "IS TRUE", place),
            ast::Expr::IsNotTrue(operand) => self.is_truth(operand, Some(true), true, "IS NOT TRUE", place),
            ast::Expr::IsFalse(operand) => self.is_truth(operand, Some(false), false, "IS FALSE", place),
            ast::Expr::IsNotFalse(operand) => self.is_truth(operand, Some(false), true, "IS NOT FALSE", place),
            ast::Expr::IsUnknown(operand) => self.is_truth(operand, None, false, "IS UNKNOWN", place),
            ast::Expr::IsNotUnknown(operand) => self.is_truth(operand, None, true, "IS NOT UNKNOWN", place),
            ast::Expr::IsDistinctFrom(left, right) => self.is_distinct(left, right, false, place),
            ast::Expr::IsNotDistinctFrom(left, right) => self.is_distinct(left, right, true, place),
            ast::Expr::IsNormalized { expr, form, negated } => self.is_normalized(expr, *form, *negated, place),
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), place)
            }
            ast::Expr::Cast { expr, data_type, .. } => {
                let cast = self.cast(expr, data_type, place);
                self.locate(|binder| binder.cast_position(syntax), cast)
            }
            ast::Expr::TypedString(string) => self.typed_string(string),
            ast::Expr::Interval(interval) => self.interval(interval, place),
            ast::Expr::Collate { expr, collation } => self.collate(expr, collation, place),
            ast::Expr::AtTimeZone { .. }
            | ast::Expr::Extract { .. }
            | ast::Expr::Substring { .. }
            | ast::Expr::Position { .. }
            | ast::Expr::Trim { .. }
            | ast::Expr::Overlay { .. }
            | ast::Expr::Ceil { .. }
            | ast::Expr::Floor { .. } => self.special(syntax, place),
            ast::Expr::Array(array) => self.array(&array.elem, None, place),
            ast::Expr::Tuple(items) => self.row_value(items, place),
            ast::Expr::Function(function) => self.function(function, place),
            ast::Expr::Subquery(query) => self.scalar_subquery(query),
            ast::Expr::Exists { subquery, negated } => self.exists(subquery, *negated),
            other => Err(Error::new(Code::Unsupported, format!("expression \"{other}\" is not supported"))),
        }
    }

    /// A column or, inside of a function in SQL, an argument where no column is called so.
    fn column_or_argument(&mut self, idents: &[ast::Ident]) -> Result<Typed> {
        let error = match self.column_reference(idents) {
            Err(error) if matches!(error.code, Code::UndefinedColumn | Code::UndefinedTable) && !self.argument_names.is_empty() => error,
            bound => return bound,
        };
        let Some((first, fields)) = idents.split_first() else { return Err(error) };
        let Some(mut value) = self.named_parameter(first) else { return Err(error) };
        for field in fields {
            value = self.field_named(&value, &fold(field)).ok_or_else(|| error.clone())?;
        }
        Ok(value)
    }
}

/// An expression that is true or false.
pub(super) fn boolean(expr: Expr) -> Typed {
    Typed::new(expr, Type::new(oid::BOOL))
}
