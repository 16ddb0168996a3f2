//! Aggregates that begin below a join, in the source that has most of the rows.
//!
//! `SELECT c.country, sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country`, with the orders in
//! one source and the customers elsewhere, needs no order from there: a sum for each customer is enough, and the sums of those
//! sums are the same. Yan and Larson call it eager group-by: "Eager Aggregation and Lazy Aggregation", VLDB 1995.
//!
//! It is worth it where many rows become few. A group is a value of the join's key, so there are about as many as the other
//! side has rows, unless many values of the key have no partner there.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType, NullEquality, Result};
use datafusion::logical_expr::{Aggregate, Expr, Join, LogicalPlan, Projection};

use super::steps::Steps;
use crate::source_table::{self, ConnectedTable};

/// How many rows a group must stand for, by the sources' own estimates.
const ROWS_PER_GROUP_MIN: i64 = 4;

/// The plan with what can be aggregated below its joins aggregated there.
pub(super) fn aggregate_early(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plan = plan.transform_down(|node| match node {
        LogicalPlan::Aggregate(node) => match early(&node)? {
            Some(plan) => Ok(Transformed::yes(plan)),
            None => Ok(Transformed::no(LogicalPlan::Aggregate(node))),
        },
        other => Ok(Transformed::no(other)),
    })?;
    Ok(plan.data)
}

fn early(node: &Aggregate) -> Result<Option<LogicalPlan>> {
    let (columns, input) = match node.input.as_ref() {
        LogicalPlan::Projection(projection) => (Columns::of(projection), projection.input.as_ref()),
        other => (Columns::default(), other),
    };
    let LogicalPlan::Join(join) = input else { return Ok(None) };
    let is_plain = join.join_type == JoinType::Inner && join.filter.is_none() && !join.on.is_empty();
    if !is_plain || join.null_equality != NullEquality::NullEqualsNothing {
        return Ok(None);
    }
    let groups = node.group_expr.iter().map(|group| columns.inlined(group)).collect::<Result<Vec<_>>>()?;
    let calls = node.aggr_expr.iter().map(|call| columns.inlined(call)).collect::<Result<Vec<_>>>()?;
    if groups.iter().any(|group| matches!(group, Expr::GroupingSet(_))) {
        return Ok(None);
    }
    for side in [Side::Left, Side::Right] {
        if is_worth_it(side.of(join), side.other().of(join))?
            && let Some(split) = Split::of(side, join, &groups, &calls)
        {
            return split.plan(node, join, groups).map(Some);
        }
    }
    Ok(None)
}

/// What a projection makes of the columns below it.
#[derive(Default)]
struct Columns(HashMap<Column, Expr>);

impl Columns {
    fn of(projection: &Projection) -> Self {
        let made = projection.schema.columns().into_iter().zip(projection.expr.iter().map(|made| made.clone().unalias()));
        Self(made.collect())
    }

    /// The expression with the columns below the projection.
    fn inlined(&self, expr: &Expr) -> Result<Expr> {
        let inlined = expr.clone().unalias().transform(|expr| match &expr {
            Expr::Column(column) => Ok(self.0.get(column).map_or(Transformed::no(expr.clone()), |made| Transformed::yes(made.clone()))),
            _ => Ok(Transformed::no(expr)),
        });
        Ok(inlined?.data)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }

    fn of(self, join: &Join) -> &Arc<LogicalPlan> {
        match self {
            Side::Left => &join.left,
            Side::Right => &join.right,
        }
    }
}

/// Whether one side lies whole in one source that speaks SQL, and has many rows for each of the other, which lies elsewhere.
fn is_worth_it(side: &LogicalPlan, other: &LogicalPlan) -> Result<bool> {
    let (many, few) = (Tables::of(side)?, Tables::of(other)?);
    let [only] = many.sources.as_slice() else { return Ok(false) };
    let (Some(rows), Some(groups)) = (many.rows, few.rows) else { return Ok(false) };
    let lies_elsewhere = !few.sources.is_empty() && few.sources.iter().all(|source| source != only);
    let has_large_groups = groups > 0 && rows >= groups.saturating_mul(ROWS_PER_GROUP_MIN);
    Ok(many.speaks_sql && !many.is_aggregated && lies_elsewhere && has_large_groups)
}

/// The tables that a plan reads.
#[derive(Default)]
struct Tables {
    sources: Vec<Arc<str>>,
    speaks_sql: bool,
    /// Those of the largest table, where all tables tell.
    rows: Option<i64>,
    is_aggregated: bool,
}

impl Tables {
    fn of(plan: &LogicalPlan) -> Result<Self> {
        let mut tables = Self { speaks_sql: true, rows: Some(0), ..Self::default() };
        plan.apply(|node| {
            match node {
                LogicalPlan::TableScan(scan) => match source_table::connected(scan) {
                    Some(provider) => tables.add(provider.downcast_ref::<ConnectedTable>()),
                    None => tables.add(None),
                },
                LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => tables.is_aggregated = true,
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(tables)
    }

    fn add(&mut self, table: Option<&ConnectedTable>) {
        let estimate = table.and_then(|table| table.row_estimate);
        self.rows = self.rows.zip(estimate).map(|(rows, estimate)| rows.max(estimate));
        self.speaks_sql &= table.is_some_and(|table| table.connector.dialect().is_some());
        if let Some(table) = table
            && !self.sources.contains(&table.source)
        {
            self.sources.push(Arc::clone(&table.source));
        }
    }
}

/// An aggregate in two steps: one below the join, and one of its results above.
struct Split {
    side: Side,
    /// The side's columns that the join compares: what is grouped by below.
    keys: Vec<Expr>,
    steps: Steps,
}

impl Split {
    fn of(side: Side, join: &Join, groups: &[Expr], calls: &[Expr]) -> Option<Self> {
        let (own, other) = (side.of(join).schema(), side.other().of(join).schema());
        let mut keys: Vec<Expr> = Vec::new();
        for (left, right) in &join.on {
            let key = if side == Side::Left { left } else { right };
            match key {
                Expr::Column(_) if !keys.contains(key) => keys.push(key.clone()),
                Expr::Column(_) => {}
                _ => return None,
            }
        }
        let is_known_above = |column: &Column| other.has_column(column) || keys.contains(&Expr::Column(column.clone()));
        if !groups.iter().all(|group| !group.is_volatile() && group.column_refs().into_iter().all(is_known_above)) {
            return None;
        }
        Some(Self { side, keys, steps: Steps::of(calls, own)? })
    }

    fn plan(&self, node: &Aggregate, join: &Join, groups: Vec<Expr>) -> Result<LogicalPlan> {
        let aggregated = Aggregate::try_new(Arc::clone(self.side.of(join)), self.keys.clone(), self.steps.below.clone())?;
        let aggregated = Arc::new(self.steps.named(LogicalPlan::Aggregate(aggregated))?);
        let (left, right) = match self.side {
            Side::Left => (aggregated, Arc::clone(&join.right)),
            Side::Right => (Arc::clone(&join.left), aggregated),
        };
        let joined =
            Join::try_new(left, right, join.on.clone(), None, join.join_type, join.join_constraint, join.null_equality, join.null_aware)?;
        self.steps.above(LogicalPlan::Join(joined), groups, node)
    }
}
