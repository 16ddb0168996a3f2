//! Forms of PostgreSQL's language whose meaning depends on which columns the relations of a query have.
//!
//! Names are resolved by then, so the columns of tables are known; those of derived tables and CTEs follow from their text. Where
//! they cannot be told, as for some functions in FROM, a query stays as it is.

mod aliases;
mod catalog_forms;
mod columns;
mod joins;
mod keys;
mod multisets;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Query, TableFactor, VisitMut, VisitorMut};
use spi::{Error, Result};

use crate::parse::fold;
use crate::resolve::Relations;
use columns::Scope;

/// Rewrites a query and all queries within it, the inner ones first.
pub(super) fn rewrite(query: &mut Query, relations: &Relations) -> Result<()> {
    match query.visit(&mut Rewriter { relations, frames: Vec::new() }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Rewriter<'a> {
    relations: &'a Relations,
    /// The queries around the place that is visited, outermost first.
    frames: Vec<Frame>,
}

/// A query that is being visited.
#[derive(Default)]
struct Frame {
    /// Its CTEs that have not been visited yet, the next one last: the address of the query and the name. CTEs are visited in
    /// their order, before everything else in the query.
    pending: Vec<(*const Query, String)>,
    /// The CTEs that may be referred to, with their columns where these can be told.
    visible: Vec<(String, Option<Vec<String>>)>,
}

impl Rewriter<'_> {
    fn scope(&self) -> Scope<'_> {
        let ctes = self.frames.iter().rev().flat_map(|frame| frame.visible.iter().rev());
        Scope { relations: self.relations, ctes: ctes.map(|(name, columns)| (name.as_str(), columns.as_deref())).collect() }
    }

    fn rewrite(&self, query: &mut Query) -> Result<()> {
        catalog_forms::refuse(query)?;
        let scope = self.scope();
        aliases::complete(query, &scope)?;
        joins::merge(query, &scope)?;
        keys::group_by_dependents(query, &scope);
        multisets::number_rows(&mut query.body, &scope);
        Ok(())
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let mut frame = Frame::default();
        if let Some(with) = &query.with {
            if with.recursive {
                let scope = self.scope();
                frame.visible = with.cte_tables.iter().map(|cte| (fold(&cte.alias.name), scope.of_cte(cte))).collect();
            } else {
                let named = with.cte_tables.iter().map(|cte| (std::ptr::from_ref::<Query>(&cte.query), fold(&cte.alias.name)));
                frame.pending = named.rev().collect();
            }
        }
        self.frames.push(frame);
        ControlFlow::Continue(())
    }

    /// A join with a name of its own is a query of its own.
    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        if let Some(derived) = joins::named_join(factor) {
            *factor = derived;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        // The columns of a CTE are those that its text says, before `*` is written out.
        let next = self.frames.len().checked_sub(2).and_then(|around| self.frames[around].pending.last());
        let is_cte = next.is_some_and(|(next, _)| std::ptr::eq(*next, query));
        let columns = if is_cte { self.scope().of_query(query) } else { None };
        if let Err(error) = self.rewrite(query) {
            return ControlFlow::Break(error);
        }
        self.frames.pop();
        if let Some(frame) = self.frames.last_mut()
            && is_cte
            && let Some((_, name)) = frame.pending.pop()
        {
            frame.visible.push((name, columns));
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
