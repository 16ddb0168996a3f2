//! What planning has in common for all sessions: DataFusion's functions and rules, configured to mean what PostgreSQL means.

use std::sync::Arc;

use datafusion::common::config::Dialect;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use datafusion::prelude::SessionConfig;

use super::aggregates;
use super::arrays::ArrayOperators;
use super::branches::Branches;
use super::json::JsonOperators;
use super::operators::{IntervalPlanner, Operators};
use super::padded::Padded;
use super::quantified::{self, ReadArrays};
use super::subqueries::{self, Subqueries};
use crate::functions;

/// Functions of DataFusion's whose patterns are not PostgreSQL's: they would answer, and wrongly.
const MISLEADING: &[&str] = &["to_char", "date_format", "to_date", "to_time"];

/// Built once, and only read afterwards.
pub(crate) fn shared_state(runtime: Arc<RuntimeEnv>) -> Arc<SessionState> {
    let own: [Arc<dyn AnalyzerRule + Send + Sync>; 5] =
        [Arc::new(Subqueries), Arc::new(Branches), Arc::new(Padded), Arc::new(Operators), Arc::new(ReadArrays)];
    let rules = own.into_iter().chain(Analyzer::new().rules).collect();
    let mut state = SessionStateBuilder::new()
        .with_config(config())
        .with_runtime_env(runtime)
        .with_default_features()
        .with_analyzer_rules(rules)
        .build();
    if let Err(error) = state.register_expr_planner(Arc::new(IntervalPlanner)) {
        tracing::error!(%error, "intervals cannot be multiplied");
    }
    for name in MISLEADING {
        // Removing cannot fail; what it gives back is the function.
        let _ = state.deregister_udf(name);
    }
    for function in functions::all().chain(quantified::functions()).chain([subqueries::function()]) {
        // Registering replaces a function of the same name, which is what is wanted: ours know the session.
        if let Err(error) = state.register_udf(Arc::new(function)) {
            tracing::error!(%error, "a function could not be registered");
        }
    }
    if let Err(error) = state.register_expr_planner(Arc::new(ArrayOperators)) {
        tracing::error!(%error, "operators of arrays keep DataFusion's meaning");
    }
    if let Err(error) = state.register_expr_planner(Arc::new(JsonOperators)) {
        tracing::error!(%error, "operators of documents are unknown");
    }
    for function in aggregates::functions() {
        if let Err(error) = state.register_udaf(Arc::new(function)) {
            tracing::error!(%error, "a function could not be registered");
        }
    }
    Arc::new(state)
}

fn config() -> SessionConfig {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut config =
        SessionConfig::new().with_target_partitions(cores).with_information_schema(false).with_create_default_catalog_and_schema(false);
    let options = config.options_mut();
    options.sql_parser.dialect = Dialect::PostgreSQL;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    // Places of an error are found in our own syntax tree.
    options.sql_parser.collect_spans = false;
    "nulls_max".clone_into(&mut options.sql_parser.default_null_ordering);
    // Text has one form on its way to the client.
    options.execution.parquet.schema_force_view_types = false;
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.optimizer.expand_views_at_output = false;
    options.explain.physical_plan_only = true;
    config
}
