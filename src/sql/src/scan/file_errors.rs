//! Errors of a scan of files say which data source they are of.
//!
//! DataFusion's own scan does not know. Its object store's URL does, and once a plan is complete, a node above the scan adds
//! it: earlier it would be in the way of the optimizer.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::TryStreamExt;
use object_store::ObjectStore;
use spi::{Code, Error, Origin};

use super::external;
use crate::error;

/// The scheme of the URLs, before the data source's name as hexadecimal digits.
const SCHEME: &str = "source-";

/// The URL of a store within its statement: the source, and which of the source's stores it is.
pub(super) fn url(source: &str, store: &Arc<dyn ObjectStore>) -> DataFusionResult<ObjectStoreUrl> {
    let name: String = source.bytes().map(|byte| format!("{byte:02x}")).collect();
    // The statement keeps the store, so no other can have its address.
    let address = Arc::as_ptr(store).cast::<()>().addr();
    ObjectStoreUrl::parse(format!("{SCHEME}{name}://{address:x}"))
}

fn source_of(url: &ObjectStoreUrl) -> Option<String> {
    let name = url.as_str().strip_prefix(SCHEME)?.split(':').next()?;
    let bytes: Option<Vec<u8>> = (0..name.len()).step_by(2).map(|place| u8::from_str_radix(name.get(place..place + 2)?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// A complete plan whose scans of files name their sources.
pub(crate) fn name_sources(plan: Arc<dyn ExecutionPlan>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let named = plan.transform_up(|node| {
        let source = node
            .downcast_ref::<DataSourceExec>()
            .and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>())
            .and_then(|config| source_of(&config.object_store_url));
        Ok(match source {
            Some(source) => Transformed::yes(Arc::new(FileScanExec { source, files: node }) as Arc<dyn ExecutionPlan>),
            None => Transformed::no(node),
        })
    })?;
    Ok(named.data)
}

/// A scan of files of a data source.
#[derive(Debug)]
struct FileScanExec {
    source: String,
    files: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for FileScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileScan: source={}", self.source)
    }
}

impl ExecutionPlan for FileScanExec {
    fn name(&self) -> &str {
        "FileScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.files.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.files]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(files), true) => Ok(Arc::new(Self { source: self.source.clone(), files })),
            _ => Err(DataFusionError::Internal("a scan of files has one child".to_owned())),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(datafusion::physical_plan::ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> DataFusionResult<SendableRecordBatchStream> {
        let source = self.source.clone();
        let batches = self.files.execute(partition, context)?;
        let schema = batches.schema();
        let batches = batches.map_err(move |error| external(named(error::from_datafusion(error), &source)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// An error that says of which source it is; one of a connector says so already, and that memory ran out is not the source's doing.
fn named(error: Error, source: &str) -> Error {
    if matches!(error.origin, Origin::Source(_)) || matches!(error.code, Code::OutOfMemory | Code::DiskFull) {
        return error;
    }
    let message = format!("could not read data source \"{source}\"");
    let detail = match &error.detail {
        Some(detail) => detail.clone(),
        None => format!("{}.", error.message),
    };
    Error { message, detail: Some(detail), origin: Origin::Source(source.to_owned()), ..error }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn a_url_tells_its_source() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let url = url("Größe/1", &store).expect("a URL");
        assert_eq!(source_of(&url).as_deref(), Some("Größe/1"));
        assert_eq!(source_of(&ObjectStoreUrl::local_filesystem()), None);
    }

    #[test]
    fn an_error_of_files_names_the_source() {
        let error = named(Error::new(Code::BadData, "could not read CSV data").detail("Line 3 has 2 fields."), "shop");
        assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not read data source \"shop\""));
        assert_eq!(error.detail.as_deref(), Some("Line 3 has 2 fields."));
    }
}
