//! Expressions in words, as far as the names of what they read are known.

use std::sync::Arc;

use spi::Result;

use super::names::Words;
use crate::catalog::oid as relation;
use crate::expr::{Call, Expr, Now, RowOperator, Subquery, SubqueryKind, Subscript};
use crate::function::{Context, Function};
use crate::io;
use crate::plan::{Plan, QueryPlan};
use crate::query::Register;
use crate::types::oid;
use crate::value::Value;

/// What registers hold in the query at hand and in those around it, and the sub-queries that were met.
pub(super) struct Names<'a> {
    plan: &'a Plan,
    context: &'a Context<'a>,
    levels: Vec<Level>,
    /// Sub-queries that are still to be shown.
    sub_plans: Vec<(String, Arc<QueryPlan>)>,
    numbered: usize,
}

struct Level {
    plan: Arc<QueryPlan>,
    words: Words,
}

impl<'a> Names<'a> {
    pub fn new(plan: &'a Plan, context: &'a Context<'a>) -> Self {
        Self { plan, context, levels: Vec::new(), sub_plans: Vec::new(), numbered: 0 }
    }

    pub fn enter(&mut self, plan: Arc<QueryPlan>) {
        self.levels.push(Level { plan, words: Words::new() });
    }

    pub fn leave(&mut self) {
        self.levels.pop();
    }

    /// Names a register of the query at hand.
    pub fn name(&mut self, register: Register, words: String) {
        if let Some(level) = self.levels.last_mut() {
            level.words.insert(register, words);
        }
    }

    /// The plan of a WITH query that many levels up.
    pub fn cte(&self, levels: usize, cte: usize) -> Option<Arc<QueryPlan>> {
        self.levels.iter().nth_back(levels)?.plan.ctes.get(cte).cloned()
    }

    pub fn take_sub_plans(&mut self) -> Vec<(String, Arc<QueryPlan>)> {
        std::mem::take(&mut self.sub_plans)
    }

    pub fn expressions(&mut self, exprs: &[Expr]) -> Result<Vec<String>> {
        exprs.iter().map(|expr| self.expression(expr)).collect()
    }

