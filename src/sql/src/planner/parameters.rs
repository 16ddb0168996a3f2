//! Types of a statement's parameters: what the client says, what casts say, what the context says, and text for the rest.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as DataFusionResult};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::sql::sqlparser::ast::{self, LimitClause, Query, Value, Visit, Visitor};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use super::quantified::is_quantified;
use crate::output::{arrow_type, computed_type, pg_type};

/// As many as a Bind message can carry.
const PARAMETERS_MAX: usize = u16::MAX as usize;

/// The types of `$1`, `$2` and so on, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterTypes(Vec<Option<DataType>>);

impl ParameterTypes {
    /// What the client says (0 where it says nothing), and what the text says by casts and by where a parameter stands.
    pub(super) fn of_statement(query: &Query, given: &[u32]) -> Result<Self> {
        let mut written = Written::default();
        // The visitor never breaks.
        let _ = query.visit(&mut written);
        let count = written.last.max(given.len());
        if count > PARAMETERS_MAX {
            return Err(Error::new(Code::Limit, format!("there is no parameter ${count}"))
                .detail(format!("A statement may have at most {PARAMETERS_MAX} parameters.")));
        }
        let types = (1..=count).map(|number| match given.get(number - 1) {
            Some(&oid) if !matches!(oid, 0 | oid::UNKNOWN) => Some(arrow_type(PgType::new(oid))),
            _ => written.types.get(&number).cloned(),
        });
        Ok(Self(types.collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Learns from a plan in which only the known types were given. Whether anything was unknown.
    pub(super) fn complete(&mut self, plan: &LogicalPlan) -> DataFusionResult<bool> {
        if self.0.iter().all(Option::is_some) {
            return Ok(false);
        }
        let mut inferred = HashMap::new();
        plan.apply_with_subqueries(|node| {
            let inputs = merge_schema(&node.inputs());
            node.apply_expressions(|expr| {
                infer(expr, &inputs, &mut inferred)?;
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        for (index, known) in self.0.iter_mut().enumerate() {
            if known.is_none() {
                *known = Some(inferred.remove(&(index + 1)).unwrap_or(DataType::Utf8));
            }
        }
        Ok(true)
    }

    /// What the values are planned as.
    pub(super) fn known(&self) -> Vec<DataType> {
        self.0.iter().map(|known| known.clone().unwrap_or(DataType::Utf8)).collect()
    }

    /// As DataFusion's planner takes them.
    pub(super) fn fields(&self) -> Vec<Option<FieldRef>> {
        self.0.iter().map(|known| known.as_ref().map(|data_type| Arc::new(Field::new("", data_type.clone(), true)))).collect()
    }

    /// As the client is told. `given` is what it said itself.
    pub(super) fn oids(&self, given: &[u32]) -> Vec<u32> {
        let known = self.0.iter().map(|known| known.as_ref().map_or(oid::TEXT, |data_type| computed_type(data_type).oid));
        known
            .enumerate()
            .map(|(index, oid)| match given.get(index) {
                Some(&given) if !matches!(given, 0 | oid::UNKNOWN) => given,
                _ => oid,
            })
            .collect()
    }
}

/// The number of a parameter such as `$1`.
fn number(placeholder: &str) -> Option<usize> {
    placeholder.strip_prefix('$')?.parse().ok().filter(|number| *number > 0)
}

/// What DataFusion inferred, and for `x = ANY($1)` that it is an array of what `x` is.
fn infer(expr: &Expr, inputs: &DFSchema, inferred: &mut HashMap<usize, DataType>) -> DataFusionResult<()> {
    expr.apply(|expr| {
        match expr {
            Expr::Placeholder(placeholder) => {
                if let (Some(number), Some(field)) = (number(&placeholder.id), &placeholder.field) {
                    inferred.entry(number).or_insert_with(|| field.data_type().clone());
                }
            }
            Expr::ScalarFunction(function) if is_quantified(function) => {
                if let [element, Expr::Placeholder(array)] = function.args.as_slice()
                    && let (Some(number), Ok(element)) = (number(&array.id), element.get_type(inputs))
                {
                    inferred.insert(number, DataType::new_list(element, true));
                }
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// What the text of a statement says of its parameters.
#[derive(Default)]
struct Written {
    last: usize,
    types: BTreeMap<usize, DataType>,
}

impl Visitor for Written {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<Self::Break> {
        if let Some(number) = parameter(expr) {
            self.last = self.last.max(number);
        }
        if let ast::Expr::Cast { expr, data_type, .. } = expr
            && let (Some(number), Some(pg_type)) = (parameter(expr), pg_type(data_type))
        {
            self.types.entry(number).or_insert_with(|| arrow_type(pg_type));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let limits = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => [limit.as_ref(), offset.as_ref().map(|offset| &offset.value)],
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => [Some(limit), Some(offset)],
            None => [None, None],
        };
        for number in limits.into_iter().flatten().filter_map(parameter) {
            self.types.entry(number).or_insert(DataType::Int64);
        }
        ControlFlow::Continue(())
    }
}

fn parameter(expr: &ast::Expr) -> Option<usize> {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => number(name),
            _ => None,
        },
        ast::Expr::Nested(inner) => parameter(inner),
        _ => None,
    }
}
