//! VALUES as a query.

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::query::{Clauses, query_of, select_all_of};
use super::{Binder, Coercion, Place};
use crate::expr::{Expr, Typed};
use crate::query::{Body, OutputColumn, Query};
use crate::types::{Type, oid};

impl Binder<'_> {
    pub(super) fn values(&mut self, values: &ast::Values, clauses: &Clauses<'_>, settle: bool) -> Result<Query> {
        clauses.check_locks(Some("VALUES"))?;
        if clauses.order_by.is_some() {
            // Its columns are named `column1` and so on there, and may be part of expressions.
            let all = select_all_of(query_of(&ast::SetExpr::Values(values.clone())), "*VALUES*");
            return match all.body.as_ref() {
                ast::SetExpr::Select(select) => self.select(select, clauses, settle),
                _ => Err(Error::internal("VALUES is no select")),
            };
        }
        let mut rows: Vec<Vec<Typed>> = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            let row = &row.content;
            if rows.first().is_some_and(|first| first.len() != row.len()) {
                let span = row.first().map(Spanned::span).unwrap_or_else(sqlparser::tokenizer::Span::empty);
                return Err(self.error_at(Error::new(Code::Syntax, "VALUES lists must all be the same length"), span));
            }
            let bound = self.in_place(Place::Values, |binder| {
                row.iter().map(|value| binder.expression(value, Place::Values)).collect::<Result<Vec<Typed>>>()
            });
            rows.push(bound?);
        }
        let width = rows.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        for place in 0..width {
            let type_ = self.column_type(&rows, place, settle)?;
            for row in &mut rows {
                row[place] = self.coerce(row[place].clone(), type_, Coercion::Implicit)?;
            }
            columns.push(OutputColumn { name: format!("column{}", place + 1), type_, origin: None });
        }
        let (offset, limit, with_ties) = self.limits(clauses)?;
        let rows: Vec<Vec<Expr>> = rows.into_iter().map(|row| row.into_iter().map(|value| value.expr).collect()).collect();
        Ok(Query {
            registers: 0,
            ctes: Vec::new(),
            body: Body::Values(rows),
            order_by: Vec::new(),
            offset,
            limit,
            with_ties,
            columns,
            is_volatile: false,
        })
    }

    /// The type that all values of a column have in common.
    fn column_type(&self, rows: &[Vec<Typed>], place: usize, settle: bool) -> Result<Type> {
        let types: Vec<Type> = rows.iter().map(|row| row[place].type_).collect();
        let oids: Vec<u32> = types.iter().map(|type_| type_.oid).collect();
        if !settle && oids.iter().all(|type_oid| *type_oid == oid::UNKNOWN) {
            return Ok(Type::new(oid::UNKNOWN));
        }
        let common = self.names().common_type(&oids, "VALUES")?;
        Ok(match types.first() {
            Some(first) if first.oid == common && types.iter().all(|type_| type_ == first) => *first,
            _ => self.names().type_of(common, -1),
        })
    }
}
