//! `INTERSECT ALL` and `EXCEPT ALL` count how often a row occurs, which DataFusion does not.
//!
//! Each row of both sides gets the number of its occurrence among equal ones. Numbered rows are distinct, so that the operation
//! without ALL has the right ones left: of three and two equal rows, the numbers 1 and 2 are common, and 3 is only on the left.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, Ident, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, TableFactor, WindowSpec, WindowType,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::columns::Scope;
use crate::planner::results::call;

/// Rewrites the set operations of a query, the inner ones first.
pub(super) fn number_rows(body: &mut SetExpr, scope: &Scope<'_>) {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return };
    number_rows(left, scope);
    number_rows(right, scope);
    if !matches!((&op, &set_quantifier), (SetOperator::Intersect | SetOperator::Except, SetQuantifier::All)) {
        return;
    }
    let (Some(names), Some(right_names)) = (scope.of_body(left), scope.of_body(right)) else { return };
    // DataFusion says what is wrong with sides of different widths.
    if names.len() != right_names.len() {
        return;
    }
    let (Some(left), Some(right)) = (numbered(left, names.len()), numbered(right, names.len())) else { return };
    let operation = SetExpr::SetOperation { op: *op, set_quantifier: SetQuantifier::None, left, right };
    if let Some(mut outer) = select_from(operation, names.len(), names.len() + 1) {
        for (item, name) in outer.projection.iter_mut().zip(names) {
            if let SelectItem::UnnamedExpr(expr) = item {
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name) };
            }
        }
        *body = SetExpr::Select(outer);
    }
}

/// The rows of one side, each with the number of its occurrence.
fn numbered(side: &SetExpr, width: usize) -> Option<Box<SetExpr>> {
    let mut numbered = select_from(side.clone(), width, width)?;
    let partition_by = (1..=width).map(|number| Expr::Identifier(Ident::new(column(number)))).collect();
    let window = WindowSpec { window_name: None, partition_by, order_by: Vec::new(), window_frame: None };
    let row_number = Function { over: Some(WindowType::WindowSpec(window)), ..call("row_number", Vec::new()) };
    numbered.projection.push(SelectItem::UnnamedExpr(Expr::Function(row_number)));
    Some(Box::new(SetExpr::Select(numbered)))
}

/// `SELECT c1, … FROM (rows) AS rows (c1, …)`, of as many columns as are selected and as there are.
fn select_from(rows: SetExpr, selected: usize, all: usize) -> Option<Box<Select>> {
    let list = |count: usize| (1..=count).map(column).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {} FROM (SELECT 1) AS rows ({})", list(selected), list(all));
    let mut query = Parser::new(&PostgreSqlDialect {}).try_with_sql(&text).ok()?.parse_query().ok()?;
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let TableFactor::Derived { subquery, .. } = &mut select.from.first_mut()?.relation else { return None };
    *subquery.body = rows;
    match *query.body {
        SetExpr::Select(select) => Some(select),
        _ => None,
    }
}

/// What a column is called within the operation.
fn column(number: usize) -> String {
    format!("c{number}")
}
