//! Functions in FROM, side by side, and functions that return sets.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::function::{Function, Implementation, RowSource};
use crate::io::json;
use crate::plan::QueryPlan;
use crate::query::{FunctionScan, TableExpr, TableFunction};
use crate::types::oid;
use crate::value::{Field, Record, Value};

use super::evaluate::{evaluate, evaluate_all};
use super::query::QueryRun;
use super::run::{Frame, Run};
use super::scan::Scan;

/// The rows of one call of a set-returning function.
pub(super) enum SetRows {
    None,
    Native(RowSource),
    Sql(Box<SqlRows>),
}

/// The body of a function in SQL that is being read.
pub(super) struct SqlRows {
    query: QueryRun,
    arguments: Vec<Value>,
    shape: Shape,
}

/// What becomes of a row of several columns: a record.
struct Shape {
    type_oid: u32,
    fields: Arc<[Field]>,
}

impl SetRows {
    /// Calls a set-returning function.
    pub fn call(function: &Function, arguments: Vec<Value>, run: &mut Run) -> Result<SetRows> {
        if function.is_strict && arguments.iter().any(Value::is_null) {
            return Ok(SetRows::None);
        }
        match &function.implementation {
            Implementation::Set(call) => {
                let rows = call(&run.context(), &function.signature, &arguments)?;
                Ok(SetRows::Native(made_rows(function, rows)))
            }
            Implementation::Sql(body) => {
                let plan = run.nested(body)?;
                let mut rows = SqlRows { query: QueryRun::new(plan.clone()), arguments, shape: Shape::of(function, &plan) };
                rows.inside(run, |query, run| query.open(run))?;
                Ok(SetRows::Sql(Box::new(rows)))
            }
            Implementation::Scalar(_) => Err(Error::new(Code::WrongObject, format!("function {} does not return a set", function.name))),
        }
    }

    pub fn next(&mut self, run: &mut Run) -> Result<Option<Value>> {
        run.touch()?;
        match self {
            SetRows::None => Ok(None),
            SetRows::Native(rows) => rows.next().transpose(),
            SetRows::Sql(rows) => {
                let row = rows.inside(run, |query, run| query.next(run))?;
                Ok(row.map(|row| rows.shape.value(row)))
            }
        }
    }
}

/// Rows whose values of `jsonb` are in the order of that type.
fn made_rows(function: &Function, rows: RowSource) -> RowSource {
    let result = function.signature.result.oid;
    if result == oid::JSONB {
        return Box::new(rows.map(move |row| json::made(result, row?)));
    }
    if function.outputs.iter().all(|field| field.type_oid != oid::JSONB) {
        return rows;
    }
    let outputs = function.outputs.clone();
    Box::new(rows.map(move |row| match row? {
        Value::Record(record) => {
            let fields = record.values.iter().zip(outputs.iter());
            let values = fields.map(|(value, field)| json::made(field.type_oid, value.clone())).collect::<Result<_>>()?;
            Ok(Value::Record(Record { values, ..Record::clone(&record) }.into()))
        }
        value => Ok(value),
    }))
}

impl SqlRows {
    /// Computes with the arguments of the call as parameters.
    fn inside<T>(&mut self, run: &mut Run, work: impl FnOnce(&mut QueryRun, &mut Run) -> Result<T>) -> Result<T> {
        let around = std::mem::replace(&mut run.parameters, std::mem::take(&mut self.arguments));
        let was_in_function = std::mem::replace(&mut run.is_in_function, true);
        let result = work(&mut self.query, run);
        run.is_in_function = was_in_function;
        self.arguments = std::mem::replace(&mut run.parameters, around);
        result
    }
}

/// Computes the value of a function in SQL: the first row of its body.
pub(super) fn call_sql(function: &Function, plan: &Arc<QueryPlan>, arguments: Vec<Value>, run: &mut Run) -> Result<Value> {
    if let Some(expr) = &plan.plain {
        let around = std::mem::replace(&mut run.parameters, arguments);
        let was_in_function = std::mem::replace(&mut run.is_in_function, true);
        run.frames.push(Frame::default());
        let value = evaluate(expr, run);
        run.frames.pop();
        run.is_in_function = was_in_function;
        run.parameters = around;
        return value;
    }
    let mut rows = SqlRows { query: QueryRun::new(plan.clone()), arguments, shape: Shape::of(function, plan) };
    let row = rows.inside(run, |query, run| {
        query.open(run)?;
        query.next(run)
    })?;
    Ok(row.map_or(Value::Null, |row| rows.shape.value(row)))
}

impl Shape {
    /// The names of OUT parameters are those of the columns.
    fn of(function: &Function, plan: &QueryPlan) -> Self {
        let fields = if function.outputs.is_empty() { plan.fields.clone() } else { function.outputs.clone() };
        Self { type_oid: function.signature.result.oid, fields }
    }

    /// The only column, or all of them as a record.
    fn value(&self, mut row: Vec<Value>) -> Value {
        if row.len() == 1 {
            return row.pop().unwrap_or(Value::Null);
        }
        Value::Record(Arc::new(Record { type_oid: self.type_oid, fields: self.fields.clone(), values: row }))
    }
}

/// Reads functions in FROM. Those that end before others give nulls.
pub(super) struct FunctionReader {
    plan: Arc<FunctionScan>,
    calls: Vec<CallState>,
    /// The number of the last row.
    row: i64,
}

enum CallState {
    Rows(SetRows),
    Single(Value),
    Done,
}

impl FunctionReader {
    pub fn new(plan: Arc<FunctionScan>) -> Self {
        Self { plan, calls: Vec::new(), row: 0 }
    }
}

impl Scan for FunctionReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.row = 0;
        let plan = self.plan.clone();
        self.calls = plan.functions.iter().map(|function| begin(&function.expr, run)).collect::<Result<_>>()?;
        Ok(())
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        let plan = self.plan.clone();
        let mut has_row = false;
        for (function, call) in plan.functions.iter().zip(&mut self.calls) {
            let value = match call {
                CallState::Rows(rows) => rows.next(run)?,
                CallState::Single(value) => Some(std::mem::replace(value, Value::Null)),
                CallState::Done => None,
            };
            if value.is_none() || matches!(call, CallState::Single(_)) {
                *call = CallState::Done;
            }
            has_row |= value.is_some();
            fill(function, value.unwrap_or(Value::Null), run);
        }
        self.row += 1;
        if let Some(register) = plan.ordinality {
            run.set(register, Value::Int(self.row));
        }
        Ok(has_row)
    }
}

fn begin(expr: &TableExpr, run: &mut Run) -> Result<CallState> {
    match expr {
        TableExpr::Set { function, arguments } => {
            let arguments = evaluate_all(arguments, run)?;
            SetRows::call(function, arguments, run).map(CallState::Rows)
        }
        TableExpr::Single(expr) => evaluate(expr, run).map(CallState::Single),
    }
}

fn fill(function: &TableFunction, value: Value, run: &mut Run) {
    for fill in &function.registers {
        let column = match &value {
            Value::Record(record) if function.is_record => record.values.get(fill.column).cloned().unwrap_or(Value::Null),
            _ if function.is_record => Value::Null,
            value => value.clone(),
        };
        run.set(fill.register, column);
    }
}
