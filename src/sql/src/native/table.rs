//! A query in a data source's own language, as DataFusion plans with it.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableType};
use datafusion::physical_plan::ExecutionPlan;
use domain::access::Privilege;
use spi::connector::RunRequest;
use spi::query::Statement;

use super::Native;
use super::exec::NativeQueryExec;
use crate::audited::audited_failure;
use crate::call_context::CallContext;
use crate::planner::statement;
use crate::scan::external;
use crate::source_access;

/// The rows of a query of which only the columns are known.
pub(super) struct NativeTable {
    native: Native,
    columns: SchemaRef,
}

impl NativeTable {
    pub(super) fn new(native: Native, columns: SchemaRef) -> Self {
        Self { native, columns }
    }
}

impl fmt::Debug for NativeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a query in the language of {}", self.native.source)
    }
}

#[async_trait]
impl TableProvider for NativeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    /// Finds the connector. The privilege is looked at again, as the statement may have been prepared long ago.
    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let ctx = statement::context(session.config_options())?;
        let call_context = CallContext::new(ctx);
        let found = async {
            let source = source_access::require(ctx.services(), &ctx.actor(), &self.native.source, Privilege::Query)?;
            source_access::connector(ctx.services(), &source).await
        };
        let connector = audited_failure(&call_context, self.native.entry(), found).await.map_err(external)?;
        let request = RunRequest {
            statement: Statement { text: self.native.text.to_string(), parameters: Vec::new() },
            native: true,
            columns: Arc::clone(&self.columns),
            user: ctx.role.name.clone(),
        };
        let exec = NativeQueryExec::new(self.native.clone(), connector, request, projection.cloned(), call_context)?;
        Ok(Arc::new(exec))
    }
}

/// Whether a plan reads such a query.
pub(crate) fn reads_native(plan: &LogicalPlan) -> DataFusionResult<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            found |= source_as_provider(&scan.source)?.is::<NativeTable>();
        }
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}
