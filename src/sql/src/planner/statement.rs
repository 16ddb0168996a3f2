//! What DataFusion may know of the statement that it plans and runs.
//!
//! Everything that is the same for all statements (hundreds of functions, the optimizer's rules) is built once and shared. A
//! statement adds its settings, its times, its object stores and its [`PlanContext`], which functions and tables of ours read.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{CatalogProviderList, Session};
use datafusion::common::alias::AliasGenerator;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions, TableOptions};
use datafusion::common::{DFSchema, DataFusionError, Result as DataFusionResult};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{FunctionRegistry, SessionState, TaskContext};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::registry::ExtensionTypeRegistryRef;
use datafusion::logical_expr::{AggregateUDF, Expr, HigherOrderUDF, LogicalPlan, ScalarUDF, WindowUDF};
use datafusion::optimizer::OptimizerConfig;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use spi::{Error, Result};

use crate::calendar::Zone;
use crate::encode::Style;
use crate::plan_context::PlanContext;
use crate::scan::statement_runtime;

/// Planning and running one statement.
pub(crate) struct Statement {
    shared: Arc<SessionState>,
    config: SessionConfig,
    props: ExecutionProps,
    runtime: Arc<RuntimeEnv>,
    table_options: TableOptions,
}

/// What a statement tells the code of ours that DataFusion calls.
#[derive(Clone, Default)]
pub(crate) struct About {
    /// The session; absent only where plans are tested by themselves.
    pub(crate) ctx: Option<Arc<PlanContext>>,
    /// The plan is to be shown and not run, so no data source may be asked for anything.
    pub(crate) only_explained: bool,
}

impl Statement {
    pub(crate) fn new(shared: &Arc<SessionState>, about: About, time_zone: String, now: DateTime<Utc>) -> Self {
        let mut config = shared.config().clone();
        let options = config.options_mut();
        options.execution.time_zone = Some(time_zone);
        options.extensions.insert(about);
        let mut props = ExecutionProps::new().with_query_execution_start_time(now);
        props.config_options = Some(Arc::clone(config.options()));
        Self {
            shared: Arc::clone(shared),
            props,
            runtime: statement_runtime(shared.runtime_env()),
            table_options: shared.table_options().clone(),
            config,
        }
    }

    /// Whether data sources are asked whole queries.
    pub(crate) fn pushes_down(&self) -> bool {
        let ctx = self.config.options().extensions.get::<About>().and_then(|about| about.ctx.as_ref());
        ctx.is_none_or(|ctx| ctx.settings.current().enable_pushdown())
    }

    /// The plan with its types made to fit.
    pub(crate) fn analyze(&self, plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
        self.shared.analyzer().execute_and_check(plan, self.config.options(), |_, _| {})
    }

    /// An analyzed plan, made fast.
    pub(crate) fn optimized(&self, plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
        self.shared.optimizer().optimize(plan, self, |_, _| {})
    }

    /// How an optimized plan is executed.
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.shared.query_planner().create_physical_plan(plan, self).await
    }
}

/// Whether the statement's plan is to be shown and not run.
pub(crate) fn only_explained(session: &dyn Session) -> bool {
    session.config_options().extensions.get::<About>().is_some_and(|about| about.only_explained)
}

/// Whose statement it is, as data sources are told; nobody's where plans are tested by themselves.
pub(crate) fn user(session: &dyn Session) -> String {
    context(session.config_options()).map_or_else(|_| String::new(), |ctx| ctx.role.name.clone())
}

/// The session of the statement, for functions.
pub(crate) fn context(options: &ConfigOptions) -> DataFusionResult<&Arc<PlanContext>> {
    let about = options.extensions.get::<About>();
    about
        .and_then(|about| about.ctx.as_ref())
        .ok_or_else(|| DataFusionError::Internal("a function of the session was called outside a session".to_owned()))
}

/// The session's time zone as Arrow writes it.
pub(crate) fn time_zone(options: &ConfigOptions) -> &str {
    options.execution.time_zone.as_deref().unwrap_or("UTC")
}

