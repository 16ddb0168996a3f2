//! `(a, b) IN (SELECT x, y …)` as `EXISTS`, because DataFusion searches one column only.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Query, SelectItem, SetExpr, Statement, TableFactor, UnaryOperator, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// Rewrites the searches of a query. Its columns are named already, as such a search is not.
pub(super) fn rewrite(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Searches);
}

struct Searches;

impl VisitorMut for Searches {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::InSubquery { expr: row, subquery, negated } = expr
            && let Expr::Tuple(row) = row.as_ref()
            && let Some(exists) = exists(row, subquery, *negated)
        {
            *expr = exists;
        }
        ControlFlow::Continue(())
    }
}

/// Whether there is such a row. For NOT IN there may not even be one of which that is unknown.
fn exists(row: &[Expr], query: &Query, negated: bool) -> Option<Expr> {
    if width(&query.body)? != row.len() {
        return None;
    }
    // Names that nobody writes: the row's own may mean a table of the query around.
    let names: Vec<String> = (1..=row.len()).map(|number| format!("\"row#{number}\"")).collect();
    let test = names.iter().map(|name| format!("{name} = NULL")).collect::<Vec<_>>().join(" AND ");
    let test = if negated { format!("({test}) IS NOT FALSE") } else { test };
    let text = format!("SELECT 1 FROM (SELECT 1) AS \"row#\" ({}) WHERE {test}", names.join(", "));
    let statement = Parser::parse_sql(&PostgreSqlDialect {}, &text).ok()?.pop()?;
    let Statement::Query(mut search) = statement else { return None };
    let SetExpr::Select(select) = search.body.as_mut() else { return None };
    let TableFactor::Derived { subquery, .. } = &mut select.from.first_mut()?.relation else { return None };
    **subquery = query.clone();
    // The visitor never breaks.
    let _ = select.selection.as_mut()?.visit(&mut Sides { row: row.iter() });
    let search = Expr::Exists { subquery: search, negated: false };
    Some(if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(search) } } else { search })
}

/// Puts the row's expressions where the comparisons have none yet.
struct Sides<'a> {
    row: std::slice::Iter<'a, Expr>,
}

impl VisitorMut for Sides<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::BinaryOp { left, right, .. } = expr
            && matches!(left.as_ref(), Expr::Identifier(Ident { value, .. }) if value.starts_with("row#"))
            && let Some(side) = self.row.next()
        {
            **right = Expr::Nested(Box::new(side.clone()));
        }
        ControlFlow::Continue(())
    }
}

/// How many columns a query has, if its text tells.
fn width(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => {
            let counted = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
            select.projection.iter().all(counted).then_some(select.projection.len())
        }
        SetExpr::SetOperation { left, .. } => width(left),
        SetExpr::Query(query) => width(&query.body),
        SetExpr::Values(values) => values.rows.first().map(|row| row.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, rewritten: &str) {
        let mut query = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).expect("tokens").parse_query().expect("a query");
        rewrite(&mut query);
        assert_eq!(query.to_string(), rewritten);
    }

    #[test]
    fn rows_are_searched_by_their_columns() {
        check(
            "SELECT 1 WHERE (a, b + 1) IN (SELECT x, y FROM t)",
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM (SELECT x, y FROM t) AS \"row#\" (\"row#1\", \"row#2\") \
             WHERE \"row#1\" = (a) AND \"row#2\" = (b + 1))",
        );
        check(
            "SELECT 1 WHERE (a, b) NOT IN (VALUES (1, 2))",
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM (VALUES (1, 2)) AS \"row#\" (\"row#1\", \"row#2\") \
             WHERE (\"row#1\" = (a) AND \"row#2\" = (b)) IS NOT FALSE)",
        );
        check("SELECT 1 WHERE (a, b) IN (SELECT 1)", "SELECT 1 WHERE (a, b) IN (SELECT 1)");
    }
}
