//! What a running statement knows: where it runs, its parameters, the frames of the queries that are being read, and what it remembers.

use std::collections::HashMap;
use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::catalog::Catalog;
use crate::function::Context;
use crate::host::Host;
use crate::plan::{Plan, QueryPlan};
use crate::query::{Query, Register};
use crate::value::Value;

use super::Row;
use super::budget::Budget;
use super::cte::CteTable;
use super::subquery::SubqueryState;

pub(super) struct Run {
    pub catalog: Arc<Catalog>,
    pub host: Arc<dyn Host>,
    pub plan: Arc<Plan>,
    /// Of the queries that are being read, the innermost last.
    pub frames: Vec<Frame>,
    /// Of the statement, or of the function in SQL whose body is being computed.
    pub parameters: Vec<Value>,
    /// Whether that is a function: then its parameters differ from call to call.
    pub is_in_function: bool,
    pub budget: Budget,
    /// Of each sub-query in an expression, by the address of its query.
    pub subqueries: HashMap<usize, SubqueryState>,
    /// How often queries with a WITH were begun.
    pub activations: u64,
}

/// What one query keeps while it is read.
#[derive(Default)]
pub(super) struct Frame {
    pub registers: Vec<Value>,
    pub ctes: Vec<CteTable>,
    /// Changes whenever the rows of its WITH may change.
    pub activation: u64,
}

impl Run {
    pub fn new(plan: Arc<Plan>, catalog: Arc<Catalog>, host: Arc<dyn Host>, parameters: Vec<Value>) -> Self {
        Self {
            catalog,
            host,
            plan,
            frames: Vec::new(),
            parameters,
            is_in_function: false,
            budget: Budget::default(),
            subqueries: HashMap::new(),
            activations: 0,
        }
    }

    pub fn context(&self) -> Context<'_> {
        Context { catalog: &self.catalog, host: &*self.host }
    }

    /// Counts a row. Every so many, the statement may be stopped here.
    pub fn touch(&mut self) -> Result<()> {
        if self.budget.touch() {
            self.host.check_cancelled()?;
            self.budget.check()?;
        }
        Ok(())
    }

    /// Counts a row that is kept, and tells its size.
    pub fn keep(&mut self, row: &[Value]) -> Result<usize> {
        let bytes = size_of::<Row>() + row.iter().map(Value::size).sum::<usize>();
        self.budget.keep(bytes)?;
        Ok(bytes)
    }

    /// The value of a register, seen from the query on top.
    pub fn column(&self, depth: usize, register: Register) -> Result<Value> {
        let frame = self.frames.iter().nth_back(depth);
        frame.and_then(|frame| frame.registers.get(register)).cloned().ok_or_else(|| missing_register(depth, register))
    }

    /// Fills a register of the query on top.
    pub fn set(&mut self, register: Register, value: Value) {
        if let Some(slot) = self.frames.last_mut().and_then(|frame| frame.registers.get_mut(register)) {
            *slot = value;
        }
    }

    /// The values of registers of the query on top.
    pub fn save(&self, registers: &[Register]) -> Result<Row> {
        registers.iter().map(|register| self.column(0, *register)).collect()
    }

    /// Fills registers of the query on top.
    pub fn restore(&mut self, registers: &[Register], values: &[Value]) {
        for (register, value) in registers.iter().zip(values) {
            self.set(*register, value.clone());
        }
    }

    /// Makes registers of the query on top null.
    pub fn clear(&mut self, registers: &[Register]) {
        registers.iter().for_each(|register| self.set(*register, Value::Null));
    }

    pub fn parameter(&self, number: usize) -> Result<Value> {
        let missing = || Error::new(Code::UndefinedParameter, format!("there is no parameter ${}", number + 1));
        self.parameters.get(number).cloned().ok_or_else(missing)
    }

    /// The plan of a query in an expression.
    pub fn nested(&self, query: &Arc<Query>) -> Result<Arc<QueryPlan>> {
        self.plan.nested(query).cloned().ok_or_else(|| Error::internal("a query in an expression was not planned"))
    }

    /// A number that was not given before.
    pub fn activate(&mut self) -> u64 {
        self.activations += 1;
        self.activations
    }
}

fn missing_register(depth: usize, register: Register) -> Error {
    Error::internal(format!("there is no register {register} at depth {depth}"))
}
