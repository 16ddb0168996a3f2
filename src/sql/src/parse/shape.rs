//! Gives syntax trees a shape that can be copied and freed on an ordinary stack.

use std::convert::Infallible;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Select, Value, VisitMut, VisitorMut};
use spi::{Code, Error, Result};

/// How many tables one FROM may join: each is one level of the plan, and joining them is planned in all orders that matter.
const TABLES_MAX: usize = 250;

/// Balances chains of AND and OR, which are associative, so that a thousand conditions are ten levels deep instead of a thousand.
pub(super) fn balance(tree: &mut impl VisitMut) -> Result<()> {
    let mut shape = Shape { tables_max: 0 };
    // The visitor never breaks.
    let _ = tree.visit(&mut shape);
    match shape.tables_max > TABLES_MAX {
        true => Err(Error::new(Code::Limit, "too many tables in one FROM")
            .detail(format!("There are {}; at most {TABLES_MAX} are possible.", shape.tables_max))),
        false => Ok(()),
    }
}

struct Shape {
    tables_max: usize,
}

impl VisitorMut for Shape {
    type Break = Infallible;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Infallible> {
        let tables = select.from.iter().map(|table| 1 + table.joins.len()).sum();
        self.tables_max = self.tables_max.max(tables);
        ControlFlow::Continue(())
    }

    /// Before what is inside is visited, so that the visit itself goes down a balanced tree.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Infallible> {
        if let Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } = expr {
            let op = op.clone();
            let chain = links(std::mem::replace(expr, Expr::value(Value::Null)), &op);
            *expr = balanced(chain, &op);
        }
        ControlFlow::Continue(())
    }
}

/// What the chain of one operator connects, from left to right.
fn links(chain: Expr, chained: &BinaryOperator) -> Vec<Expr> {
    let mut links = Vec::new();
    let mut unread = vec![chain];
    while let Some(expr) = unread.pop() {
        match expr {
            Expr::BinaryOp { left, op, right } if op == *chained => unread.extend([*left, *right]),
            link => links.push(link),
        }
    }
    // The last one was on top of the stack.
    links.reverse();
    links
}

fn balanced(mut links: Vec<Expr>, op: &BinaryOperator) -> Expr {
    while links.len() > 1 {
        let mut pairs = Vec::with_capacity(links.len().div_ceil(2));
        let mut rest = links.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) },
                None => left,
            });
        }
        links = pairs;
    }
    // A chain has links; an empty one would be no expression at all.
    links.pop().unwrap_or(Expr::value(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use datafusion::sql::sqlparser::ast::{Expr, SelectItem, SetExpr, Statement};

    /// The expression that the text selects.
    fn selected(text: &str) -> Expr {
        let statements = script(text).expect("a query");
        let Command::Query(query) = statements[0].command.as_ref() else { panic!("{text}") };
        let Statement::Query(query) = query.as_ref() else { panic!("{text}") };
        let SetExpr::Select(select) = query.body.as_ref() else { panic!("{text}") };
        match &select.projection[0] {
            SelectItem::UnnamedExpr(expr) => expr.clone(),
            other => panic!("{other}"),
        }
    }

    fn depth(expr: &Expr) -> usize {
        match expr {
            Expr::BinaryOp { left, right, .. } => 1 + depth(left).max(depth(right)),
            _ => 0,
        }
    }

    #[test]
    fn chains_keep_their_order_and_lose_their_depth() {
        let names: Vec<String> = (0..1000).map(|number| format!("c{number}")).collect();
        for op in [" OR ", " AND "] {
            let text = names.join(op);
            let expr = selected(&format!("SELECT {text}"));
            assert_eq!((expr.to_string(), depth(&expr)), (text, 10));
        }
        let mixed = "a AND b OR c AND d AND e OR NOT f";
        assert_eq!(selected(&format!("SELECT {mixed}")).to_string(), mixed);
    }

    #[test]
    fn the_tables_of_a_from_are_counted() {
        assert!(script(&format!("SELECT 1 FROM {}", vec!["t"; 250].join(", "))).is_ok());
        let error = script(&format!("SELECT 1 FROM {}", vec!["t"; 251].join(", "))).expect_err("too many");
        assert_eq!(error.message, "too many tables in one FROM");
    }
}
