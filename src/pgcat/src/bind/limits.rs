//! LIMIT, OFFSET and FETCH.

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::query::Clauses;
use super::{Binder, Place};
use crate::expr::Expr;
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    /// The offset, the limit, and whether rows that sort like the last one come with it.
    pub(super) fn limits(&mut self, clauses: &Clauses<'_>) -> Result<(Option<Expr>, Option<Expr>, bool)> {
        let (limit, offset) = match clauses.limit {
            Some(ast::LimitClause::LimitOffset { limit, offset, .. }) => (limit.as_ref(), offset.as_ref().map(|offset| &offset.value)),
            Some(ast::LimitClause::OffsetCommaLimit { .. }) => {
                return Err(Error::new(Code::Syntax, "LIMIT #,# syntax is not supported").hint("Use separate LIMIT and OFFSET clauses."));
            }
            None => (None, None),
        };
        if limit.is_some() && clauses.fetch.is_some() {
            return Err(Error::new(Code::Syntax, "multiple LIMIT clauses not allowed"));
        }
        let with_ties = clauses.fetch.is_some_and(|fetch| fetch.with_ties);
        if with_ties && clauses.order_by.is_none() {
            return Err(Error::new(Code::Syntax, "WITH TIES cannot be specified without ORDER BY clause"));
        }
        let offset = offset.map(|offset| self.row_count(offset, Place::Offset, "OFFSET")).transpose()?.flatten();
        let limit = match (clauses.fetch, limit) {
            (Some(ast::Fetch { quantity: None, .. }), _) => Some(Expr::Constant(Value::Int(1))),
            (Some(ast::Fetch { quantity: Some(quantity), .. }), _) => {
                self.row_count(quantity, Place::Limit, if with_ties { "FETCH FIRST" } else { "LIMIT" })?
            }
            (None, Some(limit)) => self.row_count(limit, Place::Limit, "LIMIT")?,
            (None, None) => None,
        };
        Ok((offset, limit, with_ties))
    }

    /// A number of rows; `None` for NULL, which is no limit.
    fn row_count(&mut self, written: &ast::Expr, place: Place, construct: &str) -> Result<Option<Expr>> {
        let typed = self.in_place(place, |binder| binder.expression(written, place))?;
        let count = self.argument_of(typed, Type::new(oid::INT8), construct, written)?;
        if count.reads_own_columns() {
            let message = format!("argument of {construct} must not contain variables");
            return Err(self.error_at(Error::new(Code::InvalidReference, message), written.span()));
        }
        Ok(Some(count).filter(|count| !matches!(count, Expr::Constant(Value::Null))))
    }
}
