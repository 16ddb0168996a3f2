//! Queries within expressions mean what they mean in PostgreSQL, wherever they stand.
//!
//! DataFusion answers `IN` and `EXISTS` in conditions only, and for `NOT IN`, `ANY` and `ALL` not always with PostgreSQL's nulls.
//! There they become scalar queries: of the number of rows, or of an array of the values, which is then compared as arrays are.
//! A scalar query that depends on the row around it may have one row only by luck; whether it has is seen when it runs.

mod few_rows;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::array_agg::array_agg_udaf;
use datafusion::functions_aggregate::count::count_all;
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, Exists, InSubquery, ScalarFunction, SetComparison, SetQuantifier, Sort};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    AggregateUDF, Expr, FetchType, LogicalPlan, LogicalPlanBuilder, Operator, ScalarUDF, SkipType, Subquery, lit,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast;

use super::quantified;
use super::results::call;

/// `ARRAY (SELECT …)` as a call with a scalar query, which [`Subqueries`] makes an array of.
pub(super) fn array_of_query(function: &mut ast::Function) {
    let [ast::ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return };
    if let ast::FunctionArguments::Subquery(query) = &function.args
        && name.value.eq_ignore_ascii_case(few_rows::ARRAY)
    {
        let query = ast::FunctionArgExpr::Expr(ast::Expr::Subquery(query.clone()));
        *function = call(few_rows::ARRAY, vec![ast::FunctionArg::Unnamed(query)]);
    }
}

/// The function that such a call is planned as.
pub(super) fn function() -> ScalarUDF {
    few_rows::array_function()
}

/// The rule that does it. It stands before those that make types fit.
#[derive(Debug)]
pub(super) struct Subqueries;

impl AnalyzerRule for Subqueries {
    fn name(&self) -> &str {
        "postgresql_subqueries"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(rewrite_plan).map(|rewritten| rewritten.data)
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let is_filter = matches!(plan, LogicalPlan::Filter(_));
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        if !expr.exists(|part| Ok(is_query(part)))? {
            return Ok(Transformed::no(expr));
        }
        let name = names.save(&expr);
        let rewritten = if is_filter { filter(expr)? } else { value(expr)? };
        Ok(Transformed::yes(name.restore(rewritten)))
    })
}

fn is_query(expr: &Expr) -> bool {
    matches!(expr, Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) | Expr::ScalarSubquery(_))
}

/// A condition of WHERE. What must be true is joined by DataFusion.
fn filter(predicate: Expr) -> Result<Expr> {
    let conditions = split_conjunction_owned(predicate).into_iter().map(|condition| match searched(condition) {
        Expr::InSubquery(search) if search.negated && is_joined(&search) => Ok(Expr::InSubquery(search)),
        condition => wanted(condition),
    });
    let conditions = conditions.collect::<Result<Vec<_>>>()?;
    Ok(conjunction(conditions).unwrap_or_else(|| lit(true)))
}

/// A condition that counts only where it is true, so that unknown may be false.
fn wanted(condition: Expr) -> Result<Expr> {
    let rewritten = condition.transform_down(|part| match searched(part) {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => Ok(Transformed::no(Expr::BinaryExpr(binary))),
        Expr::InSubquery(search) if !search.negated => Ok(Transformed::new(Expr::InSubquery(search), true, TreeNodeRecursion::Jump)),
        Expr::Exists(exists) => Ok(Transformed::new(Expr::Exists(exists), true, TreeNodeRecursion::Jump)),
        other => Ok(Transformed::new(value(other)?, true, TreeNodeRecursion::Jump)),
    })?;
    Ok(rewritten.data)
}

/// `= ANY` is IN, and `<> ALL` is NOT IN. A NOT in front of a search belongs to it.
fn searched(expr: Expr) -> Expr {
    match expr {
        Expr::SetComparison(SetComparison { expr, subquery, op: Operator::Eq, quantifier: SetQuantifier::Any }) => {
            Expr::InSubquery(InSubquery { expr, subquery, negated: false })
        }
        Expr::SetComparison(SetComparison { expr, subquery, op: Operator::NotEq, quantifier: SetQuantifier::All }) => {
            Expr::InSubquery(InSubquery { expr, subquery, negated: true })
        }
        Expr::Not(inner) => match *inner {
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => Expr::InSubquery(InSubquery { expr, subquery, negated: !negated }),
            Expr::Exists(Exists { subquery, negated }) => Expr::Exists(Exists { subquery, negated: !negated }),
            inner => Expr::Not(Box::new(inner)),
        },
        other => other,
    }
}

/// Whether DataFusion's join for NOT IN knows its nulls: it needs a column, and a query for all rows.
fn is_joined(search: &InSubquery) -> bool {
    search.subquery.outer_ref_columns.is_empty() && matches!(search.expr.as_ref(), Expr::Column(_))
}

/// An expression of which every value counts.
fn value(expr: Expr) -> Result<Expr> {
    let rewritten = expr.transform_down(|part| {
        let answer = match part {
            Expr::Exists(exists) => is_there(exists)?,
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let (op, quantifier) = if negated { (Operator::NotEq, SetQuantifier::All) } else { (Operator::Eq, SetQuantifier::Any) };
                compared(SetComparison { expr, subquery, op, quantifier })?
            }
            Expr::SetComparison(comparison) => compared(comparison)?,
            Expr::ScalarSubquery(subquery) => single(subquery)?,
            Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == few_rows::ARRAY => match args.as_slice() {
                [Expr::ScalarSubquery(subquery)] => array(subquery.clone())?,
                _ => return Ok(Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args }))),
            },
            other => return Ok(Transformed::no(other)),
        };
        Ok(Transformed::new(answer, true, TreeNodeRecursion::Jump))
    })?;
    Ok(rewritten.data)
}

