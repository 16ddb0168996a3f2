//! Where the columns of an answer come from, as far as a plan passes them on unchanged.

use datafusion::common::{Column, JoinType, TableReference};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// A column of a table that a plan scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The table as the statement names it.
    pub(crate) table: TableReference,
    /// The column's place in the table, from 0.
    pub(crate) column: usize,
}

/// The origins of one column of a plan: one, or one per branch of a set operation. Empty where the column is computed.
pub(crate) fn origins(plan: &LogicalPlan, column: usize) -> Vec<Origin> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let column = scan.projection.as_ref().map_or(Some(column), |projection| projection.get(column).copied());
            column.map(|column| Origin { table: scan.table_name.clone(), column }).into_iter().collect()
        }
        LogicalPlan::Projection(projection) => of_expression(projection.expr.get(column), &projection.input),
        LogicalPlan::Distinct(Distinct::On(distinct)) => of_expression(distinct.select_expr.get(column), &distinct.input),
        LogicalPlan::Distinct(Distinct::All(input)) => origins(input, column),
        LogicalPlan::Aggregate(aggregate) => match aggregate.group_expr.first() {
            // With grouping sets a column may be null where its table has a value.
            Some(Expr::GroupingSet(_)) => Vec::new(),
            // What is named twice is one column.
            _ => of_expression(distinct(&aggregate.group_expr).nth(column), &aggregate.input),
        },
        LogicalPlan::Window(window) if column < window.input.schema().fields().len() => origins(&window.input, column),
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => origins(&join.right, column),
                _ if column < left => origins(&join.left, column),
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => origins(&join.right, column - left),
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => Vec::new(),
            }
        }
        LogicalPlan::Union(union) => {
            let branches: Vec<_> = union.inputs.iter().map(|input| origins(input, column)).collect();
            if branches.iter().any(Vec::is_empty) { Vec::new() } else { branches.concat() }
        }
        LogicalPlan::SubqueryAlias(alias) => origins(&alias.input, column),
        LogicalPlan::Subquery(subquery) => origins(&subquery.subquery, column),
        LogicalPlan::Filter(filter) => origins(&filter.input, column),
        LogicalPlan::Sort(sort) => origins(&sort.input, column),
        LogicalPlan::Limit(limit) => origins(&limit.input, column),
        LogicalPlan::Repartition(repartition) => origins(&repartition.input, column),
        _ => Vec::new(),
    }
}

/// The name of the function whose result a column is.
pub(crate) fn called_function(plan: &LogicalPlan, column: usize) -> Option<&str> {
    let LogicalPlan::Projection(projection) = plan else { return None };
    match unaliased(projection.expr.get(column)?) {
        Expr::ScalarFunction(function) => Some(function.name()),
        _ => None,
    }
}

fn distinct(expressions: &[Expr]) -> impl Iterator<Item = &Expr> {
    let is_first = |(place, expression): &(usize, &Expr)| !expressions[..*place].contains(expression);
    expressions.iter().enumerate().filter(is_first).map(|(_, expression)| expression)
}

fn unaliased(mut expression: &Expr) -> &Expr {
    while let Expr::Alias(alias) = expression {
        expression = &alias.expr;
    }
    expression
}

fn of_expression(expression: Option<&Expr>, input: &LogicalPlan) -> Vec<Origin> {
    match expression.map(unaliased) {
        Some(Expr::Column(column)) => of_column(column, input),
        _ => Vec::new(),
    }
}

fn of_column(column: &Column, input: &LogicalPlan) -> Vec<Origin> {
    input.schema().maybe_index_of_column(column).map_or_else(Vec::new, |index| origins(input, index))
}