    pub fn expression(&mut self, expr: &Expr) -> Result<String> {
        Ok(match expr {
            Expr::Constant(value) => self.constant(value)?,
            Expr::Parameter(number) => format!("${}", number + 1),
            Expr::Column { depth, register } => self.column(*depth, *register),
            Expr::Call(call) => self.call(call)?,
            Expr::And(operands) => format!("({})", self.expressions(operands)?.join(" AND ")),
            Expr::Or(operands) => format!("({})", self.expressions(operands)?.join(" OR ")),
            Expr::Not(operand) => format!("(NOT {})", self.expression(operand)?),
            Expr::IsNull { operand, negated, .. } => format!("({} IS {}NULL)", self.expression(operand)?, not(*negated)),
            Expr::IsTruth { operand, truth, negated } => {
                let truth = match truth {
                    Some(true) => "TRUE",
                    Some(false) => "FALSE",
                    None => "UNKNOWN",
                };
                format!("({} IS {}{truth})", self.expression(operand)?, not(*negated))
            }
            Expr::IsDistinct { left, right, negated, .. } => {
                format!("({} IS {}DISTINCT FROM {})", self.expression(left)?, not(*negated), self.expression(right)?)
            }
            Expr::Case { branches, otherwise } => self.case(branches, otherwise.as_deref())?,
            Expr::Coalesce(operands) => format!("COALESCE({})", self.expressions(operands)?.join(", ")),
            Expr::NullIf { left, right, .. } => format!("NULLIF({}, {})", self.expression(left)?, self.expression(right)?),
            Expr::Extreme { operands, greatest, .. } => {
                format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, self.expressions(operands)?.join(", "))
            }
            Expr::Array { items, .. } => format!("ARRAY[{}]", self.expressions(items)?.join(", ")),
            Expr::Row { items, .. } => format!("ROW({})", self.expressions(items)?.join(", ")),
            Expr::Field { record, field } => format!("({}).f{}", self.expression(record)?, field + 1),
            Expr::Subscript { array, subscripts } => self.subscript(array, subscripts)?,
            Expr::Quantified { left, operator, array, all } => {
                let (left, array) = (self.expression(left)?, self.expression(array)?);
                format!("({left} {} {} ({array}))", self.operator(operator), quantifier(*all))
            }
            Expr::CompareRows(rows) => {
                let (left, right) = (self.expressions(&rows.left)?.join(", "), self.expressions(&rows.right)?.join(", "));
                format!("(ROW({left}) {} ROW({right}))", row_operator(rows.operator))
            }
            Expr::Subquery(subquery) => self.subquery(subquery)?,
            Expr::Convert { operand, .. } => self.expression(operand)?,
            Expr::Now(now) => now_name(*now).to_owned(),
        })
    }

    /// The label of a sub-query, whose plan is shown below.
    pub fn sub_plan(&mut self, subquery: &Subquery) -> Result<String> {
        self.numbered += 1;
        let label = format!("SubPlan {}", self.numbered);
        if let Some(plan) = self.plan.nested(&subquery.query) {
            self.sub_plans.push((label.clone(), plan.clone()));
        }
        Ok(label)
    }

    fn subquery(&mut self, subquery: &Subquery) -> Result<String> {
        let label = self.sub_plan(subquery)?;
        Ok(match &subquery.kind {
            SubqueryKind::Scalar => format!("({label})"),
            SubqueryKind::Exists => format!("EXISTS({label})"),
            SubqueryKind::Array { .. } => format!("ARRAY({label})"),
            SubqueryKind::Quantified { left, operators, all, row_operator: by } => {
                let left = self.expressions(left)?;
                let operator = match operators.as_slice() {
                    [operator] => self.operator(operator),
                    _ => row_operator(*by).to_owned(),
                };
                let left = if left.len() == 1 { left.join("") } else { format!("({})", left.join(", ")) };
                format!("({left} {operator} {} ({label}))", quantifier(*all))
            }
        })
    }

    fn column(&self, depth: usize, register: Register) -> String {
        let words = self.levels.iter().nth_back(depth).and_then(|level| level.words.get(&register));
        words.cloned().unwrap_or_else(|| format!("${register}"))
    }

    /// Values know their representation, not their type: those that have several are shown as the most common.
    fn constant(&self, value: &Value) -> Result<String> {
        let type_oid = match value {
            Value::Null => return Ok("NULL".to_owned()),
            Value::Bool(truth) => return Ok(truth.to_string()),
            Value::Int(_) => oid::INT8,
            Value::Float(_) => oid::FLOAT8,
            Value::Numeric(_) => oid::NUMERIC,
            Value::Text(_) | Value::Ordered(_) => oid::TEXT,
            Value::Bytes(_) => oid::BYTEA,
            Value::Date(_) => oid::DATE,
            Value::Time(_) => oid::TIME,
            Value::TimeTz(..) => oid::TIMETZ,
            Value::Timestamp(_) => oid::TIMESTAMP,
            Value::Interval(_) => oid::INTERVAL,
            Value::Uuid(_) => oid::UUID,
            Value::Tid(..) => oid::TID,
            Value::Array(_) => oid::TEXT_ARRAY,
            Value::Record(_) => oid::RECORD,
            Value::Range(_) => oid::ANYRANGE,
            Value::Multirange(_) => oid::ANYMULTIRANGE,
        };
        let text = io::output(self.context, type_oid, value)?;
        let is_number = matches!(value, Value::Int(_) | Value::Float(_) | Value::Numeric(_));
        Ok(if is_number { text } else { format!("'{}'", text.replace('\'', "''")) })
    }

    fn call(&mut self, call: &Call) -> Result<String> {
        let arguments = self.expressions(&call.arguments)?;
        let operator = self.operator_name(&call.function, arguments.len());
        Ok(match (operator, arguments.as_slice()) {
            (Some(operator), [operand]) => format!("({operator} {operand})"),
            (Some(operator), [left, right]) => format!("({left} {operator} {right})"),
            _ => format!("{}({})", call.function.name, arguments.join(", ")),
        })
    }

    fn operator(&self, function: &Function) -> String {
        self.operator_name(function, 2).unwrap_or_else(|| function.name.to_string())
    }

    /// The operator that a function computes, if there is one.
    fn operator_name(&self, function: &Function, arguments: usize) -> Option<String> {
        let kind = match arguments {
            1 => b'l',
            2 => b'b',
            _ => return None,
        };
        let rows = self.context.catalog.find(relation::PG_OPERATOR, &["oprcode"], &[Value::oid(function.oid)]);
        let row = rows.into_iter().find(|row| row.char("oprkind") == Some(kind))?;
        row.text("oprname").map(|name| name.to_string())
    }

    fn case(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<String> {
        let mut words = "CASE".to_owned();
        for (condition, value) in branches {
            words += &format!(" WHEN {} THEN {}", self.expression(condition)?, self.expression(value)?);
        }
        if let Some(otherwise) = otherwise {
            words += &format!(" ELSE {}", self.expression(otherwise)?);
        }
        Ok(words + " END")
    }

    fn subscript(&mut self, array: &Expr, subscripts: &[Subscript]) -> Result<String> {
        let mut words = format!("({})", self.expression(array)?);
        for subscript in subscripts {
            words += &match subscript {
                Subscript::Index(index) => format!("[{}]", self.expression(index)?),
                Subscript::Slice { lower, upper } => {
                    let lower = lower.as_ref().map(|bound| self.expression(bound)).transpose()?.unwrap_or_default();
                    let upper = upper.as_ref().map(|bound| self.expression(bound)).transpose()?.unwrap_or_default();
                    format!("[{lower}:{upper}]")
                }
            };
        }
        Ok(words)
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn quantifier(all: bool) -> &'static str {
    if all { "ALL" } else { "ANY" }
}

fn row_operator(operator: RowOperator) -> &'static str {
    match operator {
        RowOperator::Equal => "=",
        RowOperator::NotEqual => "<>",
        RowOperator::Less => "<",
        RowOperator::LessOrEqual => "<=",
        RowOperator::Greater => ">",
        RowOperator::GreaterOrEqual => ">=",
    }
}

fn now_name(now: Now) -> &'static str {
    match now {
        Now::CurrentDate => "CURRENT_DATE",
        Now::CurrentTime { .. } => "CURRENT_TIME",
        Now::CurrentTimestamp { .. } => "CURRENT_TIMESTAMP",
        Now::LocalTime { .. } => "LOCALTIME",
        Now::LocalTimestamp { .. } => "LOCALTIMESTAMP",
    }
}
