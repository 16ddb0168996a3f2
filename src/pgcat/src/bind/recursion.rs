//! Where a query of WITH RECURSIVE may read itself: once, in the second term of its UNION, and nowhere where rows would have to be taken
//! back that were given before.

use std::ops::ControlFlow;

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned, Visit, Visitor};
use sqlparser::tokenizer::Span;

use super::referenced::{parts, reads};
use super::{Binder, fold};

/// The terms of a query that reads itself.
pub(super) struct Terms<'q> {
    pub(super) quantifier: ast::SetQuantifier,
    pub(super) left: &'q ast::SetExpr,
    pub(super) right: &'q ast::SetExpr,
    /// How many of its last columns `*` leaves out in the second term.
    pub(super) added: usize,
}

/// What a reading stands in where there may be none.
#[derive(Clone, Copy)]
enum Context {
    FirstTerm,
    Subquery,
    OuterJoin,
    Intersect,
    Except,
}

impl Binder<'_> {
    /// The terms of a query of WITH RECURSIVE; `None` where it does not read itself.
    pub(super) fn recursive_terms<'q>(&self, cte: &'q ast::Cte, name: &str) -> Result<Option<Terms<'q>>> {
        if !reads(&cte.query, name) {
            return Ok(None);
        }
        let mut levels = vec![cte.query.as_ref()];
        while let [.., ast::Query { with: None, body, .. }] = levels[..]
            && let ast::SetExpr::Query(inner) = body.as_ref()
        {
            levels.push(inner);
        }
        let query = levels[levels.len() - 1];
        let ast::SetExpr::SetOperation { op: ast::SetOperator::Union, set_quantifier, left, right } = query.body.as_ref() else {
            let message = format!("recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term");
            return Err(self.error_at(Error::new(Code::InvalidRecursion, message), cte.alias.name.span));
        };
        levels.iter().try_for_each(|level| self.check_decoration(level))?;
        let mut check = Check { binder: self, name, readings: 0 };
        check.none_in(left.as_ref(), Context::FirstTerm)?;
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            check.none_in(cte.query.as_ref(), Context::Subquery)?;
        }
        check.body(right)?;
        Ok(Some(Terms { quantifier: *set_quantifier, left, right, added: 0 }))
    }

    /// Refuses what stands behind the UNION.
    fn check_decoration(&self, query: &ast::Query) -> Result<()> {
        let limit = query.limit_clause.as_ref();
        let (limited, skipped) = match limit {
            None => (None, None),
            Some(ast::LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref().map(Spanned::span), offset.as_ref().map(|offset| offset.value.span()))
            }
            Some(ast::LimitClause::OffsetCommaLimit { limit, offset }) => (Some(limit.span()), Some(offset.span())),
        };
        let sorted = query.order_by.as_ref().map(|order| order.span());
        let fetched = query.fetch.as_ref().map(|fetch| fetch.quantity.as_ref().map_or(Span::empty(), Spanned::span));
        let locked = (!query.locks.is_empty()).then(Span::empty);
        let clauses = [(sorted, "ORDER BY"), (skipped, "OFFSET"), (limited, "LIMIT"), (fetched, "LIMIT"), (locked, "FOR UPDATE/SHARE")];
        match clauses.into_iter().find_map(|(span, clause)| Some((span?, clause))) {
            Some((span, clause)) => {
                let message = format!("{clause} in a recursive query is not implemented");
                Err(self.error_at(Error::new(Code::Unsupported, message), span))
            }
            None => Ok(()),
        }
    }

    /// Refuses aggregates in a query that reads the one of WITH RECURSIVE that is being bound.
    pub(super) fn check_recursive_aggregate(&self, scope: usize) -> Result<()> {
        match self.scopes[scope].reads_itself {
            true => Err(Error::new(Code::InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")),
            false => Ok(()),
        }
    }
}

struct Check<'a, 'b> {
    binder: &'a Binder<'b>,
    name: &'a str,
    readings: usize,
}

impl Check<'_, '_> {
    fn body(&mut self, body: &ast::SetExpr) -> Result<()> {
        match body {
            ast::SetExpr::Select(select) => self.select(select),
            ast::SetExpr::Query(query) => self.query(query),
            ast::SetExpr::SetOperation { op, set_quantifier, left, right } => {
                let is_all = *set_quantifier == ast::SetQuantifier::All;
                match op {
                    ast::SetOperator::Intersect if is_all => {
                        self.none_in(left.as_ref(), Context::Intersect)?;
                        self.none_in(right.as_ref(), Context::Intersect)
                    }
                    ast::SetOperator::Except | ast::SetOperator::Minus => {
                        match is_all {
                            true => self.none_in(left.as_ref(), Context::Except)?,
                            false => self.body(left)?,
                        }
                        self.none_in(right.as_ref(), Context::Except)
                    }
                    _ => {
                        self.body(left)?;
                        self.body(right)
                    }
                }
            }
            other => self.none_in(other, Context::Subquery),
        }
    }

    fn query(&mut self, query: &ast::Query) -> Result<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let hides = fold(&cte.alias.name) == self.name;
            // The query of the same name reads what is further out, unless it is recursive itself.
            if !hides || query.with.as_ref().is_some_and(|with| !with.recursive) {
                self.query(&cte.query)?;
            }
            if hides {
                return Ok(());
            }
        }
        self.body(&query.body)?;
        self.none_in(&query.order_by, Context::Subquery)?;
        self.none_in(&query.limit_clause, Context::Subquery)
    }

    fn select(&mut self, select: &ast::Select) -> Result<()> {
        self.none_in(&select.projection, Context::Subquery)?;
        for table in &select.from {
            self.table(table)?;
        }
        self.none_in(&select.selection, Context::Subquery)?;
        self.none_in(&select.group_by, Context::Subquery)?;
        self.none_in(&select.having, Context::Subquery)?;
        self.none_in(&select.named_window, Context::Subquery)
    }

    fn table(&mut self, table: &ast::TableWithJoins) -> Result<()> {
        // What stands on the left of an outer join that keeps the right, nothing may be read in.
        let keeps_right = |join: &ast::Join| {
            matches!(join.join_operator, ast::JoinOperator::Right(_) | ast::JoinOperator::RightOuter(_) | ast::JoinOperator::FullOuter(_))
        };
        let last = table.joins.iter().rposition(keeps_right);
        self.side(&table.relation, last.is_some())?;
        for (place, join) in table.joins.iter().enumerate() {
            let (is_outer, constraint) = match &join.join_operator {
                ast::JoinOperator::Left(constraint) | ast::JoinOperator::LeftOuter(constraint) => (true, Some(constraint)),
                ast::JoinOperator::FullOuter(constraint) => (true, Some(constraint)),
                ast::JoinOperator::Right(constraint) | ast::JoinOperator::RightOuter(constraint) => (false, Some(constraint)),
                ast::JoinOperator::Join(constraint) | ast::JoinOperator::Inner(constraint) => (false, Some(constraint)),
                _ => (false, None),
            };
            self.side(&join.relation, is_outer || last.is_some_and(|last| last > place))?;
            if let Some(ast::JoinConstraint::On(condition)) = constraint {
                self.none_in(condition, Context::Subquery)?;
            }
        }
        Ok(())
    }

    fn side(&mut self, factor: &ast::TableFactor, is_outer: bool) -> Result<()> {
        if is_outer {
            return self.none_in(factor, Context::OuterJoin);
        }
        match factor {
            ast::TableFactor::Table { name, args: None, .. } if self.is_reading(name) => {
                self.readings += 1;
                match self.readings {
                    1 => Ok(()),
                    _ => Err(self.refused("must not appear more than once", name.span())),
                }
            }
            ast::TableFactor::Derived { subquery, .. } => self.query(subquery),
            ast::TableFactor::NestedJoin { table_with_joins, .. } => self.table(table_with_joins),
            other => self.none_in(other, Context::Subquery),
        }
    }

    fn is_reading(&self, name: &ast::ObjectName) -> bool {
        matches!(parts(name).as_slice(), [only] if only == self.name)
    }

    /// Refuses readings in a part of the query.
    fn none_in<T: Visit>(&self, part: &T, context: Context) -> Result<()> {
        let mut search = Search { name: self.name, hidden: 0, hides: Vec::new() };
        let ControlFlow::Break(span) = part.visit(&mut search) else { return Ok(()) };
        Err(self.refused(
            match context {
                Context::FirstTerm => "must not appear within its non-recursive term",
                Context::Subquery => "must not appear within a subquery",
                Context::OuterJoin => "must not appear within an outer join",
                Context::Intersect => "must not appear within INTERSECT",
                Context::Except => "must not appear within EXCEPT",
            },
            span,
        ))
    }

    fn refused(&self, rule: &str, span: Span) -> Error {
        let message = format!("recursive reference to query \"{}\" {rule}", self.name);
        self.binder.error_at(Error::new(Code::InvalidRecursion, message), span)
    }
}

/// Looks for the first reading of a name.
struct Search<'a> {
    name: &'a str,
    /// How many of the queries around have a WITH in which the name stands for something else.
    hidden: usize,
    hides: Vec<bool>,
}

impl Visitor for Search<'_> {
    type Break = Span;

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<Span> {
        let hides = query.with.iter().flat_map(|with| &with.cte_tables).any(|cte| fold(&cte.alias.name) == self.name);
        self.hidden += usize::from(hides);
        self.hides.push(hides);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<Span> {
        self.hidden -= usize::from(self.hides.pop().unwrap_or_default());
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &ast::TableFactor) -> ControlFlow<Span> {
        match factor {
            ast::TableFactor::Table { name, args: None, .. }
                if self.hidden == 0 && matches!(parts(name).as_slice(), [only] if only == self.name) =>
            {
                ControlFlow::Break(name.span())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
