//! Sub-queries as values and conditions, and operators with ANY and ALL of a sub-query or an array.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, BinaryOperator, Spanned};

use super::boolean;
use super::comparison::row_operator;
use super::operator::{operator_name, row_items, written};
use crate::bind::{Binder, Place};
use crate::expr::{Expr, RowOperator, Subquery, SubqueryKind, Typed};
use crate::query::Query;
use crate::resolve::{Coercion, format_type};
use crate::types::{Type, oid};

impl Binder<'_> {
    /// `(SELECT …)` as a value.
    pub(super) fn scalar_subquery(&mut self, syntax: &ast::Query) -> Result<Typed> {
        let (query, outer) = self.nested_query(syntax)?;
        let type_ = self.locate(|binder| binder.sign_before(syntax.span(), "("), only_column(&query))?;
        Ok(Typed::new(self.subquery(SubqueryKind::Scalar, query, outer), type_))
    }

    pub(super) fn exists(&mut self, syntax: &ast::Query, negated: bool) -> Result<Typed> {
        let (query, outer) = self.nested_query(syntax)?;
        let exists = self.subquery(SubqueryKind::Exists, query, outer);
        Ok(boolean(if negated { Expr::Not(Box::new(exists)) } else { exists }))
    }

    /// `ARRAY(SELECT …)`; of arrays, it has one dimension more than they.
    pub(super) fn array_subquery(&mut self, syntax: &ast::Query) -> Result<Typed> {
        let (query, outer) = self.nested_query(syntax)?;
        let column = self.locate(|binder| binder.word_before(syntax.span()), only_column(&query))?;
        let names = self.names();
        let array = match names.element(column.oid) {
            Some(_) => Some(column.oid),
            None => names.array(column.oid),
        };
        let missing = || {
            let shown = format_type(self.names(), column.oid, None);
            Error::new(Code::UndefinedObject, format!("could not find array type for data type {shown}"))
        };
        let array = array.ok_or_else(missing)?;
        let element = self.names().element(array).unwrap_or(column.oid);
        let type_ = Type { collation: column.collation, ..self.names().type_of(array, column.typmod) };
        Ok(Typed::new(self.subquery(SubqueryKind::Array { element }, query, outer), type_))
    }

    pub(super) fn in_subquery(&mut self, operand: &ast::Expr, subquery: &ast::Query, negated: bool, place: Place) -> Result<Typed> {
        let span = |binder: &Binder<'_>| binder.between(operand.span(), subquery.span(), if negated { "not" } else { "in" });
        let left = self.row_or_value(operand, place)?;
        let found = self.compare_with_query(&["=".to_owned()], left, subquery, false);
        let found = self.locate(span, found)?;
        Ok(if negated { boolean(Expr::Not(Box::new(found.expr))) } else { found })
    }

    pub(super) fn quantified(
        &mut self,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
        all: bool,
        place: Place,
    ) -> Result<Typed> {
        let name = operator_name(op)?;
        let span = |binder: &Binder<'_>| binder.between(left.span(), right.span(), written(&name));
        let bound = match (row_items(left), right) {
            (Some(_), ast::Expr::Subquery(query)) => {
                let left = self.row_or_value(left, place)?;
                self.compare_with_query(&name, left, query, all)
            }
            _ => {
                let left = self.expression(left, place)?;
                self.any_or_all(&name, left, right, all, place)
            }
        };
        self.locate(span, bound)
    }

    /// An operator with ANY or ALL of a sub-query or an array.
    pub(super) fn any_or_all(&mut self, name: &[String], left: Typed, right: &ast::Expr, all: bool, place: Place) -> Result<Typed> {
        if let ast::Expr::Subquery(query) = right {
            return self.compare_with_query(name, vec![left], query, all);
        }
        let array = self.expression(right, place)?;
        self.compare_with_array(name, left, array, all)
    }

    /// `make_scalar_array_op` of PostgreSQL.
    pub(super) fn compare_with_array(&mut self, name: &[String], left: Typed, array: Typed, all: bool) -> Result<Typed> {
        let refuse = |message: &str| Error::new(Code::WrongObject, message);
        let element = match array.type_.oid {
            oid::UNKNOWN => oid::UNKNOWN,
            given => {
                let element = self.names().base_element(given);
                element.ok_or_else(|| refuse("op ANY/ALL (array) requires array on right side"))?
            }
        };
        let element_type = Type { collation: array.type_.collation, ..self.names().type_of(element, -1) };
        let (operator, function) = self.operator_for(name, left.type_, element_type)?;
        if operator.result != oid::BOOL {
            return Err(refuse("op ANY/ALL (array) requires operator to yield boolean"));
        }
        let declared = operator.operands[1];
        let missing = || {
            let shown = format_type(self.names(), declared, None);
            Error::new(Code::UndefinedObject, format!("could not find array type for data type {shown}"))
        };
        let wanted = match declared {
            oid::ANY => oid::ANYARRAY,
            other => self.names().array(other).ok_or_else(missing)?,
        };
        let left = self.convert(left, operator.operands[0], -1, Coercion::Implicit)?;
        let array = self.convert(array, wanted, -1, Coercion::Implicit)?;
        Ok(boolean(Expr::Quantified { left: Box::new(left.expr), operator: function, array: Box::new(array.expr), all }))
    }

    /// A value, or the values of a row, compared with the rows of a sub-query.
    fn compare_with_query(&mut self, name: &[String], left: Vec<Typed>, syntax: &ast::Query, all: bool) -> Result<Typed> {
        let (query, outer) = self.nested_query(syntax)?;
        match left.len().cmp(&query.columns.len()) {
            std::cmp::Ordering::Less => return Err(Error::new(Code::Syntax, "subquery has too many columns")),
            std::cmp::Ordering::Greater => return Err(Error::new(Code::Syntax, "subquery has too few columns")),
            std::cmp::Ordering::Equal => {}
        }
        let row_operator = match row_operator(name) {
            Some(operator) => operator,
            // Of one column, any operator will do, and what it is called does not matter.
            None if left.len() == 1 => RowOperator::Equal,
            None => {
                let message = format!("could not determine interpretation of row comparison operator {}", name.join("."));
                return Err(Error::new(Code::Unsupported, message)
                    .hint("Row comparison operators must be associated with btree operator families."));
            }
        };
        let mut query = Arc::unwrap_or_clone(query);
        let (mut values, mut operators) = (Vec::with_capacity(left.len()), Vec::with_capacity(left.len()));
        for (place, value) in left.into_iter().enumerate() {
            let column = query.columns[place].type_;
            let (operator, function) = self.operator_for(name, value.type_, column)?;
            if operator.result != oid::BOOL {
                let shown = format_type(self.names(), operator.result, None);
                let message = format!("row comparison operator must yield type boolean, not type {shown}");
                return Err(Error::new(Code::DatatypeMismatch, message));
            }
            values.push(self.convert(value, operator.operands[0], -1, Coercion::Implicit)?.expr);
            let wanted = self.names().type_of(operator.operands[1], -1);
            self.convert_output(&mut query, place, wanted)?;
            operators.push(function);
        }
        let kind = SubqueryKind::Quantified { left: values, operators, row_operator, all };
        Ok(boolean(self.subquery(kind, Arc::new(query), outer)))
    }

    fn row_or_value(&mut self, syntax: &ast::Expr, place: Place) -> Result<Vec<Typed>> {
        match row_items(syntax) {
            Some(items) => self.expressions(items, place),
            None => Ok(vec![self.expression(syntax, place)?]),
        }
    }

    fn subquery(&mut self, kind: SubqueryKind, query: Arc<Query>, outer: Vec<(usize, usize)>) -> Expr {
        let id = self.subqueries;
        self.subqueries += 1;
        // One that reads nothing of the queries around it is run once, whatever it calls.
        let is_volatile = query.is_volatile && !outer.is_empty();
        Expr::Subquery(Box::new(Subquery { id, kind, query, outer, is_volatile }))
    }
}

/// The type of the only column of a query.
fn only_column(query: &Query) -> Result<Type> {
    match query.columns.as_slice() {
        [column] => Ok(column.type_),
        _ => Err(Error::new(Code::Syntax, "subquery must return only one column")),
    }
}
