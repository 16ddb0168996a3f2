//! Reading a table of a data source: as a stream of its connector, or as files that DataFusion scans.

mod any_case;
mod file_errors;
mod files;
mod row_errors;
mod rows;
mod stores;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::Result as DataFusionResult;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use spi::connector::{Connector, ReadPlan, ReadRequest};

pub(crate) use file_errors::name_sources;
pub(crate) use stores::statement_runtime;

use crate::planner::statement;

/// What is read from which source.
#[derive(Clone)]
pub(crate) struct Scan {
    /// The data source's name.
    pub(crate) source: Arc<str>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) request: ReadRequest,
    /// The columns of the request.
    pub(crate) columns: SchemaRef,
}

/// How the scan is executed. Files are asked for here, because the plan depends on them; unless the plan is only to be shown.
pub(crate) async fn plan(session: &dyn Session, scan: Scan, filters: &[Expr]) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    if scan.connector.reads_files() && !statement::only_explained(session) {
        match scan.connector.read(scan.request.clone()).await.map_err(external)? {
            ReadPlan::Files(files) => return files::plan(session.runtime_env(), &scan, files, filters),
            // The connector does as it pleases; its rows are asked for again when they are wanted.
            ReadPlan::Rows(_) => {}
        }
    }
    Ok(Arc::new(rows::SourceScanExec::new(scan, filters)))
}

/// An error of ours on its way through DataFusion.
pub(crate) fn external(error: spi::Error) -> datafusion::common::DataFusionError {
    datafusion::common::DataFusionError::External(Box::new(error))
}
