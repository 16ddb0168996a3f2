//! The columns that `JOIN … USING (…)` and `NATURAL JOIN` merge.
//!
//! PostgreSQL shows a merged column once, in front of the others, and gives it the value of the side that has one: of the right
//! side for a RIGHT JOIN, of either for a FULL JOIN. DataFusion joins so too, but shows the left side's column. So the join is
//! written with ON, each bare name of a merged column as what it means, and `*` as the columns that it stands for.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, FunctionArg, FunctionArgExpr, GroupByExpr, Ident, JoinConstraint, JoinOperator, ObjectName,
    OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use pgcat::bind::figure_column_name;
use spi::{Code, Error, Result};

use super::columns::{Column, Scope, is_plain};
use crate::parse::fold;
use crate::planner::results::call;

/// Rewrites the joins of a query, but not those of queries within it.
pub(super) fn merge(query: &mut Query, scope: &Scope<'_>) -> Result<()> {
    let (body, order_by) = (query.body.as_mut(), &mut query.order_by);
    let SetExpr::Select(select) = body else { return merge_branches(body, scope) };
    let Some(columns) = merge_select(select, scope)? else { return Ok(()) };
    if let Some(OrderByKind::Expressions(orders)) = order_by.as_mut().map(|order_by| &mut order_by.kind) {
        let names: Vec<String> = select.projection.iter().filter_map(item_name).collect();
        orders.iter_mut().for_each(|order| replace_unless_output(&mut order.expr, &names, &columns, scope));
    }
    Ok(())
}

fn merge_branches(body: &mut SetExpr, scope: &Scope<'_>) -> Result<()> {
    match body {
        SetExpr::Select(select) => merge_select(select, scope).map(|_| ()),
        SetExpr::SetOperation { left, right, .. } => {
            merge_branches(left, scope)?;
            merge_branches(right, scope)
        }
        _ => Ok(()),
    }
}

/// What the names of the query's columns mean, if any of them are merged.
fn merge_select(select: &mut Select, scope: &Scope<'_>) -> Result<Option<Vec<Column>>> {
    if !select.from.iter().any(merges) {
        return Ok(None);
    }
    let known: Option<Vec<Vec<Column>>> = select.from.iter().map(|table| leaves(table, scope)).collect();
    if known.is_none() {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for table in &mut select.from {
        columns.extend(merge_joins(table, scope)?);
    }
    let items = std::mem::take(&mut select.projection);
    select.projection = items.into_iter().flat_map(|item| merged_item(item, &columns, scope)).collect();
    let names: Vec<String> = select.projection.iter().filter_map(item_name).collect();
    if let Some(Distinct::On(expressions)) = &mut select.distinct {
        expressions.iter_mut().for_each(|expr| replace_unless_output(expr, &names, &columns, scope));
    }
    if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
        expressions.iter_mut().for_each(|expr| replace(expr, &columns, scope));
    }
    for condition in select.selection.iter_mut().chain(&mut select.having) {
        replace(condition, &columns, scope);
    }
    let _ = select.named_window.visit(&mut Replacer::new(&columns, scope));
    Ok(Some(columns))
}

/// Whether there is anything to merge.
fn merges(table: &TableWithJoins) -> bool {
    let nested = |factor: &TableFactor| matches!(factor, TableFactor::NestedJoin { table_with_joins, .. } if merges(table_with_joins));
    nested(&table.relation)
        || table.joins.iter().any(|join| {
            nested(&join.relation) || matches!(constraint(&join.join_operator), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
        })
}

/// `(a JOIN b USING (x)) AS j` is `(SELECT * FROM a JOIN b USING (x)) AS j`.
pub(super) fn named_join(factor: &TableFactor) -> Option<TableFactor> {
    let TableFactor::NestedJoin { table_with_joins, alias: Some(alias) } = factor else { return None };
    let mut subquery = Parser::new(&PostgreSqlDialect {}).try_with_sql("SELECT * FROM joined").ok()?.parse_query().ok()?;
    let SetExpr::Select(select) = subquery.body.as_mut() else { return None };
    select.from = vec![table_with_joins.as_ref().clone()];
    Some(TableFactor::Derived { lateral: false, subquery, alias: Some(alias.clone()), sample: None })
}

/// The columns of all relations that are joined; none where those of one cannot be told.
fn leaves(table: &TableWithJoins, scope: &Scope<'_>) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    for factor in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
        match factor {
            TableFactor::NestedJoin { table_with_joins, alias: None } => columns.extend(leaves(table_with_joins, scope)?),
            factor => columns.extend(scope.visible(factor)?),
        }
    }
    Some(columns)
}

