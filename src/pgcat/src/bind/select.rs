//! SELECT: its clauses in PostgreSQL's order of binding, which decides which error comes first.

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::from::finished;
use super::query::Clauses;
use super::targets::Target;
use super::{Binder, Place, fold};
use crate::expr::Expr;
use crate::query::{Body, Distinct, From, OutputColumn, Query, Select};

impl Binder<'_> {
    pub(super) fn select(&mut self, select: &ast::Select, clauses: &Clauses<'_>, settle: bool) -> Result<Query> {
        refuse(select)?;
        let named_windows = self.window_clause(&select.named_window)?;
        self.scope_mut().named_windows = named_windows;
        let trees = self.scan_clause(&select.from)?;
        let mut targets = self.in_place(Place::SelectList, |binder| binder.targets(&select.projection))?;
        let filter = self.optional_condition(select.selection.as_ref(), Place::Where, "WHERE")?;
        let mut having = self.optional_condition(select.having.as_ref(), Place::Having, "HAVING")?;
        let mut order_by = self.in_place(Place::OrderBy, |binder| binder.order_by(clauses.order_by, &mut targets))?;
        let groups = self.in_place(Place::GroupBy, |binder| binder.group_by(&select.group_by, &targets))?;
        let distinct = self.in_place(Place::DistinctOn, |binder| binder.distinct(&select.distinct, &mut targets, &mut order_by))?;
        if settle || distinct != Distinct::No {
            self.settle(&mut targets)?;
        }
        let (offset, limit, with_ties) = self.limits(clauses)?;
        let grouping = self.grouping(groups, &mut targets, &mut having)?;
        clauses.check_locks(self.lock_obstacle(&distinct, grouping.is_some()))?;
        let scope = self.scope_mut();
        let (windows, set_returning) = (std::mem::take(&mut scope.windows), std::mem::take(&mut scope.set_returning));
        let mut items = std::mem::take(&mut scope.items);
        let from = trees.into_iter().map(|tree| finished(tree, &mut items)).collect::<Result<Vec<From>>>()?;
        self.scope_mut().items = items;
        let columns = targets.iter().filter(|target| !target.hidden).map(Target::column).collect::<Vec<OutputColumn>>();
        let output = targets.into_iter().map(|target| target.typed.expr).collect();
        let select = Select { from, filter, grouping, having, windows, set_returning, output, distinct };
        Ok(Query {
            registers: 0,
            ctes: Vec::new(),
            body: Body::Select(Box::new(select)),
            order_by,
            offset,
            limit,
            with_ties,
            columns,
            is_volatile: false,
        })
    }

    /// Binds a clause, which aggregates of queries inside of it see.
    pub(super) fn in_place<T>(&mut self, place: Place, bind: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outside = self.scope_mut().place.replace(place);
        let bound = bind(self);
        self.scope_mut().place = outside;
        bound
    }

    fn optional_condition(&mut self, condition: Option<&ast::Expr>, place: Place, construct: &str) -> Result<Option<Expr>> {
        let bound = condition.map(|condition| self.in_place(place, |binder| binder.condition(condition, place, construct)));
        bound.transpose()
    }

    fn window_clause(&self, windows: &[ast::NamedWindowDefinition]) -> Result<Vec<(String, ast::WindowSpec)>> {
        let mut named: Vec<(String, ast::WindowSpec)> = Vec::with_capacity(windows.len());
        for ast::NamedWindowDefinition(ident, definition) in windows {
            let name = fold(ident);
            if named.iter().any(|(known, _)| *known == name) {
                return Err(self.error_at(Error::new(Code::Windowing, format!("window \"{name}\" is already defined")), ident.span));
            }
            let spec = match definition {
                ast::NamedWindowExpr::WindowSpec(spec) => spec.clone(),
                ast::NamedWindowExpr::NamedWindow(other) => {
                    ast::WindowSpec { window_name: Some(other.clone()), partition_by: Vec::new(), order_by: Vec::new(), window_frame: None }
                }
            };
            named.push((name, spec));
        }
        Ok(named)
    }

    fn lock_obstacle(&self, distinct: &Distinct, has_groups: bool) -> Option<&'static str> {
        let scope = self.scope();
        if *distinct != Distinct::No {
            Some("DISTINCT clause")
        } else if !scope.aggregates.is_empty() {
            Some("aggregate functions")
        } else if has_groups {
            Some("GROUP BY clause")
        } else if !scope.windows.is_empty() {
            Some("window functions")
        } else if !scope.set_returning.is_empty() {
            Some("set-returning functions in the target list")
        } else {
            None
        }
    }
}

/// Refuses what the parser takes and PostgreSQL has not.
fn refuse(select: &ast::Select) -> Result<()> {
    if select.into.is_some() {
        return Err(Error::new(Code::Unsupported, "SELECT INTO is not supported"));
    }
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || select.qualify.is_some()
        || select.prewhere.is_some()
        || select.value_table_mode.is_some()
        || !select.lateral_views.is_empty()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty();
    if foreign { Err(Error::new(Code::Syntax, "syntax error in SELECT")) } else { Ok(()) }
}