/// Whether a query has rows, as a value: whether their number is above 0.
fn is_there(Exists { subquery, negated }: Exists) -> Result<Expr> {
    let Subquery { subquery: plan, outer_ref_columns, spans } = subquery;
    // How many rows are kept, and which first, does not matter where one is enough.
    let rows = match plan.as_ref() {
        LogicalPlan::Limit(limit)
            if matches!((limit.get_skip_type()?, limit.get_fetch_type()?), (SkipType::Literal(0), FetchType::Literal(Some(1..)))) =>
        {
            limit.input.as_ref().clone()
        }
        plan => plan.clone(),
    };
    let counted = LogicalPlanBuilder::from(rows).aggregate(Vec::<Expr>::new(), vec![count_all()])?.build()?;
    let count = first_column(&counted);
    let test = if negated { count.eq(lit(0_i64)) } else { count.gt(lit(0_i64)) };
    let plan = LogicalPlanBuilder::from(counted).project(vec![test.alias("exists")])?.build()?;
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), outer_ref_columns, spans }))
}

/// A comparison with the rows of a query as one with an array of them.
fn compared(SetComparison { expr, subquery, op, quantifier }: SetComparison) -> Result<Expr> {
    let all = matches!(quantifier, SetQuantifier::All);
    let args = vec![value(*expr)?, array(subquery)?];
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(quantified::function(op, all)), args)))
}

/// The values of a query as an array, in its order.
fn array(subquery: Subquery) -> Result<Expr> {
    let element = subquery.subquery.schema().field(0).data_type().clone();
    let array = aggregated(subquery, array_agg_udaf())?;
    // Of no rows, DataFusion makes no array.
    let empty = ScalarValue::List(ScalarValue::new_list(&[], &element, true));
    Ok(coalesce(vec![array, Expr::Literal(empty, None)]))
}

/// A scalar query whose rows are counted when it runs, if they have to be.
fn single(subquery: Subquery) -> Result<Expr> {
    let plan = subquery.subquery.as_ref();
    let is_aggregate = plan.max_rows() == Some(1) && !matches!(plan, LogicalPlan::Limit(_));
    if subquery.outer_ref_columns.is_empty() {
        // DataFusion counts the rows itself, but believes that there is one where the column has no nulls.
        let believes = plan.schema().field(0).is_nullable() || is_aggregate && !filters(plan)?;
        if believes {
            return Ok(Expr::ScalarSubquery(subquery));
        }
    } else if is_aggregate {
        return Ok(Expr::ScalarSubquery(subquery));
    } else if let LogicalPlan::Limit(limit) = plan
        && matches!((limit.get_skip_type()?, limit.get_fetch_type()?), (SkipType::Literal(0), FetchType::Literal(Some(1))))
    {
        let first = Subquery { subquery: Arc::clone(&limit.input), ..subquery };
        return aggregated(first, first_value_udaf());
    }
    let rows = aggregated(subquery, Arc::new(few_rows::few_rows()))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(few_rows::only_row()), vec![rows])))
}

/// Whether a row may be left out above the aggregate, or where there is none.
fn filters(plan: &LogicalPlan) -> Result<bool> {
    let mut filters = false;
    plan.apply(|node| match node {
        LogicalPlan::Aggregate(_) => Ok(TreeNodeRecursion::Stop),
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => Ok(TreeNodeRecursion::Continue),
        LogicalPlan::EmptyRelation(empty) => {
            filters = !empty.produce_one_row;
            Ok(TreeNodeRecursion::Stop)
        }
        _ => {
            filters = true;
            Ok(TreeNodeRecursion::Stop)
        }
    })?;
    Ok(filters)
}

/// The one column of a query, aggregated in the query's order.
fn aggregated(subquery: Subquery, function: Arc<AggregateUDF>) -> Result<Expr> {
    let Subquery { subquery: plan, outer_ref_columns, spans } = subquery;
    let (input, column, order_by) = ordered(plan.as_ref());
    let call = AggregateFunction::new_udf(function, vec![column], false, None, order_by, None);
    let plan = LogicalPlanBuilder::from(input).aggregate(Vec::<Expr>::new(), vec![Expr::AggregateFunction(call)])?.build()?;
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), outer_ref_columns, spans }))
}

/// A query's rows without their order, its one column, and the order.
fn ordered(plan: &LogicalPlan) -> (LogicalPlan, Expr, Vec<Sort>) {
    match plan {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => (sort.input.as_ref().clone(), first_column(&sort.input), sort.expr.clone()),
        // What is sorted by may not be among what is selected.
        LogicalPlan::Projection(projection) => match (projection.input.as_ref(), projection.expr.as_slice()) {
            (LogicalPlan::Sort(sort), [column]) if sort.fetch.is_none() => {
                (sort.input.as_ref().clone(), column.clone().unalias(), sort.expr.clone())
            }
            _ => (plan.clone(), first_column(plan), Vec::new()),
        },
        LogicalPlan::Limit(limit) => match limit.input.as_ref() {
            LogicalPlan::Sort(sort) => (plan.clone(), first_column(plan), sort.expr.clone()),
            _ => (plan.clone(), first_column(plan), Vec::new()),
        },
        _ => (plan.clone(), first_column(plan), Vec::new()),
    }
}

fn first_column(plan: &LogicalPlan) -> Expr {
    Expr::Column(Column::from(plan.schema().qualified_field(0)))
}