/// The session's time zone.
pub(crate) fn zone(options: &ConfigOptions) -> Result<Zone> {
    let name = time_zone(options);
    Zone::of_arrow(name).ok_or_else(|| Error::internal(format!("the session has the unknown time zone \"{name}\"")))
}

/// How the session wants to see values.
pub(crate) fn style(options: &ConfigOptions) -> Style {
    context(options).map_or_else(|_| Style::default(), |ctx| Style::of(&ctx.settings.current()))
}

impl ConfigExtension for About {
    const PREFIX: &'static str = "metagate";
}

impl ExtensionOptions for About {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _: &str) -> DataFusionResult<()> {
        Err(DataFusionError::Configuration(format!("metagate.{key} cannot be set here")))
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("About").field("only_explained", &self.only_explained).finish_non_exhaustive()
    }
}

impl OptimizerConfig for Statement {
    fn query_execution_start_time(&self) -> Option<DateTime<Utc>> {
        self.props.query_execution_start_time
    }

    fn alias_generator(&self) -> &Arc<AliasGenerator> {
        &self.props.alias_generator
    }

    fn options(&self) -> Arc<ConfigOptions> {
        Arc::clone(self.config.options())
    }

    fn function_registry(&self) -> Option<&dyn FunctionRegistry> {
        Some(self.shared.as_ref())
    }
}

#[async_trait]
impl Session for Statement {
    fn session_id(&self) -> &str {
        self.shared.session_id()
    }

    fn config(&self) -> &SessionConfig {
        &self.config
    }

    fn catalog_list(&self) -> Arc<dyn CatalogProviderList> {
        Arc::clone(self.shared.catalog_list())
    }

    fn query_planner(&self) -> Arc<dyn QueryPlanner + Send + Sync> {
        Arc::clone(self.shared.query_planner())
    }

    fn optimize(&self, plan: &LogicalPlan) -> DataFusionResult<LogicalPlan> {
        self.optimized(self.analyze(plan.clone())?)
    }

    fn physical_optimizers(&self) -> &[Arc<dyn PhysicalOptimizerRule + Send + Sync>] {
        self.shared.physical_optimizers()
    }

    async fn create_physical_plan(&self, plan: &LogicalPlan) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.physical(&Session::optimize(self, plan)?).await
    }

    fn create_physical_expr(&self, expr: Expr, schema: &DFSchema) -> DataFusionResult<Arc<dyn PhysicalExpr>> {
        self.shared.create_physical_expr(expr, schema)
    }

    fn scalar_functions(&self) -> &HashMap<String, Arc<ScalarUDF>> {
        self.shared.scalar_functions()
    }

    fn higher_order_functions(&self) -> &HashMap<String, Arc<HigherOrderUDF>> {
        self.shared.higher_order_functions()
    }

    fn aggregate_functions(&self) -> &HashMap<String, Arc<AggregateUDF>> {
        self.shared.aggregate_functions()
    }

    fn window_functions(&self) -> &HashMap<String, Arc<WindowUDF>> {
        self.shared.window_functions()
    }

    fn extension_type_registry(&self) -> &ExtensionTypeRegistryRef {
        Session::extension_type_registry(self.shared.as_ref())
    }

    fn runtime_env(&self) -> &Arc<RuntimeEnv> {
        &self.runtime
    }

    fn execution_props(&self) -> &ExecutionProps {
        &self.props
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn table_options(&self) -> &TableOptions {
        &self.table_options
    }

    fn table_options_mut(&mut self) -> &mut TableOptions {
        &mut self.table_options
    }

    /// Without the functions: only plans that come from elsewhere look them up when they run, and none do.
    fn task_ctx(&self) -> Arc<TaskContext> {
        Arc::new(TaskContext::new(
            None,
            self.session_id().to_owned(),
            self.config.clone(),
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            HashMap::new(),
            Arc::clone(&self.runtime),
        ))
    }
}
