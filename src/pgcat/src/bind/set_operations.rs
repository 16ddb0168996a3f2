//! UNION, INTERSECT and EXCEPT: columns of common types, and what they are sorted by.

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::query::{Clauses, query_of, select_all_of};
use super::scope::{Item, Visible};
use super::sort::{expressions, order};
use super::{Binder, Coercion, Place, fold};
use crate::expr::{Expr, Typed};
use crate::query::{Body, Distinct, OutputColumn, Query, SetOperation, SetOperator, SortKey};
use crate::types::Type;

/// Both sides of an operation, bound, and their syntax.
pub(super) struct Sides<'q> {
    pub(super) operator: ast::SetOperator,
    pub(super) quantifier: ast::SetQuantifier,
    pub(super) left: (Query, &'q ast::SetExpr),
    pub(super) right: (Query, &'q ast::SetExpr),
}

impl Binder<'_> {
    pub(super) fn set_operation(
        &mut self,
        operator: ast::SetOperator,
        quantifier: ast::SetQuantifier,
        left: &ast::SetExpr,
        right: &ast::SetExpr,
        clauses: &Clauses<'_>,
    ) -> Result<Query> {
        clauses.check_locks(Some("UNION/INTERSECT/EXCEPT"))?;
        let (left_query, _) = self.inner_side(left, false)?;
        let (right_query, _) = self.inner_side(right, false)?;
        let mut query = self.combine(Sides { operator, quantifier, left: (left_query, left), right: (right_query, right) })?;
        query.order_by = self.sort_of_columns(clauses.order_by, &query.columns)?;
        (query.offset, query.limit, query.with_ties) = self.limits(clauses)?;
        Ok(query)
    }

    /// The operation, with both sides made to give the same types.
    pub(super) fn combine(&mut self, sides: Sides<'_>) -> Result<Query> {
        let Sides { operator, quantifier, left: (left, left_syntax), right: (right, right_syntax) } = sides;
        let (operator, name) = match operator {
            ast::SetOperator::Union => (SetOperator::Union, "UNION"),
            ast::SetOperator::Intersect => (SetOperator::Intersect, "INTERSECT"),
            ast::SetOperator::Except | ast::SetOperator::Minus => (SetOperator::Except, "EXCEPT"),
        };
        let all = match quantifier {
            ast::SetQuantifier::All => true,
            ast::SetQuantifier::None | ast::SetQuantifier::Distinct => false,
            _ => return Err(Error::new(Code::Syntax, "syntax error at or near \"BY\"")),
        };
        if left.columns.len() != right.columns.len() {
            let message = format!("each {name} query must have the same number of columns");
            return Err(Error::new(Code::Syntax, message));
        }
        let mut columns = Vec::with_capacity(left.columns.len());
        for (first, second) in left.columns.iter().zip(&right.columns) {
            let common = self.names().common_type(&[first.type_.oid, second.type_.oid], name)?;
            let is_same = first.type_.oid == second.type_.oid && first.type_.typmod == second.type_.typmod;
            let typmod = if is_same { first.type_.typmod } else { -1 };
            let type_ = match first.type_ == second.type_ {
                true if common == first.type_.oid => first.type_,
                _ => self.names().type_of(common, typmod),
            };
            if !all || operator != SetOperator::Union {
                self.check_equality(type_)?;
            }
            columns.push(OutputColumn { name: first.name.clone(), type_, origin: None });
        }
        let left = self.adapted(left, left_syntax, &columns)?;
        let right = self.adapted(right, right_syntax, &columns)?;
        Ok(Query {
            registers: 0,
            ctes: Vec::new(),
            body: Body::SetOperation(Box::new(SetOperation { operator, all, left, right })),
            order_by: Vec::new(),
            offset: None,
            limit: None,
            with_ties: false,
            columns,
            is_volatile: false,
        })
    }

    /// A side whose columns are of the types of the operation.
    fn adapted(&mut self, mut query: Query, syntax: &ast::SetExpr, columns: &[OutputColumn]) -> Result<Query> {
        let fits = |query: &Query| query.columns.iter().zip(columns).all(|(own, wanted)| own.type_.oid == wanted.type_.oid);
        if fits(&query) {
            return Ok(query);
        }
        if !is_simple(&query) {
            // Sorted and compared by the types that it has by itself, it is a query in FROM of one that converts.
            query = self.inner_query(&select_all_of(query_of(syntax), "side"), false)?.0;
        }
        for (place, wanted) in columns.iter().enumerate() {
            let own = query.columns[place].type_;
            if own.oid == wanted.type_.oid {
                continue;
            }
            match &mut query.body {
                Body::Select(select) => self.convert_in_place(&mut select.output[place], own, wanted.type_)?,
                Body::Values(rows) => {
                    for row in rows {
                        self.convert_in_place(&mut row[place], own, wanted.type_)?;
                    }
                }
                Body::SetOperation(_) => return Err(Error::internal("a set operation is converted in place")),
            }
            query.columns[place].type_ = wanted.type_;
        }
        Ok(query)
    }

    fn convert_in_place(&mut self, expr: &mut Expr, own: Type, wanted: Type) -> Result<()> {
        let written = std::mem::replace(expr, Expr::Constant(crate::value::Value::Null));
        *expr = self.coerce(Typed::new(written, own), wanted, Coercion::Implicit)?.expr;
        Ok(())
    }

    /// ORDER BY of a body whose columns can only be named or numbered.
    fn sort_of_columns(&mut self, order_by: Option<&ast::OrderBy>, columns: &[OutputColumn]) -> Result<Vec<SortKey>> {
        let mut keys: Vec<SortKey> = Vec::new();
        for sorted in expressions(order_by)? {
            let column = self.sort_column(&sorted.expr, columns).map_err(|error| self.error_at(error, sorted.expr.span()))?;
            self.check_ordering(columns[column].type_).map_err(|error| self.error_at(error, sorted.expr.span()))?;
            if keys.iter().all(|key| key.column != column) {
                keys.push(SortKey { column, order: order(&sorted.options) });
            }
        }
        Ok(keys)
    }

    fn sort_column(&mut self, expr: &ast::Expr, columns: &[OutputColumn]) -> Result<usize> {
        match expr {
            ast::Expr::Identifier(ident) => {
                let name = fold(ident);
                let mut named = columns.iter().enumerate().filter(|(_, column)| column.name == name).map(|(place, _)| place);
                return match (named.next(), named.next()) {
                    (Some(column), None) => Ok(column),
                    (Some(_), Some(_)) => Err(Error::new(Code::Ambiguous, format!("ORDER BY \"{name}\" is ambiguous"))),
                    _ => Err(Error::new(Code::UndefinedColumn, format!("column \"{name}\" does not exist"))),
                };
            }
            ast::Expr::Value(value) => {
                if let ast::Value::Number(number, _) = &value.value
                    && let Ok(position) = number.parse::<usize>()
                {
                    let place = position.checked_sub(1).filter(|place| *place < columns.len());
                    let message = || format!("ORDER BY position {position} is not in select list");
                    return place.ok_or_else(|| Error::new(Code::InvalidReference, message()));
                }
                return Err(Error::new(Code::Syntax, "non-integer constant in ORDER BY"));
            }
            _ => {}
        }
        // What is wrong inside of the expression, which sees the columns, is said first.
        let item = self.add(Item::new("*SELECT* 1".to_owned(), Self::columns_of_query(columns), None));
        self.scope_mut().visible.push(Visible::whole(item));
        self.in_place(Place::OrderBy, |binder| binder.expression(expr, Place::OrderBy))?;
        Err(Error::new(Code::Unsupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
            .detail("Only result column names can be used, not expressions or functions.")
            .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
    }
}

/// Whether the columns of a query can be converted where they are made.
fn is_simple(query: &Query) -> bool {
    let has_plain_body = match &query.body {
        Body::Select(select) => select.distinct == Distinct::No,
        Body::Values(_) => true,
        Body::SetOperation(_) => false,
    };
    has_plain_body && query.order_by.is_empty()
}
