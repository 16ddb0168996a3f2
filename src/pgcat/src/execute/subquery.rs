//! Queries in expressions. Their answers are remembered by what they read of the queries around them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::expr::{RowOperator, Subquery, SubqueryKind};
use crate::function::Function;
use crate::functions::limits::within_limit;
use crate::plan::{QueryPlan, is_equality};
use crate::value::Value;
use crate::value::compare::equal;
use crate::value::hash::{ExactKey, Key};

use super::Row;
use super::evaluate::{apply, evaluate_all};
use super::query::QueryRun;
use super::run::Run;

/// How many answers of one sub-query are remembered. When there are as many, all are forgotten.
const ANSWERS_MAX: usize = 4096;

/// What is kept of a sub-query while the statement runs.
#[derive(Default)]
pub(super) struct SubqueryState {
    /// Not there while it is being read.
    query: Option<QueryRun>,
    answers: HashMap<ExactKey, Answer>,
    /// Bytes of them.
    kept: usize,
}

/// A remembered answer.
#[derive(Clone)]
enum Answer {
    Value(Value),
    Rows(Arc<RowList>),
}

/// All rows of a sub-query.
struct RowList {
    rows: Vec<Row>,
    /// Those without nulls.
    keys: HashSet<Key>,
    has_nulls: bool,
}

/// `operator ANY` and ALL for the columns of a row.
struct Quantifier<'a> {
    operators: &'a [Arc<Function>],
    row_operator: RowOperator,
    all: bool,
}

/// The value of a sub-query.
pub(super) fn evaluate_subquery(subquery: &Subquery, run: &mut Run) -> Result<Value> {
    match &subquery.kind {
        SubqueryKind::Scalar => value(subquery, &[], run, scalar),
        SubqueryKind::Exists => value(subquery, &[], run, |query, run| Ok(Value::Bool(query.next(run)?.is_some()))),
        SubqueryKind::Array { element } => value(subquery, &[], run, |query, run| array(*element, query, run)),
        SubqueryKind::Quantified { left, operators, row_operator, all } => {
            let left = evaluate_all(left, run)?;
            let quantifier = Quantifier { operators, row_operator: *row_operator, all: *all };
            if subquery.outer.is_empty() && !subquery.is_volatile {
                let list = rows(subquery, run)?;
                return quantifier.among(&left, &list, run);
            }
            value(subquery, &left, run, |query, run| quantifier.decide(&left, run, |run| query.next(run)))
        }
    }
}

/// The values of the first column of a sub-query.
pub(super) fn first_column(subquery: &Subquery, run: &mut Run) -> Result<Vec<Value>> {
    let list = rows(subquery, run)?;
    Ok(list.rows.iter().filter_map(|row| row.first().cloned()).collect())
}

/// The value that is made of a sub-query, which is the same as long as what it reads, and `operands`, are.
fn value(
    subquery: &Subquery,
    operands: &[Value],
    run: &mut Run,
    compute: impl FnOnce(&mut QueryRun, &mut Run) -> Result<Value>,
) -> Result<Value> {
    match remembered(subquery, operands, run, |query, run| compute(query, run).map(Answer::Value))? {
        Answer::Value(value) => Ok(value),
        Answer::Rows(_) => Err(Error::internal("a sub-query gave rows in the place of a value")),
    }
}

fn rows(subquery: &Subquery, run: &mut Run) -> Result<Arc<RowList>> {
    match remembered(subquery, &[], run, |query, run| row_list(query, run).map(Answer::Rows))? {
        Answer::Rows(rows) => Ok(rows),
        Answer::Value(_) => Err(Error::internal("a sub-query gave a value in the place of rows")),
    }
}

/// The answer, computed from the opened query unless it is known.
fn remembered(
    subquery: &Subquery,
    operands: &[Value],
    run: &mut Run,
    compute: impl FnOnce(&mut QueryRun, &mut Run) -> Result<Answer>,
) -> Result<Answer> {
    let plan = run.nested(&subquery.query)?;
    let id = Arc::as_ptr(&subquery.query) as usize;
    let key = if subquery.is_volatile { None } else { Some(key(subquery, operands, &plan, run)?) };
    let state = run.subqueries.entry(id).or_default();
    if let Some(answer) = key.as_ref().and_then(|key| state.answers.get(key)) {
        return Ok(answer.clone());
    }
    let mut query = state.query.take().unwrap_or_else(|| QueryRun::new(plan));
    query.open(run)?;
    let answer = compute(&mut query, run)?;
    run.subqueries.entry(id).or_default().query = Some(query);
    if let Some(key) = key {
        remember(id, key, answer.clone(), run)?;
    }
    Ok(answer)
}

/// All that the answer depends on: registers of the queries around it, the moment of each WITH that it reads, and, inside of a function
/// in SQL, the parameters that it reads, which differ from call to call.
fn key(subquery: &Subquery, operands: &[Value], plan: &QueryPlan, run: &Run) -> Result<ExactKey> {
    let mut key = Vec::with_capacity(subquery.outer.len() + operands.len());
    for (depth, register) in &subquery.outer {
        key.push(run.column(*depth, *register)?);
    }
    key.extend_from_slice(operands);
    for level in &plan.outer_ctes {
        let activation = run.frames.iter().nth_back(*level).map_or(0, |frame| frame.activation);
        key.push(Value::Int(activation as i64));
    }
    if run.is_in_function {
        key.extend(plan.parameters.iter().filter_map(|number| run.parameters.get(*number)).cloned());
    }
    Ok(ExactKey(key))
}

