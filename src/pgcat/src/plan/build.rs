//! From a query to its plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expr::Expr;
use crate::query::{Body, Distinct as DistinctKind, Query, Select, SetOperator};

use super::walk::{self, STACK_PIECE, STACK_RED_ZONE};
use super::{Answer, Distinct, Estimate, Limit, Nested, QueryPlan, RecursiveUnion, SetOperation, Sort, address, fields};

/// How much of the rows of both sides INTERSECT and EXCEPT are thought to give.
const SET_SELECTIVITY: f64 = 0.5;

/// The state of planning one statement.
#[derive(Default)]
pub(super) struct Planner {
    pub nested: Nested,
    /// The queries around the one that is planned, and itself as the last.
    levels: Vec<Level>,
}

#[derive(Default)]
struct Level {
    /// The recursive query of its WITH that is being planned.
    recursive: Option<usize>,
    /// Levels, from the outermost as 0, whose WITH is read in it.
    reads: BTreeSet<usize>,
}

impl Planner {
    pub fn query(&mut self, query: &Query) -> Arc<QueryPlan> {
        self.plan(query, None)
    }

    /// Whether a WITH query is read from inside its own recursive term. Notes that it is read.
    pub fn reads_cte(&mut self, levels: usize, cte: usize) -> bool {
        let Some(owner) = self.levels.len().checked_sub(levels + 1) else { return false };
        self.levels[owner + 1..].iter_mut().for_each(|level| {
            level.reads.insert(owner);
        });
        self.levels[owner].recursive == Some(cte)
    }

    fn plan(&mut self, query: &Query, recursive: Option<usize>) -> Arc<QueryPlan> {
        stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || {
            self.levels.push(Level::default());
            let plan = self.plan_level(query, recursive);
            Arc::new(plan)
        })
    }

    /// Plans the query of the last level, and takes that away.
    fn plan_level(&mut self, query: &Query, recursive: Option<usize>) -> QueryPlan {
        let depth = self.levels.len() - 1;
        let mut ctes = Vec::new();
        for (place, cte) in query.ctes.iter().enumerate() {
            self.levels[depth].recursive = cte.is_recursive.then_some(place);
            ctes.push(self.plan(&cte.query, cte.is_recursive.then_some(place)));
        }
        self.levels[depth].recursive = None;
        self.nested_in(query);
        let (body, estimate) = self.body(query, recursive);
        let (root, estimate) = finish(query, body, estimate);
        let reads = self.levels.pop().map(|level| level.reads).unwrap_or_default();
        QueryPlan {
            registers: query.registers,
            ctes,
            names: query.ctes.iter().map(|cte| cte.name.clone()).collect(),
            root,
            fields: fields(&query.columns),
            plain: plain(query),
            outer_ctes: reads.into_iter().map(|owner| depth - 1 - owner).collect(),
            estimate,
        }
    }

    /// Plans the queries in the expressions of a query.
    fn nested_in(&mut self, query: &Query) {
        let mut found = Vec::new();
        walk::nested(query, &mut |query, is_body| found.push((query.clone(), is_body)));
        for (query, is_body) in found {
            if self.nested.contains_key(&address(&query)) {
                continue;
            }
            // The body of a function sees nothing of the queries around its call.
            let around = if is_body { std::mem::take(&mut self.levels) } else { Vec::new() };
            let plan = self.query(&query);
            if is_body {
                self.levels = around;
            }
            self.nested.insert(address(&query), plan);
        }
    }

    fn body(&mut self, query: &Query, recursive: Option<usize>) -> (Answer, Estimate) {
        match (&query.body, recursive) {
            (Body::Select(select), _) => self.select(select),
            (Body::Values(rows), _) => {
                let count = rows.len() as f64;
                (Answer::Values(Arc::new(rows.clone())), Estimate::new(count, count))
            }
            (Body::SetOperation(operation), Some(cte)) => {
                let (first, step) = (self.query(&operation.left), self.query(&operation.right));
                let estimate = sum(&first, &step);
                (Answer::RecursiveUnion(Arc::new(RecursiveUnion { cte, all: operation.all, first, step })), estimate)
            }
            (Body::SetOperation(operation), None) => {
                let (left, right) = (self.query(&operation.left), self.query(&operation.right));
                let mut estimate = sum(&left, &right);
                if operation.operator != SetOperator::Union {
                    estimate.rows *= SET_SELECTIVITY;
                }
                let (operator, all) = (operation.operator, operation.all);
                (Answer::SetOperation(Arc::new(SetOperation { operator, all, left, right })), estimate)
            }
        }
    }
}

fn sum(left: &QueryPlan, right: &QueryPlan) -> Estimate {
    Estimate::new(left.estimate.rows + right.estimate.rows, left.estimate.cost + right.estimate.cost)
}

/// What comes behind the body: DISTINCT, ORDER BY, OFFSET and LIMIT.
fn finish(query: &Query, body: Answer, mut estimate: Estimate) -> (Answer, Estimate) {
    let distinct = match &query.body {
        Body::Select(select) => &select.distinct,
        _ => &DistinctKind::No,
    };
    let mut answer = body;
    if *distinct == DistinctKind::All {
        answer = Answer::Distinct(Arc::new(Distinct { input: answer, columns: (0..query.columns.len()).collect() }));
    }
    if !query.order_by.is_empty() {
        let is_cut_at_once = !query.with_ties && !matches!(distinct, DistinctKind::On(_));
        let first = query.limit.clone().filter(|_| is_cut_at_once).map(|limit| (limit, query.offset.clone()));
        answer = Answer::Sort(Arc::new(Sort { input: answer, keys: query.order_by.clone(), first }));
    }
    if let DistinctKind::On(columns) = distinct {
        answer = Answer::Distinct(Arc::new(Distinct { input: answer, columns: columns.clone() }));
    }
    if query.limit.is_some() || query.offset.is_some() {
        if let Some(Expr::Constant(crate::value::Value::Int(rows))) = &query.limit {
            estimate.rows = estimate.rows.min(*rows as f64);
        }
        let ties = query.with_ties.then(|| query.order_by.clone());
        answer = Answer::Limit(Arc::new(Limit { input: answer, limit: query.limit.clone(), offset: query.offset.clone(), ties }));
    }
    (answer, estimate)
}

/// The expression of `SELECT expression` with nothing else.
fn plain(query: &Query) -> Option<Expr> {
    let Body::Select(select) = &query.body else { return None };
    let Select { from, filter, grouping, having, windows, set_returning, output, .. } = &**select;
    let is_plain = from.is_empty()
        && filter.is_none()
        && grouping.is_none()
        && having.is_none()
        && windows.is_empty()
        && set_returning.is_empty()
        && query.ctes.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.columns.len() == 1;
    is_plain.then(|| output.first().cloned()).flatten()
}
