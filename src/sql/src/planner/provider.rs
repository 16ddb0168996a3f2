//! The tables, functions and types that DataFusion's SQL planner may use for one statement.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableFunctionArgs;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DFSchema, DataFusionError, Result as DataFusionResult, ScalarValue, TableReference};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner, TypePlanner};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use super::operators;
use crate::output::Types;
use crate::resolve::Relations;

pub(super) struct Provider<'a> {
    pub(super) shared: &'a SessionState,
    pub(super) relations: &'a Relations,
    pub(super) options: Arc<ConfigOptions>,
}

impl ContextProvider for Provider<'_> {
    fn get_table_source(&self, name: TableReference) -> DataFusionResult<Arc<dyn TableSource>> {
        match self.relations.provider(&name) {
            Some(provider) => Ok(provider_as_source(Arc::clone(provider))),
            // Names were resolved before; what is missing is a CTE, which the planner looks up itself.
            None => Err(DataFusionError::Plan(format!("relation \"{name}\" does not exist"))),
        }
    }

    fn get_table_function_source(&self, name: &str, args: Vec<Expr>) -> DataFusionResult<Arc<dyn TableSource>> {
        let function = self.shared.table_functions().get(name);
        let function = function.ok_or_else(|| DataFusionError::Plan(format!("table function '{name}' not found")))?;
        let context = SimplifyContext::builder().with_config_options(Arc::clone(&self.options)).build();
        let simplifier = ExprSimplifier::new(context);
        let schema = DFSchema::empty();
        let constant = |argument| {
            let argument = operators::rewrite_tree(argument, &schema)?.data;
            simplifier.coerce(argument, &schema).and_then(|argument| simplifier.simplify(argument)).map(widened)
        };
        let args = args.into_iter().map(constant).collect::<DataFusionResult<Vec<_>>>()?;
        function.create_table_provider_with_args(TableFunctionArgs::new(&args, self.shared)).map(provider_as_source)
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> DataFusionResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.shared.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.shared.relation_planners()
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(Types))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.shared.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.shared.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.shared.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.shared.window_functions().get(name).cloned()
    }

    /// `@name` is not PostgreSQL.
    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        self.shared.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.shared.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.shared.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.shared.window_functions().keys().cloned().collect()
    }
}

/// DataFusion's table functions take integers of 64 bits, and times in nanoseconds, only.
fn widened(argument: Expr) -> Expr {
    match argument {
        Expr::Literal(ScalarValue::Int32(value), metadata) => Expr::Literal(ScalarValue::Int64(value.map(i64::from)), metadata),
        Expr::Literal(ScalarValue::TimestampMicrosecond(Some(micros), zone), metadata) if micros.checked_mul(1000).is_some() => {
            Expr::Literal(ScalarValue::TimestampNanosecond(Some(micros * 1000), zone), metadata)
        }
        other => other,
    }
}