fn remember(id: usize, key: ExactKey, answer: Answer, run: &mut Run) -> Result<()> {
    let mut bytes = run.keep(&key.0)?;
    match &answer {
        Answer::Value(value) => bytes += run.keep(std::slice::from_ref(value))?,
        Answer::Rows(list) => {
            for row in &list.rows {
                bytes += run.keep(row)?;
            }
        }
    }
    let state = run.subqueries.entry(id).or_default();
    if state.answers.len() >= ANSWERS_MAX {
        state.answers.clear();
        run.budget.release(std::mem::take(&mut state.kept));
    }
    state.kept += bytes;
    state.answers.insert(key, answer);
    Ok(())
}

fn scalar(query: &mut QueryRun, run: &mut Run) -> Result<Value> {
    let Some(row) = query.next(run)? else { return Ok(Value::Null) };
    if query.next(run)?.is_some() {
        return Err(Error::new(Code::Cardinality, "more than one row returned by a subquery used as an expression"));
    }
    Ok(row.into_iter().next().unwrap_or(Value::Null))
}

/// `ARRAY(SELECT …)`. Arrays become one of one dimension more.
fn array(element: u32, query: &mut QueryRun, run: &mut Run) -> Result<Value> {
    let (mut values, mut size) = (Vec::new(), 0);
    while let Some(row) = query.next(run)? {
        run.touch()?;
        let Some(value) = row.into_iter().next() else { continue };
        size += value.size();
        within_limit(size)?;
        values.push(value);
    }
    let nested = values.iter().any(|value| matches!(value, Value::Array(array) if array.element == element));
    super::evaluate::construct_array(element, values, nested)
}

fn row_list(query: &mut QueryRun, run: &mut Run) -> Result<Arc<RowList>> {
    let mut list = RowList { rows: Vec::new(), keys: HashSet::new(), has_nulls: false };
    let mut kept = 0;
    while let Some(row) = query.next(run)? {
        run.touch()?;
        if row.iter().any(Value::is_null) {
            list.has_nulls = true;
        } else {
            list.keys.insert(Key(row.clone()));
        }
        kept += run.keep(&row)?;
        list.rows.push(row);
    }
    // Whoever remembers them counts them again.
    run.budget.release(kept);
    Ok(Arc::new(list))
}

impl Quantifier<'_> {
    /// Whether it holds for a list of rows. What is among the keys needs no comparison with each row.
    fn among(&self, left: &[Value], list: &RowList, run: &mut Run) -> Result<Value> {
        let is_membership = !self.all && self.row_operator == RowOperator::Equal && self.operators.iter().all(|each| is_equality(each));
        if is_membership && !left.iter().any(Value::is_null) {
            if list.keys.contains(&Key(left.to_vec())) {
                return Ok(Value::Bool(true));
            }
            if !list.has_nulls {
                return Ok(Value::Bool(false));
            }
        }
        let mut rows = list.rows.iter();
        self.decide(left, run, |_| Ok(rows.next().cloned()))
    }

    /// Compares with rows until one decides.
    fn decide(&self, left: &[Value], run: &mut Run, mut next: impl FnMut(&mut Run) -> Result<Option<Row>>) -> Result<Value> {
        let mut has_null = false;
        while let Some(row) = next(run)? {
            run.touch()?;
            match self.compare(left, row, run)? {
                Value::Bool(truth) if truth != self.all => return Ok(Value::Bool(truth)),
                Value::Bool(_) => {}
                _ => has_null = true,
            }
        }
        Ok(if has_null { Value::Null } else { Value::Bool(self.all) })
    }

    /// Compares with one row: `=` by all columns, `<>` by any, the others by the first that differs.
    fn compare(&self, left: &[Value], row: Row, run: &mut Run) -> Result<Value> {
        let deciding = match self.row_operator {
            RowOperator::Equal => false,
            RowOperator::NotEqual => true,
            _ => return self.first_difference(left, row, run),
        };
        let mut has_null = false;
        for ((left, right), operator) in left.iter().zip(row).zip(self.operators) {
            match apply(operator, &[left.clone(), right], run)? {
                Value::Bool(truth) if truth == deciding => return Ok(Value::Bool(truth)),
                Value::Bool(_) => {}
                _ => has_null = true,
            }
        }
        Ok(if has_null { Value::Null } else { Value::Bool(!deciding) })
    }

    fn first_difference(&self, left: &[Value], row: Row, run: &mut Run) -> Result<Value> {
        let last = self.operators.len().saturating_sub(1);
        for (place, ((left, right), operator)) in left.iter().zip(row).zip(self.operators).enumerate() {
            if place == last || left.is_null() || right.is_null() || !equal(left, &right) {
                return apply(operator, &[left.clone(), right], run);
            }
        }
        Ok(Value::Null)
    }
}
