//! Functions of PostgreSQL that DataFusion calls otherwise, or whose results have another type there.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, GroupByExpr,
    Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem, SetExpr, Value, VisitMut, VisitorMut,
};

use crate::parse::fold;

/// Rewrites the functions of a query. Its columns are named already, after the functions as they were written.
pub(super) fn rewrite(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Results);
}

/// A function's result type where DataFusion has an unsigned one.
fn result_type(name: &str) -> Option<DataType> {
    match name {
        "row_number" | "rank" | "dense_rank" => Some(DataType::BigInt(None)),
        "ntile" | "array_length" | "array_ndims" | "array_position" | "cardinality" => Some(DataType::Int(None)),
        _ => None,
    }
}

struct Results;

impl VisitorMut for Results {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_mut_slice() else { return ControlFlow::Continue(()) };
        match fold(name).as_str() {
            "every" => "bool_and".clone_into(&mut name.value),
            "mod" => {
                if let Some((left, right)) = two_arguments(function) {
                    let remainder =
                        Expr::BinaryOp { left: Box::new(nested(left)), op: BinaryOperator::Modulo, right: Box::new(nested(right)) };
                    *expr = nested(remainder);
                }
            }
            other => {
                if let Some(data_type) = result_type(other) {
                    let called = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                    *expr = Expr::Cast { kind: CastKind::Cast, expr: Box::new(called), data_type, array: false, format: None };
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                let _ = expr.visit(&mut ExistsToCount { depth: 0 });
            }
        }
        ControlFlow::Continue(())
    }
}

fn two_arguments(function: &Function) -> Option<(Expr, Expr)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(left)), FunctionArg::Unnamed(FunctionArgExpr::Expr(right))] => {
            Some((left.clone(), right.clone()))
        }
        _ => None,
    }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

/// A call of a function.
pub(super) fn call(name: &str, args: Vec<FunctionArg>) -> Function {
    Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

/// `EXISTS (…)` in a select list is `(SELECT count(*) > 0 …)`, because DataFusion answers it in conditions only.
struct ExistsToCount {
    /// How many queries lie around the place, below the select list. Their own lists are rewritten when they are visited.
    depth: usize,
}

impl VisitorMut for ExistsToCount {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Self::Break> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if self.depth == 0
            && let Expr::Exists { subquery, negated } = expr
            && counts_rows(subquery)
        {
            let op = if *negated { BinaryOperator::Eq } else { BinaryOperator::Gt };
            let mut counted = subquery.clone();
            count(&mut counted, op);
            *expr = Expr::Subquery(counted);
        }
        ControlFlow::Continue(())
    }
}

/// Whether the query has as many rows as its tables and conditions say, so that its select list can be exchanged. A list with
/// a function may aggregate them to one, and is left as it is.
fn counts_rows(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(expressions, _) if expressions.is_empty());
    let calls_nothing = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
            matches!(expr, Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_))
        }
        _ => true,
    };
    select.projection.iter().all(calls_nothing)
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && !grouped
        && select.having.is_none()
        && !select.from.is_empty()
}

fn count(query: &mut Query, op: BinaryOperator) {
    query.order_by = None;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.distinct = None;
        let rows = Expr::Function(call("count", vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]));
        let zero = Expr::Value(Value::Number("0".to_owned(), false).with_empty_span());
        let compared = Expr::BinaryOp { left: Box::new(rows), op, right: Box::new(zero) };
        select.projection = vec![SelectItem::ExprWithAlias { expr: compared, alias: Ident::with_quote('"', "exists") }];
    }
}