/// Writes the joins with ON. What can be referred to after them.
fn merge_joins(table: &mut TableWithJoins, scope: &Scope<'_>) -> Result<Vec<Column>> {
    let mut columns = merge_factor(&mut table.relation, scope)?;
    for join in &mut table.joins {
        let right = merge_factor(&mut join.relation, scope)?;
        let Joined { columns: joined, on } = joined(columns, right, &join.join_operator)?;
        match (constraint_mut(&mut join.join_operator), on) {
            (Some(constraint), Some(on)) => *constraint = JoinConstraint::On(on),
            (Some(JoinConstraint::On(condition)), None) => replace(condition, &joined, scope),
            _ => {}
        }
        columns = joined;
    }
    Ok(columns)
}

fn merge_factor(factor: &mut TableFactor, scope: &Scope<'_>) -> Result<Vec<Column>> {
    match factor {
        TableFactor::NestedJoin { table_with_joins, alias: None } => merge_joins(table_with_joins, scope),
        factor => Ok(scope.visible(factor).unwrap_or_default()),
    }
}

/// Two relations with what joins them.
pub(super) struct Joined {
    pub(super) columns: Vec<Column>,
    /// The condition that USING or NATURAL stands for.
    on: Option<Expr>,
}

/// Joins the columns of two relations as an operator does.
pub(super) fn joined(left: Vec<Column>, right: Vec<Column>, operator: &JoinOperator) -> Result<Joined> {
    let names: Vec<String> = match constraint(operator) {
        Some(JoinConstraint::Using(names)) => names.iter().filter_map(last_name).collect(),
        Some(JoinConstraint::Natural) => {
            let common = left.iter().map(|column| &column.name).filter(|name| right.iter().any(|other| other.name == **name));
            common.cloned().collect()
        }
        _ => return Ok(Joined { columns: [left, right].concat(), on: None }),
    };
    let mut merged: Vec<Column> = Vec::new();
    let mut on: Option<Expr> = None;
    for name in &names {
        let (left, right) = (side(&left, name, "left")?, side(&right, name, "right")?);
        let equal = Expr::BinaryOp { left: Box::new(left.clone()), op: BinaryOperator::Eq, right: Box::new(right.clone()) };
        on = Some(match on {
            Some(on) => Expr::BinaryOp { left: Box::new(on), op: BinaryOperator::And, right: Box::new(equal) },
            None => equal,
        });
        let expr = match operator {
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right.clone(),
            JoinOperator::FullOuter(_) => either(left, right),
            _ => left.clone(),
        };
        merged.push(Column { name: name.clone(), expr, merged: true });
    }
    merged.extend(left.into_iter().chain(right).filter(|column| !names.contains(&column.name)));
    let always = || Expr::Value(Value::Boolean(true).with_empty_span());
    Ok(Joined { columns: merged, on: Some(on.unwrap_or_else(always)) })
}

fn last_name(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(|part| part.as_ident()).map(fold)
}

/// The column of one side that a join merges.
fn side<'a>(columns: &'a [Column], name: &str, side: &str) -> Result<&'a Expr> {
    let mut named = columns.iter().filter(|column| column.name == name);
    match (named.next(), named.next()) {
        (Some(column), None) => Ok(&column.expr),
        (Some(_), Some(_)) => {
            Err(Error::new(Code::Ambiguous, format!("common column name \"{name}\" appears more than once in {side} table")))
        }
        (None, _) => {
            Err(Error::new(Code::UndefinedColumn, format!("column \"{name}\" specified in USING clause does not exist in {side} table")))
        }
    }
}

