//! From a query to its plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use spi::Error;

use crate::expr::Expr;
use crate::host::Host;
use crate::query::{Body, Distinct as DistinctKind, Query, Select, SetOperator};

use super::walk::{self, STACK_PIECE, STACK_RED_ZONE};
use super::{Answer, Distinct, Estimate, Limit, Nested, QueryPlan, RecursiveUnion, SetOperation, Sort, address, fields};

/// How much of the rows of both sides INTERSECT and EXCEPT are thought to give.
const SET_SELECTIVITY: f64 = 0.5;

/// What a recursive term is thought to read of its working table.
const WORKING_ROWS: f64 = 100.0;

/// The state of planning one statement.
pub(super) struct Planner<'a> {
    host: &'a dyn Host,
    /// Why there will be no plan. What is planned after that does not matter, and costs little.
    pub failed: Option<Error>,
    pub nested: Nested,
    /// Whether nothing says how many rows some part of it has, or how long it takes.
    pub is_unbounded: bool,
    /// Whether some expression is volatile.
    pub is_volatile: bool,
    /// The queries around the one that is planned, and itself as the last.
    levels: Vec<Level>,
}

#[derive(Default)]
struct Level {
    /// The recursive query of its WITH that is being planned.
    recursive: Option<usize>,
    /// Levels, from the outermost as 0, whose WITH is read in it.
    reads: BTreeSet<usize>,
    /// What is expected of the queries of its WITH that are planned by now, and whether they are read.
    ctes: Vec<(Estimate, bool)>,
    /// The parameters that are read in it.
    parameters: BTreeSet<usize>,
}

/// What is known of a WITH query where it is read.
pub(super) struct CteRead {
    /// Whether it is read from inside its own recursive term.
    pub is_working_table: bool,
    pub rows: f64,
}

impl<'a> Planner<'a> {
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host, failed: None, nested: Nested::new(), is_unbounded: false, is_volatile: false, levels: Vec::new() }
    }

    /// Whether there will be no plan, because something is wrong or the statement is to stop.
    pub fn has_failed(&mut self) -> bool {
        if self.failed.is_none() {
            self.failed = self.host.check_cancelled().err();
        }
        self.failed.is_some()
    }

    pub fn query(&mut self, query: &Query) -> Arc<QueryPlan> {
        self.plan(query, None)
    }

    /// Notes that a WITH query is read.
    pub fn read_cte(&mut self, levels: usize, cte: usize) -> CteRead {
        let Some(owner) = self.levels.len().checked_sub(levels + 1) else {
            return CteRead { is_working_table: false, rows: WORKING_ROWS };
        };
        self.levels[owner + 1..].iter_mut().for_each(|level| {
            level.reads.insert(owner);
        });
        let level = &mut self.levels[owner];
        let rows = level.ctes.get_mut(cte).map(|(estimate, is_read)| {
            *is_read = true;
            estimate.rows
        });
        CteRead { is_working_table: level.recursive == Some(cte), rows: rows.unwrap_or(WORKING_ROWS) }
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
            self.is_unbounded |= cte.is_recursive;
            let plan = self.plan(&cte.query, cte.is_recursive.then_some(place));
            self.levels[depth].ctes.push((plan.estimate, false));
            ctes.push(plan);
        }
        self.levels[depth].recursive = None;
        self.own_expressions(query);
        self.nested_in(query);
        let (body, estimate) = self.body(query, recursive);
        let (root, mut estimate) = finish(query, body, estimate);
        let Level { reads, ctes: expected, parameters, .. } = self.levels.pop().unwrap_or_default();
        // They are computed once for all who read them, and not at all for nobody.
        estimate.cost += expected.iter().filter(|(_, is_read)| *is_read).map(|(estimate, _)| estimate.cost).sum::<f64>();
        if let Some(around) = self.levels.last_mut() {
            around.parameters.extend(&parameters);
        }
        QueryPlan {
            registers: query.registers,
            ctes,
            names: query.ctes.iter().map(|cte| cte.name.clone()).collect(),
            root,
            fields: fields(&query.columns),
            plain: plain(query),
            outer_ctes: reads.into_iter().map(|owner| depth - 1 - owner).collect(),
            parameters: parameters.into_iter().collect(),
            estimate,
        }
    }

    /// Notes what the expressions of the query of the last level read, and whether they say how long they take.
    fn own_expressions(&mut self, query: &Query) {
        let (mut parameters, mut is_volatile) = (BTreeSet::new(), false);
        query.own_expressions(&mut |expr, _| {
            is_volatile |= expr.is_volatile();
            expr.each(&mut |inner, _| {
                if let Expr::Parameter(number) = inner {
                    parameters.insert(*number);
                }
            });
        });
        self.is_volatile |= is_volatile;
        self.is_unbounded |= is_volatile;
        self.levels.iter_mut().next_back().into_iter().for_each(|level| level.parameters.extend(&parameters));
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
