//! Grouped by the primary key of a table, its other columns have one value in each group. DataFusion wants them in GROUP BY.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Ident, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, Visit, Visitor,
};

use super::columns::Scope;
use crate::parse::fold;

/// Groups a query also by what its list, its HAVING and its order name of tables that it groups by the key of.
pub(super) fn group_by_dependents(query: &mut Query, scope: &Scope<'_>) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let GroupByExpr::Expressions(expressions, modifiers) = &select.group_by else { return };
    if expressions.is_empty() || !modifiers.is_empty() {
        return;
    }
    let mut named = Named::default();
    // The visitor never breaks.
    let _ = select.projection.iter().filter_map(item_expression).try_for_each(|expr| expr.visit(&mut named));
    let _ = select.having.visit(&mut named);
    if let Some(OrderByKind::Expressions(orders)) = query.order_by.as_ref().map(|order_by| &order_by.kind) {
        let _ = orders.visit(&mut named);
    }
    let dependents: Vec<Expr> = tables(select).flat_map(|table| dependents(table, expressions, &named.columns, scope)).collect();
    if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
        expressions.extend(dependents);
    }
}

fn item_expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn tables(select: &Select) -> impl Iterator<Item = &TableFactor> {
    select.from.iter().flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)))
}

/// The columns of a table that are named and not grouped by, if all of its key is grouped by.
fn dependents(table: &TableFactor, grouped: &[Expr], named: &[Vec<Ident>], scope: &Scope<'_>) -> Vec<Expr> {
    let (Some(key), Some(columns)) = (scope.primary_key(table), scope.visible(table)) else { return Vec::new() };
    let qualifier = match columns.first().map(|column| &column.expr) {
        Some(Expr::CompoundIdentifier(parts)) => parts[..parts.len() - 1].to_vec(),
        _ => return Vec::new(),
    };
    let means = |parts: &[Ident], name: &str| match parts {
        [rest @ .., column] => fold(column) == name && is_suffix(rest, &qualifier),
        [] => false,
    };
    let is_grouped = |name: &str| grouped.iter().filter_map(parts).any(|parts| means(parts, name));
    if key.is_empty() || !key.iter().all(|name| is_grouped(name)) {
        return Vec::new();
    }
    let is_named = |name: &str| named.iter().any(|parts| means(parts, name));
    columns.into_iter().filter(|column| is_named(&column.name) && !is_grouped(&column.name)).map(|column| column.expr).collect()
}

/// Whether what stands in front of a column may mean the table: nothing, or the end of its name.
fn is_suffix(written: &[Ident], qualifier: &[Ident]) -> bool {
    written.iter().rev().map(fold).zip(qualifier.iter().rev().map(fold)).all(|(one, other)| one == other)
        && written.len() <= qualifier.len()
}

fn parts(expr: &Expr) -> Option<&[Ident]> {
    match expr {
        Expr::Identifier(ident) => Some(std::slice::from_ref(ident)),
        Expr::CompoundIdentifier(idents) => Some(idents),
        _ => None,
    }
}

/// Every column that is named.
#[derive(Default)]
struct Named {
    columns: Vec<Vec<Ident>>,
}

impl Visitor for Named {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        self.columns.extend(parts(expr).map(<[Ident]>::to_vec));
        ControlFlow::Continue(())
    }
}