/// `coalesce(left, right)`.
fn either(left: &Expr, right: &Expr) -> Expr {
    let arguments = [left, right].map(|side| FunctionArg::Unnamed(FunctionArgExpr::Expr(side.clone())));
    Expr::Function(call("coalesce", arguments.into()))
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

fn constraint_mut(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

/// An item of the select list, its names replaced; `*` is an item for each column.
fn merged_item(mut item: SelectItem, columns: &[Column], scope: &Scope<'_>) -> Vec<SelectItem> {
    match &mut item {
        SelectItem::Wildcard(options) if is_plain(options) => {
            return columns.iter().map(|column| named(column.expr.clone(), &column.name)).collect();
        }
        SelectItem::UnnamedExpr(expr) => {
            let name = figure_column_name(expr);
            let mut expr = expr.clone();
            replace(&mut expr, columns, scope);
            return vec![named(expr, &name)];
        }
        SelectItem::ExprWithAlias { expr, .. } => replace(expr, columns, scope),
        _ => {}
    }
    vec![item]
}

/// An item that is called so, by itself or by an alias.
fn named(expr: Expr, name: &str) -> SelectItem {
    if figure_column_name(&expr) == name {
        SelectItem::UnnamedExpr(expr)
    } else {
        SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) }
    }
}

fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(figure_column_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
        _ => None,
    }
}

/// A bare name in `ORDER BY` is an output column's first.
fn replace_unless_output(expr: &mut Expr, outputs: &[String], columns: &[Column], scope: &Scope<'_>) {
    let is_output = matches!(expr, Expr::Identifier(ident) if outputs.contains(&fold(ident)));
    if !is_output {
        replace(expr, columns, scope);
    }
}

fn replace(expr: &mut Expr, columns: &[Column], scope: &Scope<'_>) {
    // The visitor never breaks.
    let _ = expr.visit(&mut Replacer::new(columns, scope));
}

/// Writes bare names of merged columns as what they mean.
struct Replacer<'a> {
    columns: &'a [Column],
    scope: &'a Scope<'a>,
    /// Of the queries around the place, within the expression: which columns they have themselves, where that can be told.
    inner: Vec<Option<Vec<String>>>,
}

impl<'a> Replacer<'a> {
    fn new(columns: &'a [Column], scope: &'a Scope<'a>) -> Self {
        Self { columns, scope, inner: Vec::new() }
    }

    fn meaning(&self, ident: &Ident) -> Option<&Expr> {
        let name = fold(ident);
        let mut columns = self.columns.iter().filter(|column| column.name == name);
        let (Some(Column { expr, merged: true, .. }), None) = (columns.next(), columns.next()) else { return None };
        let hidden = self.inner.iter().any(|columns| columns.as_ref().is_none_or(|columns| columns.contains(&name)));
        (!hidden).then_some(expr)
    }
}

impl VisitorMut for Replacer<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.inner.push(own_columns(&query.body, self.scope).filter(|_| query.with.is_none()));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.inner.pop();
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Identifier(ident) = expr
            && let Some(meaning) = self.meaning(ident)
        {
            *expr = meaning.clone();
        }
        ControlFlow::Continue(())
    }
}

/// The names that mean a query's own columns within it.
fn own_columns(body: &SetExpr, scope: &Scope<'_>) -> Option<Vec<String>> {
    match body {
        SetExpr::Select(select) => {
            let mut names: Vec<String> = Vec::new();
            for table in &select.from {
                names.extend(leaves(table, scope)?.into_iter().map(|column| column.name));
            }
            Some(names)
        }
        SetExpr::SetOperation { left, right, .. } => Some([own_columns(left, scope)?, own_columns(right, scope)?].concat()),
        SetExpr::Query(query) => own_columns(&query.body, scope).filter(|_| query.with.is_none()),
        SetExpr::Values(_) => Some(Vec::new()),
        _ => None,
    }
}
